"""What layer 3 tells of the connections: bytes in order, gaps in them, and what happened beside."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

import numpy as np

from tracer.capture.records import I8, UNKNOWN
from tracer.recording import MarkKind

TO_SERVER, TO_CLIENT = 0, 1
"""The two directions of a connection."""


class Why(IntEnum):
    """Why bytes are missing."""

    LOST, SNAPPED = range(2)  # not in the capture; cut off by the snap length


class NoteKind(IntEnum):
    """What happens to a connection beside its data. OPENED is its first event, CLOSED its last."""

    OPENED, SYN, FIN, RESET, RETRANSMISSION, ZERO_WINDOW, CLOSED = range(7)


class End(IntEnum):
    """How a connection ended: the value of a CLOSED note."""

    FIN, RESET, REUSED = range(3)  # REUSED: the same addresses and ports began another one


MARKS = {
    NoteKind.RESET: MarkKind.RESET,
    NoteKind.RETRANSMISSION: MarkKind.RETRANSMISSION,
    NoteKind.ZERO_WINDOW: MarkKind.ZERO_WINDOW,
}
"""The notes that are marks of a Recording, too. A Gap is MarkKind.GAP."""


@dataclass(slots=True, eq=False)
class Connection:
    """One TCP connection; its `id` is the number of its first frame.

    `opened` says that the capture saw it open; else it was open before, and who is the client is a guess
    by the port numbers (the lower one serves).
    """

    id: int
    client: str
    client_port: int
    server: str
    server_port: int
    opened: bool
    start: int  # ns, of its first frame
    last: int  # ns, of its latest frame
    closed: int = UNKNOWN  # ns

    def name(self) -> str:
        """Give its ends as text: "127.0.0.1:40112 > 127.0.0.1:8000"."""
        ends = ((self.client, self.client_port), (self.server, self.server_port))
        return " > ".join(f"[{host}]:{port}" if ":" in host else f"{host}:{port}" for host, port in ends)


@dataclass(slots=True, eq=False)
class Data:
    """Bytes of one direction in order, in pieces, each from one frame. Pieces are views: copy what you keep.

    `offset` counts from the first byte of the direction (missing ones included). Piece i ends before
    offset `ends[i]`. Its time is that of the frame that brought it; where frames came in another order
    than their bytes, the receiver had a byte at the greatest time of all up to it.
    """

    connection: Connection
    direction: int
    offset: int
    pieces: list[memoryview]
    ends: I8
    frames: I8
    times: I8  # ns

    def join(self) -> bytes | memoryview:
        """Give all the bytes as one."""
        return self.pieces[0] if len(self.pieces) == 1 else b"".join(self.pieces)

    def piece(self, offset: int) -> int:
        """Give the number of the piece that has the byte at `offset`."""
        return int(np.searchsorted(self.ends, offset, "right"))


@dataclass(slots=True, eq=False)
class Gap:
    """`length` bytes of one direction that are missing; the frame is the one after which they lacked."""

    connection: Connection
    direction: int
    offset: int
    length: int
    why: Why
    frame: int
    time: int


@dataclass(slots=True, eq=False)
class Note:
    """Something that happened to a connection. `direction` is that of the frame that says it.

    `value`: of RETRANSMISSION the bytes sent before (0: of a SYN or FIN), of CLOSED an `End`.
    """

    connection: Connection
    direction: int
    kind: NoteKind
    frame: int
    time: int
    value: int = UNKNOWN


Event = Data | Gap | Note
