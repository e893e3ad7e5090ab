"""A request with all its stays -> rows of a Recording.

What a server does is UNSEEN; it is AWAITING while a visit that it called is there. Bytes on the wire are
TRANSFER. Each phase names the first and last frame that say so.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tracer.assemble.packets.places import Moment, later
from tracer.assemble.packets.stay import Stay
from tracer.recording import UNKNOWN, Match, Outcome, PhaseKind, Request, Visit

if TYPE_CHECKING:
    from tracer.assemble.packets.world import World

NEVER = Moment(UNKNOWN, UNKNOWN)
CLIENT = 0
"""The id of the client's hop."""

Span = tuple[PhaseKind, Moment]
"""What a stay does from a moment on, up to the next span."""


def tell(root: Stay, world: World) -> None:
    """Write down a request and its visits."""
    world.rows.requests.append(_request(root))
    _tell_client(root, world)
    _tell_visit(root, world, root.id, 2 * root.id, 1)


def _request(root: Stay) -> Request:
    end = root.last or root.end
    request = Request(root.id, root.start.time, root.method or None, root.target or None, root.status)
    request.end = end.time if end and root.outcome != Outcome.OPEN else UNKNOWN
    request.bytes_in, request.bytes_out, request.outcome = root.bytes_in, root.bytes_out, root.outcome
    return request


def _tell_client(root: Stay, world: World) -> None:
    """The client's own visit, as its connection shows it."""
    visit = _visit(root, root.id, CLIENT, 2 * root.id)
    visit.connection = UNKNOWN  # the server's visit holds it; a client's waits are its own affair
    visit.end = visit.answered if root.last else visit.end
    world.rows.visits.append(visit)
    if root.simple and visit.end != UNKNOWN:
        _tell_simple(visit, root, PhaseKind.AWAITING, world)
    else:
        _tell_phases(visit, _spans(root, [], client=True), root.last or root.end, world)


def _tell_visit(stay: Stay, world: World, request: int, parent: int, depth: int) -> None:
    listener = stay.talk.listener
    listener.depth = max(listener.depth, depth)
    visit = _visit(stay, request, listener.number, world.visit(stay))
    visit.parent, visit.attempt = parent, stay.attempt
    visit.match, visit.confidence = stay.match, stay.confidence
    visit.detached = int(stay.parent is not None and _runs_on(stay, stay.parent))
    children = sorted(stay.children, key=lambda child: (child.start, child.id))
    end = _let_go(stay, children)
    visit.end = end.time if end and stay.outcome != Outcome.OPEN else UNKNOWN
    world.rows.visits.append(visit)
    if not children and stay.simple and stay.end == stay.last:
        _tell_simple(visit, stay, PhaseKind.UNSEEN, world)
        return
    _tell_phases(visit, _spans(stay, children), end, world)
    _number_attempts(children)
    for child in children:
        _tell_visit(child, world, request, visit.id, depth + 1)


def _visit(stay: Stay, request: int, hop: int, number: int) -> Visit:
    visit = Visit(number, request, hop, stay.start.time, connection=stay.talk.lane, stream=stay.stream)
    visit.protocol, visit.status, visit.outcome = stay.protocol or None, stay.status, stay.outcome
    visit.first_byte = stay.first.time if stay.first else UNKNOWN
    visit.answered = stay.last.time if stay.last else UNKNOWN
    visit.end = stay.end.time if stay.end else UNKNOWN
    visit.match = Match.NONE
    return visit


def _runs_on(stay: Stay, parent: Stay) -> bool:
    """Whether it goes on, or begins, when its parent is over: a mirrored request, a background task."""
    if parent.end is None:
        return False
    return stay.end is None or stay.start.time > parent.end.time


def _let_go(stay: Stay, children: list[Stay]) -> Moment | None:
    """Give when the hop let go of the request: not before what it called, and waited for, was over."""
    if stay.end is None or not children:
        return stay.end
    ends = [child.end for child in children if child.end and not _runs_on(child, stay)]
    return max([stay.end, *ends], key=lambda moment: moment.time) if not stay.gave_up else stay.end


def _number_attempts(children: list[Stay]) -> None:
    """A retry is a sibling that asks the same again after one that failed."""
    last: dict[tuple[str, str], Stay] = {}
    for child in children:
        before = last.get((child.method, child.target))
        if before and before.end and before.end <= child.start and (before.broken or before.status >= 500):
            child.attempt = before.attempt + 1
        last[child.method, child.target] = child


def _spans(stay: Stay, children: list[Stay], *, client: bool = False) -> list[Span]:
    """List what a stay does, from its start on; the end of the last is the end of the stay."""
    spans: list[Span] = []
    at = stay.start
    if not client and (stay.waiting or stay.freed):
        spans.append((PhaseKind.QUEUED, at))
        if stay.waiting:
            return spans
        at = stay.freed or at
    sent = stay.sent if stay.sent or stay.first else None
    spans.append((PhaseKind.TRANSFER, at))
    if sent and not (stay.first and stay.first <= sent):
        spans += _between(sent, stay.first, children, client=client)
    elif stay.first and not sent:
        spans += _between(stay.head, stay.first, children, client=client)
    if stay.first:
        spans.append((PhaseKind.TRANSFER, stay.first))
    if stay.last and not client:
        spans += _between(stay.last, None, children)
    return spans


def _between(start: Moment, end: Moment | None, children: list[Stay], *, client: bool = False) -> list[Span]:
    """Tell the time from the request to its answer."""
    if client:
        return [(PhaseKind.AWAITING, start)]
    spans: list[Span] = [(PhaseKind.UNSEEN, start)]
    for child in children:
        over = child.last or child.end
        if (over and over <= start) or (end and child.start >= end):
            continue
        begin = max(child.start, start, spans[-1][1])
        spans.append((PhaseKind.AWAITING, begin))
        if over is None or (end and over >= end):
            break
        spans.append((PhaseKind.UNSEEN, max(begin, over)))
    return spans


def _tell_simple(visit: Visit, stay: Stay, between: PhaseKind, world: World) -> None:
    """Do the same as `_tell_phases` for a simple stay that called nobody and is over."""
    assert stay.sent
    assert stay.first
    assert stay.last
    steps = (
        (PhaseKind.TRANSFER, stay.start, stay.sent),
        (between, stay.sent, stay.first),
        (PhaseKind.TRANSFER, stay.first, stay.last),
    )
    for kind, begin, end in steps:
        if begin.time != end.time:
            told = (visit.id, kind, UNKNOWN, begin.time, end.time, begin.frame, end.frame)
            world.phases.append(told)


def _tell_phases(visit: Visit, spans: list[Span], end: Moment | None, world: World) -> None:
    """Write spans down, each up to the next; those of no length are left out."""
    over = visit.end != UNKNOWN
    stop = end if over and end is not None else NEVER
    told = []
    for (kind, _), start in zip(reversed(spans), reversed(_in_order(spans)), strict=True):
        first, last = start.time, stop.time
        if over:
            first, last = min(first, visit.end), min(last, visit.end)
        if first != last:
            waits = visit.connection if kind is PhaseKind.QUEUED else UNKNOWN
            told.append((visit.id, kind, waits, first, last, start.frame, stop.frame))
        stop = start
    world.phases += reversed(told)


def _in_order(spans: list[Span]) -> list[Moment]:
    """Give the moments at which spans begin, none before that of the one before."""
    starts = [spans[0][1]]
    for _, start in spans[1:]:
        last = starts[-1]
        starts.append(start if start.frame >= last.frame and start.time >= last.time else later(last, start))
    return starts
