"""One connection while it is open: what each of its segments does to it."""

from __future__ import annotations

from typing import NamedTuple

from tracer.capture.events import (
    TO_CLIENT,
    TO_SERVER,
    Connection,
    End,
    Event,
    Note,
    NoteKind,
)
from tracer.capture.flow import Flow, Piece
from tracer.capture.grouping import Key
from tracer.capture.headers import address
from tracer.capture.layouts import ACK, FIN, RST, SYN
from tracer.capture.records import UNKNOWN
from tracer.capture.telling import told

FAR = 1 << 24
"""After the end of a connection, bytes this far from its own belong to one whose SYN was missed;"""
FARTHEST = 1 << 30
"""and while it is open, bytes this far: no window is larger."""


class Segment(NamedTuple):
    """A TCP segment; `data` is what was captured of its `length` bytes."""

    frame: int
    time: int
    seq: int
    ack: int
    flags: int
    window: int
    length: int
    data: memoryview


def continues(flow: Flow, segment: Segment, *, closed: bool) -> bool:
    """Say whether a segment belongs to the connection of a flow, not to the next one with the same ends."""
    if segment.flags & SYN:
        if closed or flow.first is not None:
            return flow.first == segment.seq
        return flow.seq is None or flow.place(segment.seq + 1) == 0
    if not segment.length or flow.seq is None or segment.flags & RST:
        return True
    return abs(flow.place(segment.seq) - flow.next) < (FAR if closed else FARTHEST)


