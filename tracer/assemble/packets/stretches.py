"""Stretches of plain exchanges, as columns, to raw columns of a Recording: no row is made on the way."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tracer.assemble.packets.journeys import CLIENT
from tracer.recording import UNKNOWN, Evidence, Interner, LaneKind, Match, Outcome, PhaseKind
from tracer.recording.columns import Raw, raw_columns
from tracer.recording.nouns import TABLES

I8 = NDArray[np.int64]
NO_CHOICE = {"attempt": 1, "holds": 0, "detached": 0, "match": int(Match.NONE)}
"""What the columns are that are not UNKNOWN where nothing is told."""


PHASE_TOLD = ("visit", "kind", "waits_for", "start", "end", "first_frame", "last_frame")
PhaseTold = tuple[int, PhaseKind, int, int, int, int, int]
"""What is told of a phase: a tuple, since an object of each costs more than all else that is done with it."""


@dataclass(frozen=True, slots=True)
class Moments:
    """Frames and times of one moment of each exchange; shape (n,)."""

    frame: I8
    time: I8

    def part(self, begin: int, end: int) -> Moments:
        """Give those from number `begin` up to `end`."""
        return Moments(self.frame[begin:end], self.time[begin:end])


@dataclass(frozen=True, slots=True)
class Stretch:
    """Exchanges of connections in order, each answered before the next one of its own began."""

    id: I8  # of their stays, as if they were some
    listener: I8
    lane: I8
    method: list[str]
    target: list[str]
    version: list[str]
    status: I8
    bytes_in: I8
    bytes_out: I8
    start: Moments
    sent: Moments
    first: Moments
    last: Moments


def raw_of(stretches: list[Stretch], intern: Interner) -> Raw:
    """Give the raw columns of stretches."""
    ids = _joined(stretches, "id")
    every = {name: _joined(stretches, name) for name in ("status", "bytes_in", "bytes_out")}
    moments = {name: _moments(stretches, name) for name in ("start", "sent", "first", "last")}
    outcome = np.where(every["status"] >= 500, Outcome.ERROR, Outcome.OK)
    texts = {name: _texts(stretches, name, intern) for name in ("method", "target")}
    protocols = {version: intern(f"http/{version}") for s in stretches for version in set(s.version)}
    answered = {"start": moments["start"].time, "end": moments["last"].time, "outcome": outcome}
    visit = answered | {
        "request": ids,
        "protocol": np.array([protocols[v] for s in stretches for v in s.version]),
        "status": every["status"],
        "first_byte": moments["first"].time,
        "answered": moments["last"].time,
    }
    own = {
        "id": 2 * ids + 1,
        "parent": 2 * ids,
        "hop": _joined(stretches, "listener"),
        "connection": _joined(stretches, "lane"),
    }
    tables = {
        "requests": [answered | texts | every | {"id": ids}],
        "visits": [visit | {"id": 2 * ids, "hop": np.full(len(ids), CLIENT)}, visit | own],
        "phases": [
            *_phases(2 * ids, moments, PhaseKind.AWAITING),
            *_phases(2 * ids + 1, moments, PhaseKind.UNSEEN),
        ],
    }
    return {name: _table(name, tables.get(name, [])) for name in TABLES}


def _phases(visit: I8, moments: dict[str, Moments], between: PhaseKind) -> list[dict[str, Any]]:
    """Give three phases a visit, those of no length left out."""
    edges = [moments[name] for name in ("start", "sent", "first", "last")]
    kinds = (PhaseKind.TRANSFER, between, PhaseKind.TRANSFER)
    told = []
    for kind, a, b in zip(kinds, edges[:-1], edges[1:], strict=True):
        rows = np.flatnonzero(b.time > a.time)
        told.append(
            {
                "visit": visit[rows],
                "kind": np.full(len(rows), kind),
                "evidence": np.full(len(rows), Evidence.PACKET),
                "start": a.time[rows],
                "end": b.time[rows],
                "first_frame": a.frame[rows],
                "last_frame": b.frame[rows],
            }
        )
    return told


def phases_of(told: list[PhaseTold]) -> dict[str, NDArray[Any]]:
    """Give the raw columns of phases."""
    columns: dict[str, Any] = {
        name: np.array(values) for name, values in zip(PHASE_TOLD, zip(*told, strict=True), strict=True)
    }
    return _table("phases", [columns | {"evidence": np.full(len(told), Evidence.PACKET)}])


def lanes_of(numbers: I8, ends: list[tuple[int, str, str]], intern: Interner) -> dict[str, NDArray[Any]]:
    """Give the raw columns of connections by listener, client and server; when they were is not said."""
    listeners, clients, servers = zip(*ends, strict=True) if ends else ((), (), ())
    client, server = (np.fromiter(map(intern, texts), np.int64, len(ends)) for texts in (clients, servers))
    told = {
        "id": numbers,
        "hop": np.array(listeners, np.int64),
        "label": client,
        "src": client,
        "dst": server,
    }
    kind, zero = np.full(len(ends), LaneKind.CONNECTION), np.zeros(len(ends), np.int64)
    nothing = np.full(len(ends), UNKNOWN)
    return _table("lanes", [told | {"kind": kind, "capacity": zero, "start": nothing}])


def _table(name: str, parts: list[dict[str, Any]]) -> dict[str, NDArray[Any]]:
    """Put parts under each other; a column that they lack says nothing."""
    made = {}
    for column, dtype in raw_columns(name).items():
        nothing = NO_CHOICE.get(column, UNKNOWN)
        told = [part.get(column, np.full(len(part["start"]), nothing)) for part in parts]
        made[column] = np.concatenate(told).astype(dtype) if told else np.empty(0, dtype)
    return made


def _joined(stretches: list[Stretch], name: str) -> I8:
    return np.concatenate([getattr(stretch, name) for stretch in stretches])


def _moments(stretches: list[Stretch], name: str) -> Moments:
    all_ = [getattr(stretch, name) for stretch in stretches]
    return Moments(np.concatenate([m.frame for m in all_]), np.concatenate([m.time for m in all_]))


def _texts(stretches: list[Stretch], name: str, intern: Interner) -> I8:
    texts = [text for stretch in stretches for text in getattr(stretch, name)]
    return np.fromiter(map(intern, texts), np.int64, len(texts))
