"""What real servers tell through the agent: whole visits, in order, with their waits and lanes."""

from __future__ import annotations

import socket
import time

import pytest
from conftest import UVICORN
from ringfile import rings

from tracer.agent import layout

TRACE = "00-0123456789abcdef0123456789abcdef-00f067aa0ba902b7-01"
PARENT = f"traceparent: {TRACE}"


def only(server):
    """The ring of the one process that served."""
    server.stop()
    (ring,) = rings(server.rings)
    return ring


def timed(server, target: str) -> tuple[int, int]:
    start = time.monotonic_ns()
    server.get(target, PARENT)
    return start, time.monotonic_ns()


def told(ring, visit) -> list[tuple[int, str]]:
    """Kind and text of the phases of a visit of the application."""
    return [(p["phase"], ring.text(p["what"])) for p in visit["phases"] if p["flags"] & layout.APP]


def spans(visit, phase: int) -> list[tuple[int, int]]:
    return [
        (p["start"], p["end"]) for p in visit["phases"] if p["phase"] == phase and p["flags"] & layout.APP
    ]


def test_each_request_is_told_whole_and_in_order(serve, variant):
    server = serve(variant)
    clients = [timed(server, f"/?n={number}") for number in range(30)]
    ring = only(server)
    visits = ring.visits()
    assert len(visits) == len(clients)
    for visit, (sent, received) in zip(visits, clients, strict=True):
        opened, closed = visit["open"], visit["close"]
        assert visit["target"] == b"/?n=*"
        assert (ring.text(opened["method"]), ring.text(opened["protocol"])) == ("GET", "http/1.1")
        assert opened["trace_id"].hex() + opened["span_id"].hex() == TRACE[3:35] + TRACE[36:52]
        assert (closed["status"], closed["bytes_in"], closed["bytes_out"]) == (200, 0, 5)
        assert closed["flags"] & (layout.ERROR | layout.ABORTED) == 0
        head = [sent, opened["arrived"], opened["parsed"], opened["entered"], closed["responded"]]
        assert head == sorted(head)
        answer = [closed["responded"], closed["last_write"], closed["answered"], closed["end"]]
        assert answer == sorted(answer)
        assert opened["taken"] <= opened["parsed"]
        assert closed["last_write"] <= received
        assert opened["entered"] <= closed["left"] <= closed["end"]
    assert [r["seq"] for r in ring.records] == list(range(1, len(ring.records) + 1))
    assert ring.records[-1]["kind"] == "END"


def test_lanes_are_told_before_they_are_used(serve, variant):
    server = serve(variant)
    server.get("/")
    ring = only(server)
    lanes = {}
    for record in ring.records:
        if record["kind"] == "LANE":
            assert record["parent"] == 0 or record["parent"] in lanes
            lanes[record["lane"]] = record
        elif record["lane"]:
            assert record["lane"] in lanes
            if record["kind"] == "PHASE":
                assert lanes[record["lane"]]["start"] <= record["start"] <= record["end"]
    (visit,) = ring.visits()
    kind = {"sync": layout.PROCESS, "gthread": layout.THREAD}.get(variant, layout.LOOP)
    assert lanes[visit["open"]["lane"]]["lane_kind"] == kind
    if variant in ("sync", "gthread"):
        process = next(lane for lane in lanes.values() if lane["lane_kind"] == layout.PROCESS)
        assert (process["parent_pid"], process["parent_capacity"]) == (server.process.pid, 1)
        assert process["capacity"] == (1 if variant == "sync" else 3)
        boot = next(p for p in ring.of("PHASE") if p["visit"] == 0)
        assert ring.text(boot["what"]) == "boot"


