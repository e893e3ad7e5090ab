"""A server's own visit: queued, read, inside the application, answered, lingering.

    start .. seen      QUEUED    behind a proxy's X-Request-Start: for its connection, inferred
    seen .. taken      QUEUED    for the pool, the loop, the arbiter's pool or the lane itself
    taken .. entered   TRANSFER  the head is read; on a loop only to `parsed`, and then QUEUED for the loop
    entered .. left    CALLING   the application's visit says what happens
    left .. answered   TRANSFER  what is still to be written
    .. end             BLOCKED   the lingering close; on a loop AWAITING

What the agent told by PHASE records goes before this model.
"""

from __future__ import annotations

from collections.abc import Iterator

from tracer.assemble.story import Stay, Story
from tracer.assemble.tiling import FOREVER, clip, tile
from tracer.recording import UNKNOWN, Evidence, Phase, PhaseKind, Visit

LINGERING = "lingering close"
STAMP = "X-Request-Start"


def server_stay(story: Story, request: int, parent: int, attempt: int) -> Stay:
    """Tell a server's visit; `parent` is the client's visit or -1."""
    end = _end(story)
    model = [phase for phase in _model(story, end) if phase.start < phase.end]
    calling = [phase for phase in model if phase.kind == PhaseKind.CALLING]

    def fill(first: int, last: int) -> list[Phase]:
        return [part for phase in model if (part := clip(phase, first, last))]

    tiled = tile(story.start, end, [*story.phases, *calling], fill)
    phases = [part for phase in tiled for part in story.stalls.late(phase)]
    return Stay(_visit(story, request, parent, attempt, end), phases)


def _end(story: Story) -> int:
    closed = story.closed
    if closed is None:
        return FOREVER
    return int(max(closed.end, closed.left, closed.answered, story.opened.entered))


def _model(story: Story, end: int) -> Iterator[Phase]:
    """The phases by the times of OPEN and CLOSE alone; they tile, though some may be empty."""
    opened, closed, start = story.opened, story.closed, story.seen
    free = min(max(story.freed, start), max(opened.entered, start)) if story.connection else start
    taken = max(opened.taken, free)
    parsed = max(opened.parsed, taken)
    entered = max(opened.entered, parsed)
    left = FOREVER if closed is None else max(closed.left, entered)
    if story.start < start:
        yield _passed_on(story)
    if story.connection:
        yield _queued(story, start, free, story.connection.id)
    yield _queued(story, free, taken, story.queue)
    yield _moving(story, taken, parsed if story.on_loop else entered, "read", holds=story.reading)
    if story.on_loop:
        yield _queued(story, parsed, entered, story.lane_id)
    yield Phase(story.server_visit, PhaseKind.CALLING, entered, left)
    if closed is not None:
        answered = max(closed.answered, left)
        yield _moving(story, left, answered, "response", holds=not story.on_loop)
        yield _lingering(story, answered, end)


def _queued(story: Story, start: int, end: int, queue: int) -> Phase:
    if queue < 0:  # the ring lost its lanes
        return Phase(story.server_visit, PhaseKind.UNSEEN, start, end)
    return Phase(story.server_visit, PhaseKind.QUEUED, start, end, waits_for=queue)


def _passed_on(story: Story) -> Phase:
    """From a proxy's stamp to its first byte a request waits for a connection, or its turn on one."""
    waits_for = story.connection.id if story.connection else story.queue
    ends = story.start, story.seen
    return Phase(
        story.server_visit,
        PhaseKind.QUEUED,
        *ends,
        waits_for=waits_for,
        what=STAMP,
        evidence=Evidence.INFERRED,
    )


def _moving(story: Story, start: int, end: int, what: str, *, holds: bool) -> Phase:
    phase = Phase(story.server_visit, PhaseKind.TRANSFER, start, end, what=what)
    return _held(phase, story) if holds else phase


def _lingering(story: Story, start: int, end: int) -> Phase:
    if story.on_loop:
        return Phase(story.server_visit, PhaseKind.AWAITING, start, end, what=LINGERING)
    return _held(Phase(story.server_visit, PhaseKind.BLOCKED, start, end, what=LINGERING), story)


def _held(phase: Phase, story: Story) -> Phase:
    phase.lane, phase.holds = story.lane_id, int(story.lane is not None)
    return phase


def _visit(story: Story, request: int, parent: int, attempt: int, end: int) -> Visit:
    closed = story.closed
    visit = Visit(story.server_visit, request, story.server, story.start, parent=parent, attempt=attempt)
    visit.protocol = story.protocol or None
    visit.connection = story.connection.id if story.connection else UNKNOWN
    if closed is not None:
        visit.first_byte, visit.answered, visit.end = closed.first_byte or UNKNOWN, story.answered, end
        visit.status, visit.outcome = story.status, story.outcome
    return visit
