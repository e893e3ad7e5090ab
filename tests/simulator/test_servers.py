"""Every server of the scenario format: it runs, its recording holds, and it does what it is known for."""

from __future__ import annotations

import pytest

from simulator.scenario import Scenario, simulate
from simulator.servers.catalogue import MODELS
from simulator.servers.costs import ASSUMED
from simulator.stack import (
    SERVERS,
    Apache,
    App,
    Cgi,
    Endpoint,
    Granian,
    Gunicorn,
    ModWsgi,
    Nginx,
    Stack,
    Uwsgi,
    Waitress,
    cpu,
    wait,
)
from simulator.toml import parse_scenario
from simulator.workload import Open

MS = 10**6
NAMES = (
    *("nginx", "apache", "iis", "gunicorn", "uwsgi", "uvicorn", "hypercorn", "granian", "waitress"),
    *("cgi", "fastcgi", "mod_wsgi", "mod_python", "station"),
)
"""As the scenario format lists them."""

ENDPOINT = '[[endpoint]]\npath = "/"\nhandler = "{handler}"\nframework = "{framework}"\n{more}'
APPS = [("def", "flask"), ("def", "django"), ("async def", "fastapi"), ("def", "starlette"), ("def", "none")]


def test_there_is_a_model_for_every_name():
    assert set(NAMES) == set(SERVERS) == set(MODELS)
    assert set(NAMES) > ASSUMED


@pytest.mark.parametrize(("handler", "framework"), APPS)
@pytest.mark.parametrize("name", NAMES)
def test_every_server_runs_and_its_recording_holds(name, handler, framework):
    front = SERVERS[name].role == "proxy"
    text = f'[workload]\nrate = 200\nrequests = 60\n[machine]\ncores = 2\n[[hop]]\nserver = "{name}"\n'
    if name == "station":
        text += 'service = "1ms"\n'
    else:
        more = 'steps = [{cpu = "1ms"}, {wait = "exp(5ms)"}]\n'
        text += '[[hop]]\nserver = "gunicorn"\n' if front else ""
        text += ENDPOINT.format(handler=handler, framework=framework, more=more)
    result = simulate(parse_scenario(text), record=True)[0]
    assert result.figures["outcomes"]["ok"] == 60
    assert result.recording.check() == []


def test_web_servers_serve_files():
    for name in ("nginx", "apache", "iis"):
        more = f'served_by = "{name}"\nresponse = "20kB"\n'
        text = f'[workload]\nrate = 200\nrequests = 60\n[[hop]]\nserver = "{name}"\n'
        text += ENDPOINT.format(handler="def", framework="none", more=more)
        result = simulate(parse_scenario(text), record=True)[0]
        assert [hop["visits"] for hop in result.figures["hops"]] == [60, 0]
        assert result.recording.check() == []


def run(*hops, endpoint=None, rate=20.0, requests=40, **workload):
    app = App(endpoint or Endpoint("/", [cpu("1ms")], response=20_000))
    stack = Stack(hops, app)
    scenario = Scenario((stack,), Open(rate=rate, requests=requests, arrivals="constant", **workload))
    result = simulate(scenario, record=True)[0]
    assert result.recording.check() == []
    return result.figures


def hop(figures, name):
    return next(one for one in figures["hops"] if one["hop"] == name)


def test_cgi_starts_a_process_for_each_request():
    cgi, uwsgi = run(Cgi()), run(Uwsgi())
    assert cgi["latency_s"]["p50"] == pytest.approx(0.0162, abs=1e-4)
    assert uwsgi["latency_s"]["p50"] < 0.0012


SLOW = {"client_speed": 100_000.0}  # 20 kB take 200 ms


@pytest.mark.parametrize(
    ("server", "holds"),
    [
        (Gunicorn(), True),
        (Uwsgi(workers=1), True),
        (ModWsgi(mode="embedded", workers=1, threads=1), True),
        (ModWsgi(mode="daemon", workers=1, threads=1), False),
        (Waitress(threads=1), False),
    ],
    ids=lambda value: getattr(value, "server", None),
)
def test_a_slow_client_holds_a_lane_or_it_does_not(server, holds):
    queued = hop(run(server, **SLOW), server.name)["queued_s"]["mean"]
    assert (queued > 0.1) == holds


@pytest.mark.parametrize(
    ("front", "holds"),
    [
        (Apache(mpm="prefork", workers=2), True),
        (Apache(mpm="worker", workers=1, threads=2), True),
        (Apache(mpm="event", workers=1, threads=2), False),
        (Nginx(), False),
    ],
    ids=["prefork", "worker", "event", "nginx"],
)
def test_a_proxy_shields_the_worker_and_may_be_held_itself(front, holds):
    figures = run(front, Gunicorn(), **SLOW)
    assert hop(figures, "gunicorn")["queued_s"]["mean"] < 0.001
    assert (hop(figures, front.name)["queued_s"]["mean"] > 0.1) == holds


def test_apache_holds_a_thread_while_the_upstream_works():
    waits = Endpoint("/", [wait("100ms")])
    apache = run(Apache(workers=1, threads=2), Gunicorn("gthread", threads=40), endpoint=waits, rate=50.0)
    nginx = run(Nginx(), Gunicorn("gthread", threads=40), endpoint=waits, rate=50.0)
    assert hop(apache, "apache")["utilisation"] > 0.9
    assert hop(apache, "apache")["queued_s"]["mean"] > 0.1
    assert hop(nginx, "nginx")["queued_s"]["mean"] < 0.001


def test_harakiri_kills_a_worker_that_takes_too_long():
    figures = run(Uwsgi(timeout=50 * MS), endpoint=Endpoint("/", [wait("100ms")]), rate=2.0, requests=4)
    assert figures["outcomes"]["error"] == 4


def test_granian_under_wsgi_has_threads_that_block():
    waits = Endpoint("/", [wait("100ms")])
    blocks = run(Granian(interface="wsgi", threads=2), endpoint=waits, rate=50.0)
    awaits = run(Granian(), endpoint=Endpoint("/", [wait("100ms")], handler="async def"), rate=50.0)
    assert hop(blocks, "granian")["phases_s"]["QUEUED"] > 1
    assert hop(awaits, "granian")["phases_s"]["QUEUED"] < 0.1


def test_what_is_assumed_is_named():
    from simulator.scenario import assumed

    stacks = [Stack((Nginx(), hop), App(Endpoint("/"))) for hop in (Uwsgi(), Waitress())]
    assert assumed(Scenario(tuple(stacks))) == ["waitress"]
    assert assumed(Scenario((Stack((Waitress(overhead=1000),), App(Endpoint("/"))),))) == []