class Tracked:
    """A connection with the state of its two flows. Its events wait for `flush`."""

    __slots__ = ("_closing", "_notes", "_swap", "connection", "flows", "key")

    def __init__(self, key: Key, segment: Segment, upward: bool) -> None:
        """Begin with its first segment; `upward`: it goes from the lower end of the key to the higher."""
        self.key = key
        opened = bool(segment.flags & SYN)
        if opened:
            from_client = not segment.flags & ACK
        else:
            source, target = (key[4], key[5]) if upward else (key[5], key[4])
            from_client = source >= target
        self._swap = upward != from_client
        low, high = (address(key[0], key[1]), key[4]), (address(key[2], key[3]), key[5])
        client, server = (high, low) if self._swap else (low, high)
        self.connection = Connection(segment.frame, *client, *server, opened, segment.time, segment.time)
        self.flows = (Flow(), Flow())
        self._notes: list[Note] = []
        self._closing: Note | None = None
        self._note(self.direction(upward), NoteKind.OPENED, segment)

    @staticmethod
    def begins(segment: Segment) -> bool:
        """Say whether a segment without a connection begins one: a SYN, or bytes of one already open."""
        return bool(segment.flags & SYN) or (segment.length > 0 and not segment.flags & RST)

    def direction(self, upward: bool) -> int:
        """Give the direction (TO_SERVER, TO_CLIENT) of what goes upward, or downward."""
        return TO_SERVER if upward != self._swap else TO_CLIENT

    def flow(self, upward: bool) -> Flow:
        """Give the flow upward, or downward."""
        return self.flows[self.direction(upward)]

    @property
    def id(self) -> int:
        """The connection's."""
        return self.connection.id

    @property
    def closed(self) -> int:
        """When it closed, in ns; UNKNOWN: it is open."""
        return self.connection.closed

    @property
    def waits(self) -> bool:
        """A flow has a hole."""
        return self.flows[0].expires is not None or self.flows[1].expires is not None

    def over(self, now: int, linger: int) -> bool:
        """Say whether it closed more than `linger` ns ago."""
        return self.connection.closed != UNKNOWN and now - self.connection.closed > linger

    def continues(self, upward: bool, segment: Segment) -> bool:
        """Say whether a segment belongs to this connection, not to the next one with the same ends."""
        return continues(self.flow(upward), segment, closed=self.closed != UNKNOWN)

    def take(self, upward: bool, segment: Segment) -> None:
        """Take in a segment."""
        way = self.direction(upward)
        flow, back = self.flows[way], self.flows[1 - way]
        self.connection.last = max(self.connection.last, segment.time)
        if self.expire(segment.time) and self.connection.closed != UNKNOWN:
            return
        if segment.flags & RST:
            self._note(way, NoteKind.RESET, segment)
            self.close(End.RESET, segment, way)
            return
        if flow.seq is None:
            flow.anchor(segment.seq + bool(segment.flags & SYN))
        if segment.flags & (SYN | FIN) or segment.length:
            self._content(way, flow, segment)
        if back.expires is not None and segment.flags & ACK:
            back.acked(segment.ack, segment.time)
        self._window(way, flow, segment)
        if self.flows[0].done and self.flows[1].done:
            self.close(End.FIN, segment, way)

    def _content(self, way: int, flow: Flow, segment: Segment) -> None:
        """Take in what has a place in the sequence: SYN, bytes, FIN."""
        start = flow.place(segment.seq + bool(segment.flags & SYN))
        if segment.flags & SYN:
            self._once(way, NoteKind.SYN, segment, again=flow.first is not None)
            flow.first = segment.seq
        if segment.length:
            probe = segment.length == 1 and start == flow.next - 1 and bytes(segment.data) == b"\0"
            old = segment.length - flow.receive(
                start, segment.length, segment.data, segment.frame, segment.time
            )
            if old and not probe:
                self._note(way, NoteKind.RETRANSMISSION, segment, old)
        if segment.flags & FIN:
            self._once(way, NoteKind.FIN, segment, again=flow.fin is not None)
            flow.finish(start + segment.length, segment.frame, segment.time)

    def _once(self, way: int, kind: NoteKind, segment: Segment, *, again: bool) -> None:
        """Note a SYN or FIN; a second one alone is a retransmission."""
        if not again:
            self._note(way, kind, segment)
        elif not segment.length:
            self._note(way, NoteKind.RETRANSMISSION, segment, 0)

    def _window(self, way: int, flow: Flow, segment: Segment) -> None:
        shut = segment.window == 0
        if shut and not flow.shut:
            self._note(way, NoteKind.ZERO_WINDOW, segment)
        flow.shut = shut

    def expire(self, now: int) -> bool:
        """Give up holes that are too old; say whether there were any."""
        gave_up = False
        for flow in self.flows:
            while flow.expires is not None and now >= flow.expires:
                flow.give_up()
                gave_up = True
        if gave_up and (fin := self._last_fin()) is not None:
            self._close(End.FIN, fin.frame, fin.time, TO_SERVER)
        return gave_up

    def _last_fin(self) -> Piece | None:
        """Give the later FIN, if both directions have come to theirs."""
        one, two = (flow.fin if flow.done else None for flow in self.flows)
        if one is None or two is None:
            return None
        return max(one, two, key=lambda fin: fin.frame)

    def give_up(self) -> None:
        """Give up all holes."""
        for flow in self.flows:
            while flow.expires is not None:
                flow.give_up()

    def close(self, how: End, segment: Segment, way: int = TO_SERVER) -> None:
        """End it with this segment; what waited behind holes comes out."""
        self._close(how, segment.frame, segment.time, way)

    def _close(self, how: End, frame: int, time: int, way: int) -> None:
        if self._closing is None and self.connection.closed == UNKNOWN:
            self.give_up()
            self.connection.closed = time
            self._closing = Note(self.connection, way, NoteKind.CLOSED, frame, time, how)

    def _note(self, way: int, kind: NoteKind, segment: Segment, value: int = UNKNOWN) -> None:
        self._notes.append(Note(self.connection, way, kind, segment.frame, segment.time, value))

    def flush(self, events: list[Event]) -> None:
        """Give what has happened since the last time."""
        events += self._notes
        self._notes = []
        for way, flow in enumerate(self.flows):
            if flow.ready:
                events += told(self.connection, way, flow.ready)
                flow.ready = []
        if self._closing is not None:
            events.append(self._closing)
            self._closing = None
