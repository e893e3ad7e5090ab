"""The writer of this process's ring file. What the records mean stands in `layout`.

The file comes into being with the first record, so that masters, resource trackers and other bystanders
leave none. A process that was forked gets a ring of its own in the same way and never writes to its
parent's. Whatever goes wrong with the file switches the agent off, with one line on stderr.
"""

from __future__ import annotations

import atexit
import errno
import itertools
import mmap
import os
import sys
from _thread import RLock
from collections.abc import Callable
from time import monotonic_ns
from typing import Any

from . import layout
from .clock import offset as clock_offset
from .keep import hold, seconds, sweep
from .layout import CLOSE, CONN, END, FAULT, HEADER, LANE, MARK, OPEN, PHASE, SLOT, TARGET, TEXT
from .target import stamped

SMALLEST = 1 << 13
"""Slots of the ring that is tried when a disk has no room for `layout.CAPACITY`."""

TEXTS = 4096
"""Texts that are interned at most; a text beyond them is number 0, not known."""

DRIFT = 500
"""ns by which the clocks' offset may be another than was told; it cannot be measured much better."""

METHODS = frozenset(
    (
        *("CONNECT", "COPY", "DELETE", "GET", "HEAD", "LOCK", "MKCOL", "MOVE", "OPTIONS", "PATCH", "POST"),
        *("PROPFIND", "PROPPATCH", "PUT", "QUERY", "REPORT", "SEARCH", "TRACE", "UNLOCK"),
    )
)
"""Methods that are told by name: clients choose what they send, and a text is kept for good."""

_struct = {kind: layout.record(kind).pack_into for kind in layout.FIELDS}


def _nothing(*_: Any) -> None:
    """Stand in for every writer once the agent is off."""


