"""Looks at other processes through /proc: whether one lives, its children, where it listens."""

from __future__ import annotations

import ipaddress
import os
import time
from collections.abc import Iterator
from pathlib import Path

_TICK = 1_000_000_000 // os.sysconf("SC_CLK_TCK")
_LISTEN = "0A"
PROC = Path("/proc")

Address = tuple[str, int]
"""Host and port to connect to: "127.0.0.1" where a server listens on all addresses."""


def lives(pid: int, before: int) -> bool:
    """Whether the process `pid` that was there at `before` (CLOCK_MONOTONIC ns) still runs; zombies do not.

    A process with that number which started later is another one. Its start is told in ticks of
    CLOCK_BOOTTIME, which also counts while the machine sleeps; one second of doubt is allowed.
    """
    fields = _stat(pid)
    if not fields or fields[0] in "ZX":
        return False
    slept = time.clock_gettime_ns(time.CLOCK_BOOTTIME) - time.monotonic_ns()
    return int(fields[19]) * _TICK - slept < before + 1_000_000_000


def _stat(pid: int) -> list[str]:
    """The fields of /proc/PID/stat from the state on; none if there is no such process."""
    try:
        text = (PROC / str(pid) / "stat").read_text("utf-8", "replace")
    except OSError:
        return []
    return text.rpartition(")")[2].split()


def tree(pid: int) -> list[int]:
    """List a process and all its descendants."""
    parents = {int(entry.name): _parent(int(entry.name)) for entry in PROC.iterdir() if entry.name.isdigit()}
    found = [pid]
    for one in found:
        found += [child for child, parent in parents.items() if parent == one]
    return found


def _parent(pid: int) -> int:
    fields = _stat(pid)
    return int(fields[1]) if fields else 0


def listening(pids: list[int]) -> list[Address]:
    """List where any of these processes listens on TCP, in order of port."""
    inodes = {inode for pid in pids for inode in _sockets(pid)}
    found = {at for pid in pids for inode, at in _listeners(pid) if inode in inodes}
    return sorted(found, key=lambda at: (at[1], at[0]))


def _sockets(pid: int) -> Iterator[str]:
    """Give the inodes of the sockets that a process has open."""
    try:
        for descriptor in (PROC / str(pid) / "fd").iterdir():
            target = str(descriptor.readlink())
            if target.startswith("socket:["):
                yield target[8:-1]
    except OSError:
        pass  # it ended, or it is not ours to look at


def _listeners(pid: int) -> Iterator[tuple[str, Address]]:
    """Give inode and address of all listening TCP sockets in a process's network."""
    for name in ("tcp", "tcp6"):
        try:
            lines = (PROC / str(pid) / "net" / name).read_text().splitlines()[1:]
        except OSError:
            continue
        for row in (line.split() for line in lines):
            if row[3] == _LISTEN:
                host, _, port = row[1].partition(":")
                yield row[9], (_reachable(host), int(port, 16))


def _reachable(text: str) -> str:
    """Turn an address of /proc/net/tcp (words of 32 bits as this machine has them) into one to connect to."""
    words = bytes.fromhex(text)
    packed = b"".join(words[at : at + 4][::-1] for at in range(0, len(words), 4))
    address = ipaddress.ip_address(packed)
    if address.is_unspecified:
        return "127.0.0.1" if address.version == 4 else "::1"
    return str(address)
