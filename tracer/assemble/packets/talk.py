"""A connection: what its bytes say becomes stays, what happened to it becomes marks."""

from __future__ import annotations

from collections import Counter, OrderedDict
from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from tracer.assemble.packets.hurry import WORTH, Plain, plain_of, rest_of, until_resting
from tracer.assemble.packets.identity import identity
from tracer.assemble.packets.line import Line
from tracer.assemble.packets.listeners import GATEWAYS
from tracer.assemble.packets.places import Moment, Places, later
from tracer.assemble.packets.sealed import APPLICATION_DATA, Sealed, sealed_stay
from tracer.assemble.packets.stay import Stay
from tracer.assemble.packets.turns import in_turns
from tracer.capture import MARKS, TO_CLIENT, TO_SERVER, Connection, Data, Event, Gap, Note, NoteKind
from tracer.recording import UNKNOWN, Evidence, Lane, LaneKind, Mark, MarkKind, Outcome
from tracer.wire import REQUEST, RESPONSE, End, Head, Kind, Message, Proxy, Switch, WireError
from tracer.wire import Connection as Wire
from tracer.wire import Note as WireNote
from tracer.wire.message import UNSOLICITED, MissingError

if TYPE_CHECKING:
    from tracer.assemble.packets.world import World

KINDS: tuple[Kind, Kind] = (REQUEST, RESPONSE)
PROTOCOLS = {"http2": "h2", "uwsgi": "uwsgi", "fastcgi": "fastcgi", "scgi": "scgi"}
MESSAGES = frozenset({"text", "binary", "ping", "pong", "close"})
IN_ORDER = frozenset({"http1", "uwsgi", "scgi"})


