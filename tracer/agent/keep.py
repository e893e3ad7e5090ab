"""Rings of processes that are gone, removed after a while: a directory that servers write to for weeks.

A process that lives holds a lock on its ring, which the kernel lets go when it dies, however it dies and in
whatever container: its number says nothing of another container. Who makes a ring next looks around, marks
those that nobody holds by the time at which it saw that (the file becomes read-only), and removes what was
marked long enough ago, and what is too many.
"""

from __future__ import annotations

import fcntl
import os
import stat
from time import sleep, time

from . import layout

DEAD = 64
"""Rings without a process that are kept at most, whatever their age: half a gigabyte."""

TRIES = 100
"""Looks at a ring take microseconds; a host is not kept waiting for one that was stopped in its midst."""


def seconds() -> float:
    """Return how long the ring of a process that is gone is kept, 0 for ever."""
    try:
        return float(os.environ.get(layout.ENV_KEEP) or 0)
    except ValueError:
        return 0.0


def hold(descriptor: int) -> None:
    """Hold a ring until this process ends, and those that it forks.

    The descriptor is never closed: servers close descriptors by number, and it might be another's by then.
    """
    held = os.dup(descriptor)
    for _ in range(TRIES):
        try:
            fcntl.flock(held, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            sleep(0.001)  # somebody looks at it just now
        except OSError:
            return  # a file system without locks: nobody can find that it is not held
        else:
            return


def sweep(directory: str, keep: float) -> None:
    """Mark the rings that nobody holds, and remove those marked more than `keep` seconds ago."""
    rings = [os.path.join(directory, name) for name in os.listdir(directory) if name.endswith(layout.SUFFIX)]
    gone = sorted(((since, path) for path in rings if (since := _gone_since(path))), reverse=True)
    before = time() - keep
    for number, (since, path) in enumerate(gone):
        if since < before or number >= DEAD:
            _remove(path)


def _remove(path: str) -> None:
    try:
        os.unlink(path)
    except OSError:
        pass  # another process was first, or it is not ours


def _gone_since(path: str) -> float:
    """Return when a ring was first seen without its process, s; 0 if it has one, or is not ours."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW)
    except OSError:
        return 0.0
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        seen = os.fstat(descriptor)
        if seen.st_mode & stat.S_IWUSR:
            os.utime(descriptor)
            os.fchmod(descriptor, 0o400)
            return time()
        return seen.st_mtime
    except OSError:
        return 0.0
    finally:
        os.close(descriptor)
