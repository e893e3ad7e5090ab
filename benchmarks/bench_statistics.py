"""What statistics of a million requests cost: CPU of one measurement, beside a sort of as many numbers.

A simulated gunicorn of 4 x 8 threads: 7.6 million phases, mapped from a file that was read before.
"""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from simulator.scenario import simulate  # noqa: E402
from simulator.toml import parse_scenario  # noqa: E402
from tracer.analysis.statistics import Choice, statistics  # noqa: E402
from tracer.recording import Recording  # noqa: E402
from tracer.recording.sealed import save  # noqa: E402

REQUESTS, ROUNDS = 1_000_000, 5
SCENARIO = f"""
[workload]
rate = 400.0
requests = {REQUESTS}
[[hop]]
server = "gunicorn"
worker_class = "gthread"
threads = 8
workers = 4
[machine]
cores = 4
[[endpoint]]
path = "/item"
steps = [{{cpu = "1ms"}}, {{wait = "exp(50ms)"}}, {{cpu = "1ms"}}]
"""


def cost(job) -> float:
    """Give the least CPU of several rounds, ms."""
    found = []
    for _ in range(ROUNDS):
        began = time.process_time()
        job()
        found.append(time.process_time() - began)
    return 1000 * min(found)


def main() -> None:
    """Measure whole requests, one hop and one path."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "million.trace"
        (result,) = simulate(parse_scenario(SCENARIO), record=True, engine="compiled")
        save(result.recording, path)
        recording = Recording.open(path)
        statistics(recording)
        numbers = np.random.default_rng(1).permutation(REQUESTS)
        print(f"numpy sorts a million numbers in {cost(lambda: np.sort(numbers)):.0f} ms")
        for choice in (Choice(), Choice("gunicorn"), Choice(path="/item")):
            print(f"{choice}: {cost(lambda choice=choice: statistics(recording, choice)):.0f} ms")


if __name__ == "__main__":
    main()
