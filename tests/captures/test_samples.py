"""Each sample decodes to what the logs of its servers say, exchange by exchange."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections import Counter, defaultdict

import pytest
from sample_reader import FOLDER, NAMES, Seen, Talk, by_connection, expected, read

import captures
from tracer.wire import REQUEST, RESPONSE, Head, Note, WireError

TOOLS = ("tcpdump", "editcap", "unshare", "openssl")
can_make = pytest.mark.skipif(
    "CI" not in os.environ and (os.geteuid() != 0 or not all(map(shutil.which, TOOLS))),
    reason=f"needs root, {', '.join(TOOLS)}",
)


def said(one: dict) -> Seen:
    return Seen(
        one["method"], one["target"], one["status"], one["response_body_bytes"], one.get("remote_port")
    )


def hold_against_logs(talks: list[Talk], exchanges: list[dict], sealed: set[int]) -> None:
    """In order on each connection that a log names; on the others (gateways, HTTP/2) as a whole."""
    told, logged, loose = by_connection(talks), defaultdict(list), defaultdict(Counter)
    for one in exchanges:
        if one["port"] in sealed:
            continue
        if one["client_port"] is None or one["protocol"] == "http2":
            loose[one["port"]][said(one)] += 1
        else:
            logged[one["port"], one["client_port"]].append(said(one))
    found = defaultdict(Counter)
    for ports, seen in told.items():
        if ports[0] in loose:
            found[ports[0]].update(seen)
        else:
            assert seen == logged[ports], ports
    assert found == loose
    assert set(logged) == {ports for ports in told if ports[0] not in loose}


def test_there_are_a_dozen_and_more():
    assert len(NAMES) >= 16


@pytest.mark.parametrize("name", NAMES)
def test_the_exchanges_are_those_of_the_logs(name):
    talks, faults = read(captures.located(name).file)
    assert faults == []
    # Of what is encrypted tshark reads the requests, in test_samples_tshark.
    sealed = {talk.about.server_port for talk in talks if talk.wire.protocol == "tls"}
    assert sealed == ({8443} if name.startswith("tls") else set())
    hold_against_logs(talks, expected(FOLDER / name)["exchanges"], sealed)


def test_websocket_messages_are_those_that_the_clients_sent_and_got():
    talks, _ = read(captures.located("websocket").file)
    messages = expected(FOLDER / "websocket")["messages"]
    assert len(messages) == 2
    for said in messages:
        (talk,) = [talk for talk in talks if talk.about.client_port == said["client_port"]]
        for kind, way in ((REQUEST, "to_server"), (RESPONSE, "to_client")):
            notes = [m for m in talk.messages if isinstance(m, Note) and m.kind == kind]
            assert [[note.what, note.size] for note in notes[:-1]] == said[way]
            assert (notes[-1].what, notes[-1].value) == ("close", 1000)


def test_an_answer_to_what_was_asked_before_the_capture_answers_nothing_in_it():
    talks, _ = read(captures.located("already-open").file)
    heads = [message for talk in talks for message in talk.messages if isinstance(message, Head)]
    unasked = [head for head in heads if head.kind == RESPONSE and head.exchange == -1]
    assert len(unasked) == expected(FOLDER / "already-open")["answers_to_requests_before_the_capture"]


@pytest.mark.parametrize("name", NAMES)
def test_nothing_in_it_is_undecodable(name):
    """Messages may be cut, by who gives up or by the capture's end; wrong bytes there are none."""
    talks, _ = read(captures.located(name).file)
    errors = [m for talk in talks for m in talk.messages if isinstance(m, WireError) and not m.cut]
    assert errors == []


@pytest.mark.parametrize("name", NAMES)
def test_its_folder_is_whole_and_small(name):
    folder = FOLDER / name
    assert captures.located(name).file.stat().st_size <= 150_000
    assert (folder / "make.py").is_file()
    assert f"python captures/{name}/make.py" in (folder / "README.md").read_text()
    assert f"[{name}]({name})" in (FOLDER / "README.md").read_text()


def test_no_file_names_the_machine_that_made_it():
    for path in FOLDER.glob("*/*"):
        if path.suffix in {".pcap", ".pcapng", ".json", ".log"}:
            content = path.read_bytes()
            assert not any(word in content for word in (b"/work", b"/tmp", b"/home", b"/root", b".venv")), (
                path
            )


def test_all_of_it_is_below_three_megabytes():
    files = [path for path in FOLDER.rglob("*") if path.is_file() and "__pycache__" not in path.parts]
    assert sum(path.stat().st_size for path in files) < 3_000_000


AGAIN = ["nginx-uwsgi", "uvicorn-http1"]
SLOWLY = [pytest.param(name, marks=() if name in AGAIN else pytest.mark.long) for name in NAMES]


@can_make
@pytest.mark.parametrize("name", SLOWLY)
def test_its_script_makes_it_again(name, tmp_path):
    """From real servers, and what it makes holds just as well."""
    script = FOLDER / name / "make.py"
    run = subprocess.run(
        [sys.executable, script, "-o", tmp_path], capture_output=True, text=True, timeout=100
    )
    assert run.returncode == 0, run.stderr
    (made,) = tmp_path.glob("capture.*")
    talks, _ = read(made)
    sealed = {talk.about.server_port for talk in talks if talk.wire.protocol == "tls"}
    hold_against_logs(talks, expected(tmp_path)["exchanges"], sealed)


def test_a_sample_is_found_by_its_name():
    folder = FOLDER / "tls13-keys"
    assert captures.located("tls13-keys") == (folder / "capture.pcap", folder / "keys.log")
    assert captures.located("waiting-gunicorn") == (FOLDER / "demo" / "waiting-gunicorn.trace", None)
    assert set(NAMES) < set(captures.samples())


@pytest.mark.parametrize("name", ["nothing", "making", "demo", "../captures/cgi", ""])
def test_what_is_no_sample_is_said_in_one_sentence(name):
    with pytest.raises(LookupError) as raised:
        captures.located(name)
    assert f"sample:{name}: there is no such sample; there are already-open, cgi, " in str(raised.value)


def test_what_needs_an_extra_says_which():
    """HTTP/2 without hpack, as Python tells a module that is not there: the rest is read all the same."""
    program = "import sys; sys.modules['hpack'] = None; from tracer.cli.main import main; sys.exit(main())"
    run = subprocess.run(
        [sys.executable, "-c", program, "requests", "sample:http2-h2c"], capture_output=True, text=True
    )
    assert run.returncode == 0
    assert "gunicorn" in run.stdout
    (said,) = run.stderr.splitlines()
    assert said.startswith("tracer: connections of http2 are not read")
    assert said.endswith("hpack: pip install 'hopscope[captures]'")


def test_the_command_opens_them():
    command = [sys.executable, "-m", "tracer.cli", "requests", "sample:nginx-uwsgi", "--format", "csv"]
    run = subprocess.run(command, capture_output=True, text=True, check=True)
    assert len(run.stdout.splitlines()) == 1 + len(expected(FOLDER / "nginx-uwsgi")["exchanges"])
    assert run.stderr == ""
