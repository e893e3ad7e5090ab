"""A capture as a flow of recordings, each of the requests that are complete, in order of their start.

What is held is what is open, and what began after it. The numbers of requests and visits are those that
they have in the recording of the whole capture: they count all that began earlier.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from tracer.assemble.packets.reading import Reader, batches, made_of
from tracer.assemble.packets.stretches import lanes_of
from tracer.capture import Capture
from tracer.recording import Interner, Recording, Rows
from tracer.recording.columns import Raw, encode, joined
from tracer.recording.nouns import TABLES, text_columns
from tracer.recording.texts import in_order_of_use

I8 = NDArray[np.int64]


class Part(NamedTuple):
    """Some requests of a capture: as a recording, and the numbers that its rows have in the whole."""

    recording: Recording
    requests: I8
    visits: I8


class Flow:
    """Takes batches of raw columns, gives those that are settled. Marks are left out."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self._held = encode(Rows(), reader.intern)
        self._numbers: I8 = np.empty(0, np.int64)  # of the held visits; -1 not known yet
        self._requests = self._visits = 0  # numbers given

    def add(self, parts: list[Raw], until: int) -> Part | None:
        """Take in a batch; give the requests that are settled now, all that begin before `until` being in."""
        fresh = sum(len(part["visits"]["id"]) for part in parts)
        self._held = joined([self._held, *parts])
        self._numbers = np.concatenate([self._numbers, np.full(fresh, -1)])
        self._number(until)
        ready = self._ready(until)
        part = self._taken(ready) if len(ready) else None
        self._forget(until)
        return part

    def _number(self, until: int) -> None:
        """Number the visits that began before all that is still to come."""
        visits = self._held["visits"]
        rows = np.flatnonzero((self._numbers < 0) & (visits["start"] < until))
        rows = rows[np.lexsort((visits["id"][rows], visits["start"][rows]))]
        self._numbers[rows] = self._visits + np.arange(len(rows))
        self._visits += len(rows)

    def _ready(self, until: int) -> I8:
        """Give the ids of the requests that can go, in order: all of their visits have numbers."""
        requests, visits = self._held["requests"], self._held["visits"]
        order = np.lexsort((requests["id"], requests["start"]))
        ids = requests["id"][order]
        late = np.isin(ids, visits["request"][self._numbers < 0]) | (requests["start"][order] >= until)
        return ids[: int(late.argmax())] if late.any() else ids

    def _taken(self, ids: I8) -> Part:
        held, rest = self._held, {}
        chosen = {
            "requests": np.isin(held["requests"]["id"], ids),
            "visits": np.isin(held["visits"]["request"], ids),
        }
        own = held["visits"]["id"][chosen["visits"]]
        chosen["phases"] = np.isin(held["phases"]["visit"], own)
        taken: Raw = {}
        for name, table in held.items():
            keep = chosen.get(name, np.ones(len(next(iter(table.values()))), np.bool_))
            taken[name] = {c: values[keep] for c, values in table.items()}
            rest[name] = {c: values[~keep] for c, values in table.items()} if name in chosen else table
        visits, start = self._numbers[chosen["visits"]], taken["visits"]["start"]
        self._held, self._numbers = rest, self._numbers[~chosen["visits"]]
        numbers = self._requests + np.arange(len(ids))
        self._requests += len(ids)
        order = np.lexsort((taken["visits"]["id"], start))
        return Part(self._recording(taken), numbers, visits[order])

    def _recording(self, raw: Raw) -> Recording:
        """Make a recording of some requests; their connections may be open still."""
        nothing = encode(Rows(), self._reader.intern)
        ends = self._reader.world.ends
        numbers = np.unique(raw["visits"]["connection"])
        numbers = numbers[numbers >= 0]
        lanes = lanes_of(numbers, [ends[number] for number in numbers.tolist()], self._reader.intern)
        raw = raw | {name: nothing[name] for name in ("marks", "hops")} | {"lanes": lanes}
        parts = [raw, self._reader.hops()]
        return made_of(joined(parts), self._reader, {"source": "packets"})

    def _forget(self, until: int) -> None:
        """Drop what nothing refers to any more: marks, the ends of closed connections, texts."""
        reader, held = self._reader, self._held
        lanes = held["lanes"]
        needed = np.isin(lanes["id"], held["visits"]["connection"]) | (lanes["end"] >= until)
        for lane in lanes["id"][~needed].tolist():
            reader.world.ends.pop(lane, None)
        held["lanes"] = {column: values[needed] for column, values in lanes.items()}
        held["marks"] = encode(Rows(), reader.intern)["marks"]
        self._forget_texts()

    def _forget_texts(self) -> None:
        places = [(name, c) for name in TABLES for c in sorted(text_columns(TABLES[name]))]
        columns: list[NDArray[Any]] = [self._held[name][column] for name, column in places]
        texts, renumbered = in_order_of_use(self._reader.intern.texts(), columns)
        for (name, column), values in zip(places, renumbered, strict=True):
            self._held[name][column] = values
        self._reader.intern = Interner(texts)


def flow_of(capture: Capture, reader: Reader) -> Iterator[Part]:
    """Read a capture; give its requests as soon as they are settled."""
    flow = Flow(reader)
    for parts, until in batches(capture, reader):
        if (part := flow.add(parts, until)) is not None:
            yield part
