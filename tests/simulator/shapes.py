"""Random stacks and workloads, for properties that hold of all."""

from __future__ import annotations

from hypothesis import strategies as st

from simulator.compiler import Change
from simulator.distributions import parse_distribution
from simulator.scenario import Scenario
from simulator.stack import (
    Apache,
    App,
    Cgi,
    Endpoint,
    FastCgi,
    Granian,
    Gunicorn,
    Hypercorn,
    Iis,
    ModPython,
    ModWsgi,
    Nginx,
    Service,
    Stack,
    Station,
    Uvicorn,
    Uwsgi,
    Waitress,
    call,
    cpu,
    parallel,
    wait,
)
from simulator.workload import Closed, Open

MS = 10**6
BALANCES = st.sampled_from(["round_robin", "random", "least_busy", "affinity"])
TIMES = st.sampled_from(
    ["0", "1ms", "exp(3ms)", "uniform(0, 9ms)", "erlang(3, 5ms)", "lognormal(4ms, 1.2)", "hyperexp(3ms, 6)",
     "quantiles([1ms, 2ms, 20ms])", "7us"]
)  # fmt: skip
OUTSIDE = st.one_of(TIMES.map(wait), TIMES.map(lambda time: call("db", time)))
STEPS = st.lists(
    st.one_of(
        TIMES.map(cpu),
        OUTSIDE,
        TIMES.map(lambda time: wait(time, blocking=True)),
        st.lists(st.lists(OUTSIDE, max_size=3), min_size=1, max_size=3).map(
            lambda branches: parallel(*branches)
        ),
    ),
    max_size=5,
)


@st.composite
def apps(draw, served_by=()):
    count = draw(st.integers(1, 3))
    endpoints = [
        Endpoint(
            f"/{i}",
            draw(STEPS),
            weight=draw(st.sampled_from([1, 0.3])),
            handler=draw(st.sampled_from(["def", "async def"])),
            framework=draw(st.sampled_from(["none", "flask", "fastapi"])),
            served_by=draw(st.sampled_from([None, *served_by])),
            response=draw(st.sampled_from([0, 4000])),
        )
        for i in range(count)
    ]
    return App(*endpoints, services=[Service("db", draw(st.integers(1, 4)))])


@st.composite
def servers(draw):
    workers, balance = draw(st.integers(1, 3)), draw(BALANCES)
    backlog = draw(st.sampled_from([0, 2, 2048]))
    kind = draw(st.sampled_from(["sync", "gthread", "gevent", "asgi", "uvicorn", "other"]))
    if kind == "other":
        return draw(other_servers(workers, backlog))
    if kind == "uvicorn":
        return Uvicorn(workers=workers, backlog=backlog, balance=balance, thread_pool=draw(st.integers(1, 3)))
    return Gunicorn(
        kind,
        workers=workers,
        threads=draw(st.integers(1, 4)),
        backlog=backlog,
        balance=balance,
        thread_pool=2,
        timeout=draw(st.sampled_from([15 * MS, 0, 30_000 * MS])),
        boot=draw(st.sampled_from([0, 40 * MS])),
    )


def other_servers(workers, backlog):
    both = {"workers": workers, "backlog": backlog}
    return st.sampled_from(
        [
            Uwsgi(**both, timeout=15 * MS, boot=40 * MS, protocol="uwsgi"),
            Uwsgi(**both, threads=2),
            Hypercorn(**both, thread_pool=2),
            Granian(**both, thread_pool=2),
            Granian(**both, threads=2, interface="wsgi"),
            Waitress(threads=workers, backlog=backlog),
            Cgi(**both, boot=7 * MS),
            FastCgi(**both),
            ModWsgi(**both, threads=2),
            ModWsgi(**both, threads=1, mode="embedded"),
            ModPython(**both),
        ]
    )


@st.composite
def proxies(draw):
    workers, balance = draw(st.integers(1, 2)), draw(BALANCES)
    kind = draw(st.sampled_from(["nginx", "iis", "event", "worker", "prefork"]))
    if kind == "nginx":
        return Nginx(name="front", workers=workers, buffering=draw(st.booleans()), balance=balance)
    if kind == "iis":
        return Iis(name="front", workers=workers, backlog=draw(st.sampled_from([2, 1000])), balance=balance)
    return Apache(name="front", mpm=kind, workers=workers, threads=2, balance=balance)


@st.composite
def server_stacks(draw):
    proxy = draw(st.booleans())
    app = draw(apps(("front",) if proxy else ()))
    stack = draw(servers()) >> app
    if proxy:
        stack = Stack((draw(proxies()), *stack.hops), app)
    cores = draw(st.sampled_from([None, 1, 2]))
    return stack if cores is None else stack.on(cores)


@st.composite
def station_stacks(draw):
    hops = [
        Station(
            name=f"s{i}",
            lanes=draw(st.integers(1, 3)),
            queue=draw(st.sampled_from([None, 0, 3])),
            discipline=draw(st.sampled_from(["fifo", "ps"])),
            service=parse_distribution(draw(TIMES)),
            again=draw(st.sampled_from([0.0, 0.4])),
        )
        for i in range(draw(st.integers(1, 3)))
    ]
    return Stack(tuple(hops))


@st.composite
def workloads(draw):
    common = {
        "requests": draw(st.integers(0, 150)),
        "warmup": draw(st.sampled_from([0, 10])),
        "keepalive": draw(st.booleans()),
        "timeout": draw(st.sampled_from([None, 12 * MS, 60 * MS])),
        "retries": draw(st.integers(0, 2)),
        "backoff": draw(st.sampled_from([0, 5 * MS])),
        "client_speed": draw(st.sampled_from([None, 500_000.0])),
    }
    if draw(st.booleans()):
        think = parse_distribution(draw(TIMES))
        return Closed(clients=draw(st.integers(1, 12)), think=think, **common)
    profile = ((0, 50.0), (300 * MS, 900.0), (900 * MS, 20.0)) if draw(st.booleans()) else ()
    arrivals = draw(st.sampled_from(["poisson", "constant"]))
    rate = draw(st.sampled_from([20.0, 300.0, 2000.0]))
    return Open(rate=rate, arrivals=arrivals, burst=draw(st.sampled_from([1, 4])), profile=profile, **common)


@st.composite
def scenarios(draw):
    stack = draw(st.one_of(server_stacks(), station_stacks()))
    hop = stack.hops[-1].name
    changes = ()
    if getattr(stack.hops[-1], "discipline", "") != "ps" and draw(st.booleans()):
        changes = (Change(40 * MS, hop, True), Change(160 * MS, hop, False))
    return Scenario((stack,), draw(workloads()), draw(st.integers(0, 2**40)), changes=changes)
