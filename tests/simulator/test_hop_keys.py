# ruff: noqa: E501
"""Every key of every server does something: each value has a result that is worked out by hand, in ms."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields
from typing import Any

import pytest

from simulator.stack import SERVERS
from tests.simulator import keys as see
from tests.simulator.keys import AT_ONCE, ONE, ONE_BY_ONE, PROXIES, scenario

WAIT = 'handler = "async def"\nsteps = [{wait = "100ms"}]\n'
BLOCK = 'handler = "async def"\nsteps = [{wait = "100ms", blocking = true}]\n'
THREADED = 'steps = [{wait = "100ms"}]\n'
HANGS = 'steps = [{wait = "5s"}]\n'
ASYNC = 'handler = "async def"\n'
SLOW, PAGE = AT_ONCE + 'client_speed = "10kB/s"\n', 'response = "1kB"\n'
TWICE = AT_ONCE.replace("4", "2")
KEPT = ONE_BY_ONE + "keepalive = true\n"
FREE = 'overhead = "0s"\n'
CLASS = {"gunicorn": 'worker_class = "asgi"\n'}
THREADS = {"gunicorn": 'worker_class = "gthread"\n', "granian": 'interface = "wsgi"\n', "waitress": ""}


@dataclass(frozen=True)
class Case:
    """A scenario, a key in it, what is measured, and what it must be for each value."""

    key: str
    text: str
    measure: Callable[..., Any]
    expected: dict[str, Any]


def case(server: str, key: str, expected: dict[str, Any], measure: Callable[..., Any] = see.slowest,
         **parts: str) -> Case:  # fmt: skip
    """Make a case of a server's key."""
    return Case(f"hop.{server}.{key}", scenario(server, **parts), measure, expected)


def has(server: str, key: str) -> bool:
    """Tell whether a server has a key."""
    return key in {f.name for f in fields(SERVERS[server])}


def having(key: str) -> list[str]:
    """List the servers with a key; the textbook's station has its own cases."""
    return [server for server in SERVERS if has(server, key) and server != "station"]


def lines(server: str, **values: str) -> str:
    """Write those of some keys that a server has."""
    return "".join(f"{key} = {value}\n" for key, value in values.items() if has(server, key))


def narrow(server: str, **values: str) -> str:
    """Make a server that serves one at a time, and costs nothing unless its own loop is what takes 100 ms."""
    cost = '"100ms"' if server in PROXIES else '"200ms"' if server == "waitress" else '"0s"'
    single = {"workers": "1", "threads": "1", "boot": '"0s"', "overhead": cost, "balance": '"round_robin"'}
    return lines(server, **single | values)


def without(text: str, key: str) -> str:
    """Leave out a line, for a key that a setting gives."""
    return "".join(line + "\n" for line in text.splitlines() if not line.startswith(key + " "))


def spread(*of: Any) -> Any:
    """Give the requests of each lane; an uneven spread over several lanes is told as such."""
    counts = see.lanes(*of)
    return "uneven" if len(counts) > 1 and len(set(counts)) > 1 else counts


def tens(measure: Callable[..., float]) -> Callable[..., float]:
    """Measure to 10 ms: what thread switches cost is left out."""
    return lambda *of: round(measure(*of), -1)


def pair(one: Callable[..., Any], other: Callable[..., Any]) -> Callable[..., Any]:
    """Measure two things."""
    return lambda *of: (one(*of), other(*of))


SPREAD = {"round_robin": [3, 3, 3, 3], "least_busy": [12], "affinity": [12], "random": "uneven"}
FOUR = {"workers": "4", "threads": "1", "overhead": '"2ms"', "boot": '"0s"'}


def four(server: str) -> str:
    """Make a server of four processes; some have several threads each, or they would share one line."""
    pooled = {"threads": "2"} if server in ("uwsgi", "fastcgi", "mod_wsgi") else {}
    return lines(server, **FOUR | pooled) + CLASS.get(server, "")


def before_gunicorn(server: str, workload: str = ONE) -> str:
    """Put a proxy before a worker that costs nothing."""
    behind = f'[[hop]]\nserver = "gunicorn"\n{FREE}[[endpoint]]\n{PAGE}'
    return f'[workload]\n{workload}[[hop]]\nserver = "{server}"\n{FREE}{behind}'


