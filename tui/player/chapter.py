"""A chapter: one or two recordings on one clock, and the steps of what is told about them."""

from __future__ import annotations

from dataclasses import dataclass

from tracer.recording import Recording


@dataclass(frozen=True, slots=True)
class Step:
    """A sentence of the narration and the instant that it speaks of."""

    at: int  # ns since the start of the recordings
    text: dict[str, str]  # language ("en", "ko") -> at most two lines, parted by a newline


@dataclass(frozen=True, slots=True)
class Side:
    """One stack on the Stage."""

    recording: Recording
    kind: str  # "BLOCKING", "ASYNC", or "" where nobody said
    label: str  # "gunicorn sync, 2 workers"


@dataclass(frozen=True, slots=True)
class Chapter:
    """What the Stage plays. Time 0 of a side is when its first request was due."""

    title: dict[str, str]  # language -> "waiting"
    sides: tuple[Side, ...]  # one or two
    steps: tuple[Step, ...] = ()
    number: int = 1
    of: int = 1
    twin: int | None = None  # the place among the chapters of the same one simulated, or of the real one
