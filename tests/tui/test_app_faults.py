"""Whatever breaks while the app has the terminal, the terminal is given back and told one sentence."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest
from terminal import in_pty

BREAK = """
import sys
sys.path.insert(0, {tests!r})
from small_scene import frame, MODEL
from tracer.cli.main import framed
from tracer.recording import TraceError
from tui.app import run
from tui.options import Options
from tui.stagecraft import Stagecraft

def breaking(view, t, size, language):
    if t > 0:
        raise {error}
    return frame(view, t, size, language)

sys.exit(framed(lambda: run([lambda: Stagecraft(MODEL, breaking)], Options())))
"""


@pytest.mark.parametrize(
    ("error", "code", "words"),
    [
        ("ZeroDivisionError('secret')", 70, "the screen stopped"),
        (
            "TraceError('a.trace', 'its texts are damaged', 'record it again')",
            2,
            "a.trace: its texts are damaged",
        ),
    ],
)
def test_a_fault_is_one_sentence(tmp_path, error, code, words):
    script = BREAK.format(tests=str(Path(__file__).parent), error=error)
    root = str(Path(__file__).parents[2])
    found, written = in_pty(
        [sys.executable, "-c", script], XDG_STATE_HOME=str(tmp_path), TERM="xterm-256color", PYTHONPATH=root
    )
    last = written.rpartition("\x1b")[2]
    assert found == code
    assert words in last and last.count("\n") == 1
    assert "Traceback" not in written and "secret" not in written
    logs = list(tmp_path.rglob("*.txt"))
    assert [("secret" in log.read_text()) for log in logs] == ([True] if code == 70 else [])
    assert os.path.isdir(tmp_path)
