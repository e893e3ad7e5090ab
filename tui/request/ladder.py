"""The ladder: a lifeline a hop, an arrow where a request or an answer passes from one to another."""

from __future__ import annotations

from typing import NamedTuple

from tui.request.story import Story, Visit, is_client

OUTSIDE = -1
"""In place of a hop: whoever sent the request, where no visit of the client was recorded."""


class Arrow(NamedTuple):
    """At `time` something passes from a hop to another; `words` say what."""

    time: int
    origin: int
    target: int
    words: str
    visit: int  # its place in the story


def lifelines(story: Story) -> tuple[int, ...]:
    """Give the hops from left to right; OUTSIDE first where it is needed."""
    lone = any(visit.parent < 0 and not is_client(visit) for visit in story.visits)
    return ((OUTSIDE,) if lone else ()) + story.hops


def arrows(story: Story) -> list[Arrow]:
    """Give the arrows by time; an answer after the request that it answers."""
    made = []
    for place, visit in enumerate(story.visits):
        if is_client(visit):
            continue
        other = story.visits[visit.parent].hop if visit.parent >= 0 else OUTSIDE
        made.append(Arrow(visit.start, other, visit.hop, _asked(story, visit), place))
        if visit.answered is not None:
            made.append(Arrow(visit.answered, visit.hop, other, _answer(visit), place))
    return sorted(made, key=lambda arrow: arrow.time)


def _asked(story: Story, visit: Visit) -> str:
    again = f" ({visit.attempt})" if visit.attempt > 1 else ""
    return f"{visit.protocol or story.method or '?'}{again}"


def _answer(visit: Visit) -> str:
    return str(visit.status) if visit.status >= 0 else "?"


def doing(story: Story, hop: int, time: int) -> int | None:
    """Give the kind of the phase that a hop's visit is in from an instant on; None: no visit is there."""
    found = None
    for visit in story.visits:
        if visit.hop == hop:
            for phase in visit.phases:
                if phase.start <= time < phase.end:
                    found = phase.kind
    return found
