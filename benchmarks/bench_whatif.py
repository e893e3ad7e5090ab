"""How long What-if takes to answer: 10,000 requests compiled, 3,000 in plain Python,.

CPU of whole answers and the time until the first one, each the median of several turns of one knob.
"""

from __future__ import annotations

import statistics
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

import tomlkit  # noqa: E402

from tracer.cli.whatif import Bench  # noqa: E402

TURNS = 9
SCENARIO = """
[workload]
rate = 40.0
requests = 10000
[[hop]]
server = "{server}"
workers = 3
[machine]
cores = 4
[[endpoint]]
path = "/item"
handler = "{handler}"
steps = [{{cpu = "2ms"}}, {{wait = "exp(50ms)"}}, {{cpu = "1ms"}}]
"""


def answers(engine: str, server: str, handler: str) -> tuple[float, float, float, int]:
    """Give the CPU of an answer, its time, the time until the first one (ms), and its requests."""
    bench = Bench(tomlkit.parse(SCENARIO.format(server=server, handler=handler)), 0, "bench.toml")
    bench.engine = engine
    bench.answer({}, lambda: False, lambda _: None)  # numba is imported
    cpu, whole, first, requests = [], [], [], 0
    for turn in range(TURNS):
        told = []
        began, used = time.perf_counter(), time.process_time()
        setting = {("hop", 0, "workers"): str(3 + turn % 3)}
        bench.answer(
            setting,
            lambda: False,
            lambda a, told=told, began=began: told.append((time.perf_counter() - began, a)),
        )
        cpu.append(time.process_time() - used)
        first.append(told[0][0])
        whole.append(told[-1][0])
        requests = told[-1][1].requests
    return *(1000 * statistics.median(one) for one in (cpu, whole, first)), requests


def main() -> None:
    """Measure both engines on two servers."""
    for engine in ("compiled", "plain"):
        for server, handler in (("gunicorn", "def"), ("uvicorn", "async def")):
            cpu, whole, first, requests = answers(engine, server, handler)
            print(
                f"{engine} {server}: {requests} requests in {cpu:.0f} ms CPU, {whole:.0f} ms; "
                f"the first told after {first:.0f} ms"
            )


if __name__ == "__main__":
    main()
