"""Two recordings of the same requests, one from outside and one from inside, made one.

A proxy's log and a server's hooks see the same request when a traceparent goes through both: each then has a
TRACE mark of the same value. The inner visit takes the place of what the outer recording knew of the upstream
from afar, and keeps all that it says itself.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tracer.recording import MarkKind, Match, Outcome, Recording
from tracer.recording.clock import read_clocks
from tracer.recording.columns import IDENTIFIED, Raw, arrange, joined, raw_columns
from tracer.recording.nouns import REFERENCES, TABLES, UNKNOWN, text_columns
from tracer.recording.texts import Interner

BY_TRACE = 9_900
"""Confidence of a join by traceparent: anybody can send one, but the times must allow it as well."""


class CombineError(Exception):
    """Two recordings cannot be made one: one sentence."""


@dataclass(frozen=True, slots=True)
class _Pair:
    """An outer visit, the inner one below it, and what was known of that from afar (-1: nothing)."""

    outer: int
    inner: int
    replaced: int
    attempt: int


def combined(outer: Recording, inner: Recording) -> Recording:
    """Join by TRACE marks; what has no partner stays as it is. Raises CombineError, one sentence.

    `meta["joined"]` says how many of the inner requests were found to be calls of outer ones.
    """
    clocks = _clocks(outer, inner)
    slack = _slack(outer, inner)
    pairs = _pairs(outer, inner, slack)
    intern = Interner()
    first = _raw(outer, intern, dict.fromkeys(TABLES, 0))
    offsets = {name: len(first[name]["id"]) for name in IDENTIFIED}
    second = _raw(inner, intern, offsets)
    _bound(first, second, pairs, slack)
    _hang(first, second, pairs, inner)
    raw = _without_bare_hops(joined([first, second]))
    tables, texts = arrange(raw, intern.texts())
    there = {texts[int(number)] for number in tables["hops"].name}
    clocks = [{**clock, "hops": [hop for hop in clock["hops"] if hop in there]} for clock in clocks]
    faults = [*outer.meta.get("faults", []), *inner.meta.get("faults", [])]
    meta = {**inner.meta, **outer.meta, "clocks": clocks, "faults": faults, "joined": len(pairs)}
    return Recording(**tables, texts=texts, meta=meta)


def _clocks(*recordings: Recording) -> list[dict[str, Any]]:
    """Give the clocks of both, each with the names of its hops."""
    told: list[dict[str, Any]] = []
    seen: set[str] = set()
    for recording in recordings:
        names = [recording.text(number) for number in recording.hops.name]
        if both := seen & set(names):
            raise CombineError(f"both have a hop named {min(both)}, so neither is inside the other")
        seen |= set(names)
        clocks = read_clocks(recording.meta)
        named = {hop for clock in clocks for hop in clock.hops}
        rest = [name for name in names if name not in named]
        told += [
            {**clock.as_meta(), "hops": [*clock.hops, *(rest if number == 0 else [])]}
            for number, clock in enumerate(clocks)
        ]
    return told


def _slack(*recordings: Recording) -> int:
    return sum(max(clock.uncertainty_ns for clock in read_clocks(one.meta)) for one in recordings)


def _traces(recording: Recording) -> dict[int, list[int]]:
    """Value of a TRACE mark -> the visits that came with it, by start."""
    marks = recording.marks
    rows = np.flatnonzero((marks.kind == MarkKind.TRACE) & (marks.visit >= 0))
    found: dict[int, list[int]] = defaultdict(list)
    for value, visit in zip(marks.value[rows].tolist(), marks.visit[rows].tolist(), strict=True):
        found[value].append(visit)
    return {value: sorted(visits) for value, visits in found.items()}


def _pairs(outer: Recording, inner: Recording, slack: int) -> list[_Pair]:
    """Pair visits of one trace where exactly one outer visit can have made the inner one."""
    outside, children = _traces(outer), _children(outer)
    made: dict[int, list[int]] = defaultdict(list)
    for value, visits in _traces(inner).items():
        for visit in visits:
            able = [one for one in outside.get(value, []) if _holds(outer, one, inner, visit, slack)]
            if len(able) == 1 and inner.visits.parent[visit] < 0:  # else its caller is in its own recording
                made[able[0]].append(visit)
    pairs: list[_Pair] = []
    for one, visits in made.items():
        if len(visits) <= max(len(children[one]), 1):  # else not all of them are its calls
            pairs += [_pair(outer, inner, one, visit, children[one]) for visit in visits]
    return pairs


def _holds(outer: Recording, one: int, inner: Recording, visit: int, slack: int) -> bool:
    """Whether a visit began while the outer one went on."""
    start, end = outer.visits.start[one], outer.visits.end[one]
    at = inner.visits.start[visit]
    return bool(start - slack <= at and (end < 0 or at <= end + slack))


def _children(outer: Recording) -> dict[int, list[int]]:
    """Visit -> its children, by attempt."""
    below: dict[int, list[int]] = defaultdict(list)
    for child in np.argsort(outer.visits.attempt, kind="stable").tolist():
        below[int(outer.visits.parent[child])].append(child)
    return below


def _pair(outer: Recording, inner: Recording, one: int, visit: int, known: list[int]) -> _Pair:
    """Take out of `known` the attempt at the address that the inner visit was served at.

    Behind a Unix socket or a translated address that is not to be had: then the first that was not refused.
    """
    lane = int(inner.visits.connection[visit])
    served = inner.text(inner.lanes.dst[lane]) if lane >= 0 else ""
    there = [child for child in known if outer.text(outer.hops.name[outer.visits.hop[child]]) == served]
    reached = [child for child in known if outer.visits.outcome[child] != Outcome.REFUSED]
    if not there and not reached:
        return _Pair(one, visit, UNKNOWN, len(known) + 1)
    chosen = (there or reached)[0]
    known.remove(chosen)
    return _Pair(one, visit, chosen, int(outer.visits.attempt[chosen]))


def _raw(recording: Recording, intern: Interner, offsets: dict[str, int]) -> Raw:
    """Give a recording's columns with ids, texts numbered by `intern`, ids and references moved on."""
    numbers = np.array([*(intern(text) for text in recording.texts), UNKNOWN], np.int64)
    raw: Raw = {}
    for name, table in TABLES.items():
        columns = {c: np.array(getattr(getattr(recording, name), c)) for c in raw_columns(name) if c != "id"}
        for column, values in columns.items():
            if column in text_columns(table):
                columns[column] = numbers[values].astype(values.dtype)
            elif target := REFERENCES.get(name, {}).get(column):
                columns[column] = np.where(values >= 0, values.astype(np.int64) + offsets[target], UNKNOWN)
        rows = len(next(iter(columns.values())))
        raw[name] = {"id": np.arange(rows) + offsets[name], **columns} if name in IDENTIFIED else columns
    return raw


