"""Requests per CPU second: the compiled and the plain engine against SimPy, in one run, interleaved.

Two models: M/M/4 at load 0.8, and a pipeline of three hops (a proxy's loop, 8 sync workers, 4 database
connections). SimPy's are written as its documentation recommends: a generator a request, `with
resource.request()`, timeouts. Start-up (imports, compiling) is left out and printed beside it. Ratios are of
medians over rounds; the spread between rounds is the machine's noise.

    python benchmarks/bench_simulator.py [--rounds 5]
"""

from __future__ import annotations

import argparse
import random
import statistics
import time
from collections.abc import Callable, Iterator
from typing import Any

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


def against_simpy(rounds: int) -> None:
    """Print each model's rates and their ratio to SimPy."""
    started = time.process_time()
    ours("M/M/4", 100, "compiled")
    print(f"start-up of the compiled engine: {time.process_time() - started:.1f} s CPU, left out", flush=True)
    for model in MODELS:
        rates: dict[str, list[float]] = {"SimPy": [], "plain": [], "compiled": [], "recording": []}
        for _ in range(rounds):
            rates["SimPy"].append(SIMPY[model](10_000))
            rates["plain"].append(ours(model, 10_000, "plain"))
            rates["compiled"].append(ours(model, 300_000, "compiled"))
            rates["recording"].append(ours(model, 300_000, "compiled", record=True))
        base = statistics.median(rates["SimPy"])
        for name, values in rates.items():
            middle = statistics.median(values)
            spread = (max(values) - min(values)) / middle
            told = f"{middle:11,.0f} requests/s {middle / base:7.2f} x SimPy"
            print(f"{model:9} {name:10} {told}, ±{spread / 2:.0%}", flush=True)


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
    against_simpy(parser.parse_args().rounds)
    curve()


if __name__ == "__main__":
    main()
