"""What the invariants stand on: columns of one length, numbers in range, rows in order."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from tracer.recording.bounds import faults
from tracer.recording.check.violation import Violation, found, rule, where
from tracer.recording.nouns import TABLES, columns, rows_in

if TYPE_CHECKING:
    from tracer.recording.recording import Recording


def broken_tables(r: Recording) -> list[Violation]:
    """Find columns that lead outside; with one of these no other check can be made."""
    return _lengths(r) or _ranges(r)


def _lengths(r: Recording) -> list[Violation]:
    told = []
    for name in TABLES:
        table = getattr(r, name)
        for column, dtype in columns(TABLES[name]).items():
            values = getattr(table, column)
            if len(values) != rows_in(table):
                said = f"{name}.{column} has {len(values)} rows, and the table {rows_in(table)}"
                told.append(Violation(0, name, (), said))
            elif values.dtype != dtype:
                told.append(Violation(0, name, (), f"{name}.{column} is {values.dtype}, not {dtype}"))
    return told


def _ranges(r: Recording) -> list[Violation]:
    return [Violation(5 if column == "evidence" else 0, name, (), said) for name, column, said in faults(r)]


def disorder(r: Recording) -> list[Violation]:
    """Find rows that do not stand in order of time, and marks and visits that contradict what they number."""
    told: list[Violation] = []
    for name, time in (("requests", "start"), ("visits", "start"), ("phases", "start"), ("marks", "time")):
        times = getattr(getattr(r, name), time)
        back = np.append(False, times[1:] < times[:-1])[: len(times)]
        told += rule(0, name, back, "is earlier than the row before it")
    return told + _phase_order(r) + _strangers(r)


def _phase_order(r: Recording) -> list[Violation]:
    p = r.phases
    tie = (p.start[1:] == p.start[:-1]) & (p.visit[1:] < p.visit[:-1])
    back = np.append(False, tie)[: len(p.start)]
    return rule(0, "phases", back, "starts with the one before it, which is of a later visit")


def _strangers(r: Recording) -> list[Violation]:
    m = r.marks
    both = where((m.visit >= 0) & (m.request >= 0))
    other = both[r.visits.request[m.visit[both]] != m.request[both]]
    return found(
        0,
        "marks",
        other,
        lambda row: f"mark {row} names request {m.request[row]}, its visit {m.visit[row]} another",
    )
