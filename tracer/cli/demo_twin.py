"""The demo's simulated twin: each scene on models of the same two servers."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tui.player.chapter import Chapter

WORD = {"en": "simulated", "ko": "시뮬레이션"}


def with_twins(chapters: list[Chapter]) -> list[Chapter]:
    """Put a simulated chapter behind the real ones for each of them that has one, and number all anew.

    A chapter and its twin name each other, so that a key turns from one to the other.
    """
    every = list(chapters)
    for i, chapter in enumerate(chapters):
        if (twin := _twin(chapter)) is not None:
            every[i] = replace(chapter, twin=len(every))
            every.append(replace(twin, twin=i))
    return [replace(chapter, number=i, of=len(every)) for i, chapter in enumerate(every, 1)]


def _twin(chapter: Chapter) -> Chapter | None:
    """Simulate a chapter: as many requests, as far apart."""
    import simulator
    from simulator.scenario import simulate
    from simulator.toml import read_scenario
    from tui.player.chapter import Chapter

    path = Path(simulator.__file__).parent / "scenarios" / f"demo-{chapter.title['en']}.toml"
    if not path.exists():
        return None
    results = simulate(read_scenario(path), record=True, engine="plain")
    sides = tuple(
        replace(side, recording=result.recording)
        for side, result in zip(chapter.sides, results, strict=True)
        if result.recording is not None
    )
    title = {language: f"{words}, {WORD[language]}" for language, words in chapter.title.items()}
    return Chapter(title, sides)
