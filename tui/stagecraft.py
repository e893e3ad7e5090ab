"""What the Stage needs of a chapter: its model, which keys ask, and a function that draws a frame."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial

from tui.options import Options
from tui.player.chapter import Chapter
from tui.player.grid import Grid
from tui.player.model import Model
from tui.player.playhead import opening
from tui.player.scene import scene
from tui.player.view import View
from tui.show import Show, seek

Frame = Callable[[View, int, tuple[int, int], str], Grid]
"""(view, t in ns, (width, height), language) -> the grid. Pure."""


@dataclass(frozen=True, slots=True)
class Stagecraft:
    """A chapter, ready to play."""

    model: Model
    frame: Frame

    def show_at(self, t: int, options: Options) -> Show:
        """Give the show at an instant, at the speed asked for or the chapter's own."""
        fresh = opening(self.model)
        view = replace(
            fresh,
            playing=not options.paused,
            speed=options.speed or fresh.speed,
            still=options.still,
            glyphs=options.glyphs,
        )
        return seek(Show(0, view), self.model, t)


class Deck:
    """The chapters in their order; each is made ready when it is first asked for, and kept."""

    def __init__(self, makers: Sequence[Callable[[], Stagecraft]]) -> None:
        self._makers = list(makers)
        self._made: dict[int, Stagecraft] = {}

    def __len__(self) -> int:
        return len(self._makers)

    def add(self, maker: Callable[[], Stagecraft]) -> int:
        """Put a chapter behind the others; give its number."""
        self._makers.append(maker)
        return len(self._makers) - 1

    def put(self, chapter: int, stage: Stagecraft) -> None:
        """Put something newer in a chapter's place."""
        self._made[chapter] = stage

    def stage(self, chapter: int) -> Stagecraft:
        """Give what plays a chapter. Raises TraceError where its recording turns out to be damaged."""
        if chapter not in self._made:
            self._made[chapter] = self._makers[chapter]()
        return self._made[chapter]


def stage_of(chapter: Chapter) -> Stagecraft:
    """Make a chapter ready: its indexes are made when a frame first asks for them."""
    model = Model.of(chapter)

    def frame(view: View, t: int, size: tuple[int, int], language: str) -> Grid:
        return scene(model, view, t, size, language)

    return Stagecraft(model, frame)


def stages_of(chapters: Sequence[Chapter]) -> list[Callable[[], Stagecraft]]:
    """Give for each chapter what makes it ready, which is done when it is first shown."""
    return [partial(stage_of, chapter) for chapter in chapters]