class Ring:
    """The records of this process. `open`, `phase` and `close` are functions made with the file.

    A hot path may pack a record itself, at the slot of the number that `tick` gives (`asgi` does).
    """

    open: Callable[..., None]
    phase: Callable[..., None]
    close: Callable[..., None]
    write: Callable[..., None]
    tick: Callable[[], int]
    mask: int

    def __init__(self) -> None:
        self.server, self.version = "", ""
        self.directory = os.path.abspath(os.environ.get(layout.ENV_DIR, ""))
        self.live: list[str] = []  # the points that are patched, to be told
        self.off = False
        self.visits = itertools.count(1).__next__
        self.conns = itertools.count(1).__next__
        self.forget()
        os.register_at_fork(after_in_child=self.forget)
        atexit.register(self.end)

    def forget(self) -> None:
        """Start with no file, no lanes and no texts: at first, and in a child after a fork."""
        self.buffer: Any = None  # a mapping, once there is a file
        self._lanes: dict[Any, tuple[Any, ...]] = {}
        self._texts: dict[str, int] = {}
        self.methods: dict[str, int] = {}
        self.protocols: dict[str, int] = {}
        self._next_lane = itertools.count(1).__next__
        self._next_text = itertools.count(1).__next__
        self.retell_at = 0
        self.clocked = 0  # the offset of the clocks as it was told
        self._making = RLock()
        self._is_making = self._ended = False
        if not self.off:
            self.open = self._then("open")
            self.phase = self._then("phase")
            self.close = self._then("close")
            self.write = self._then("write")
            self.tick = self._first_tick

    def _then(self, name: str) -> Callable[..., None]:
        """Stand in for a writer until the file is there."""

        def first(*args: Any) -> None:
            self.create()
            if self.buffer is not None:
                getattr(self, name)(*args)

        return first

    def _first_tick(self) -> int:
        """Make the file; raise OSError if there is none to be."""
        self.create()
        if self.buffer is None:
            raise OSError("no ring")
        return self.tick()

    def create(self) -> None:
        """Make the file now, if it is not there yet and the agent is on."""
        with self._making:
            if self.buffer is not None or self.off or self._is_making:
                return  # the last: a signal's handler, in the midst of this
            self._is_making = True
            try:
                buffer, capacity = self._map()
            except Exception as error:
                self.switch_off(f"no ring can be written: {error}")
                return
            finally:
                self._is_making = False
            self._bind(buffer, capacity)
        for point in self.live:
            self.told_mark("live", point)

    def switch_off(self, why: str) -> None:
        """Stop recording in this process and its children, for good."""
        self.off = True
        self.open = self.phase = self.close = self.write = _nothing
        self.tick = self._first_tick
        try:
            sys.stderr.write(f"hopscope: not recording process {os.getpid()}: {why}\n")
        except Exception:
            pass

    def _map(self) -> tuple[mmap.mmap, int]:
        """Create and map the file, return it and its slots; raise OSError where there is no room."""
        keep = seconds()
        if keep:
            sweep(self.directory, keep)
        self.clocked = clock_offset()
        created, pid = monotonic_ns(), os.getpid()
        wall = created + self.clocked
        path = os.path.join(self.directory, f"{pid}-{created}{layout.SUFFIX}")
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
        try:
            capacity = _reserve(descriptor)
            buffer = mmap.mmap(descriptor, HEADER + capacity * SLOT)
            if keep:
                hold(descriptor)
        except BaseException:
            os.unlink(path)
            raise
        finally:
            os.close(descriptor)
        head = (layout.VERSION, SLOT, capacity, pid, os.getppid(), sys.hexversion, created, wall)
        names = (self.server.encode()[:32], self.version.encode()[:32])
        layout.header().pack_into(buffer, 0, b"", *head, *names)
        buffer[: len(layout.MAGIC)] = layout.MAGIC
        return buffer, capacity

    def _bind(self, buffer: mmap.mmap, capacity: int) -> None:
        """Make the writers of records.

        Taking a number is one C call, so two threads never share a slot; packing a record is one too.
        """
        self._capacity, self.retell_at = capacity, capacity // 2
        tick = itertools.count(1).__next__
        self.buffer, self.mask = buffer, capacity - 1

        def write(kind: int, *values: Any) -> None:
            seq = tick()
            _struct[kind](buffer, HEADER + ((seq - 1 & capacity - 1) << 7), kind, *values, seq)
            if seq > self.retell_at:
                self.retell(seq)

        self.write, self.tick = write, tick
        scope = {"ring": self, "tick": tick, "buffer": buffer}
        again = "if seq > ring.retell_at: ring.retell(seq)"
        self.open = _writer(OPEN, capacity, scope, again)
        self.phase = _writer(PHASE, capacity, scope)
        self.close = _writer(CLOSE, capacity, scope)

    def retell(self, seq: int) -> None:
        """Tell lanes and texts again twice a round, so that the last half round always names its own."""
        self.retell_at = seq + self._capacity // 2
        self.mark("clock", self.clocked)
        for values in list(self._lanes.values()):
            self.write(LANE, *values)
        for text, number in list(self._texts.items()):
            self._write_text(text, number)

    def text(self, text: str) -> int:
        """Return the number of a text, telling it if it is new; 0 if there are too many."""
        number = self._texts.get(text)
        if number is None:
            self.create()
            if len(self._texts) >= TEXTS:
                return 0
            number = self._texts.setdefault(text, self._next_text())  # another thread may be first
            self._write_text(text, number)
        return number

    def method(self, method: str) -> int:
        """Return the number of a request's method; one that is not known is OTHER."""
        number = self.methods.get(method)
        if number is None:
            number = self.text(method if method in METHODS else "OTHER")
            if method in METHODS:
                self.methods[method] = number
        return number

    def protocol(self, version: str) -> int:
        """Return the number of the text "http/VERSION"."""
        return self.protocols.get(version) or self.protocols.setdefault(version, self.text(f"http/{version}"))

    def _write_text(self, text: str, number: int) -> None:
        data = text.encode("utf-8", "replace")[:110]
        self.write(TEXT, 0, 0, number, len(data), data)

    def lane(
        self,
        key: Any,
        kind: int,
        label: str,
        *,
        parent: int = 0,
        capacity: int = 1,
        tid: int = 0,
        parent_pid: int = 0,
        parent_capacity: int = 0,
        since: int = 0,
    ) -> int:
        """Return the number of the lane of this key, telling it if it is new.

        `since` is when it began, ns; by default now, too late for a phase on it that is already over.
        """
        values = self._lanes.get(key)
        if values is None:
            self.create()
            body = (kind, capacity == 1, parent, capacity, parent_pid, parent_capacity, tid)
            told = (0, self._next_lane(), 0, *body, since or monotonic_ns(), label.encode()[:48])
            values = self._lanes.setdefault(key, told)
            self.write(LANE, *values)
        return int(values[1])

    def known_lane(self, key: Any) -> int:
        """Return the number of a lane that was told, else 0."""
        values = self._lanes.get(key)
        return 0 if values is None else int(values[1])

    def lane_keys(self) -> list[Any]:
        """Return the keys of all lanes that were told."""
        return list(self._lanes)

    def conn(self, lane: int, number: int, accepted: int, arrived: int, peer: str, local: str) -> None:
        """Tell of a connection; addresses as in `layout`."""
        self.write(CONN, 0, lane, number, accepted, arrived, peer.encode()[:46], local.encode()[:46])

    def target(self, visit: int, target: bytes) -> None:
        """Tell the rest of a target that is longer than its OPEN record holds."""
        for offset in range(32, len(target), 108):
            part = target[offset : offset + 108]
            self.write(TARGET, 0, 0, visit, offset, len(part), part)

    def mark(self, what: str, value: int, lane: int = 0, visit: int = 0) -> None:
        """Tell of an instant, now."""
        self.write(MARK, 0, lane, visit, layout.MARK_NAMES.index(what), monotonic_ns(), value)

    def request_start(self, header: bytes, lane: int, visit: int) -> None:
        """Tell when a proxy passed a request on, if its X-Request-Start says so."""
        if at := stamped(header):
            self.mark("request_start", at, lane, visit)

    def clock(self) -> None:
        """Tell the offset of the clocks, if it is another than was told."""
        now = clock_offset()
        if abs(now - self.clocked) > DRIFT:
            self.clocked = now
            self.mark("clock", now)

    def told_mark(self, what: str, text: str) -> None:
        """Tell of an instant whose value is a text."""
        self.mark(what, self.text(text))

    def fault(self, count: int, text: str) -> None:
        """Tell that a hook failed and was switched off."""
        self.write(FAULT, 0, 0, 0, count, monotonic_ns(), text.encode("utf-8", "replace")[:96])

    def end(self) -> None:
        """Tell, once, that the process ends in good order."""
        if self.buffer is not None and not self._ended:
            self._ended = True
            self.write(END, 0, 0, 0, monotonic_ns())


