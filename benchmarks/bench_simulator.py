"""Requests per CPU second: both engines, recording too, SimPy, Cimba and the same loop in C, interleaved.

Two models: M/M/4 at load 0.8, and a pipeline of three hops (a proxy's loop, 8 sync workers, 4 database
connections). SimPy's are written as its documentation recommends: a generator a request, `with
resource.request()`, timeouts; Cimba's (numba-compiled) is in cimba_pipeline.py. The loop in C (loop.c,
gcc -O3) draws as the engine does, and its latencies are compared to the ns. Start-up (imports,
compiling) is left out and printed beside it. Ratios are of medians over rounds; the spread between rounds is
the machine's noise.

    python benchmarks/bench_simulator.py [--rounds 5]
"""

from __future__ import annotations

import argparse
import random
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import c_loop
import numpy as np

from simulator.distributions import parse_distribution
from simulator.engine.state import PEAK
from simulator.scenario import Scenario, start
from simulator.stack import App, Endpoint, Gunicorn, Nginx, Service, Stack, Station, call, cpu
from simulator.workload import Closed, Open

MM4 = Stack((Station(name="s", lanes=4, service=parse_distribution("exp(1s)")),))
STEPS = (cpu("exp(2ms)"), call("db", "exp(4ms)"), cpu("exp(1ms)"))
APP = App(Endpoint("/", STEPS), services=[Service("db", 4)])
PIPELINE = Nginx(overhead="20us") >> Gunicorn("sync", workers=8, overhead=0) >> APP
MODELS = {"M/M/4": (MM4, 3.2), "pipeline": (PIPELINE, 700.0)}


def ours(model: str, requests: int, engine: str, *, record: bool = False) -> float:
    """Give requests per CPU second."""
    stack, rate = MODELS[model]
    run = start(Scenario((stack,), Open(rate=rate, requests=requests)), stack, record=record, engine=engine)
    return timed(run.go, requests)


def timed(work: Callable[[], Any], requests: int) -> float:
    """Give requests per CPU second of some work."""
    started = time.process_time()
    work()
    return requests / (time.process_time() - started)


def simpy_mm4(requests: int) -> float:
    """M/M/4 in SimPy."""
    import simpy

    env, draw = simpy.Environment(), random.Random(1)
    servers = simpy.Resource(env, 4)
    latencies = []

    def request() -> Iterator[Any]:
        arrived = env.now
        with servers.request() as turn:
            yield turn
            yield env.timeout(draw.expovariate(1.0))
        latencies.append(env.now - arrived)

    def source() -> Iterator[Any]:
        for _ in range(requests):
            yield env.timeout(draw.expovariate(3.2))
            env.process(request())

    env.process(source())
    return timed(env.run, requests)


def simpy_pipeline(requests: int) -> float:
    """The three hops in SimPy."""
    import simpy

    env, draw = simpy.Environment(), random.Random(1)
    loop, workers, connections = (simpy.Resource(env, n) for n in (1, 8, 4))
    latencies = []

    def request() -> Iterator[Any]:
        arrived = env.now
        with loop.request() as turn:
            yield turn
            yield env.timeout(10e-6)
        with workers.request() as worker:
            yield worker
            yield env.timeout(draw.expovariate(1 / 2e-3))
            with connections.request() as connection:
                yield connection
                yield env.timeout(draw.expovariate(1 / 4e-3))
            yield env.timeout(draw.expovariate(1 / 1e-3))
        with loop.request() as turn:
            yield turn
            yield env.timeout(10e-6)
        latencies.append(env.now - arrived)

    def source() -> Iterator[Any]:
        for _ in range(requests):
            yield env.timeout(draw.expovariate(700.0))
            env.process(request())

    env.process(source())
    return timed(env.run, requests)


SIMPY = {"M/M/4": simpy_mm4, "pipeline": simpy_pipeline}


def in_c(model: str, requests: int) -> float:
    """The same loop in C, which must give the same latencies."""
    stack, rate = MODELS[model]
    run = start(
        Scenario((stack,), Open(rate=rate, requests=requests)), stack, record=False, engine="compiled"
    )
    found: list[Any] = []
    speed = timed(lambda: found.append(c_loop.serve(run)), requests)
    run.go()
    assert np.array_equal(found[0], run.world.answers[:requests]), "the loop in C serves other requests"
    return speed


def cimba(requests: int) -> float:
    """The pipeline in Cimba, whose mean latency must be about ours."""
    command = [sys.executable, str(Path(__file__).with_name("cimba_pipeline.py")), str(requests)]
    told = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    speed, mean = (float(word) for word in told.split())
    assert abs(mean - 8.7e-3) < 0.5e-3, f"Cimba serves something else: mean latency {mean} s"
    return speed


def one_round(model: str) -> dict[str, float]:
    """Give the requests per CPU second of each, once."""
    rates = {
        "SimPy": SIMPY[model](10_000),
        "plain": ours(model, 10_000, "plain"),
        "compiled": ours(model, 200_000, "compiled"),
        "recording": ours(model, 200_000, "compiled", record=True),
        "C": in_c(model, 200_000),
    }
    return rates | ({"Cimba": cimba(100_000)} if model == "pipeline" else {})


def against_others(rounds: int) -> None:
    """Print each model's rates and their ratios to SimPy and to the compiled engine."""
    started = time.process_time()
    ours("M/M/4", 100, "compiled")
    c_loop.library()
    print(f"start-up (numba, gcc): {time.process_time() - started:.1f} s CPU, left out", flush=True)
    for model in MODELS:
        found = [one_round(model) for _ in range(rounds)]
        middle = {name: statistics.median(one[name] for one in found) for name in found[0]}
        for name, rate in middle.items():
            values = [one[name] for one in found]
            spread = (max(values) - min(values)) / rate / 2
            told = f"{rate:11,.0f} requests/s {rate / middle['SimPy']:7.2f} x SimPy"
            print(
                f"{model:9} {name:10} {told} {middle['compiled'] / rate:7.2f} x slower, ±{spread:.0%}",
                flush=True,
            )


def curve() -> None:
    """Print events per second by how many requests are live: the cost grows as n log(live)."""
    for live in (10, 100, 1_000, 10_000, 100_000):
        stack = Stack((Station(name="s", lanes=1, service=parse_distribution("exp(1us)")),))
        think = parse_distribution("exp(1s)")
        workload = Closed(clients=live, think=think, requests=live + 300_000)
        run = start(Scenario((stack,), workload), stack, record=False, engine="compiled")
        run.go(0)
        started = time.process_time()
        run.go()
        rate = run.events / (time.process_time() - started)
        size = 8 * run.program.width + 16
        print(f"{live:8,} live {rate:12,.0f} events/s, {size} bytes each, peak {int(run.world.n[PEAK]):,}")


def main() -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=5)
    against_others(parser.parse_args().rounds)
    curve()


if __name__ == "__main__":
    main()
