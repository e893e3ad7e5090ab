"""The ring file: how an agent inside a server tells a collector outside it what happened.

One file a process, mapped MAP_SHARED, so what was written survives a SIGKILL of the process. It is a
header page and then `CAPACITY` slots of `SLOT` bytes, written round and round. The writer never waits
for the reader: a reader that falls behind sees it from the sequence numbers and counts what it lost.

**A slot is valid by its sequence number, which stands last in it and is written last.** One
`struct.pack_into` zeroes the slot, fills it front to back and so ends with the number; a slot torn by a
SIGKILL has the number 0. Record `seq` (from 1) stands in slot ``(seq - 1) % capacity``. A reader copies
the slot, then reads the number again: unchanged means whole.

All times are CLOCK_MONOTONIC in ns (`time.monotonic_ns`, the same clock in every process of a machine);
0 means not known. Kernel time stamps (CLOCK_REALTIME) are converted by the writer, or by the reader where the
writer says STAMPED. Lane, text and visit
numbers are the process's own; 0 means none. All integers are little-endian, without padding.

Every record is told by a format of named fields (`FIELDS`), from which the writer takes a
`struct.Struct` and a reader a numpy dtype, so the two cannot drift apart.
"""

from __future__ import annotations

import struct

TYPE_CHECKING = False  # collections.abc and typing are not imported for a mere annotation
if TYPE_CHECKING:
    from collections.abc import Callable

MAGIC = b"HOPRING1"
VERSION = 2
HEADER = 4096
SLOT = 128
CAPACITY = 1 << 16
SUFFIX = ".ring"

ENV_DIR = "HOPSCOPE_RINGS"
"""The directory the rings go to; without it the agent does nothing at all."""

ENV_NO_WAITS = "HOPSCOPE_NO_WAITS"
"""Groups of outgoing waits that are not to be told, with commas between them."""

ENV_KEEP = "HOPSCOPE_KEEP"
"""Seconds for which the ring of a process that is gone is kept; without it, for ever."""

WAIT_GROUPS = ("asyncio", "dbapi", "http", "redis", "sleep", "socket", "watch")
"""The groups that there are; `watch` is who blocks loops and holds the GIL."""

HEADER_FIELDS = (
    ("magic", "8s"),
    ("version", "I"),
    ("slot", "I"),
    ("capacity", "I"),
    ("pid", "I"),
    ("ppid", "I"),
    ("python", "I"),  # sys.hexversion
    ("created", "Q"),  # CLOCK_MONOTONIC, ns
    ("created_wall", "Q"),  # CLOCK_REALTIME at the same instant, ns
    ("server", "32s"),  # "gunicorn sync", "uvicorn": what the patch that made this ring is for
    ("server_version", "32s"),
)
"""Lies at offset 0. Written once, the magic last."""

# Kinds of record: the first byte of each slot. 0 is an empty slot.
LANE, TEXT, CONN, OPEN, TARGET, PHASE, CLOSE, MARK, FAULT, END, STALL = range(1, 12)

# Lane kinds and phase kinds: the numbers of tracer.recording.nouns, which a test holds equal.
PROCESS, THREAD, POOL, LOOP, GREENLET_HUB, LOCK, CONNECTION = range(7)
QUEUED, RUNNING, BLOCKED, AWAITING, CALLING, TRANSFER, UNSEEN = range(7)