def test_requests_of_a_kept_connection_have_ordinals_and_arrivals(serve, variant):
    if variant == "sync":
        pytest.skip("the sync worker closes each connection")
    server = serve(variant)
    sent = []
    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as client:
        for _ in range(4):
            time.sleep(0.02)
            sent.append(time.monotonic_ns())
            client.sendall(b"GET / HTTP/1.1\r\nHost: test\r\n\r\n")
            while not client.recv(4096).endswith(b"hello"):
                pass
        name = "{}:{}".format(*client.getsockname())
    ring = only(server)
    (connection,) = ring.of("CONN")
    assert connection["peer"].rstrip(b"\0").decode() == name
    opened = [visit["open"] for visit in ring.visits()]
    assert [o["ordinal"] for o in opened] == [0, 1, 2, 3]
    assert {o["conn"] for o in opened} == {connection["visit"]}
    ends = [*sent[1:], time.monotonic_ns()]
    for one, start, end in zip(opened, sent, ends, strict=True):
        assert start <= one["arrived"] <= one["parsed"] <= end


def test_a_queue_before_a_busy_worker_is_seen(serve, variant):
    """Two requests sent at once to one lane: the second arrives while the first holds it."""
    if variant == "gthread":
        pytest.skip("has threads for both")
    server = serve(variant)
    target = b"/sleep" if variant == "sync" else b"/block"
    clients = [socket.create_connection(("127.0.0.1", server.port), timeout=10) for _ in range(2)]
    for client in clients:
        client.sendall(b"GET " + target + b" HTTP/1.1\r\nHost: test\r\nConnection: close\r\n\r\n")
    for client in clients:
        while client.recv(4096):
            pass
        client.close()
    first, second = only(server).visits()
    assert second["open"]["arrived"] < first["close"]["answered"]
    assert second["open"]["entered"] > first["close"]["responded"]


def test_time_sleep_is_a_blocked_phase_with_its_place(serve, variant):
    server = serve(variant)
    target = "/sleep" if variant in ("sync", "gthread") else "/block"
    server.get(target)
    ring = only(server)
    visit = ring.visit(target.encode())
    blocked = [p for p in visit["phases"] if p["phase"] == layout.BLOCKED]
    (phase,) = blocked
    assert ring.text(phase["what"]).startswith("time.sleep plain.py:")
    assert phase["end"] - phase["start"] >= 20_000_000
    assert (phase["holds"], phase["lane"]) == (1, visit["open"]["lane"])
    assert visit["open"]["entered"] <= phase["start"] <= phase["end"] <= visit["close"]["left"]


@pytest.mark.parametrize("variant", ["sync", "gthread"])
def test_a_handler_that_waits_is_told_from_one_that_does_not(serve, variant):
    server = serve(variant)
    server.get("/")
    server.get("/sleep")
    quick, slept = only(server).visits()
    assert quick["close"]["flags"] & layout.NEVER_WAITED
    assert not slept["close"]["flags"] & layout.NEVER_WAITED


@pytest.mark.parametrize("variant", ["sync", "gthread"])
def test_a_generator_runs_until_its_close(serve, variant):
    server = serve(variant)
    server.get("/generator-sleep")
    ring = only(server)
    visit = ring.visit(b"/generator-sleep")
    assert [kind for kind, _ in told(ring, visit)] == [layout.BLOCKED] * 3
    closed = visit["close"]
    assert closed["left"] >= closed["last_write"]
    assert closed["bytes_out"] == 15
    assert 0 <= closed["cpu"] < 15_000_000


@pytest.mark.parametrize("variant", ["sync", "gthread"])
def test_bodies_are_counted(serve, variant):
    server = serve(variant)
    server.raw(b"POST /echo HTTP/1.1\r\nHost: t\r\nConnection: close\r\nContent-Length: 7\r\n\r\nseven77")
    chunked = b"Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n"
    server.raw(b"POST /echo?a HTTP/1.1\r\nHost: t\r\nConnection: close\r\n" + chunked)
    server.get("/file")
    ring = only(server)
    counted = {v["target"]: (v["close"]["bytes_in"], v["close"]["bytes_out"]) for v in ring.visits()}
    assert counted == {b"/echo": (7, 7), b"/echo?a": (11, 11), b"/file": (0, 99990)}


def test_errors_and_broken_connections_are_told(serve, variant):
    server = serve(variant)
    server.get("/raise")
    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as client:
        client.sendall(b"GET /endless HTTP/1.1\r\nHost: test\r\n\r\n")
        client.recv(1000)
    server.get("/")
    ring = only(server)
    failed = ring.visit(b"/raise")["close"]
    ended = layout.ERROR | layout.ABORTED
    assert (failed["status"], failed["flags"] & ended) == (500, layout.ERROR)
    assert failed["answered"] >= failed["last_write"] > 0
    if variant in ("sync", "gthread"):
        assert ring.visit(b"/endless")["close"]["flags"] & ended == layout.ABORTED
    assert ring.visit(b"/")["close"]["flags"] & ended == 0


