"""CPU time that each group of outgoing waits adds to a call, told and not told, beside the call without.

In process: the hooked call and the original take turns in batches, inside a request ("in a request") and
outside of any ("no request", what a background thread pays). The figure is the median of the differences of
the turns, in us of the thread's CPU. A call of less than 20 us is not told, as most of these are; "told" is
the same call with that limit taken away, so it includes finding its line and writing its record.

    python benchmarks/bench_waits.py [--turns 40] [--calls 500]
"""

from __future__ import annotations

import argparse
import asyncio
import os
import socket
import sqlite3
import statistics
import sys
import tempfile
import time
from _thread import get_ident
from pathlib import Path

HERE = Path(__file__).resolve()
sys.path.insert(0, str(HERE.parents[1]))


class Visit:
    """A request that runs on this thread."""

    number, lane, thread, sock = 1, 1, get_ident(), None


def calls():
    """Name -> a function of a number that makes so many calls by way of what is looked up now."""
    left, right = socket.socketpair()
    connection = sqlite3.connect(":memory:")

    def sleeps(count):
        for _ in range(count):
            time.sleep(0)

    def statements(count):
        for _ in range(count):
            connection.execute("SELECT 1")

    def sockets(count):
        for _ in range(count):
            left.send(b"x")
            right.recv(1)

    async def naps(count):
        for _ in range(count):
            await asyncio.sleep(0)

    return {
        "sleep": sleeps,
        "dbapi (sqlite3)": statements,
        "socket (send + recv)": sockets,
        "asyncio": lambda count: asyncio.run(naps(count)),
    }


def spent(function, count: int) -> float:
    """Give the us of CPU of one call."""
    start = time.thread_time_ns()
    function(count)
    return (time.thread_time_ns() - start) / count / 1e3


def hooks() -> list[tuple[object, str, object, object]]:
    """List what is patched: owner, attribute, original, hook."""
    from tracer.agent import points

    return [at for group in points._points.values() for at in group]


def swap(patched, *, on: bool) -> None:
    """Put all hooks in, or all originals."""
    for owner, attribute, original, hook in patched:
        if original is None and not on:
            delattr(owner, attribute)
        else:
            setattr(owner, attribute, hook if on else original)


def main() -> None:
    """Measure."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--turns", type=int, default=40)
    parser.add_argument("--calls", type=int, default=500)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as rings:
        os.environ["HOPSCOPE_RINGS"] = rings
        plain = calls()
        from tracer.agent.current import CURRENT
        from tracer.agent.waits import install_waits, tell

        install_waits()
        hooked, patched, limit = calls(), hooks(), tell.SHORTEST
        print(f"{'us of CPU a call':22} {'bare':>7} {'no request':>11} {'in a request':>13} {'told':>7}")
        for name in plain:
            bare, added = [], {"none": [], "in": [], "told": []}
            for _ in range(asked.turns):
                swap(patched, on=False)
                bare.append(spent(plain[name], asked.calls))
                swap(patched, on=True)
                for case, visit in (("none", None), ("in", Visit), ("told", Visit)):
                    CURRENT.set(visit)
                    tell.SHORTEST = 0 if case == "told" else limit
                    added[case].append(spent(hooked[name], asked.calls) - bare[-1])
                CURRENT.set(None)
            told = {case: statistics.median(values) for case, values in added.items()}
            row = f"{told['none']:>+11.2f} {told['in']:>+13.2f} {told['told']:>+7.2f}"
            print(f"{name:22} {statistics.median(bare):>7.2f} {row}")


if __name__ == "__main__":
    main()
