"""`tracer record` on loopback: by each program, ended in each way, and what is wrong told in a sentence."""

from __future__ import annotations

import os
import signal
import stat
import subprocess
import threading

import pytest
from live_commands import listen, need, recording, talk, told, until_closed

from tracer.capture import Capture
from tracer.capture.following import follow

PROGRAMS = ["tcpdump", "dumpcap", "scapy"]


@pytest.fixture(params=PROGRAMS)
def program(request):
    need("tcpdump" if request.param == "scapy" else request.param)
    return request.param


@pytest.fixture
def out(tmp_path):
    return tmp_path / "out.pcapng"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=["Ctrl-C", "SIGTERM"])
def test_a_talk_is_captured(program, out, number):
    with listen() as server:
        port = server.getsockname()[1]
        with recording("-i", "lo", "-o", out, "--with", program, "tcp", "port", port) as running:
            running.ready()
            said = talk(server)
            until_closed(out)
            children = running.children()
            code, words = running.ended(number)
    assert (code, stat.S_IMODE(out.stat().st_mode)) == (0, 0o600)
    assert told(out) == [(said, said)]
    capture = Capture(str(out))
    packets = sum(len(records) for records in capture)
    assert capture.faults == []
    assert capture.drops == {0: 0}
    assert f"tracer: {packets} packets, " in words
    assert ", 0 lost in " in words
    assert not any(os.path.exists(f"/proc/{child}") for child in children)


def test_root_is_given_up(out):
    need("tcpdump")
    with recording("-i", "lo", "-o", out) as running:
        running.ready()
        owners = [_uid(running.process.pid), *map(_uid, running.children())]
        assert running.ended(signal.SIGINT)[0] == 0
    assert len(owners) == 2
    assert 0 not in owners


def _uid(pid):
    with open(f"/proc/{pid}/status") as file:
        return next(int(line.split()[2]) for line in file if line.startswith("Uid:"))


def test_the_program_is_killed(out):
    need("tcpdump")
    with listen() as server, recording("-i", "lo", "-o", out) as running:
        running.ready()
        said = talk(server)
        until_closed(out)
        (child,) = running.children()
        os.kill(child, signal.SIGKILL)
        code, words = running.ended()
    assert code == 1
    assert "broke off: was ended by signal 9; what came until then is whole" in words
    assert (said, said) in told(out)
    assert Capture(str(out)).faults == []


def test_into_a_pipe(tmp_path):
    need("tcpdump")
    piped = tmp_path / "piped"
    with listen() as server, piped.open("wb") as file:
        port = server.getsockname()[1]
        with recording("-i", "lo", "-o", "-", f"port {port}", stdout=file) as running:
            running.ready()
            said = talk(server)
            until_closed(piped)
            assert running.ended(signal.SIGTERM)[0] == 0
    assert told(piped) == [(said, said)]


def test_for_a_time_and_followed(out):
    """The file is followed while it is written, and ends with its time."""
    need("tcpdump")
    with listen() as server, recording("-i", "lo", "-o", out, "--for", "4s") as running:
        running.ready()
        port, ended, seen = server.getsockname()[1], threading.Event(), b""
        said = talk(server)
        for events in follow(str(out), ended):
            for event in events:
                if event.connection.server_port == port and getattr(event, "direction", 1) == 0:
                    seen += b"".join(getattr(event, "pieces", ()))
            if seen == said:
                ended.set()
        assert seen == said
        assert running.ended()[0] == 0


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["-i", "lo", "tcp prt 5"], "the filter is wrong"),
        (["-i", "nolo7"], "there are: lo"),
        ([], "-i is missing: name the interface to capture on, one of lo"),
        (["-i", "lo", "-o", "/nowhere/x.pcapng"], "/nowhere/x.pcapng cannot be written"),
        (["-i", "lo", "-o", "."], "this is a directory"),
    ],
)
def test_what_is_wrong_is_one_sentence(tmp_path, arguments, words, program):
    with recording(*arguments, "--with", program, cwd=tmp_path) as running:
        code, said = running.ended()
    assert code == 2
    assert words in said
    assert said.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


def test_a_file_is_not_overwritten(out):
    out.write_bytes(b"mine")
    with recording("-i", "lo", "-o", out) as running:
        code, said = running.ended()
    assert (code, out.read_bytes()) == (2, b"mine")
    assert "--force overwrites it" in said


def test_without_rights():
    """Without root every program says that it may not, and how it might."""
    need("tcpdump")
    from tracer.capture.live_program import _why

    said = subprocess.run(
        ["tcpdump", "-i", "lo", "-c", "1", "-w", "-"],
        user=65534, group=65534, extra_groups=[], capture_output=True, check=False,
    ).stderr.decode()  # fmt: skip
    assert "run it as root (sudo), or let tcpdump capture: setcap" in _why("tcpdump", said)
