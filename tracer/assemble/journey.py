"""One request, end to end: what its client saw, and its visits to servers."""

from __future__ import annotations

from dataclasses import dataclass, field

from tracer.assemble.app import app_stay
from tracer.assemble.client import client_stay, request_of
from tracer.assemble.server import server_stay
from tracer.assemble.story import Key, Stay, Story
from tracer.load.exchange import Exchange
from tracer.recording import (
    CERTAIN,
    UNKNOWN,
    Evidence,
    Mark,
    MarkKind,
    Match,
    Outcome,
    Phase,
    PhaseKind,
    Request,
    Rows,
)
from tracer.recording.trace import trace_value

BY_ORDINAL = 9_000  # confidence: addresses may have been used again


@dataclass(slots=True)
class Journey:
    """A request that is not told yet, or not to its end."""

    request: int  # ids
    client_visit: int
    exchange: Exchange | None = None
    stories: list[Story] = field(default_factory=list)
    called: list[Story] = field(default_factory=list)  # by handlers of these
    match: Match = Match.NONE
    keys: list[Key] = field(default_factory=list)  # by which it may be found

    @property
    def over(self) -> bool:
        """Whether every visit that is known of is over."""
        return all(story.over for story in (*self.stories, *self.called))

    @property
    def may_grow(self) -> bool:
        """Whether a visit may turn up that is part of it, or of which it is part, once it is over."""
        calls = any(story.calls for story in (*self.stories, *self.called))
        return calls or (self.exchange is None and any(any(story.opened.trace_id) for story in self.stories))

    @property
    def end(self) -> int:
        """When the last that is known of it was over; 0 if nothing has an end."""
        ends = [story.closed.end for story in (*self.stories, *self.called) if story.closed]
        return max([*ends, self.exchange.end if self.exchange else 0], default=0)

    def rows(self, client: int, app: int) -> Rows:
        """Tell it, as far as it is known; `client` and `app` are hops. Times are CLOCK_MONOTONIC ns."""
        rows = Rows()
        self._bound_stamps()
        self.stories.sort(key=lambda story: story.start)
        rows.requests.append(self._request())
        if self.exchange is not None:
            _add(rows, client_stay(self.exchange, self.client_visit, self.request, client))
        for attempt, story in enumerate(self.stories, 1):
            self._story(rows, story, attempt, app)
        for story in self.called:
            self._story(rows, story, 1, app)
        return rows

    def _request(self) -> Request:
        if self.exchange is not None:
            return request_of(self.exchange, self.request)
        story = self.stories[-1]
        closed = story.closed
        request = Request(self.request, self.stories[0].start, story.method or None, outcome=story.outcome)
        request.target = story.target.decode("utf-8", "replace")
        if closed is not None:
            request.status = story.status
            request.end = story.answered if story.answered >= 0 else closed.end
            request.bytes_in, request.bytes_out = closed.bytes_in, closed.bytes_out
        return request

    def _bound_stamps(self) -> None:
        """A proxy passed on what its client had begun to send, whatever its stamp says."""
        for story in self.called:
            if story.passed_on and story.caller is not None:
                story.passed_on = max(story.passed_on, story.caller.opened.entered)
        exchange = self.exchange
        if exchange is None:
            return
        for story in self.stories:
            if story.passed_on:
                story.passed_on = max(story.passed_on, exchange.sending, exchange.due)

    def _story(self, rows: Rows, story: Story, attempt: int, app: int) -> None:
        parent = self.client_visit if self.exchange is not None else UNKNOWN
        parent = story.caller.app_visit if story.caller is not None else parent
        stay = server_stay(story, self.request, parent, attempt)
        if story.caller is not None:
            self._below(stay, story, story.caller)
        elif self.exchange is not None:
            stay.visit.match = self.match
            stay.visit.confidence = CERTAIN if self.match == Match.TRACEPARENT else BY_ORDINAL
            self._bound(stay, story, self.exchange)
        _add(rows, stay)
        stay = app_stay(story, self.request, app)
        rows.marks += self._stalled(story.stalls.name(stay.phases))
        _add(rows, stay)
        rows.phases += _idle(story)
        if self.exchange is None and (trace := trace_value(story.opened.trace_id, story.opened.span_id)):
            story_trace = Mark(story.start, MarkKind.TRACE, self.request, story.server_visit, value=trace)
            rows.marks.append(story_trace)
        for time, kind, value in story.marks:
            rows.marks.append(Mark(time, kind, self.request, story.server_visit, value=value))

    def _stalled(self, phases: list[Phase]) -> list[Mark]:
        """Mark where lanes stood still, at the end of each time; the value is how long, in ns."""
        return [
            Mark(phase.end, MarkKind.STALL, self.request, phase.visit, phase.lane, phase.end - phase.start)
            for phase in phases
            if phase.end >= 0
        ]

    @staticmethod
    def _below(stay: Stay, story: Story, caller: Story) -> None:
        """Its caller had the answer when its own handler was done, unless that did not wait for it."""
        visit, closed = stay.visit, story.closed
        visit.match, visit.confidence = Match.TRACEPARENT, CERTAIN
        left = caller.closed.left if caller.closed is not None else 0
        if left and closed is not None and closed.last_write <= left < visit.answered:
            visit.answered = left
        visit.detached = int(bool(left) and (visit.answered < 0 or visit.answered > left))

    @staticmethod
    def _bound(stay: Stay, story: Story, exchange: Exchange) -> None:
        """The answer's last byte was out at the latest when the client had it.

        The server's stamp lies after its last write, during which the bytes go; `last_write` is before it.
        A server that was killed between the write and its CLOSE has answered all the same.
        """
        if exchange.outcome not in (Outcome.OK, Outcome.ERROR) or exchange.status < 0:
            return
        visit = stay.visit
        if (story.closed is None and story.dead) or (
            story.closed is not None and story.closed.last_write <= exchange.end < visit.answered
        ):
            visit.answered = exchange.end


def _idle(story: Story) -> list[Phase]:
    """A lane that took a connection before anything came on it is held by no request."""
    opened = story.opened
    if story.lane is None or story.on_loop or not 0 < opened.taken < opened.arrived:
        return []
    start, lane = opened.taken, story.lane.id
    return [
        Phase(
            UNKNOWN,
            PhaseKind.BLOCKED,
            start,
            opened.arrived,
            lane,
            1,
            what="first byte",
            evidence=Evidence.HOOK,
        )
    ]


def _add(rows: Rows, stay: Stay) -> None:
    rows.visits.append(stay.visit)
    rows.phases += stay.phases
