"""The assembler: records of rings and exchanges of a loader come in, rows of a recording come out."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from tracer.assemble.calls import Calls
from tracer.assemble.journey import Journey
from tracer.assemble.keys import (
    keys_of_exchange,
    keys_of_story,
    possible,
    saved_exchange,
    unsaved_exchange,
)
from tracer.assemble.process import Process
from tracer.assemble.shift import append, shift
from tracer.assemble.story import Key, Story
from tracer.assemble.world import APP, CLIENT, World
from tracer.load.exchange import Exchange
from tracer.observe.rings import Batch
from tracer.recording import Outcome, Rows

PATIENCE = 2_000_000_000
"""ns for which the other half of a request is waited for, where there need not be one."""

REST = 500_000_000
"""ns for which the visits of a trace are kept together: rings are read one after the other."""


class Assembler:
    """Streams. Give it batches and exchanges; fetch what is finished by `closed`, the rest by `open`.

    Rows are in ns since the epoch; their ids stay the same from call to call.
    """

    def __init__(self, offset: int, *, client: bool = False, cursor: dict[str, Any] | None = None) -> None:
        """Begin, or go on from a cursor. `offset` is CLOCK_REALTIME - CLOCK_MONOTONIC, ns.

        With `client`, exchanges will be given, and requests wait for theirs.
        """
        cursor = cursor or {}
        self.offset = int(cursor.get("offset", offset))
        self.world = World(cursor.get("world"))
        self._saved: dict[str, Any] = cursor.get("rings", {})
        self._client: bool = cursor.get("client", client)
        self._processes: dict[str, Process] = {}
        self._journeys: dict[int, Journey] = {}  # not emitted, by request
        self._of_story: dict[int, Journey] = {}  # by the id of the server's visit
        self._by_key: dict[Key, Journey] = {}
        self._calls = Calls()
        self._now = 0  # the latest time at which rings were read
        for saved in cursor.get("exchanges", ()):
            self.exchange(unsaved_exchange(saved))

    def records(self, batch: Batch) -> None:
        """Take what a ring had to say."""
        name = batch.ring.name
        if name not in self._processes:
            self._processes[name] = Process(batch.ring, self.world, self, self._saved.get(name))
        self._now = max(self._now, batch.alive)
        self._processes[name].take(batch)

    def exchange(self, exchange: Exchange) -> None:
        """Take what the client saw of a request, once: when it is over, or will be followed no more."""
        self.world.client()
        journey = None
        for key, match in keys_of_exchange(exchange):
            at = self._by_key.get(key)
            if at is not None and at.exchange is None and all(possible(s, exchange) for s in at.stories):
                journey, at.match = at, match
                break
        if journey is None:
            journey = self._journey()
        journey.exchange = exchange
        self._remember(journey, [key for key, _ in keys_of_exchange(exchange)])
        self._settle(journey)

    def opened(self, story: Story) -> None:
        """Take a request that has reached an application; processes call this."""
        self.world.app()
        caller = self._calls.came(story)
        if caller is not None:
            self._below(story, caller)
            return
        journey = self._known(story) if self._client else None
        if journey is None:
            journey = self._journey()
        journey.stories.append(story)
        self._of_story[story.server_visit] = journey
        if self._client:
            self._remember(journey, [key for key, _ in keys_of_story(story)])

    def called(self, story: Story, span: bytes) -> None:
        """Take a call that a visit's handler sends; processes call this."""
        for child in self._calls.told(story, span):
            self._below(child, story)

    def over(self, story: Story) -> None:
        """Take the end of a visit; processes call this."""
        self._settle(self._of_story[story.server_visit])

    def closed(self) -> Rows:
        """Give the rows that became final since the last call."""
        for journey in list(self._journeys.values()):
            if self._alone(journey) if self._client and not self._whole(journey) else self._rested(journey):
                self._emit(journey)
        return shift(self.world.fetch(), self.offset)

    def open(self) -> Rows:
        """Give the rows that are not final yet, as they stand now."""
        lanes = [lane for process in self._processes.values() for lane in process.living()]
        rows = Rows(lanes=[replace(lane) for lane in [*lanes, *self.world.arbiters()]])
        for journey in self._journeys.values():
            append(rows, journey.rows(CLIENT, APP))
        return shift(rows, self.offset)

    def finish(self) -> Rows:
        """Give all rows that are left, as final: what is not over stays open. The assembler is done then."""
        for journey in list(self._journeys.values()):
            for one in self._split(journey):
                self._emit(one)
        for process in self._processes.values():
            self.world.out.lanes.extend(process.living())
        self.world.out.lanes.extend(self.world.arbiters())
        return self.closed()

    def cursor(self) -> dict[str, Any]:
        """Say where it is, as JSON: another assembler goes on from there, after what `closed` gave."""
        rings = {name: process.cursor() for name, process in self._processes.items()}
        exchanges = [journey.exchange for journey in self._journeys.values() if journey.exchange]
        return {
            "offset": self.offset,
            "client": self._client,
            "world": self.world.cursor(),
            "rings": {**self._saved, **rings},
            "exchanges": [saved_exchange(exchange) for exchange in exchanges],
        }

    @property
    def requests(self) -> int:
        """How many requests there are, open ones too."""
        return self.world.requests + len(self._journeys)

    @property
    def busy(self) -> bool:
        """Whether a server is at a request, or has not yet said that it is done with it."""
        return any(not journey.over for journey in self._journeys.values())

    @property
    def ready(self) -> bool:
        """Whether servers have said that they serve: as many workers as their arbiter is to have."""
        serving = sum(bool(process.lanes) and not process.ended for process in self._processes.values())
        return serving >= self.world.workers

    def _journey(self) -> Journey:
        journey = Journey(self.world.id(), self.world.id())
        self._journeys[journey.request] = journey
        return journey

    def _remember(self, journey: Journey, keys: list[Key]) -> None:
        for key in keys:
            self._by_key[key] = journey
            journey.keys.append(key)

    def _known(self, story: Story) -> Journey | None:
        """Find the request of which this is another visit, or of which the client's half came first."""
        for key, match in keys_of_story(story):
            journey = self._by_key.get(key)
            if journey is not None and (journey.exchange is None or possible(story, journey.exchange)):
                if not journey.stories:
                    journey.match = match
                return journey
        return None

    def _below(self, story: Story, caller: Story) -> None:
        """Put a visit, with what it called itself, under the one whose handler sent it."""
        journey = self._of_story[caller.server_visit]
        before = self._of_story.get(story.server_visit)
        if before is None:
            journey.called.append(story)
        elif before is not journey and before.exchange is None and before.stories == [story]:
            del self._journeys[before.request]
            journey.called += [*before.stories, *before.called]
        else:
            return  # the client says that it sent it
        story.caller = caller
        for one in journey.called:
            self._of_story[one.server_visit] = journey

    def _settle(self, journey: Journey) -> None:
        """Emit a request of which both halves are there and over, unless a visit may still turn up."""
        if self._whole(journey) and not journey.may_grow:
            self._emit(journey)

    def _whole(self, journey: Journey) -> bool:
        """Whether both halves of a request are there and over."""
        exchange = journey.exchange
        return journey.over and (
            not self._client
            or (exchange is not None and bool(journey.stories or exchange.outcome == Outcome.REFUSED))
        )

    def _rested(self, journey: Journey) -> bool:
        """Whether a whole request has waited long enough for visits that may be its."""
        return self._whole(journey) and self._now - journey.end >= REST

    def _alone(self, journey: Journey) -> bool:
        """Whether half a request has waited long enough for another half that need not exist."""
        if not journey.over or self._now - journey.end < PATIENCE:
            return False
        if journey.exchange is not None:
            return journey.exchange.outcome == Outcome.OK
        return not any(any(story.opened.trace_id) for story in journey.stories)

    def _split(self, journey: Journey) -> list[Journey]:
        """Take visits apart that only a foreign traceparent had put together."""
        if journey.exchange is not None or len(journey.stories) < 2:
            return [journey]
        parts = [journey]
        called, journey.called = journey.called, []
        for story in journey.stories[1:]:
            part = self._journey()
            part.stories.append(story)
            parts.append(part)
        del journey.stories[1:]
        for story in called:
            next(part for part in parts if part.stories[0] is story.first).called.append(story)
        return parts

    def _emit(self, journey: Journey) -> None:
        del self._journeys[journey.request]
        for key in journey.keys:
            if self._by_key.get(key) is journey:
                del self._by_key[key]
        append(self.world.out, journey.rows(CLIENT, APP))
        for story in (*journey.stories, *journey.called):
            self._calls.forget(story)
            del self._of_story[story.server_visit]
            self._processes[story.ring].emitted(story)
        self.world.requests += 1
