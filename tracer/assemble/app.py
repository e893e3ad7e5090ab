"""The application's visit, nested in its server's: computing, blocked, awaiting, or not seen.

A handler that is called (WSGI) holds its lane from `entered` to `left`. Its waits were told; whether it
computed in the rest, its CPU time says (`_called`). A coroutine (ASGI) holds the loop in its steps, which
were told; between them it awaits (`_awaiting`), and of that the end may be a wait for the loop.
"""

from __future__ import annotations

from dataclasses import replace

from tracer.agent import layout
from tracer.assemble.story import Stay, Story
from tracer.assemble.tiling import FOREVER, Fill, tile
from tracer.recording import CERTAIN, UNKNOWN, Evidence, Match, Phase, PhaseKind, Visit

AFTER = 250_000
"""ns: a step that begins so soon after another's hold of the loop resumes right after it."""

FILLS = 0.9
"""The process's CPU time fills an interval if it covers this much of what the thread's own leaves."""


def app_stay(story: Story, request: int, hop: int) -> Stay:
    """Tell the application's visit."""
    start = story.opened.entered
    end = FOREVER if story.closed is None else max(story.closed.left, start)
    if story.stepped:
        tiled = tile(start, end, _steps(story, end), _awaiting(story, end))
        phases = [_judged(part) for phase in tiled for part in _frozen(story, phase)]
    else:
        tiled = tile(start, end, story.app_phases, _called(story, end))
        phases = [part for phase in tiled for part in story.stalls.late(phase)]
    return Stay(_visit(story, request, hop, end), phases)


def _visit(story: Story, request: int, hop: int, end: int) -> Visit:
    closed, opened = story.closed, story.opened
    protocol = "asgi" if opened.flags & layout.ASGI else "wsgi"
    visit = Visit(story.app_visit, request, hop, opened.entered, parent=story.server_visit, protocol=protocol)
    visit.match, visit.confidence = Match.NESTING, CERTAIN
    visit.connection = story.connection.id if story.connection else UNKNOWN
    if closed is not None:
        visit.end, visit.status, visit.outcome = end, story.status, story.outcome
        visit.first_byte = min(closed.first_byte, end) if closed.first_byte else UNKNOWN
        visit.answered = min(story.answered, end)
    return visit


# Handlers that are called.


def _called(story: Story, end: int) -> Fill:
    """Fill what lies between the waits of a handler that holds its lane."""
    lane = story.lane_id
    rest, cpu = _rest(story, end)
    kind = PhaseKind.RUNNING if _computes(story, rest, cpu) else PhaseKind.UNSEEN

    def fill(first: int, last: int) -> list[Phase]:
        phase = Phase(story.app_visit, kind, first, last, lane=lane, holds=int(lane >= 0))
        if story.gap and story.closed is None:  # it may be over
            phase.lane, phase.holds = UNKNOWN, 0
        if cpu >= 0:
            phase.cpu_ns = min(cpu, rest) * (last - first) // rest  # the agent's own CPU time comes on top
            phase.evidence = Evidence.HOOK if last - first == rest else Evidence.INFERRED
        return _behind(story, phase)

    return fill


def _behind(story: Story, phase: Phase) -> list[Phase]:
    """Cut out when another thread held the GIL in C code: who waited for nothing else waited for that."""
    parts: list[Phase] = []
    at = phase.start
    for start, end, holder in story.stalls.behind(phase.lane, phase.start, phase.end):
        if end > at:
            since, at = max(start, at), end
            parts.append(replace(phase, kind=PhaseKind.QUEUED, start=since, end=end, waits_for=holder))
    return _shared(phase, parts) if parts else [phase]


