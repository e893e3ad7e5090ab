"""The probe asks a terminal how wide a box line is; here a thread is the terminal."""

from __future__ import annotations

import os
import pty
import select
import termios
import threading

import pytest

from tui.probe import borders


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (b"\x1b[7;2R", "box"),
        (b"\x1b[7;3R", "ascii"),
        (b"", "ascii"),
        (b"q\x1b[12;2R", "box"),
        (b"\x1b[2R", "ascii"),
    ],
)
def test_the_answer_decides_and_the_terminal_is_as_it_was(answer, expected):
    master, slave = pty.openpty()
    asked = []

    def terminal():
        while b"\x1b[6n" not in b"".join(asked) and select.select([master], [], [], 10)[0]:
            asked.append(os.read(master, 100))
        os.write(master, answer)

    thread = threading.Thread(target=terminal)
    before = termios.tcgetattr(slave)
    try:
        thread.start()
        assert borders(slave, slave) == expected
        thread.join()
        assert termios.tcgetattr(slave) == before
        assert "─".encode() in b"".join(asked)
        assert os.read(master, 100).endswith(b"\r\x1b[K"), "the line is erased again"
    finally:
        os.close(master)
        os.close(slave)


def test_what_is_no_terminal_is_not_asked(tmp_path):
    with open(tmp_path / "file", "wb+") as file:
        assert borders(file.fileno(), file.fileno()) == "ascii"
        assert file.read() == b""
