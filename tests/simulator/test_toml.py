# ruff: noqa: E501
"""Scenarios as TOML: every key is read, and what is wrong is told with place, key, value and line."""

from __future__ import annotations

import pytest

from simulator.stack import App, Endpoint, Gunicorn, Nginx, Service, call, cpu, parallel, wait
from simulator.toml import ScenarioError, parse_scenario
from simulator.validity import InvalidError
from simulator.workload import Closed, Open

GOOD = """\
name = "it"
seed = 7
[workload]
rate = 40.0
requests = 200
[[hop]]
server = "nginx"
[[hop]]
server = "gunicorn"
workers = 2
[machine]
cores = 2
[[service]]
name = "db"
[[endpoint]]
path = "/item"
steps = [{cpu = "2ms"}, {wait = "exp(50ms)"}, {call = "db", time = "1ms"}]
"""


def replaced(old, new):
    assert old in GOOD
    return GOOD.replace(old, new)


def test_toml_and_python_say_the_same():
    app = App(Endpoint("/item", (cpu("2ms"), wait("exp(50ms)"), call("db", "1ms"))), services=[Service("db")])
    written = (Nginx() >> Gunicorn("sync", workers=2) >> app).on(2)
    (read,) = parse_scenario(GOOD).stacks
    assert (read.hops, read.app, read.cores) == (written.hops, written.app, written.cores)


FAULTS = {
    "hop 2 (gunicorn): threads = 0: must be at least 1": replaced("workers = 2", "threads = 0"),
    'line 10: hop 2 (gunicorn): workers = "two": must be a whole number': replaced("workers = 2", 'workers = "two"'),
    "line 10: hop 2 (gunicorn): workers = true: must be a whole number": replaced("workers = 2", "workers = true"),
    "line 10: hop 2 (gunicorn): wrokers = 2: there is no such key; did you mean workers?": replaced("workers = 2", "wrokers = 2"),
    'line 7: hop 1: server = "ngnix": must be one of nginx, apache': replaced('"nginx"', '"ngnix"'),
    'line 7: hop 1: server = "tomcat": must be one of nginx, apache': replaced('"nginx"', '"tomcat"'),
    'hop 1 (uvicorn): server = "uvicorn": calls the application, so it must be the last hop': replaced('"nginx"', '"uvicorn"'),
    "line 12: machine: cores = 0: must be at least 1": replaced("cores = 2", "cores = 0"),
    "line 4: workload: rate = -1: must be from 0": replaced("rate = 40.0", "rate = -1"),
    "line 4: workload: rate = 0: must be above 0": replaced("rate = 40.0", "rate = 0"),
    "workload: requests = \"none\": say how many": replaced("requests = 200\n", ""),
    "line 17: endpoint 1 (/item): cpu = \"2 parsecs\": must be a duration": replaced('cpu = "2ms"', 'cpu = "2 parsecs"'),
    "exp(mean)": replaced("exp(50ms)", "exp(1ms, 2ms)"),
    "must be a duration or one of exp, uniform": replaced("exp(50ms)", "gamma(1ms)"),
    'call = "dbb": is no [[service]]; there is db': replaced('call = "db"', 'call = "dbb"'),
    "must be a whole number": replaced("seed = 7", 'seed = "x"'),
    "there is no such key": GOOD + "\n[typo]\nx = 1\n",
    "name = \"nginx\": is there twice": replaced("workers = 2", 'name = "nginx"'),
    'hop = "dbx": must be a hop or service': GOOD + '\n[[event]]\nat = "1s"\nhop = "dbx"\n',
    "(at line 1, column": "a b",
    "there must be at least one [[hop]]": "[workload]\nrate = 1\nrequests = 1\n",
    "needs at least one [[endpoint]]": GOOD[: GOOD.index("[[service]]")],
    "has nothing behind it": '[workload]\nrate = 1\nrequests = 1\n[[hop]]\nserver = "nginx"\n',
    "a step must have one of": replaced('{cpu = "2ms"}', '{sleep = "2ms"}'),
    "its times must rise": replaced("rate = 40.0", 'profile = [["2s", 1], ["1s", 2]]'),
}  # fmt: skip


@pytest.mark.parametrize("sentence", FAULTS)
def test_a_fault_is_told_in_one_sentence(sentence):
    with pytest.raises(ScenarioError) as caught:
        parse_scenario(FAULTS[sentence])
    assert sentence in str(caught.value)
    assert "\n" not in str(caught.value)


SETTINGS = {
    "hop.gunicorn.workers=8": lambda s: s.stacks[0].hops[1].workers == 8,
    "hop.gunicorn.timeout=1s": lambda s: s.stacks[0].hops[1].timeout == 10**9,
    "workload.rate=80": lambda s: s.workload.rate == 80,
    "seed=9": lambda s: s.seed == 9,
    "machine.cores=4": lambda s: s.stacks[0].cores == 4,
    "service.db.connections=3": lambda s: s.stacks[0].app.services[0].connections == 3,
    "endpoint./item.weight=2": lambda s: s.stacks[0].app.endpoints[0].weight == 2,
}


@pytest.mark.parametrize("setting", SETTINGS)
def test_settings_are_put_over_the_file(setting):
    assert SETTINGS[setting](parse_scenario(GOOD, [setting]))


@pytest.mark.parametrize(
    "setting", ["hop.apache.workers=1", "nothing", "x.y=1", "seed.x=1", "hop.gunicorn=3"]
)
def test_a_setting_that_names_nothing_is_told(setting):
    with pytest.raises(ScenarioError, match="--set"):
        parse_scenario(GOOD, [setting])


def test_workloads_are_read():
    text = GOOD.replace("rate = 40.0", 'kind = "closed"\nclients = 32\nthink = "100ms"\ntimeout = "5s"')
    workload = parse_scenario(text).workload
    assert isinstance(workload, Closed)
    assert (workload.clients, workload.think.fixed, workload.timeout) == (32, 10**8, 5 * 10**9)
    text = GOOD.replace("rate = 40.0", 'profile = [["0s", 10], ["30s", 80]]\nclient_speed = "20kB/s"')
    workload = parse_scenario(text).workload
    assert isinstance(workload, Open)
    assert workload.profile == ((0, 10.0), (30 * 10**9, 80.0))
    assert workload.client_speed == 20_000


def test_python_says_the_same_of_a_bad_value():
    with pytest.raises(InvalidError, match="threads = 0: must be at least 1"):
        Gunicorn("gthread", threads=0)
    with pytest.raises(InvalidError, match="a branch may only wait and call"):
        parallel([cpu("1ms")])