class Talk(Line):
    """One connection, both directions."""

    def __init__(self, connection: Connection, world: World) -> None:
        super().__init__(connection, world.listeners(connection.server, connection.server_port))
        self.world = world
        self.wire = Wire(lost=not connection.opened, keys=world.keys)
        self._sealed = Sealed()
        self._ready: list[Stay] = []
        self._places = (Places(), Places())
        self._open: OrderedDict[int, Stay] = OrderedDict()  # by exchange; a dict is slow to find its first
        self._recent: list[Stay] = []  # that notes of this chunk may be about
        self._notes: list[tuple[MarkKind, Moment, int]] = []
        self._earliest, self._latest = connection.start, 0  # of what is told of it
        self._gap = False  # bytes of answers were missing since the last head of one
        self._shift = 0  # from the decoder's numbers of answers to those that the frames say
        self._answering = UNSOLICITED
        self._together = False  # several exchanges were open at once, not in order
        self._closing: Moment | None = None
        self._closer: int | None = None  # the direction of the first FIN or RST
        self._handlers: dict[type, Callable[[int, Message], None]] = {
            Head: self._head, End: self._end, Switch: self._switch, WireNote: self._wire_note,
            Proxy: self._proxied, WireError: self._error, MissingError: self._error,
        }  # fmt: skip

    def fetch(self) -> list[Stay]:
        """Give the stays that have begun since the last call."""
        ready, self._ready = self._ready, []
        return ready

    # Events

    def take(self, events: list[Event], *, plain: bool = False, alone: bool = False) -> None:
        """Take in the events of a chunk, all that there are of this connection.

        `plain`: by a short cut where there is one. `alone`: no request of another listener can have to do
        with those of this chunk.
        """
        flows: list[Data | Gap] = []
        for event in events:
            if isinstance(event, Note):
                self._note(event)
            else:
                flows.append(event)
        for step in in_turns(self._hurried(flows, alone=alone) if plain else flows):
            self._step(step)
        if self._closing is not None:
            self._close(self._closing)
        self._settle()

    def _hurried(self, flows: list[Data | Gap], *, alone: bool) -> list[Data | Gap]:
        """Take out a plain stretch, once what is open is over; give what is left."""
        if self._notes or len(flows) != 2 or self.wire.tls or self.wire.protocol not in (None, "http1"):
            return flows
        asking, answering = flows
        if not (isinstance(asking, Data) and isinstance(answering, Data)):
            return flows
        if min(len(asking.pieces), len(answering.pieces)) < WORTH:
            return flows
        left = until_resting(asking, answering, self._step, lambda: self.wire.resting and not self._open)
        if len(left) == 2 and self.wire.resting and not self._open:
            since = (self._places[TO_SERVER].latest, self._places[TO_CLIENT].latest)
            if found := plain_of(*left, since, self.world.heads):
                self._skip(found, *left, alone=alone)
                return [
                    rest for data, end in zip(left, found.ends, strict=True) if (rest := rest_of(data, end))
                ]
        return list(left)

    def _skip(self, found: Plain, asking: Data, answering: Data, *, alone: bool) -> None:
        """Go past a stretch, and put it down."""
        if self.lane == UNKNOWN:
            self.lane = self.world.lane(self.listener.number, self.connection)
        ids = self.world.id(found.size) + np.arange(found.size)
        if alone:
            owner = (np.full(found.size, number) for number in (self.listener.number, self.lane))
            self.world.stretches.append(found.stretch(ids, *owner))
            self.listener.depth = max(self.listener.depth, 1)
        else:
            self._ready += found.stays(ids.tolist(), [self] * found.size)
        self.wire.skip(*found.ends, found.size)
        for data, end, moments in zip((asking, answering), found.ends, (found.sent, found.last), strict=True):
            last = Moment(int(moments.frame[-1]), int(moments.time[-1]))
            self._places[data.direction].skip(data.offset + end, last)
            self._latest = max(self._latest, last.time)
        self.listener.spoke("http", found.size)
        for server, count in Counter(answer.server for answer in found.answered.answer).items():
            self.listener.told(server, count)

    def _step(self, event: Data | Gap) -> None:
        way = event.direction
        self._places[way].add(event)
        self._gap |= isinstance(event, Gap) and way == TO_CLIENT
        if isinstance(event, Data):
            self._told(way, self.wire.feed(KINDS[way], event.join()))
        else:
            self._notes.append((MarkKind.GAP, Moment(event.frame, max(event.time, 0)), event.length))
            self._told(way, self.wire.gap(KINDS[way], event.length))

    def _note(self, event: Note) -> None:
        moment = Moment(event.frame, max(event.time, 0))
        if event.kind in MARKS:
            self._notes.append((MARKS[event.kind], moment, event.value))
        if event.kind in (NoteKind.FIN, NoteKind.RESET) and self._closer is None:
            self._closer = event.direction
        if event.kind is NoteKind.CLOSED:
            self._closing = moment

    def _settle(self) -> None:
        """Tell what stands beside the stays of a chunk, once all of the chunk's events are in."""
        for kind, moment, value in self._notes:
            self._mark(kind, moment, value, self._around(moment))
        self._notes.clear()
        self._recent = [stay for stay in self._recent if stay.end is None]

    def finish(self) -> None:
        """Tell its lane, at the end of the capture."""
        for stay in self._open.values():
            self._let_go(stay, stay.start.time)
        if self.lane != UNKNOWN:
            self._tell_lane(UNKNOWN)

    @property
    def closed(self) -> bool:
        """Whether it is over."""
        return self._closing is not None

    def unread(self) -> int | None:
        """Give the time of the first byte of a request that was not told yet; None: there is none."""
        waiting, places = self.wire.waiting(REQUEST), self._places[TO_SERVER]
        return places.at(waiting).time if waiting < places.end else None

    # Messages

    def _told(self, way: int, messages: list[Message]) -> None:
        for message in messages:
            if (handler := self._handlers.get(type(message))) is not None:
                handler(way, message)
        for kind in KINDS:
            self._places[KINDS.index(kind)].forget(self.wire.waiting(kind))

    def _at(self, way: int, offset: int) -> Moment:
        return self._places[way].at(offset)

    def _head(self, way: int, head: Message) -> None:
        assert isinstance(head, Head)
        if head.kind == REQUEST:
            pushed = self.wire.protocol == "http2" and head.stream and head.stream % 2 == 0
            self._begin(TO_CLIENT if pushed else TO_SERVER, head)
        elif not head.interim:
            number = self._answered(way, head)
            if stay := self._open.get(number):
                self._answer(way, stay, number, head)

    def _answered(self, way: int, head: Head) -> int:
        """Say which exchange is answered. What waits behind a hole is told late: then the frames decide."""
        if self.wire.protocol not in IN_ORDER:
            return head.exchange
        if self._gap or head.exchange == UNSOLICITED:
            self._gap = False
            frame = self._at(way, head.start).frame
            asked = [number for number, stay in self._open.items() if stay.head.frame <= frame]
            self._shift = (asked[-1] if asked else UNSOLICITED) - head.exchange
        self._answering = head.exchange + self._shift
        return self._answering

    def _begin(self, way: int, head: Head) -> None:
        if self.lane == UNKNOWN:
            self.lane = self.world.lane(self.listener.number, self.connection)
        start, whole = self._at(way, head.start), self._at(way, head.end - 1)
        stay = Stay(
            self.world.id(),
            self,
            head.stream or UNKNOWN,
            head.method,
            head.target,
            self._protocol(head),
            identity(head),
            start,
            whole,
        )
        if self.wire.protocol in IN_ORDER:
            self._queue(stay)
        elif any(other.stream != stay.stream for other in self._open.values()):
            self._together = True
        self._open[head.exchange] = stay
        self._earliest = min(self._earliest, start.time)
        self._recent.append(stay)
        self._ready.append(stay)
        protocol = PROTOCOLS.get(self.wire.protocol or "", "http")
        self.listener.spoke(protocol if protocol in GATEWAYS else "http")

    def _queue(self, stay: Stay) -> None:
        """Stand behind those before it on the connection until their answers are out (pipelining)."""
        stay.waiting = bool(self._open)

    def _protocol(self, head: Head) -> str:
        spoken = self.wire.protocol or ""
        return PROTOCOLS.get(spoken) or f"http/{head.version or '1.1'}"

    def _answer(self, way: int, stay: Stay, number: int, head: Head) -> None:
        if stay.protocol.startswith("http/") or self.wire.protocol in IN_ORDER:
            self._skip_before(number, stay)
        stay.first = later(stay.freed or stay.start, self._at(way, head.start))
        stay.status = head.status
        stay.encoded = head.get("content-encoding") is not None
        stay.identity = stay.identity.with_answer(head)
        self.listener.told(head.get("server"))

    def _skip_before(self, exchange: int, stay: Stay) -> None:
        """Answers come in order: those before this one are missing from the capture."""
        while (number := next(iter(self._open))) < exchange:
            lost = self._open.pop(number)
            self._leave(lost, lost.sent or lost.head, Outcome.ABANDONED)
        self._release(stay, stay.start)

    def _end(self, way: int, end: Message) -> None:
        assert isinstance(end, End)
        in_order = end.kind == RESPONSE and self.wire.protocol in IN_ORDER
        number = self._answering if in_order else end.exchange
        stay = self._open.get(number)
        if stay is None:
            return
        if end.kind == REQUEST:
            stay.bytes_in = end.size
            if end.complete:
                stay.sent = stay.head if end.end <= end.start else self._at(TO_SERVER, end.end - 1)
        elif stay.first is not None:
            stay.bytes_out = end.size
            if end.complete:
                self._whole(way, stay, number, end)

    def _whole(self, way: int, stay: Stay, number: int, end: End) -> None:
        """Take in the end of a whole answer."""
        assert stay.first is not None
        stay.last = later(stay.first, self._at(way, end.end - 1))
        self._let_go(stay, stay.last.time)
        stay.outcome = Outcome.ERROR if stay.status >= 500 else Outcome.OK
        if stay.status == 101 or stay.switched:
            stay.switched = stay.switched or "upgrade"
            return
        stay.end = stay.last
        del self._open[number]
        following = next(iter(self._open.values()), None)
        if following is not None:
            self._release(following, stay.last)

    def _release(self, stay: Stay, moment: Moment) -> None:
        """Let a stay that stood behind others have the connection."""
        if stay.waiting:
            stay.waiting = False
            stay.freed = later(stay.start, moment)

    def _let_go(self, stay: Stay, time: int) -> None:
        """Note how long a stay held the connection; clocks that jump make two hold it at once."""
        self._together |= not stay.waiting and (stay.freed or stay.start).time < self._latest
        self._latest = max(self._latest, time)

    def _leave(self, stay: Stay, moment: Moment, outcome: Outcome) -> None:
        stay.break_off(moment, outcome)
        assert stay.end is not None
        self._let_go(stay, stay.end.time)

    def _switch(self, _way: int, switch: Message) -> None:
        assert isinstance(switch, Switch)
        if stay := self._open.get(switch.exchange):
            stay.switched = switch.protocol
            if switch.protocol == "websocket":
                stay.protocol = "websocket"

    def _sealed_record(self, way: int, note: WireNote) -> None:
        """Take in a record of TLS that stays closed."""
        start, end = self._at(way, note.start), self._at(way, note.end - 1)
        stay = None
        if self._sealed.stay is None and way == TO_SERVER:
            if self.lane == UNKNOWN:
                self.lane = self.world.lane(self.listener.number, self.connection)
            stay = sealed_stay(self.world.id(), self, start, end)
            self._recent.append(stay)
            self._ready.append(stay)
        self._sealed.take(way, stay, start, end)
        if self._sealed.stay:
            self._mark(MarkKind.MESSAGE, end, note.size, self._sealed.stay, start.frame)

    def _wire_note(self, way: int, note: Message) -> None:
        assert isinstance(note, WireNote)
        if note.what == "record" and note.value == APPLICATION_DATA:
            self._sealed_record(way, note)
        stay = self._open.get(note.exchange)
        if stay is None:
            return
        moment = self._at(way, note.end - 1)
        if note.what in MESSAGES:
            self._mark(MarkKind.MESSAGE, moment, note.size, stay, self._at(way, note.start).frame)
        elif note.what == "reset" and stay.last is None:
            self._leave(stay, moment, Outcome.ABANDONED if way == TO_SERVER else Outcome.ERROR)
            del self._open[note.exchange]

    def _proxied(self, _way: int, header: Message) -> None:
        assert isinstance(header, Proxy)
        if header.source:
            self.peers.append((header.source, header.source_port))

    def _error(self, way: int, error: Message) -> None:
        assert isinstance(error, WireError)
        if isinstance(error, MissingError):
            self.world.missing(error)
            return
        if not error.cut:
            moment = self._at(way, max(0, error.offset - 1))
            self.world.fault(f"frame {moment.frame}, {self.connection.name()}: {error}")

    # Its end

    def _close(self, moment: Moment) -> None:
        for way in (TO_SERVER, TO_CLIENT):
            self._told(way, self.wire.close(KINDS[way]))
        gave_up = Outcome.ABANDONED if self._closer == TO_SERVER else Outcome.ERROR
        for stay in self._open.values():
            if stay.lasting:
                assert stay.last is not None
                stay.end = later(stay.last, moment)
            else:
                self._leave(stay, moment, gave_up)
        self._open.clear()
        if sealed := self._sealed.close(moment):
            self._let_go(sealed, (sealed.end or moment).time)
        if self.lane != UNKNOWN:
            self._tell_lane(max(self.connection.closed, self._latest))

    def _tell_lane(self, end: int) -> None:
        several = self._together or self.wire.protocol == "http2"
        listener, client, server = self.world.ends[self.lane]
        lane = Lane(self.lane, listener, client, LaneKind.CONNECTION, 0 if several else 1)
        lane.src, lane.dst, lane.start, lane.end = client, server, max(self._earliest, 0), end
        self.world.rows.lanes.append(lane)

    # Marks

    def _around(self, moment: Moment) -> Stay | None:
        """Give the stay that was open at a moment: the last one that had begun."""
        for stay in reversed(self._recent):
            if stay.start.frame <= moment.frame:
                return stay if stay.end is None or moment.frame <= stay.end.frame else None
        return None

    def _mark(self, kind: MarkKind, at: Moment, value: int, stay: Stay | None, first: int = UNKNOWN) -> None:
        if self.lane == UNKNOWN:
            return
        visit = self.world.visit(stay) if stay else UNKNOWN
        frames = (first if first != UNKNOWN else at.frame, at.frame)
        mark = Mark(max(at.time, 0), kind, UNKNOWN, visit, self.lane, value, Evidence.PACKET, *frames)
        self.world.rows.marks.append(mark)
