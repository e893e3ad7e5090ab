"""`tracer doctor`, and the terminal that it asks: a real pseudo-terminal, whose other end the test plays."""

from __future__ import annotations

import csv
import io
import json
import os
import pty
import shutil
import subprocess
import sys
import time
from importlib.metadata import version

import pytest

from tracer.cli import checks
from tracer.cli.doctor import GLYPHS


def test_what_is_here_is_found(tracer, tmp_path):
    done = tracer("doctor", "--format", "json")
    assert (done.returncode, done.stderr) == (0, "")
    told = json.loads(done.stdout)
    found = {check["name"]: check for check in told["checks"]}
    assert told["ok"] is True
    for server in ("gunicorn", "uvicorn", "uvloop", "httptools"):
        assert found[server]["found"].startswith(version(server))
    assert found["state folder"]["found"] == str(tmp_path / "state" / "hopscope")
    assert found["kernel time stamps"]["status"] == "ok"


def test_each_program_that_captures_is_tried(tracer):
    told = json.loads(tracer("doctor", "--format", "json").stdout)
    found = {check["name"]: check for check in told["checks"] if check["area"] == "capture"}
    assert list(found) == ["by tcpdump", "by dumpcap", "by scapy"]
    if os.geteuid() == 0:
        there = {name: shutil.which(name) for name in ("tcpdump", "dumpcap")}
        for name, path in there.items():
            assert found[f"by {name}"]["status"] == ("ok" if path else "note")
    assert all(check["remedy"] for check in found.values() if check["status"] != "ok")


def test_all_formats_tell_the_same_checks(tracer):
    names = [check["name"] for check in json.loads(tracer("doctor", "--format", "json").stdout)["checks"]]
    lines = tracer("doctor", "--format", "jsonl").stdout.splitlines()
    assert [json.loads(line)["name"] for line in lines] == names
    assert [
        row["name"] for row in csv.DictReader(io.StringIO(tracer("doctor", "--format", "csv").stdout))
    ] == names
    text = tracer("doctor").stdout
    assert all(name in text for name in names)
    assert "|".join(GLYPHS) in text


def test_a_state_folder_that_cannot_be_written_is_missing(tracer):
    done = tracer("doctor", "--format", "json", XDG_STATE_HOME="/dev/null")
    told = json.loads(done.stdout)
    assert (done.returncode, told["ok"]) == (1, False)
    (bad,) = [check for check in told["checks"] if check["status"] == "missing" and check["required"]]
    assert (bad["name"], "XDG_STATE_HOME" in bad["remedy"]) == ("state folder", True)


def test_a_package_that_is_not_there_comes_with_how_to_get_it():
    check = checks._package("no-such-server", ">=1,<2", "demo")
    assert (check.status, check.remedy) == ("missing", 'python -m pip install "no-such-server>=1,<2"')


def test_the_agents_range_decides_what_is_recorded():
    pytest.importorskip("tracer.agent.finder")
    assert checks._agent_covers("gunicorn", version("gunicorn"))[1] == []
    covered, left_out = checks._agent_covers("uvicorn", "0.1.0")
    assert covered == []
    assert "httptools" in left_out


def in_a_terminal(answer, **environment):
    """Run `tracer doctor` in a pseudo-terminal that answers the cursor's question; give what it printed."""
    pid, master = pty.fork()
    if pid == 0:
        os.environ.update(environment)
        os.execv(sys.executable, [sys.executable, "-m", "tracer.cli", "doctor"])
    printed, asked, until = b"", False, time.monotonic() + 60
    while time.monotonic() < until:
        try:
            piece = os.read(master, 4096)
        except OSError:  # Linux: the other end is closed
            break
        printed += piece
        if not asked and b"\x1b[6n" in printed:
            asked = True
            os.write(master, answer)
    os.close(master)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), printed.decode()


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (b"\x1b[5;2R", "one column"),
        (b"\x1b[5;3R", "two columns"),
        (b"", "did not say"),
        (b"ab\x1b[1;2R", "one column"),
    ],
)
def test_the_terminal_is_asked_for_the_width_of_its_lines(answer, said):
    code, printed = in_a_terminal(answer, TERM="xterm-256color", PYTHONIOENCODING="utf-8")
    assert code == 0
    assert said in " ".join(printed.split())
    assert "\r\x1b[K" in printed


def test_no_color_is_honoured():
    _, plain = in_a_terminal(b"\x1b[1;2R", TERM="xterm-256color", NO_COLOR="1")
    assert "none, since NO_COLOR is set" in plain
    assert "\x1b[3" not in plain
    _, coloured = in_a_terminal(b"\x1b[1;2R", TERM="xterm-256color", NO_COLOR="")
    assert "NO_COLOR" not in coloured


def test_without_a_terminal_nothing_is_asked():
    command = [sys.executable, "-m", "tracer.cli", "doctor"]
    done = subprocess.run(command, capture_output=True, stdin=subprocess.DEVNULL, timeout=60)
    assert b"\x1b" not in done.stdout
