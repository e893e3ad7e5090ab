"""From recordings to chapters: those that say so in `meta["chapter"]` are put together, side by side.

`meta["chapter"]` is {"number": 1, "of": 2, "title": {"en": …}, "side": "left" | "right", "kind": "BLOCKING",
"label": …, "steps": [{"at": ns, "en": …, "ko": …}]}. Recordings without it make one chapter, of one or two.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import numpy as np

from tracer.analysis.lanes import executing
from tracer.recording import LaneKind, Recording, Role, rows_in
from tui.player.chapter import Chapter, Side, Step

_LOOPS = (LaneKind.LOOP, LaneKind.GREENLET_HUB)
_NAMES = {
    LaneKind.PROCESS: ("worker", "BLOCKING"),
    LaneKind.THREAD: ("thread", "BLOCKING"),
    LaneKind.LOOP: ("loop", "ASYNC"),
    LaneKind.GREENLET_HUB: ("hub", "ASYNC"),
}


class ChapterError(Exception):
    """Recordings do not go together: which, why, and what to do, in a sentence."""


class Named(NamedTuple):
    """A recording, and what its file is called."""

    name: str
    recording: Recording


def chapters(files: Sequence[Named]) -> list[Chapter]:
    """Group recordings into chapters, by number. Raises ChapterError where they do not go together."""
    if not all("chapter" in file.recording.meta for file in files):
        return [_plain(files)]
    groups: dict[int, list[Named]] = {}
    for file in files:
        groups.setdefault(_whole(file, "number", 1), []).append(file)
    return [_told(groups[number]) for number in sorted(groups)]


def _plain(files: Sequence[Named]) -> Chapter:
    """Make a chapter of recordings of which at least one does not say where it belongs."""
    if len(files) > 2:
        raise ChapterError(f"{len(files)} recordings do not fit on the Stage; give one or two")
    sides = tuple(
        _side(file) if "chapter" in file.recording.meta else side_of(file.recording) for file in files
    )
    titles = [file.recording.meta.get("title") for file in files]
    told = dict.fromkeys(
        title if isinstance(title, str) else file.name for title, file in zip(titles, files, strict=True)
    )
    return Chapter({"en": " | ".join(told)}, sides)


def side_of(recording: Recording) -> Side:
    """Name a recording by its server and what executes there: "gunicorn sync, 2 workers"."""
    hop = _server(recording)
    if hop is None:
        return Side(recording, "", f"{rows_in(recording.requests)} requests")
    name = _product(recording, hop)
    kinds = _executing(recording, hop)
    if not kinds:
        return Side(recording, "", name)
    noun, manner = _NAMES[LaneKind(kinds[0])]
    return Side(recording, manner, f"{name}, {len(kinds)} {noun}{'s' * (len(kinds) != 1)}")


def _product(recording: Recording, hop: int) -> str:
    """Give what runs at a hop, without its version: "gunicorn sync"; its name where that says no more."""
    name = recording.text(int(recording.hops.name[hop]))
    words = recording.text(int(recording.hops.software[hop])).split()
    product = " ".join(word for word in words if not word[0].isdigit())
    return product if product.startswith(name) else name


def _server(recording: Recording) -> int | None:
    """Find the hop that executes most: of those that are no client, the one of the most lanes."""
    lanes = executing(recording)
    counts = np.bincount(recording.lanes.hop[lanes], minlength=rows_in(recording.hops))
    counts[recording.hops.role == Role.CLIENT] = 0
    return int(counts.argmax()) if counts.any() else None


def _executing(recording: Recording, hop: int) -> list[int]:
    """Give the kinds of the hop's lanes that execute: its loops, else all."""
    lanes = recording.lanes
    ids = np.flatnonzero(executing(recording) & (lanes.hop == hop))
    loops = [int(lanes.kind[lane]) for lane in ids if lanes.kind[lane] in _LOOPS]
    # A thread under nothing, beside the threads of a pool, accepts for them: gthread's main thread.
    pooled = [lane for lane in ids if lanes.kind[lane] != LaneKind.THREAD or lanes.parent[lane] >= 0]
    return loops or [int(lanes.kind[lane]) for lane in (pooled or ids)]


def _told(files: list[Named]) -> Chapter:
    """Make a chapter of recordings that say that they belong to it."""
    by_side: dict[str, Named] = {}
    for file in files:
        name = _word(file, "side", "left")
        if name in by_side:
            both = f"{by_side[name].name} and {file.name} both are its {name} side"
            raise ChapterError(f"chapter {_whole(file, 'number', 1)} is there twice: {both}; leave one out")
        by_side[name] = file
    ordered = [by_side[name] for name in sorted(by_side)]  # "left" comes before "right"
    sides = tuple(_side(file) for file in ordered)
    first = ordered[0]
    steps = next((found for found in map(_steps, ordered) if found), ())
    return Chapter(_title(first), sides, steps, _whole(first, "number", 1), _whole(first, "of", 1))


def _side(file: Named) -> Side:
    guess = side_of(file.recording)
    label = _told_of(file).get("label", guess.label)
    kind = _told_of(file).get("kind", guess.kind)
    return Side(file.recording, str(kind), str(label))


def _title(file: Named) -> dict[str, str]:
    return _languages(_told_of(file).get("title")) or {"en": file.name}


def _steps(file: Named) -> tuple[Step, ...]:
    """Read the narration, by time; what is no step is an error, not a silence."""
    given = _told_of(file).get("steps", [])
    if not isinstance(given, list) or not all(_is_step(step) for step in given):
        raise _wrong(file, "steps", "a list of {at: ns, en: words, ko: words}")
    steps = (Step(step["at"], _languages(step)) for step in given)
    return tuple(sorted(steps, key=lambda step: step.at))


def _is_step(step: Any) -> bool:
    return isinstance(step, dict) and type(step.get("at")) is int and "en" in _languages(step)


def _languages(given: Any) -> dict[str, str]:
    pairs: Iterable[tuple[Any, Any]] = given.items() if isinstance(given, dict) else ()
    return {name: words for name, words in pairs if name in ("en", "ko") and isinstance(words, str)}


def _whole(file: Named, field: str, otherwise: int) -> int:
    value = _told_of(file).get(field, otherwise)
    if type(value) is not int or value < 1:
        raise _wrong(file, field, "a whole number from 1")
    return value


def _word(file: Named, field: str, otherwise: str) -> str:
    value = _told_of(file).get(field, otherwise)
    if value not in ("left", "right"):
        raise _wrong(file, field, '"left" or "right"')
    return str(value)


def _told_of(file: Named) -> dict[str, Any]:
    told = file.recording.meta["chapter"]
    if not isinstance(told, dict):
        raise ChapterError(f"{file.name}: its chapter is no table of fields; record it again")
    return told


def _wrong(file: Named, field: str, expected: str) -> ChapterError:
    return ChapterError(f"{file.name}: its chapter's {field!r} is not {expected}; record it again")
