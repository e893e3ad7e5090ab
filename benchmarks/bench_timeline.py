"""Seek anywhere in a recording of ten million phases on the Timeline, by lane and by request.

Asked: under 16 ms. Each figure is the CPU of drawing one whole picture at a place nobody looked at before, at
100x30 and 200x60, for windows from the whole recording down to a microsecond: median (worst of all).
The peer is the same picture made by looking at every phase, which is what the index spares.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.bench_recording import PER_REQUEST, made
from tracer.recording.sealed import load, save
from tui.player.chapter import Chapter, Side
from tui.player.model import Model
from tui.player.waterfall import moves
from tui.player.waterfall.cover import cover, edges_of
from tui.player.waterfall.fall import Fall
from tui.player.waterfall.look import Look
from tui.player.waterfall.scene import scene

PLACES = 20


def cpu_ms(work: Callable[[], object]) -> float:
    """Measure the CPU of one call, in ms."""
    begin = time.process_time()
    work()
    return (time.process_time() - begin) * 1e3


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--phases", type=int, default=10_000_000)
    phases = parser.parse_args().phases
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "long.trace"
        save(made(phases // PER_REQUEST), path)
        fall = Fall(Model.of(Chapter({"en": "long"}, (Side(load(path), "", "gunicorn"),))))
        print(f"{phases:,} phases, {len(fall.places[0].rows)} rows by lane")
        show(fall)


def show(fall: Fall) -> None:
    """Measure opening, counting, and seeking in windows of all sizes."""
    print(f"first picture          {cpu_ms(lambda: scene(fall, Look(), (100, 30), 'en')):8.1f} ms")
    print(f"counting, in a thread  {cpu_ms(lambda: list(fall.count(0, ''))):8.1f} ms")
    everything = slice(0, len(fall.stack(0).recording.phases.start))
    edges = edges_of((0, fall.model.end), 80)
    peer = cpu_ms(lambda: cover(fall.places[0].spans(everything, None), edges, len(fall.places[0].rows)))
    print(f"peer: look at all      {peer:8.1f} ms")
    for by in ("lane", "request"):
        for size in ((100, 30), (200, 60)):
            for share in (1, 4, 64, 1024, 2**14, 2**20):
                report(fall, by, size, fall.model.end // share)


def report(fall: Fall, by: str, size: tuple[int, int], length: int) -> None:
    """Seek to places all over the recording, and draw."""
    random = np.random.default_rng(7)
    taken = []
    for t in random.integers(0, fall.model.end - length + 1, PLACES).tolist():
        look = Look(by=by, window=(t, t + max(length, 1000)))
        taken.append(cpu_ms(lambda: scene(fall, moves.seek(fall, replace(look), t), size, "en")))  # noqa: B023
    middle, worst = statistics.median(taken), max(taken)
    print(f"by {by:<8} {size[0]}x{size[1]}  window {length / 1e9:12.6f} s  {middle:6.2f} ms  ({worst:.2f})")


if __name__ == "__main__":
    main()
