"""The chapters of the reference frames, with the view and time of each."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from tests.player import reference
from tests.player.reference import MS
from tracer.recording import Recording
from tui.player.chapter import Chapter, Side, Step
from tui.player.model import Model
from tui.player.view import View

FRAMES = Path(__file__).parent / "frames"

_WAITS = (
    Step(
        20 * MS,
        {
            "en": "Request #1 arrives. Both servers start it\n"
            "at the same instant and both wait 98 ms for the database."
        },
    ),
    Step(
        98 * MS,
        {
            "en": "On the left #3 and #4 cannot start: #1 and #2 wait IN the workers.\n"
            "On the right they wait OUTSIDE, so the loop takes the next one.",
            "ko": "왼쪽의 #3과 #4는 시작할 수 없습니다: #1과 #2가 워커 안에서 기다립니다.\n"
            "오른쪽은 밖에서 기다리므로 루프가 다음 요청을 받습니다.",
        },
    ),
    Step(400 * MS, {"en": "The line on the left grows by one every 50 ms."}),
    Step(
        850 * MS,
        {
            "en": "Same requests, same work. Left: the later you come, the longer the line.\n"
            "Right: 102 ms for everyone; the loop was held 4 % of the time.",
        },
    ),
)
_COMPUTING = (
    Step(0, {"en": "Now each request computes for 50 ms."}),
    Step(
        215 * MS,
        {
            "en": "Nobody waits outside: there is nothing to wait for. The loop computes one\n"
            "at a time, so async queues too, and longer: it has 1 core, not 2.",
        },
    ),
    Step(900 * MS, {"en": "Async does not help here."}),
)
_FREEZE = tuple(
    Step(at * MS, {"en": text})
    for at, text in (
        (0, "One endpoint is async def."),
        (99, "It calls time.sleep."),
        (
            250,
            "One time.sleep in an async def holds the loop: every other request stands still.\n"
            "async def 안의 time.sleep 하나가 루프를 붙잡아 다른 모든 요청이 멈춥니다.",
        ),
        (299, "It lets go."),
        (540, "Everybody had to wait."),
    )
)
_THOUSAND = tuple(
    Step(at * MS, {"en": text})
    for at, text in (
        (0, "A thousand requests a second."),
        (
            1250,
            "A dot is a request. Left: 2 are served, the rest stand in line. "
            "Right: all of them wait at once.\n"
            "점 하나가 요청 하나입니다. 왼쪽은 둘만 처리되고, 오른쪽은 모두 함께 기다립니다.",
        ),
        (3000, "And so on."),
    )
)
_BLOCKING, _ASYNC = ("BLOCKING", "gunicorn sync, 2 workers"), ("ASYNC", "uvicorn, 1 loop")
_DEF, _ASYNC_DEF = ("uvicorn", "def (a pool of 40 threads)"), ("uvicorn", "async def")


def _chapter(
    title: str,
    recordings: tuple[Recording, ...],
    steps: tuple[Step, ...],
    names=(_BLOCKING, _ASYNC),
    number=1,
    of=1,
) -> Chapter:
    sides = tuple(Side(one, *name) for one, name in zip(recordings, names, strict=False))
    return Chapter({"en": title}, sides, steps, number, of)


@cache
def chapter(name: str) -> Chapter:
    return {
        "waits": lambda: _chapter("waiting", reference.waits(), _WAITS, number=1, of=2),
        "computing": lambda: _chapter("computing", reference.computing(), _COMPUTING, number=2, of=2),
        "freeze": lambda: _chapter("lab 4: freeze the loop", reference.freeze(), _FREEZE, (_DEF, _ASYNC_DEF)),
        "thousand": lambda: _chapter("lab 3: a thousand at once", reference.thousand(), _THOUSAND),
    }[name]()


@cache
def model(name: str) -> Model:
    return Model.of(chapter(name))


class Shot(NamedTuple):
    name: str
    t: int
    size: tuple[int, int]
    view: View

    @property
    def chapter(self) -> str:
        return self.name.split("_")[0]

    @property
    def expected(self) -> list[str]:
        return (FRAMES / f"{self.name}.txt").read_text("utf-8").splitlines()


_SLOW = View(5 * MS, speed=Fraction(1, 16))


def _shot(
    name: str,
    t: int,
    step: int,
    size: tuple[int, int],
    view: View = _SLOW,
    playing: bool = False,
    more: dict[str, Any] | None = None,
) -> Shot:
    return Shot(name, t * MS, size, replace(view, playing=playing, step=step, **(more or {})))


SHOTS = (
    _shot("waits_0020", 20, 0, (80, 24), playing=True),
    _shot("waits_0098", 98, 1, (80, 24)),
    _shot("waits_0850", 850, 3, (80, 24)),
    _shot("computing_0215", 215, 1, (80, 24)),
    _shot("freeze_0250", 250, 2, (100, 30)),
    _shot("thousand_1250", 1250, 1, (100, 30), View(50 * MS, speed=Fraction(1, 2))),
)

# Not from the design: looked at once, and kept so that no change of them goes unseen.
SEEN = (
    _shot("waits_0098_at_100x30", 98, 1, (100, 30)),
    _shot("waits_0300_at_200x60", 300, 2, (200, 60)),
    _shot("computing_0215_at_120x40", 215, 1, (120, 40)),
    _shot("waits_0098_at_80x16", 98, 1, (80, 16)),
    _shot("waits_0098_at_60x20", 98, 1, (60, 20)),
    _shot("waits_0107_moving", 107, 1, (80, 24)),
    _shot("waits_0300_left", 300, 2, (100, 30), more={"show": "left", "followed": 5}),
    _shot("freeze_0250_ascii", 250, 2, (80, 24), more={"glyphs": "ascii"}),
    _shot("thousand_1250_at_80x24", 1250, 1, (80, 24), View(50 * MS, speed=Fraction(1, 2))),
    _shot(
        "waits_0300_zoomed", 300, 2, (80, 24), more={"window": (200 * MS, 400 * MS), "bookmarks": (250 * MS,)}
    ),
)
