"""What `tracer doctor` looks at: each check tries the thing itself and says how to mend it."""

from __future__ import annotations

import os
import platform
import re
import socket
import struct
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import import_module, metadata, util
from pathlib import Path
from typing import Any

from tracer.cli.state import state_dir

OK, MISSING, NOTE = "ok", "missing", "note"


@dataclass(frozen=True, slots=True)
class Check:
    """One thing looked at. Something missing matters to the exit code if it is required."""

    area: str
    name: str
    status: str  # OK, MISSING or NOTE
    found: str
    remedy: str | None = None
    required: bool = False


def checks() -> Iterator[Check]:
    """Look at everything but the terminal."""
    yield _python()
    yield _system()
    yield _cores()
    yield _state()
    yield _time_stamps()
    yield from _packages()


def _python() -> Check:
    good = (3, 11) <= sys.version_info[:2] <= (3, 13)
    remedy = None if good else "use Python 3.11, 3.12 or 3.13"
    found = f"{platform.python_version()} at {sys.executable}"
    return Check("machine", "Python", OK if good else MISSING, found, remedy, required=True)


def _system() -> Check:
    good = sys.platform == "linux"
    remedy = None if good else "recordings can be read and played here; servers are recorded on Linux"
    return Check(
        "machine", "system", OK if good else NOTE, f"{platform.system()} {platform.release()}", remedy
    )


def _cores() -> Check:
    count = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    remedy = "two workers that compute share the one core: they will look no faster than one"
    return Check("machine", "cores", *((OK, str(count)) if count > 1 else (NOTE, "1", remedy)))


def _state() -> Check:
    folder = state_dir()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        remedy = "make it writable, or set XDG_STATE_HOME to a folder that is"
        return Check("machine", "state folder", MISSING, f"{folder}: {error.strerror}", remedy, required=True)
    return Check("machine", "state folder", OK, str(folder), required=True)


def _time_stamps() -> Check:
    """Try on loopback what the agent does: the kernel's time of the data that a connection waits with."""
    try:
        late = _stamp_age()
    except OSError as error:
        late, why = None, f"the kernel refuses SO_TIMESTAMPNS, {error.strerror}"
    else:
        why = "the kernel gives none"
    if late is None:
        remedy = "the time in a server's accept queue will not be seen; all else will"
        return Check("recording", "kernel time stamps", NOTE, why, remedy)
    found = f"SO_TIMESTAMPNS works on loopback ({late / 1000:.0f} us ago); neither root nor ptrace is needed"
    return Check("recording", "kernel time stamps", OK, found)


_SO_TIMESTAMPNS = 35  # Linux; the socket module of Python 3.11 has no name for it


def _stamp_age() -> int | None:
    """Give how many ns ago the kernel took data in that lies in an accept queue; None without a stamp.

    It begins to stamp a moment after it was asked to, so the first data may come without.
    """
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.setsockopt(socket.SOL_SOCKET, _SO_TIMESTAMPNS, 1)
        for _ in range(20):
            age = _age_of_one(server)
            if age is not None:
                return age
            time.sleep(0.01)
    return None


def _age_of_one(server: socket.socket) -> int | None:
    with socket.create_connection(server.getsockname(), timeout=2) as client:
        client.sendall(b"x")
        accepted, _ = server.accept()
        with accepted:
            accepted.settimeout(2)
            said = accepted.recvmsg(1, 64, socket.MSG_PEEK)[1]
    for level, kind, data in said:
        if (level, kind) == (socket.SOL_SOCKET, _SO_TIMESTAMPNS) and len(data) >= 16:
            seconds, nanoseconds = struct.unpack_from("qq", data)
            return time.time_ns() - int(seconds * 10**9 + nanoseconds)
    return None


def _packages() -> Iterator[Check]:
    """Look for what the extras of this distribution name: servers, pictures and so on."""
    named = set()
    for requirement in metadata.requires("hopscope") or []:
        told = re.fullmatch(r"([\w.-]+)([^;]*);\s*extra\s*==\s*['\"]([\w-]+)['\"]", requirement)
        if told:
            yield _package(told[1], told[2].strip(), told[3])
            named.add(told[1].lower())
    for name in dict.fromkeys(target[0] for target in _targets()):
        if name and name not in named:
            yield _server(name)


def _server(name: str) -> Check:
    """Look for a server or framework that the agent knows, and that no extra asks for."""
    try:
        version = metadata.version(name)
    except metadata.PackageNotFoundError:
        return Check("servers", name, NOTE, "not in this Python; recorded in any other that has it")
    covered, left_out = _agent_covers(name, version)
    if left_out and not covered:
        return Check("servers", name, NOTE, f"{version}, not a version that the agent knows")
    return Check("servers", name, OK, f"{version}, points: {', '.join(_points(name))}")


def _package(name: str, versions: str, extra: str) -> Check:
    area = "servers" if extra == "demo" else f"extra {extra}"
    try:
        version = metadata.version(name)
    except metadata.PackageNotFoundError:
        return Check(area, name, MISSING, "not in this Python", f'python -m pip install "{name}{versions}"')
    covered, left_out = _agent_covers(name, version)
    if left_out:
        remedy = f'its {", ".join(left_out)} will not be recorded; python -m pip install "{name}{versions}"'
        return Check(area, name, NOTE, f"{version}, not a version that the agent knows", remedy)
    return Check(area, name, OK, f"{version}, points: {', '.join(_points(name))}" if covered else version)


def _agent_covers(name: str, version: str) -> tuple[list[str], list[str]]:
    """Give what of a distribution the agent records in this version, and what only in others."""
    number = tuple(int(part) for part in re.findall(r"\d+", version.partition("+")[0])[:3])
    told = [(what, first <= number < beyond) for named, first, beyond, _, what in _targets() if named == name]
    return [what for what, good in told if good], [what for what, good in told if not good]


def _targets() -> list[Any]:
    """Give what the agent patches: distribution, first version, first not known, file and function."""
    if not util.find_spec("tracer.agent.finder"):
        return []
    return list(import_module("tracer.agent.finder").TARGETS.values())


def _points(name: str) -> list[str]:
    """List the points that a distribution's patches install, as their source says; without `name.` before."""
    folder = Path(str(util.find_spec("tracer.agent.finder").origin)).parent / "patches"  # type: ignore[union-attr]
    files = dict.fromkeys(file for named, _, _, file, _ in _targets() if named == name)
    text = "".join((folder / f"{file}.py").read_text("utf-8") for file in files)
    points = re.findall(r'\binstall\(\s*"([\w.]+)"', text) + re.findall(
        r'^POINT = "([\w.]+)"', text, re.MULTILINE
    )
    return list(dict.fromkeys(point.removeprefix(f"{name}.") for point in points))
