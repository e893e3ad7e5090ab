# ruff: noqa: E501
"""A wrong value of any key is told in one sentence: the line, the place, key and value, and what is allowed."""

from __future__ import annotations

from dataclasses import fields

import pytest

from simulator.stack import SERVERS
from simulator.toml import ScenarioError, parse_scenario
from tests.simulator.test_hop_keys import CASES as OF_HOPS

WHOLE = ('"two"', "1.5", "true", "-1", "[1]")
DURATION = ('"2 parsecs"', "30", "1.5", "-1", "true", '"1"', "[]")
WORD = ('"nonsense"', "3", "true", "[]")
FLAG = ('"yes"', "1")
TEXT = ("3", '""', "[]", "{}")
LAW = (*DURATION, '"gamma(1ms)"', '"exp(1ms, 2ms)"', '"erlang(0, 1ms)"', '"quantiles([1ms])"')
LAW += ('"uniform(2ms, 1ms)"', '"hyperexp(1ms, 0.5)"', '"lognormal(1ms, x)"', '"exp(1ms"')
AMOUNT = ('"fast"', "0", "-1", "true", '"0kB"', '"20 apples"')
NUMBER = ('"40"', "true", "-1", "nan", "[]")

HOP = {
    **dict.fromkeys(("workers", "threads", "backlog", "thread_pool", "lanes", "queue"), WHOLE),
    **dict.fromkeys(("timeout", "boot", "keepalive_timeout", "overhead"), DURATION),
    **dict.fromkeys(
        ("worker_class", "balance", "http", "loop", "mpm", "mode", "interface", "protocol"), WORD
    ),
    "discipline": WORD,
    "buffering": FLAG,
    "name": TEXT,
    "service": LAW,
    "again": (*NUMBER, "1"),
}
WORKLOAD = {
    **dict.fromkeys(("requests", "warmup", "retries", "burst"), WHOLE),
    **dict.fromkeys(("duration", "timeout", "backoff"), DURATION),
    "rate": NUMBER,
    "arrivals": WORD,
    "kind": WORD,
    "keepalive": FLAG,
    "client_speed": AMOUNT,
    "profile": ("3", "[]", '["0s"]', '[["0s", "x"]]', '[["0s", -1]]', "[[5, 1]]", '[["2s", 1], ["1s", 1]]'),
}
ENDPOINT = {
    "path": TEXT,
    "weight": (*NUMBER, "0"),
    "handler": WORD,
    "framework": WORD,
    "served_by": WORD,
    "response": AMOUNT,
    "steps": ("3", "[3]", "[{}]", '[{sleep = "1s"}]', '[{cpu = "1s", wait = "1s"}]'),
}
STEP = {
    "cpu": LAW,
    "wait": LAW,
    "blocking": FLAG,
    "call": (*TEXT, '"nowhere"'),
    "time": LAW,
    "parallel": ("3", "[]", "[3]", "[[{cpu = '1ms'}]]", "[[{parallel = []}]]", "[[{wait = 3}]]"),
}
REST = {
    "[[service]].name": TEXT,
    "[[service]].connections": WHOLE,
    "[machine].cores": (*WHOLE, "0"),
    "[[event]].at": DURATION,
    "[[event]].hop": (*TEXT, '"nowhere"'),
    "[[event]].down": FLAG,
    "seed": ('"x"', "-1", "1.5", "true"),
    "name": TEXT,
}
INSIDE = {"steps", "profile", "parallel"}
"""Keys of which a part may be what is told."""


def told(lines, line, key):
    """Give the sentence about a scenario; it names the line and what stands there."""
    with pytest.raises(ScenarioError) as caught:
        parse_scenario("\n".join(lines) + "\n", source="x.toml")
    sentence = str(caught.value)
    assert "\n" not in sentence
    assert sentence.startswith(f"x.toml: line {line}: "), sentence
    assert key in INSIDE or f"{key} = " in sentence
    assert len(sentence.rpartition(": ")[2]) > 5
    return sentence


def pairs(table):
    return [pytest.param(key, value, id=f"{key}={value}") for key in table for value in table[key]]


HOPS = [(server, f.name) for server, kind in SERVERS.items() for f in fields(kind)]


@pytest.mark.parametrize(("server", "key"), HOPS, ids=lambda one: one)
def test_a_wrong_value_of_a_hop(server, key):
    for value in HOP[key]:
        if (key, value) == ("name", "{}"):
            continue  # would be written as a table
        lines = [
            "[workload]",
            "rate = 1",
            "requests = 1",
            "[[hop]]",
            f'server = "{server}"',
            "",
            f"{key} = {value}",
        ]
        if server != "station":
            lines += ["[[endpoint]]", 'path = "/"']
        sentence = told(lines, 7, key)
        assert "hop 1 (" in sentence


def test_every_key_of_a_hop_has_wrong_values():
    assert {key for _, key in HOPS} == set(HOP)
    assert len(OF_HOPS) > len(HOPS) - 20


@pytest.mark.parametrize(("key", "value"), pairs(WORKLOAD))
def test_a_wrong_value_of_the_workload(key, value):
    lines = ["[workload]", f"{key} = {value}"]
    lines += [f"{k} = 1" for k in ("rate", "requests") if k != key]
    sentence = told([*lines, "[[hop]]", 'server = "station"'], 2, key)
    assert "workload: " in sentence