# OPEN.flags
WSGI, ASGI = 1, 2  # the calling convention of the application: one of the two
STEPPED = 4  # a WSGI application on a greenlet: its steps are told like those of a coroutine
# `arrived` and `nanoseconds` are the kernel's stamp as it gave it, CLOCK_REALTIME: converting it takes 3 us
# of a request's 35. It is the offset told by the last "clock" mark before it less, at first the header's.
STAMPED = 8
# CLOSE.flags
ERROR = 1  # the application raised
ABORTED = 2  # the connection broke before the answer was whole
# A coroutine that never gave the loop back: from entered to left it held its lane, RUNNING (but for
# BLOCKED phases), in one step that took less than a millisecond and has no PHASE of its own.
ONE_STEP = 4
# The thread gave up its core of its own accord at no time from entered to left (no voluntary context
# switch): it waited for nothing, it ran or was kept from running by others on the machine.
NEVER_WAITED = 8
# STALL.flags
STALL_GIL = 1  # C code held the GIL: no other thread of the process could run Python meanwhile
STALL_IDLE = (
    2  # the thread neither ran for most of the time nor waited for a core: it waited for something else
)
# PHASE.flags
APP = 1  # a phase of the `app` visit; else of the server's own visit
# MARK.what, as numbers (kept few: a closed table)
MARK_NAMES = (
    "boot",
    "fork",
    "exit",
    "request_line",
    "disconnect",
    "timeout",
    "lost",
    "live",
    "unsupported",
    "clock",
    "request_start",
    "call",
)
"""For "live" and "unsupported" `value` numbers a text: the point that was patched, or the server and
version that was not. A process tells all its live points when it starts to serve. For "clock" it is
CLOCK_REALTIME - CLOCK_MONOTONIC in ns, told when it is another than before. "request_start" follows the OPEN
of a request with an X-Request-Start: the latest time that it can mean, ns since the epoch. "call" is a
request that the visit sends with its trace id and the parent id that `value` is, big-endian."""

_HEAD = (("kind", "B"), ("flags", "B"), ("lane", "H"), ("visit", "I"))
_TAIL = (("seq", "Q"),)

# What each record says. `lane`, in the head, is the lane that holds, or on which it happened.
BODIES: dict[int, tuple[tuple[str, str], ...]] = {
    # A lane, told before its first use. `lane` is its number, `parent` another lane of this process.
    # parent_pid != 0: the parent is the pool lane of that process (gunicorn's arbiter), which this
    # record also makes known: `parent_capacity` lanes, labelled "arbiter".
    LANE: (
        ("lane_kind", "B"),
        ("exclusive", "B"),
        ("parent", "H"),
        ("capacity", "I"),
        ("parent_pid", "I"),
        ("parent_capacity", "I"),
        ("tid", "Q"),
        ("start", "Q"),
        ("label", "48s"),
    ),
    # An interned text (a place in the source, a method): `visit` is its number.
    TEXT: (("length", "H"), ("text", "110s")),
    # A connection that the server took: `visit` is its number. Addresses are text, "127.0.0.1:40112" or
    # a path for a Unix socket. `arrived` is the kernel's time of its first data, if it had any yet.
    CONN: (("accepted", "Q"), ("arrived", "Q"), ("peer", "46s"), ("local", "46s")),
    # A request reaches the application. `lane` is the lane that will run it. `queue_lane` is what it
    # waited for before `taken` (a pool, the loop, the lane itself; 0: the arbiter of the lane).
    OPEN: (
        ("conn", "I"),
        ("ordinal", "I"),  # the number of the request on its connection, from 0
        ("arrived", "Q"),  # its first byte, by the kernel's clock; 0 if not known. STAMPED: seconds
        ("nanoseconds", "Q"),  # of a stamp, else 0
        # Accepted or taken from a queue: the lane is held from here on. It may lie before `arrived`: a
        # blocking worker accepts a connection and then waits for its first byte.
        ("taken", "Q"),
        ("parsed", "Q"),  # the head is read and parsed
        ("entered", "Q"),  # the application is called
        ("trace_id", "16s"),  # of its traceparent, else zeros
        ("span_id", "8s"),
        ("method", "H"),  # a text
        ("protocol", "H"),  # a text: "http/1.1"
        ("queue_lane", "H"),
        ("length", "H"),  # of the whole target; what does not fit here follows in TARGET records
        ("target", "32s"),
    ),
    TARGET: (("offset", "H"), ("length", "H"), ("text", "108s")),
    # An interval of a visit. For the app visit: the waits that were wrapped, the steps of a coroutine
    # (RUNNING), its time in a pool's queue. What lies between and was not told, the assembler fills in.
    # visit 0: the lane is held by no request (boot, an idle keep-alive connection, a task that outlives
    # the request which started it; so no PHASE of a visit follows its CLOSE). They may overlap: a BLOCKED
    # lies within the RUNNING step of the coroutine that made the call.
    PHASE: (
        ("phase", "B"),
        ("holds", "B"),
        ("waits_for", "H"),  # a lane
        ("what", "I"),  # a text, 0 for none
        ("start", "Q"),
        ("end", "Q"),
        ("cpu", "q"),  # ns of the thread's CPU time within it, -1 if not measured
    ),
    # The application's answer is out and the lane lets go.
    CLOSE: (
        ("status", "H"),
        ("responded", "Q"),  # start_response, or http.response.start
        ("left", "Q"),  # the application's end: the iterator's close, the coroutine's return
        ("first_byte", "Q"),  # the first write of the answer
        # The last write of the answer began, and was done. Its bytes went out in between: a server that
        # is preempted in `send` sees it done long after the client has read them. An event loop's write
        # is done when it is handed over.
        ("last_write", "Q"),
        ("answered", "Q"),
        ("end", "Q"),  # the lane lets go: after a lingering close, a background task
        ("cpu", "q"),  # of the thread, from entered to left; -1 if not measured (coroutines: their steps say)
        ("process_cpu", "q"),  # of the whole process, from entered to left; -1 if not measured
        ("bytes_in", "Q"),  # of bodies, chunked framing taken off
        ("bytes_out", "Q"),
    ),
    MARK: (("what", "H"), ("time", "Q"), ("value", "q")),
    # A hook failed and was switched off: `text` names it, `count` says how often it was called in vain.
    FAULT: (("count", "I"), ("time", "Q"), ("text", "96s")),
    # The process ended in good order.
    END: (("time", "Q"),),
    # A lane stood still: each time it was looked at from `start` to `end` it was at `what`, a text.
    STALL: (("what", "I"), ("start", "Q"), ("end", "Q")),
}


