"""`tracer tui`: what is wrong is one sentence, exit code 2, before the terminal is taken."""

from __future__ import annotations

import signal
import subprocess
from pathlib import Path

import pytest
from terminal import TRACER, ended_by, in_pty


def outside_a_terminal(*arguments):
    return subprocess.run([*TRACER, "tui", *arguments], capture_output=True, text=True, timeout=60)


def one_sentence(text):
    return text.startswith("tracer: ") and text.count("\n") == 1 and "Traceback" not in text


def test_no_file_says_how_to_get_a_recording():
    done = outside_a_terminal()
    assert (done.returncode, done.stdout) == (2, "")
    assert one_sentence(done.stderr) and "tracer demo" in done.stderr


def test_a_lab_in_the_app_needs_a_terminal():
    command = [*TRACER, "lab", "waiting-room", "--tui"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stdout) == (2, "")
    assert one_sentence(done.stderr) and "leave out --tui" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "sign"),
    [
        (["tui"], "open a file"),
        (["lab", "--tui"], "The waiting room"),
        (["lab", "3", "--tui"], "The waiting room"),
    ],
)
def test_home_and_labs_open_on_a_terminal_and_give_it_back(arguments, sign):
    code, written = ended_by(signal.SIGINT, [*TRACER, *arguments], sign)
    assert code == 128 + signal.SIGINT
    assert written.rindex("\x1b[?1049l") > written.rindex("\x1b[?1049h") and "Traceback" not in written


def test_no_terminal_points_to_the_summary():
    done = outside_a_terminal("a.trace", "b.trace")
    assert (done.returncode, done.stdout) == (2, "")
    assert one_sentence(done.stderr) and "tracer summary a.trace b.trace" in done.stderr


@pytest.mark.parametrize("speed", ["0", "-1", "1/0", "fast"])
def test_a_speed_that_is_none(speed):
    done = outside_a_terminal(f"--speed={speed}", "a.trace")
    assert done.returncode == 2
    assert one_sentence(done.stderr) and speed in done.stderr


@pytest.mark.parametrize("content", [None, b"", b"not a trace at all", b"PK\x03\x04 cut"])
def test_unreadable_files(tmp_path, content):
    path = tmp_path / "some.trace"
    if content is not None:
        path.write_bytes(content)
    code, written = in_pty([*TRACER, "tui", str(path)])
    assert code == 2
    assert one_sentence(written) and "some.trace" in written
    assert "\x1b" not in written


SHIPPED = Path(__file__).parents[2] / "captures" / "demo" / "waiting-gunicorn.trace"


@pytest.mark.parametrize("term", ["dumb", ""])
def test_a_terminal_that_cannot_draw_is_told_in_one_sentence(term):
    code, written = in_pty([*TRACER, "tui", str(SHIPPED)], TERM=term)
    assert code == 2
    assert "needs a terminal that can draw" in written
    assert "\x1b[?1049h" not in written


def test_messages_sent_to_a_file_leave_no_black_screen(tmp_path):
    """Textual draws on stderr, so it has to be the terminal too."""
    log = tmp_path / "log"
    code, written = in_pty(["sh", "-c", 'exec "$@" 2>"$0"', str(log), *TRACER, "tui", str(SHIPPED)])
    assert (code, written) == (2, "")
    assert "needs a terminal that can draw" in log.read_text()


@pytest.mark.parametrize("encoding", ["ascii", "euc-kr"])
def test_an_encoding_without_the_glyphs_gets_those_of_ascii(encoding):
    command = [*TRACER, "tui", "--lang", "en", "--paused", "--at", "0.5s", str(SHIPPED)]
    code, written = ended_by(signal.SIGTERM, command, "PAUSE", PYTHONIOENCODING=encoding)
    assert code == 128 + signal.SIGTERM
    assert "\\u2590" not in written
    assert "#9=" in written.replace(" ", "")


@pytest.mark.parametrize("sign", ["\x1b[?1049h", "PLAY"], ids=["at once", "playing"])
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT])
def test_a_signal_gives_the_terminal_back(number, sign):
    code, written = ended_by(number, [*TRACER, "tui", str(SHIPPED)], sign)
    assert code == 128 + number
    assert written.rindex("\x1b[?1049l") > written.rindex("\x1b[?1049h")
    assert written.rindex("\x1b[?25h") > written.rindex("\x1b[?25l")
