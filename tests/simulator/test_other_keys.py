# ruff: noqa: E501
"""Every key outside the hops does something: each value has a result that is worked out by hand, in ms."""

from __future__ import annotations

from dataclasses import fields
from itertools import pairwise
from pathlib import Path

import pytest

import captures
from simulator.replay import replayed
from simulator.scenario import simulate
from simulator.stack import Endpoint, Service
from simulator.toml import parse_scenario
from simulator.workload import Closed, Open, Replay
from tests.simulator import keys as see
from tests.simulator.keys import AT_ONCE, ONE, scenario
from tests.simulator.test_hop_keys import FREE, Case, pair, tens
from tracer.recording import Recording

STATION = scenario("station", workload='requests = 4\narrivals = "constant"\n', hop='service = "100ms"\n')
STEADY = STATION.replace("[workload]\n", "[workload]\nrate = 10\n")
FOREVER = STEADY.replace("requests = 4\n", "")
CLOSED = STATION.replace("requests = 4", 'kind = "closed"\nrequests = 4').replace(
    'arrivals = "constant"\n', ""
)
WAITS = scenario("gunicorn", hop=FREE, workload=ONE, endpoint='steps = [{wait = "100ms"}]\n')
PAGE = scenario(
    "gunicorn", hop=FREE, workload=ONE + 'client_speed = "10kB/s"\n', endpoint='response = "1kB"\n'
)
IMPATIENT = WAITS.replace("[workload]\n", '[workload]\ntimeout = "30ms"\n')
NEW = 0.055


def served(endpoint: str, more: str = "", workload: str = AT_ONCE) -> str:
    """Write an application on a loop that costs nothing."""
    return scenario("uvicorn", hop=FREE, workload=workload, endpoint=endpoint, more=more)


def asynchronous(steps: str, more: str = "", workload: str = AT_ONCE) -> str:
    """Write a handler of steps."""
    return served(f'handler = "async def"\nsteps = {steps}\n', more, workload)


def gaps(*of):
    """Tell whether requests came equally spaced, and count them."""
    times = see.starts(*of)
    found = {round(b - a, 3) for a, b in pairwise(times)}
    return len(found) == 1, len(times)


def last(*of):
    """Give when the last request was due."""
    return see.starts(*of)[-1]


def mostly_a(*of):
    """Tell whether about three in four asked for /a, none, or all."""
    share = see.targets(*of)["/a"] / see.targets(*of).total()
    return 0.5 if 0.45 < share < 0.55 else 0.75 if 0.7 < share < 0.8 else share


WORKLOAD = [
    Case("workload.rate", STATION, last, {"10": 400, "100": 40}),
    Case("workload.requests", STEADY, see.figure("requests"), {"4": 4, "0": 0, "9": 9}),
    Case("workload.duration", FOREVER, see.figure("requests"), {"1s": 9, "2s": 19, "0s": 0}),
    Case("workload.warmup", STEADY, see.figure("requests"), {"0": 4, "3": 1, "9": 0}),
    Case("workload.arrivals", STEADY, gaps, {"constant": (True, 4), "poisson": (False, 4)}),
    Case("workload.burst", STEADY, see.slowest, {"1": 100, "2": 300, "4": 400}),
    Case("workload.profile", FOREVER, last, {'[["0s", 1], ["1s", 1]]\nduration = "5s"': 4000}),
    Case("workload.clients", CLOSED, see.slowest, {"1": 100, "2": 200, "4": 400}),
    Case("workload.think", CLOSED, last, {"0s": 300, "1s": 4300}),
    Case(
        "workload.keepalive",
        scenario("uvicorn", workload='kind = "closed"\nrequests = 9\n', endpoint=""),
        lambda *of: round(see.latencies(*of)[0] - see.latencies(*of)[-1], 6),
        {"false": 0, "true": NEW},
    ),
    Case("workload.timeout", WAITS, see.outcome("timeout"), {"30ms": 1, "200ms": 0}),
    Case("workload.retries", IMPATIENT, see.attempts, {"0": 1, "1": 2, "3": 4}),
    Case(
        "workload.backoff",
        IMPATIENT.replace("[workload]", "[workload]\nretries = 1"),
        see.slowest,
        {"0s": 60, "20ms": 80},
    ),
    Case("workload.client_speed", PAGE, see.slowest, {"10kB/s": 100, "1MB/s": 1}),
    Case("workload.kind", CLOSED, last, {"closed": 300}),  # open: all others; replay: below
]