def _padded(body: tuple[tuple[str, str], ...]) -> tuple[tuple[str, str], ...]:
    """Fill a record up, so that its sequence number lies at the very end of the slot."""
    used = struct.calcsize("<" + "".join(code for _, code in (*_HEAD, *body, *_TAIL)))
    return (*_HEAD, *body, ("pad", f"{SLOT - used}x"), *_TAIL)


FIELDS = {kind: _padded(body) for kind, body in BODIES.items()}
"""Record kind -> ((name, struct code), …), every slot whole; a code that ends in x is padding."""


def packed(kind: int, *joined: tuple[str, ...]) -> Callable[..., None]:
    """The `pack_into` of one kind of record that takes neighbouring fields, joined, as one bytes object.

    Fewer arguments are quicker to pack: 22 take 0.26 us, 15 take 0.2, and more than that in place.
    """
    codes: list[str] = []
    last: tuple[str, ...] = ()
    for name, code in FIELDS[kind]:
        group = next((names for names in joined if name in names), ())
        if group and group is last:
            codes[-1] = f"{int(codes[-1][:-1]) + struct.calcsize('<' + code)}s"
        else:
            codes.append(f"{struct.calcsize('<' + code)}s" if group else code)
        last = group
    return struct.Struct("<" + "".join(codes)).pack_into


def record(kind: int) -> struct.Struct:
    """The packer of one kind of record, `SLOT` bytes."""
    return struct.Struct("<" + "".join(code for _, code in FIELDS[kind]))


def header() -> struct.Struct:
    """The packer of the header, which lies at offset 0."""
    return struct.Struct("<" + "".join(code for _, code in HEADER_FIELDS))