SHARED = [
    *(case(s, "workers", {"1": 400, "2": 200, "4": 100}, hop=without(narrow(s), "workers"), endpoint=BLOCK)
      for s in having("workers")),
    *(case(s, "backlog", {"1": 2, "2": 1, "3": 0}, see.outcome("refused"), hop=narrow(s), endpoint=BLOCK)
      for s in having("backlog")),
    *(case(s, "overhead", {"0s": 0, "10ms": 10, "30ms": 30}, workload=ONE, endpoint=ASYNC)
      for s in having("overhead")),
    *(case(s, "threads", {"1": 400, "2": 200, "4": 100}, endpoint=THREADED,
           hop=without(narrow(s, overhead='"0s"'), "threads") + THREADS.get(s, ""))
      for s in having("threads") if s != "apache"),
    *(case(s, "thread_pool", {"1": 400, "2": 200, "4": 100}, tens(see.slowest), endpoint=THREADED,
           hop=lines(s, overhead='"0s"') + CLASS.get(s, "")) for s in having("thread_pool")),
    *(case(s, "timeout", {"1s": 2, "10s": 0, "0s": 0}, see.outcome("error"), hop=narrow(s), endpoint=HANGS,
           workload=TWICE) for s in having("timeout")),
    *(case(s, "boot", {"0s": 2000, "500ms": 2500}, endpoint=HANGS, workload=TWICE,
           hop=without(narrow(s, timeout='"1s"'), "boot")) for s in having("boot") if s != "cgi"),
    *(case(s, "balance", SPREAD, spread, hop=four(s), workload=ONE_BY_ONE, endpoint=ASYNC)
      for s in having("balance")),
    *(case(s, "keepalive_timeout", {"2s": [12], "500ms": [3, 3, 3, 3]}, see.lanes, workload=KEPT,
           endpoint=ASYNC, hop=four(s) + 'balance = "round_robin"\n') for s in having("keepalive_timeout")),
    *(Case(f"hop.{s}.name", before_gunicorn(s) if s in PROXIES else scenario(s, workload=ONE), see.first_hop,
           {"shop": "shop", "a b": "a b"}) for s in SERVERS),
]  # fmt: skip

NEW = 0.055  # what a new connection costs an ASGI server

OWN = [
    *(Case(f"hop.{s}.buffering", before_gunicorn(s, SLOW), see.queued, {"true": 0, "false": 300})
      for s in ("nginx", "iis")),
    case("apache", "threads", {"1": 400, "4": 100}, hop='workers = 1\noverhead = "100ms"\n'),
    case("apache", "mpm", {"event": (100, 2), "worker": (200, 2), "prefork": (400, 1)},
         pair(see.slowest, see.lane_count), hop=f"workers = 1\nthreads = 2\n{FREE}", workload=SLOW, endpoint=PAGE),
    case("gunicorn", "worker_class", {"sync": 400, "gthread": 400, "gevent": 100, "asgi": 100}, hop=FREE,
         endpoint=WAIT),
    case("gunicorn", "worker_class", {"sync": 200, "gthread": 200}, hop=f"threads = 2\n{FREE}", endpoint=WAIT),
    *(case(s, "http", {"h11": 0.158 + NEW, "httptools": 0.035 + NEW}, hop=CLASS.get(s, ""), workload=ONE,
           endpoint=ASYNC) for s in having("http")),
    *(case(s, "loop", {"asyncio": 0.057 + NEW, "uvloop": 0.035 + NEW}, hop=CLASS.get(s, ""), workload=ONE,
           endpoint=ASYNC) for s in ("uvicorn", "gunicorn")),
    case("hypercorn", "loop", {"asyncio": 0.4 + NEW, "uvloop": 0.388 + NEW}, workload=ONE, endpoint=ASYNC),
    case("uwsgi", "protocol", {"http": "http/1.1", "uwsgi": "uwsgi", "fastcgi": "fastcgi", "scgi": "scgi"},
         see.protocol, workload=ONE),
    case("granian", "interface", {"asgi": 100, "wsgi": 400}, hop=FREE, endpoint=WAIT),
    case("mod_wsgi", "mode", {"daemon": 100, "embedded": 400}, hop=f"threads = 1\n{FREE}", workload=SLOW,
         endpoint=PAGE),
    case("cgi", "boot", {"0s": 0, "40ms": 40}, workload=ONE),
    case("station", "lanes", {"1": 400, "2": 200, "4": 100}, hop='service = "100ms"\n'),
    case("station", "queue", {"0": 3, "2": 1, "3": 0}, see.outcome("refused"), hop='service = "100ms"\n'),
    case("station", "service", {"100ms": 400, "uniform(5ms, 5ms)": 20}),
    case("station", "discipline", {"fifo": [100, 200, 300, 400], "ps": [400] * 4}, see.latencies,
         hop='service = "100ms"\n'),
    case("station", "again", {"0": False, "0.5": True}, lambda *of: see.slowest(*of) > 400,
         hop='service = "100ms"\n'),
]  # fmt: skip
CASES = [*SHARED, *OWN]


@pytest.mark.parametrize("one", CASES, ids=lambda one: one.key)
def test_a_key_changes_what_it_says(one):
    found = {value: one.measure(one.text, f"{one.key}={value}") for value in one.expected}
    for value, expected in one.expected.items():
        near = isinstance(expected, float | int) and not isinstance(expected, bool)
        assert found[value] == (pytest.approx(expected, abs=1e-3) if near else expected), (value, found)


def test_no_key_is_left_out():
    declared = {f"hop.{server}.{f.name}" for server, kind in SERVERS.items() for f in fields(kind)}
    assert {one.key for one in CASES} == declared