TWO_PATHS = '[[endpoint]]\npath = "/b"\n'
DB = '[[service]]\nname = "db"\n'
CALLS = asynchronous('[{call = "db", time = "100ms"}]', DB)
FALLS = CALLS + '[[event]]\nat = "500ms"\nhop = "db"\n'

APP = [
    Case("endpoint./.path", WAITS, lambda *of: list(see.targets(*of)), {"/x": ["/x"]}),
    Case("endpoint./a.weight", served("", TWO_PATHS, "rate = 9\nrequests = 2000\n").replace('"/"', '"/a"'),
         mostly_a, {"1": 0.5, "3": 0.75}),
    Case("endpoint./.handler", served('steps = [{wait = "100ms", blocking = true}]\n'), tens(see.slowest),
         {"def": 100, "async def": 400}),
    Case("endpoint./.framework", served('handler = "async def"\n', workload=ONE), see.slowest,
         {"none": 0, "flask": 0.23, "django": 0.23, "starlette": 0.02, "fastapi": 0.118}),
    Case("endpoint./.response", PAGE, see.slowest, {"1kB": 100, "2kB": 200, "500": 50}),
    Case("endpoint./.served_by", scenario("nginx", hop=FREE, endpoint="").replace('served_by = "nginx"\n', ""),
         see.slowest, {"nginx": 0}),
    Case("endpoint./.steps", WAITS, pair(see.slowest, see.kinds), {
        '[{cpu = "20ms"}]': (20, {"RUNNING"}),
        '[{wait = "20ms"}]': (20, {"BLOCKED"}),
        '[{cpu = "1ms"}, {wait = "20ms"}, {cpu = "1ms"}]': (22, {"RUNNING", "BLOCKED"}),
        "[]": (0, set()),
    }),
    Case("step.cpu", asynchronous("{}"), see.slowest, {'[{cpu = "10ms"}]': 40, '[{cpu = "20ms"}]': 80}),
    Case("step.wait", asynchronous("{}"), see.slowest, {'[{wait = "10ms"}]': 10, '[{wait = "20ms"}]': 20}),
    Case("step.blocking", asynchronous("{}"), pair(see.slowest, see.kinds), {
        '[{wait = "10ms", blocking = true}]': (40, {"BLOCKED"}),
        '[{wait = "10ms", blocking = false}]': (10, {"AWAITING"}),
    }),
    Case("step.call", asynchronous("{}", DB + '[[service]]\nname = "two"\nconnections = 1\n'), see.slowest, {
        '[{call = "db", time = "10ms"}]': 10,
        '[{call = "two", time = "10ms"}]': 40,
    }),
    Case("step.time", asynchronous("{}", DB), see.slowest, {
        '[{call = "db", time = "10ms"}]': 10,
        '[{call = "db", time = "30ms"}]': 30,
    }),
    Case("step.parallel", asynchronous("{}", DB), see.slowest, {
        '[{parallel = [[{wait = "10ms"}], [{wait = "30ms"}]]}]': 30,
        '[{parallel = [[{wait = "10ms"}, {wait = "30ms"}], [{call = "db", time = "15ms"}]]}]': 40,
    }),
    Case("service.db.name", asynchronous("[]", DB), see.hops, {"db": ["client", "uvicorn", "app", "db"],
                                                              "x": ["client", "uvicorn", "app", "x"]}),
    Case("service.db.connections", CALLS, see.slowest, {"1": 400, "2": 200, "4": 100}),
    Case("event.at", FALLS + "down = true\n", see.statuses, {"500ms": [500] * 4, "2s": [200] * 4}),
    Case("event.down", FALLS, see.statuses, {"true": [500] * 4, "false": [200] * 4}),
    Case("event.hop", FALLS, see.outcome("refused"), {"db": 0, "uvicorn": 4}),
    Case("machine.cores", asynchronous('[{cpu = "10ms"}]', workload=AT_ONCE).replace(FREE, FREE + "workers = 4\n"
         'balance = "round_robin"\n'), see.slowest, {"1": 40, "2": 20, "4": 10}),
    Case("seed", STATION.replace('arrivals = "constant"', "rate = 1"), last, {"1": "a", "2": "b"}),
    Case("name", WAITS, lambda *of: see.recording(*of).meta["title"], {"shop": "shop"}),
]  # fmt: skip
CASES = [*WORKLOAD, *APP]
"""A key that stands in a list of steps, or whose table has no name, is put into the text."""