def _reserve(descriptor: int) -> int:
    """Allocate the file, smaller if need be, and return its slots.

    Allocated, not sparse: a disk that fills up later would be a SIGBUS in the server.
    """
    capacity = layout.CAPACITY
    while True:
        try:
            os.posix_fallocate(descriptor, 0, HEADER + capacity * SLOT)
        except OSError as error:
            if error.errno != errno.ENOSPC or capacity <= SMALLEST:
                raise
            os.ftruncate(descriptor, 0)
            capacity >>= 1
        else:
            return capacity


def _writer(kind: int, capacity: int, scope: dict[str, Any], then: str = "") -> Callable[..., None]:
    """Return the writer of a frequent kind of record, a function of its fields in order.

    Generated from the layout, because a function with the fields as parameters takes 0.3 us less than
    one of `*values`, and cannot drift from the table like one that is written out.
    """
    names = [name for name, code in layout.FIELDS[kind][1:-1] if not code.endswith("x")]
    fields = ", ".join(name for name in names if name != "nanoseconds")
    values = ", ".join("0" if name == "nanoseconds" else name for name in names)  # of a raw stamp: `asgi`'s
    source = f"""
def writer({fields}):
    seq = tick()
    pack(buffer, {HEADER} + ((seq - 1 & {capacity - 1}) << 7), {kind}, {values}, seq)
    {then}
"""
    scope = {**scope, "pack": _struct[kind]}
    exec(source, scope)  # noqa: S102  # the source is ours alone
    made: Callable[..., None] = scope["writer"]
    return made


ring = Ring()
"""The ring of this process."""