@pytest.mark.parametrize(
    ("key", "value"),
    pairs({"clients": (*WHOLE, "0"), "think": LAW, "recording": TEXT, "rate": ("1",)}),
)
def test_a_wrong_value_of_another_workload(key, value):
    kind = "replay" if key == "recording" else "closed"
    lines = [
        "[workload]",
        f'kind = "{kind}"',
        "requests = 1",
        f"{key} = {value}",
        "[[hop]]",
        'server = "station"',
    ]
    told(lines, 4, key)


@pytest.mark.parametrize(("key", "value"), pairs(ENDPOINT))
def test_a_wrong_value_of_an_endpoint(key, value):
    lines = ["[workload]", "rate = 1", "requests = 1", "[[hop]]", 'server = "gunicorn"', "[[endpoint]]"]
    sentence = told([*lines, f"{key} = {value}", "[[endpoint]]", 'path = "/b"'], 7, key)
    assert "endpoint 1 (" in sentence


@pytest.mark.parametrize(("key", "value"), pairs(STEP))
def test_a_wrong_value_of_a_step(key, value):
    lines = [
        "[workload]",
        "rate = 1",
        "requests = 1",
        "[[hop]]",
        'server = "gunicorn"',
        "[[endpoint]]",
        "steps = [",
    ]
    good = {"cpu": "1ms", "wait": "1ms", "call": "db"}.get(key)
    written = {"blocking": f'wait = "1ms", blocking = {value}', "time": f'call = "db", time = {value}'}
    lines += [
        f'  {{{key} = "{good}"}},' if good else "",
        f"  {{{written.get(key, f'{key} = {value}')}}},",
        "]",
    ]
    sentence = told([*lines, "[[service]]", 'name = "db"'], 9, key)
    assert "endpoint 1 (" in sentence


@pytest.mark.parametrize(("key", "value"), pairs(REST))
def test_a_wrong_value_of_the_rest(key, value):
    table, _, name = key.rpartition(".")
    head = [f"{name} = {value}"] if not table else [""]
    lines = [*head, "[workload]", "rate = 1", "requests = 1", "[[hop]]", 'server = "station"']
    rest = (
        {"at": '"1s"', "hop": '"station"'}
        if "event" in table
        else {"name": '"db"'}
        if "service" in table
        else {}
    )
    if table:
        lines += [table, f"{name} = {value}", *(f"{k} = {v}" for k, v in rest.items() if k != name)]
    if "service" in table:
        lines = [line.replace("station", "gunicorn") for line in lines] + ["[[endpoint]]", 'path = "/"']
    told(lines, 8 if table else 1, name)


SHAPES = {
    "event = {'at': 1}: must be written as [[event]] tables": "[event]\nat = 1\n",
    "must be written as a [machine] table": "[[machine]]\ncores = 1\n",
    "must be written as [[service]] tables": "[service]\nname = 'x'\n",
    "at = nothing: must be a duration": "[[event]]\nhop = 'gunicorn'\n",
    "hop = nothing: must be a text": "[[event]]\nat = '1s'\n",
    "with [[stack]] tables hops stand under them": "[[stack]]\nname = 'a'\n",
    'name = "gunicorn": is there twice': "[[service]]\nname = 'gunicorn'\n",
    "there is no such key; did you mean cores?": "[machine]\ncorse = 1\n",
}


@pytest.mark.parametrize("sentence", SHAPES)
def test_a_wrong_shape_is_told_with_its_line(sentence):
    base = "[workload]\nrate = 1\nrequests = 1\n[[hop]]\nserver = 'gunicorn'\n[[endpoint]]\npath = '/'\n"
    with pytest.raises(ScenarioError, match=r"scenario: line \d+: ") as caught:
        parse_scenario(base + SHAPES[sentence])
    assert sentence in str(caught.value)


def test_two_stacks_of_one_name_are_told():
    """Their recordings would be one file."""
    stack = "[[stack]]\nname = 'a'\n[[stack.hop]]\nserver = 'station'\n"
    with pytest.raises(ScenarioError, match='line 9: stack 2: name = "a": is there twice'):
        parse_scenario("[workload]\nrate = 1\nrequests = 1\n" + stack + stack)


def test_a_station_that_is_shared_cannot_go_down():
    text = "[workload]\nrate = 1\nrequests = 1\n[[hop]]\nserver = 'station'\ndiscipline = 'ps'\n"
    with pytest.raises(
        ScenarioError, match='line 9: event 1: hop = "station": a station with discipline = "ps"'
    ):
        parse_scenario(text + "[[event]]\nat = '1s'\nhop = 'station'\n")


def test_a_setting_is_not_told_with_a_line_of_the_file():
    text = "[workload]\nrate = 1\nrequests = 1\n[[hop]]\nserver = 'station'\nlanes = 2\n"
    with pytest.raises(ScenarioError, match=r"scenario: hop 1 \(station\): lanes = 0: must be at least 1"):
        parse_scenario(text, ["hop.station.lanes=0"])