ASYNC = ["h11-asyncio", "h11-uvloop", "httptools-asyncio", "httptools-uvloop"]


@pytest.mark.parametrize("variant", ASYNC)
def test_coroutines_are_stepped(serve, variant):
    server = serve(variant)
    for target in ("/sleep", "/gather", "/thread", "/background", "/spawn", "/stream-slow"):
        server.get(target)
    time.sleep(0.2)  # the spawned task ends
    ring = only(server)

    first, second = spans(ring.visit(b"/sleep"), layout.RUNNING)
    assert second[0] - first[1] >= 19_000_000

    gather = ring.visit(b"/gather")
    assert len(spans(gather, layout.RUNNING)) == 6  # the handler twice, each task twice
    assert len(spans(gather, layout.BLOCKED)) == 2  # the naps' time.sleep

    thread = ring.visit(b"/thread")
    (blocked,) = [p for p in thread["phases"] if p["phase"] == layout.BLOCKED]
    assert blocked["lane"] != thread["open"]["lane"]

    background = ring.visit(b"/background")["close"]
    assert background["end"] - background["answered"] >= 19_000_000

    spawned = ring.visit(b"/spawn")["close"]["seq"]
    late = [p for p in ring.of("PHASE") if p["visit"] == 0 and ring.text(p["what"]) == "task nap"]
    assert late
    assert all(p["seq"] > spawned for p in late)

    for visit in ring.visits():
        assert all(p["seq"] < visit["close"]["seq"] for p in visit["phases"])
        assert all(p["end"] <= visit["close"]["end"] for p in visit["phases"])
        one = visit["close"]["flags"] & layout.ONE_STEP
        steps = [p for p in visit["phases"] if p["phase"] == layout.RUNNING]
        assert len(steps) >= 2 or (one and not steps) or visit["target"] == b"/spawn"


def test_endpoints_in_threads_wait_for_the_pool(serve):
    server = serve([*UVICORN, "framework:app"])
    for target in ("/def", "/def", "/background", "/stream", "/"):
        server.get(target)
    ring = only(server)
    visit = [v for v in ring.visits() if v["target"] == b"/def"][1]
    lanes = {lane["lane"]: lane for lane in ring.of("LANE")}
    (queued,) = [p for p in visit["phases"] if p["phase"] == layout.QUEUED]
    assert (queued["holds"], queued["lane"]) == (0, 0)
    assert lanes[queued["waits_for"]]["capacity"] == 40
    (blocked,) = [p for p in visit["phases"] if p["phase"] == layout.BLOCKED]
    assert ring.text(blocked["what"]).startswith("time.sleep framework.py:")
    thread = lanes[blocked["lane"]]
    assert (thread["lane_kind"], thread["parent"]) == (layout.THREAD, queued["waits_for"])
    background = ring.visit(b"/background")["close"]
    assert background["end"] - background["answered"] >= 29_000_000


def test_a_long_target_is_told_whole_without_values(serve, variant):
    server = serve(variant)
    server.get("/" + "p" * 300 + "?token=secret&page=7&flag&empty=")
    ring = only(server)
    (visit,) = ring.visits()
    assert visit["target"] == b"/" + b"p" * 300 + b"?token=*&page=*&flag&empty=*"


def test_live_points_are_told(serve, variant):
    server = serve(variant)
    server.get("/")
    ring = only(server)
    live = {ring.text(m["value"]) for m in ring.of("MARK") if layout.MARK_NAMES[m["what"]] == "live"}
    server_points = (
        {"uvicorn.request"} if variant in ASYNC else {"gunicorn.request", f"gunicorn.{variant}.run"}
    )
    assert server_points | {"time.sleep", "socket"} <= live
    server_name = "uvicorn" if variant in ASYNC else f"gunicorn {variant}"
    assert ring.header["server"].rstrip(b"\0").decode() == server_name