def _shared(phase: Phase, queued: list[Phase]) -> list[Phase]:
    """Put queues into a phase, and share its CPU time among what is left of it."""
    left = phase.end - phase.start - sum(part.end - part.start for part in queued)
    parts, at = [], phase.start
    for queue in [*queued, None]:
        until = queue.start if queue else phase.end
        if until > at:
            cpu = phase.cpu_ns * (until - at) // left if phase.cpu_ns > 0 else phase.cpu_ns
            parts.append(replace(phase, start=at, end=until, cpu_ns=cpu, evidence=Evidence.INFERRED))
        if queue:
            parts.append(replace(queue, cpu_ns=UNKNOWN, evidence=Evidence.INFERRED))
            at = queue.end
    return parts


def _rest(story: Story, end: int) -> tuple[int, int]:
    """How long all intervals are that were not told, and the thread's CPU time in them (-1: not known)."""
    if story.closed is None or story.closed.cpu < 0:
        return 0, UNKNOWN
    rest: list[int] = []

    def fill(first: int, last: int) -> list[Phase]:
        rest.append(last - first)
        return []

    tile(story.opened.entered, end, story.app_phases, fill)
    told = sum(max(phase.cpu_ns, 0) for phase in story.app_phases if phase.lane == story.lane_id)
    return sum(rest), max(story.closed.cpu - told, 0)


def _computes(story: Story, rest: int, cpu: int) -> bool:
    """Whether CPU time covers half of it, or the process's own CPU time fills the rest of it.

    Or the thread never waited: then others on the machine kept it from its core, and cpu_ns says how long.
    """
    if cpu < 0 or story.closed is None or story.gap:
        return False
    if story.closed.flags & layout.NEVER_WAITED:
        return True
    others = max(story.closed.process_cpu - story.closed.cpu, 0)
    return cpu * 2 >= rest or others >= FILLS * (rest - cpu)


# Coroutines.


def _steps(story: Story, end: int) -> list[Phase]:
    """What was told, the first step stretched to `entered` and the last to `left`.

    The application is called, and leaves, on the loop: only the agent's own doings lie between.
    """
    told = list(story.app_phases)
    own = [
        at for at, phase in enumerate(told) if phase.lane == story.lane_id and phase.kind == PhaseKind.RUNNING
    ]
    if not own or story.gap:
        return told
    first = min(own, key=lambda at: told[at].start)
    told[first] = replace(told[first], start=min(told[first].start, story.opened.entered))
    if story.closed is not None:
        last = max(own, key=lambda at: told[at].end)
        told[last] = replace(told[last], end=max(told[last].end, end))
    return told


def _awaiting(story: Story, end: int) -> Fill:
    """Fill what lies between the steps of a coroutine."""
    seen = not story.gap and any(phase.kind == PhaseKind.RUNNING for phase in story.app_phases)

    def fill(first: int, last: int) -> list[Phase]:
        if not seen:
            return [Phase(story.app_visit, PhaseKind.UNSEEN, first, last)]
        waiting = Phase(story.app_visit, PhaseKind.AWAITING, first, last)
        if last >= end:
            waiting.evidence = Evidence.INFERRED  # the step that may be under way is told when it ends
        return [waiting]

    return fill


def _frozen(story: Story, waiting: Phase) -> list[Phase]:
    """Split a wait that ends right after another request's hold of the loop, where that hold began."""
    before = story.before.get(waiting.end) if waiting.kind == PhaseKind.AWAITING else None
    if before is None or before[1] <= waiting.start or waiting.end - before[1] > AFTER:
        return [waiting]
    since = max(before[0], waiting.start)
    queued = replace(waiting, kind=PhaseKind.QUEUED, start=since, waits_for=story.lane_id, what=None)
    queued.evidence = Evidence.INFERRED
    return [replace(waiting, end=since), queued] if since > waiting.start else [queued]


def _judged(phase: Phase) -> Phase:
    """A step that used the CPU for less than half of its time was not only computing: it is not seen."""
    if phase.kind == PhaseKind.RUNNING and 0 <= phase.cpu_ns * 2 < phase.end - phase.start:
        return replace(phase, kind=PhaseKind.UNSEEN)
    return phase