def with_value(one: Case, value: str):
    """Measure a case with a value: as a setting where the key can be named, else in the text."""
    table, _, key = one.key.rpartition(".")
    if table == "step":
        return one.measure(one.text.replace("steps = {}", f"steps = {value}"))
    if table == "event":
        lines = [line for line in one.text.splitlines() if not line.startswith(f"{key} = ")]
        written = value if key == "down" else f'"{value}"'
        return one.measure("\n".join([*lines, f"{key} = {written}"]))
    first, _, second = value.partition("\nduration = ")
    more = [f"workload.duration={second}"] if second else []
    return one.measure(one.text, f"{one.key}={first}", *more)


@pytest.mark.parametrize("one", CASES, ids=lambda one: one.key)
def test_a_key_changes_what_it_says(one):
    found = {value: with_value(one, value) for value in one.expected}
    if one.key == "seed":
        assert len(set(found.values())) == len(found)
        return
    for value, expected in one.expected.items():
        near = isinstance(expected, float | int) and not isinstance(expected, bool)
        assert found[value] == (pytest.approx(expected, abs=1e-3) if near else expected), (value, found)


def test_no_key_is_left_out():
    kinds = (Open, Closed, Replay)
    workload = {f"workload.{f.name}" for kind in kinds for f in fields(kind)} - {
        "workload.due",
        "workload.demands",
    }
    declared = {
        key.replace("/a", "/").replace("./.", ".").replace(".db.", ".") for key in (one.key for one in CASES)
    }
    assert workload - declared == {"workload.recording"}  # below
    assert {f"endpoint.{f.name}" for f in fields(Endpoint)} <= declared
    assert {f"service.{f.name}" for f in fields(Service)} <= declared


def test_a_replay_names_its_recording():
    """`recording`, and `requests` and `duration` that cut it: forty requests, thirty a second."""
    demo = Recording.open(Path(captures.__file__).parent / "demo" / "waiting-gunicorn.trace")
    for more, count in (("", 40), ("requests = 7\n", 7), ('duration = "500ms"\n', 15)):
        text = scenario("gunicorn", workload=f'kind = "replay"\nrecording = "x.trace"\n{more}')
        again, _ = replayed(parse_scenario(text), demo)
        assert simulate(again)[0].figures["requests"] == count


STACKS = """
[workload]
rate = 1
requests = 1
[machine]
cores = 2
[[stack]]
name = "a"
[[stack.hop]]
server = "uvicorn"
overhead = "0s"
[[stack]]
name = "b"
[[stack.hop]]
server = "uvicorn"
overhead = "5ms"
[stack.machine]
cores = 1
[[stack.endpoint]]
path = "/own"
steps = [{call = "own", time = "5ms"}]
handler = "async def"
[[stack.service]]
name = "own"
[[endpoint]]
handler = "async def"
steps = [{wait = "20ms"}]
"""


def test_each_stack_has_its_own_hops_machine_endpoints_and_services():
    scenario = parse_scenario(STACKS)
    assert [(stack.name, stack.cores) for stack in scenario.stacks] == [("a", 2), ("b", 1)]
    a, b = simulate(scenario)
    assert (a.stack, a.figures["latency_s"]["mean"]) == ("a", 0.020)
    assert (b.stack, b.figures["latency_s"]["mean"]) == ("b", 0.010)
    assert [hop["hop"] for hop in b.figures["hops"]] == ["uvicorn", "app", "own"]
