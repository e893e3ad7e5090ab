"""tcpdump for as long as a block lasts; what it lost is an error."""

from __future__ import annotations

import re
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

SETTLE = 0.5
"""Seconds given to the last packets before tcpdump is ended."""


@contextmanager
def capturing(
    file: Path, interface: str = "lo", *options: str, only: str = "", settle: float = SETTLE
) -> Iterator[None]:
    """Capture all TCP on an interface into a pcap of ns; `only` is a filter besides."""
    expression = f"tcp and ({only})" if only else "tcp"
    command = ["tcpdump", "-i", interface, "-Z", "root", "-B", "32768", "--time-stamp-precision=nano"]
    process = subprocess.Popen(
        [*command, "-U", "--immediate-mode", *options, "-w", str(file), expression],
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        _wait_until_it_listens(process)
        yield
        time.sleep(settle)
    finally:
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=30)
    if lost := re.search(r"([1-9]\d*) packets dropped by kernel", said):
        raise RuntimeError(f"tcpdump lost {lost[1]} packets: run the script again")


def _wait_until_it_listens(process: subprocess.Popen[str]) -> None:
    assert process.stderr is not None
    while "listening on" not in (line := process.stderr.readline()):
        if not line:
            raise RuntimeError("tcpdump cannot capture here: it needs root")