def _hang(first: Raw, second: Raw, pairs: list[_Pair], inner: Recording) -> None:
    """Put inner requests below outer visits; drop their own rows and what they replace."""
    requests = np.arange(len(inner.requests.start)) + len(first["requests"]["id"])
    taken = np.zeros(len(requests), bool)
    for pair in pairs:
        old = int(inner.visits.request[pair.inner])
        requests[old] = first["visits"]["request"][pair.outer]
        taken[old] = True
        visit = {"parent": first["visits"]["id"][pair.outer], "attempt": pair.attempt}
        for column, value in {**visit, "match": Match.TRACEPARENT, "confidence": BY_TRACE}.items():
            second["visits"][column][pair.inner] = value
    moved = np.append(requests, UNKNOWN)
    for name, request in (("visits", inner.visits.request), ("marks", inner.marks.request)):
        second[name]["request"] = moved[request]
    _keep(second, "requests", ~taken)
    _drop_visits(first, np.array([pair.replaced for pair in pairs if pair.replaced >= 0], np.int64))


def _bound(first: Raw, second: Raw, pairs: list[_Pair], slack: int) -> None:
    """An answer's last byte was out at the latest when the proxy had passed it on.

    A server's stamp lies after its last write; the proxy may be done before the server runs again.
    """
    outer, inner = first["visits"], second["visits"]
    for pair in pairs:
        row, passed_on = pair.inner, outer["answered"][pair.outer]
        if passed_on >= 0 and outer["outcome"][pair.outer] == Outcome.OK:
            earliest = max(inner["first_byte"][row], inner["start"][row])
            inner["answered"][row] = min(inner["answered"][row], max(passed_on + slack, earliest))


def _drop_visits(raw: Raw, rows: NDArray[np.int64]) -> None:
    """Take visits out, with their phases and marks."""
    ids = raw["visits"]["id"][rows]
    _keep(raw, "visits", ~np.isin(raw["visits"]["id"], ids))
    for name in ("phases", "marks"):
        _keep(raw, name, ~np.isin(raw[name]["visit"], ids))


def _without_bare_hops(raw: Raw) -> Raw:
    """Drop hops that nothing visits and that have no lanes: addresses whose server is known now."""
    used = np.union1d(raw["visits"]["hop"], raw["lanes"]["hop"])
    _keep(raw, "hops", np.isin(raw["hops"]["id"], used))
    return raw


def _keep(raw: Raw, name: str, rows: NDArray[np.bool_]) -> None:
    raw[name] = {column: values[rows] for column, values in raw[name].items()}
