"""CPU of a frame of the Stage, and of building its model: 2 stacks, 500 requests in flight on each.

Prints ms of this process's CPU time: the median of several rounds, and the spread between them as the noise.
At 30 frames a second, a frame of 5 ms costs 15 % of a core.
"""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from tests.player import reference  # the same small simulations that the tests draw
from tests.player.reference import MS
from tracer.recording import Recording
from tui.player.chapter import Chapter, Side
from tui.player.model import Model
from tui.player.playhead import opening
from tui.player.scene import scene

SIZES = ((80, 24), (100, 30), (200, 60))
FRAMES, ROUNDS = 100, 7


def cpu_ms(work: Callable[[], object], times: int = 1) -> float:
    """Measure the CPU of one call, in ms."""
    begin = time.process_time()
    for _ in range(times):
        work()
    return (time.process_time() - begin) * 1e3 / times


def rounds(work: Callable[[], object], times: int = 1) -> str:
    """Measure in rounds: median (least … most)."""
    taken = [cpu_ms(work, times) for _ in range(ROUNDS)]
    return f"{statistics.median(taken):7.2f} ms  ({min(taken):.2f} … {max(taken):.2f})"


def chapter(count: int, workers: int, wait: int) -> Chapter:
    """Make a chapter of `count` requests, one a ms, that wait so many ms."""
    due = [number * MS for number in range(count)]
    steps = [reference.waiting(MS // 10, wait * MS)] * count
    horizon = (count + 1000) * MS
    sides: tuple[Recording, ...] = (
        reference.workers(due, steps, workers, horizon),
        reference.loop(due, steps, horizon),
    )
    return Chapter({"en": "bench"}, tuple(Side(one, "", "") for one in sides))


def play(model: Model, size: tuple[int, int]) -> Callable[[], object]:
    """Give a function that draws the next frame, from half a second on."""
    view, clock = opening(model), iter(range(500 * MS, 10**12, MS // 2))
    return lambda: scene(model, view, next(clock), size)


def main() -> None:
    """Print the figures."""
    few = Model.of(chapter(2000, 4, 498))
    print("a frame, 2 stacks, 500 requests in flight a side, 4 workers against 1 loop")
    for size in SIZES:
        cpu_ms(play(few, size), 3)
        print(f"  {size[0]:>3}x{size[1]}  {rounds(play(few, size), FRAMES)}")
    many = chapter(10_000, 8, 5)
    view, size = opening(Model.of(many)), (100, 30)
    print("the model of 10,000 requests a side")
    print(f"  Model.of            {rounds(lambda: Model.of(many))}")
    print(f"  and its first frame {rounds(lambda: scene(Model.of(many), view, 5000 * MS, size))}")


if __name__ == "__main__":
    main()
