"""The six nouns: hop, lane, request, visit, phase, mark, each a table of numpy columns.

A row's number is its id, so an id column is never stored: `recording.visits.request[7]` is the request
of visit 7. Times are int64 ns (since the epoch; of a simulation since 0). -1 means not known, or still
open. A text column holds numbers of `Recording.texts`; -1 is no text.
"""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from enum import IntEnum
from typing import Any

import numpy as np
from numpy.typing import NDArray

UNKNOWN = -1
"""In every column: not known, none, or still open."""

CERTAIN = 10_000
"""`Visits.confidence` of a join that cannot be wrong; the column counts in 1/10,000."""


class Role(IntEnum):
    """What a hop is to the request."""

    CLIENT, PROXY, GATEWAY, APP, DATABASE, NETWORK = range(6)


class LaneKind(IntEnum):
    """What a lane is made of. The first four execute; locks and connections only are held."""

    PROCESS, THREAD, POOL, LOOP, GREENLET_HUB, LOCK, CONNECTION = range(7)


class Outcome(IntEnum):
    """How a request or visit ended, seen from the client where the client was recorded."""

    OK, ERROR, TIMEOUT, REFUSED, ABANDONED, OPEN = range(6)


class PhaseKind(IntEnum):
    """What a visit does in an interval; the order is that of invariant 1 only by `PRECEDENCE`."""

    QUEUED, RUNNING, BLOCKED, AWAITING, CALLING, TRANSFER, UNSEEN = range(7)


PRECEDENCE = (
    PhaseKind.RUNNING,
    PhaseKind.BLOCKED,
    PhaseKind.CALLING,
    PhaseKind.TRANSFER,
    PhaseKind.QUEUED,
    PhaseKind.AWAITING,
    PhaseKind.UNSEEN,
)
"""Of several things that a visit does at once, the first of these is its phase."""


class MarkKind(IntEnum):
    """The closed table of instants."""

    REFUSED, TIMEOUT, ERROR, ABANDONED, DISCONNECT, RETRANSMISSION, RESET, ZERO_WINDOW, GAP = range(9)
    MESSAGE, FORK, EXIT, WORKER_KILLED, HOOK_FAULT, LOST, NOTE = range(9, 16)
    TRACE = 16  # a visit came with a traceparent; value: see `tracer.recording.trace`
    STALL = 17  # a lane that stood still at one line of code goes on; value: how long it did, ns


class Evidence(IntEnum):
    """How a phase or mark is known."""

    SIMULATED, HOOK, LOG, INFERRED, PACKET = range(5)


class Match(IntEnum):
    """By what a visit was joined to its request."""

    NONE, TRACEPARENT, REQUEST_ID, REMOTE_PORT, CONNECTION_ORDINAL, URL, ORDER, NESTING = range(8)


def column(code: str, *, text: bool = False) -> Any:
    """Declare a column of a table by its numpy type code; `text` says that it numbers texts."""
    return field(metadata={"dtype": np.dtype("<" + code), "text": text})


I1 = NDArray[np.int8]
I2 = NDArray[np.int16]
I4 = NDArray[np.int32]
I8 = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Hops:
    """The stages of the stack, in path order."""

    name: I4 = column("i4", text=True)
    role: I1 = column("i1")
    software: I4 = column("i4", text=True)
    protocol: I4 = column("i4", text=True)  # spoken to it


@dataclass(frozen=True, slots=True)
class Lanes:
    """What can execute or carry in a hop."""

    hop: I4 = column("i4")
    parent: I4 = column("i4")
    label: I4 = column("i4", text=True)
    kind: I1 = column("i1")
    capacity: I4 = column("i4")  # 1 exclusive, n pool, 0 unlimited
    pid: I4 = column("i4")
    tid: I8 = column("i8")
    src: I4 = column("i4", text=True)  # of connections
    dst: I4 = column("i4", text=True)
    start: I8 = column("i8")
    end: I8 = column("i8")


@dataclass(frozen=True, slots=True)
class Requests:
    """End-to-end exchanges, by the time they were due."""

    method: I4 = column("i4", text=True)
    target: I4 = column("i4", text=True)
    status: I2 = column("i2")
    start: I8 = column("i8")
    end: I8 = column("i8")
    bytes_in: I8 = column("i8")
    bytes_out: I8 = column("i8")
    outcome: I1 = column("i1")


@dataclass(frozen=True, slots=True)
class Visits:
    """Stays of requests at hops, by start."""

    request: I4 = column("i4")
    hop: I4 = column("i4")
    parent: I4 = column("i4")
    attempt: I2 = column("i2")  # from 1
    connection: I4 = column("i4")  # a lane
    stream: I4 = column("i4")
    protocol: I4 = column("i4", text=True)
    status: I2 = column("i2")
    outcome: I1 = column("i1")
    detached: I1 = column("i1")
    start: I8 = column("i8")
    first_byte: I8 = column("i8")  # of the answer, out
    answered: I8 = column("i8")  # its last byte, out
    end: I8 = column("i8")  # its lane lets go
    match: I1 = column("i1")
    confidence: I2 = column("i2")  # in 1/10,000; -1 where nothing was joined


@dataclass(frozen=True, slots=True)
class Phases:
    """Intervals of visits in one state, by start. visit -1: a lane held by no request."""

    visit: I4 = column("i4")
    lane: I4 = column("i4")
    kind: I1 = column("i1")
    holds: I1 = column("i1")
    waits_for: I4 = column("i4")  # a lane
    start: I8 = column("i8")
    end: I8 = column("i8")
    cpu_ns: I8 = column("i8")
    what: I4 = column("i4", text=True)
    evidence: I1 = column("i1")
    first_frame: I4 = column("i4")
    last_frame: I4 = column("i4")


@dataclass(frozen=True, slots=True)
class Marks:
    """Instants, by time."""

    time: I8 = column("i8")
    kind: I1 = column("i1")
    request: I4 = column("i4")
    visit: I4 = column("i4")
    lane: I4 = column("i4")
    value: I8 = column("i8")
    evidence: I1 = column("i1")
    first_frame: I4 = column("i4")
    last_frame: I4 = column("i4")


Table = Hops | Lanes | Requests | Visits | Phases | Marks
TABLES: dict[str, type[Table]] = {
    "hops": Hops,
    "lanes": Lanes,
    "requests": Requests,
    "visits": Visits,
    "phases": Phases,
    "marks": Marks,
}
"""Name of a table -> its class, in the order in which they are stored."""


REFERENCES: dict[str, dict[str, str]] = {
    "lanes": {"hop": "hops", "parent": "lanes"},
    "visits": {"request": "requests", "hop": "hops", "parent": "visits", "connection": "lanes"},
    "phases": {"visit": "visits", "lane": "lanes", "waits_for": "lanes"},
    "marks": {"request": "requests", "visit": "visits", "lane": "lanes"},
}
"""Table -> column -> the table whose rows it numbers."""


def columns(table: type[Table]) -> dict[str, np.dtype[Any]]:
    """Name -> type of the columns of a table."""
    return {f.name: f.metadata["dtype"] for f in fields(table)}


def text_columns(table: type[Table]) -> frozenset[str]:
    """Names of the columns that number texts."""
    return frozenset(f.name for f in fields(table) if f.metadata["text"])


def rows_in(table: Table) -> int:
    """How many rows a table has."""
    return len(getattr(table, fields(table)[0].name))
