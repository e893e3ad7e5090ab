"""The client against servers of raw sockets that misbehave as told."""

from __future__ import annotations

import contextlib
import os
import resource
import socket
import threading
import time

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from load_servers import request, reset, scripted, slowly

from tracer.load import Plan, constant, run
from tracer.load.answer import H11Answer, LlhttpAnswer
from tracer.recording import Outcome

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc"


@pytest.fixture(params=[LlhttpAnswer, H11Answer])
def reader(request, monkeypatch):
    monkeypatch.setattr("tracer.load.pool.reader", lambda: request.param)


def send(url, offsets=(0,), **options):
    """Run a load; give its exchanges in order of number, checked to be whole and monotone."""
    exchanges = []
    plan = Plan.of(url, offsets, **options)
    progress = run(plan, exchanges.append)
    check(plan, exchanges)
    assert progress.finished == progress.due == len(exchanges)
    return sorted(exchanges, key=lambda exchange: exchange.number)


def check(plan, exchanges):
    assert sorted(exchange.number for exchange in exchanges) == list(range(len(plan.requests)))
    for each in exchanges:
        times = [each.due, each.connecting, each.sending, each.sent, each.first_byte, each.end]
        known = [time for time in times if time >= 0]
        assert known == sorted(known), each
        assert (each.reason is None) == (each.outcome in (Outcome.OK, Outcome.OPEN)), each
        assert (each.end < 0) == (each.outcome == Outcome.OPEN), each
        assert each.status >= 0 or each.outcome != Outcome.OK, each


def keeping(answer=OK):
    """Answer every request of a connection alike."""

    def script(connection, number):
        while request(connection):
            connection.sendall(answer)

    return script


def test_requests_reuse_one_connection_and_carry_their_ids(reader):
    heads = []

    def script(connection, number):
        while head := request(connection):
            heads.append(head)
            connection.sendall(OK)

    with scripted(script) as url:
        a, b, c = send(url, [0, 10_000_000, 20_000_000], paths=["/a", "/b?c=d"], connections=1)
    assert [each.ordinal for each in (a, b, c)] == [0, 1, 2]
    assert {each.connection for each in (a, b, c)} == {0}
    assert (a.connecting >= a.due, b.connecting, c.connecting) == (True, -1, -1)
    assert [each.target for each in (a, b, c)] == ["/a", "/b?c=d", "/a"]
    assert a.peer == url.removeprefix("http://")
    assert a.local == b.local
    assert a.local.startswith("127.0.0.1:")
    for each, head in zip((a, b, c), heads, strict=True):
        assert head.startswith(f"GET {each.target} HTTP/1.1\r\n".encode())
        assert f"traceparent: 00-{each.trace_id.hex()}-{each.span_id.hex()}-01\r\n".encode() in head
        assert (each.status, each.body_received, each.outcome) == (200, 3, Outcome.OK)


def test_ids_come_from_the_seed():
    with scripted(keeping()) as url:
        first, again, other = (send(url, [0, 0], seed=seed) for seed in (1, 1, 2))
    ids = [[(each.trace_id, each.span_id) for each in some] for some in (first, again, other)]
    assert ids[0] == ids[1]
    assert len({*ids[0], *ids[2]}) == 4


def test_without_keep_alive_each_request_has_its_connection(reader):
    with scripted(keeping()) as url:
        exchanges = send(url, constant(100, 0.05), keep_alive=False)
    assert [each.connection for each in exchanges] == [0, 1, 2, 3, 4]
    assert {each.ordinal for each in exchanges} == {0}


@pytest.mark.parametrize(
    ("method", "answer", "status", "body"),
    [
        (
            "GET",
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\nX: 1\r\n\r\n",
            200,
            3,
        ),
        ("HEAD", b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n", 200, 0),
        ("GET", b"HTTP/1.1 204 No Content\r\n\r\n", 204, 0),
        ("GET", b"HTTP/1.1 304 Not Modified\r\nETag: x\r\n\r\n", 304, 0),
        ("GET", b"HTTP/1.1 103 Early Hints\r\n\r\n" + OK, 200, 3),
        ("POST", b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n", 404, 0),
    ],
)
def test_slow_bytes_of_every_framing_keep_the_connection(reader, method, answer, status, body):
    def script(connection, number):
        while request(connection):
            slowly(connection, answer)

    with scripted(script) as url:
        exchanges = send(url, [0, 1], method=method, connections=1)
    assert [(each.status, each.body_received, each.outcome) for each in exchanges] == [(status, body, 0)] * 2
    assert all(each.end - each.sent > len(answer) * 1_000_000 for each in exchanges)
    assert exchanges[1].ordinal == 1


def test_an_answer_may_end_with_its_connection(reader):
    def script(connection, number):
        request(connection)
        connection.sendall(b"HTTP/1.0 200 OK\r\n\r\nabcd")

    with scripted(script) as url:
        exchanges = send(url, [0, 30_000_000])
    assert [(each.status, each.body_received, each.outcome, each.ordinal) for each in exchanges] == [
        (200, 4, 0, 0)
    ] * 2


def test_an_error_status_is_an_error_and_keeps_the_connection():
    with scripted(keeping(b"HTTP/1.1 503 No\r\nContent-Length: 2\r\n\r\nno")) as url:
        first, second = send(url, [0, 0], connections=1)
    assert (first.outcome, first.status, first.reason) == (Outcome.ERROR, 503, "answered with status 503")
    assert second.ordinal == 1


def broken(ending, after=b""):
    def script(connection, number):
        request(connection)
        connection.sendall(after)
        time.sleep(0.02 if after else 0)
        ending(connection)

    return script


PART = b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc"


@pytest.mark.parametrize(
    ("script", "reason", "body"),
    [
        (broken(socket.socket.close), "connection broken before an answer: closed by the server", 0),
        (broken(reset), "connection broken before an answer: connection reset by peer", 0),
        (broken(socket.socket.close, PART), "broken off after 3 bytes of the body: closed by the server", 3),
        (broken(reset, PART), "broken off after 3 bytes of the body: connection reset by peer", 3),
        (broken(reset, b"HTTP/1"), "broken off after 0 bytes of the body: connection reset by peer", 0),
        (broken(socket.socket.close, b"SSH-2.0-x\r\n\r\n"), "the answer is not HTTP: ", 0),
    ],
)
def test_a_broken_answer_is_an_error_with_its_reason(reader, script, reason, body):
    with scripted(script) as url:
        (exchange,) = send(url)
    assert (exchange.outcome, exchange.status, exchange.body_received) == (Outcome.ERROR, -1, body)
    assert exchange.reason.startswith(reason)
    assert exchange.attempts == 1


def test_nobody_listening_is_refused():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    exchanges = send(url, constant(100, 0.05))
    assert {(each.outcome, each.reason) for each in exchanges} == {
        (Outcome.REFUSED, "no connection: connection refused")
    }
    assert all(each.sending == -1 and each.connecting >= each.due for each in exchanges)


def test_a_name_with_several_addresses_finds_the_one_that_listens(monkeypatch):
    with socket.create_server(("127.0.0.1", 0)) as closed:
        dead = closed.getsockname()
    with scripted(keeping()) as url:
        alive = ("127.0.0.1", int(url.rpartition(":")[2]))
        found = [(socket.AF_INET, dead), (socket.AF_INET, alive)]
        monkeypatch.setattr("tracer.load.loader.resolve", lambda host, port: list(found))
        exchanges = send(url, [0, 0, 0, 20_000_000])
    assert {(each.outcome, each.peer) for each in exchanges} == {(Outcome.OK, f"127.0.0.1:{alive[1]}")}


@pytest.mark.parametrize(
    ("sent", "reason"),
    [(b"", "0.2 s passed before an answer came"), (PART, "0.2 s passed before the whole answer came")],
)
def test_a_timeout_counts_from_when_the_request_was_due(sent, reason):
    def script(connection, number):
        request(connection)
        connection.sendall(sent)
        connection.recv(1)  # till the client goes

    with scripted(script) as url:
        (exchange,) = send(url, timeout=0.2)
    assert (exchange.outcome, exchange.reason, exchange.status) == (Outcome.TIMEOUT, reason, -1)
    assert exchange.end - exchange.due >= 200_000_000
    assert (exchange.first_byte >= 0) == bool(sent)


@pytest.mark.parametrize(("method", "outcome"), [("GET", Outcome.OK), ("POST", Outcome.ERROR)])
@pytest.mark.parametrize("ending", [socket.socket.close, reset])
def test_a_kept_connection_closed_just_as_it_is_used_again(reader, method, outcome, ending):
    """The server reads the second request and closes unanswered: only the idempotent may be sent again."""

    def script(connection, number):
        request(connection)
        connection.sendall(OK)
        if request(connection) and number == 0:
            ending(connection)

    with scripted(script) as url:
        first, second = send(url, [0, 0], method=method, connections=1)
    assert (first.outcome, first.attempts, second.outcome) == (Outcome.OK, 1, outcome)
    if outcome == Outcome.OK:
        assert (second.attempts, second.connection, second.ordinal) == (2, 1, 0)
        assert second.connecting >= second.due
    else:
        assert second.attempts == 1
        assert second.reason.startswith("kept connection broken before an answer")


def test_a_request_is_sent_again_only_once():
    """Connection 0 breaks on its second request, and so does the fresh one."""

    def script(connection, number):
        if request(connection) and number == 0:
            connection.sendall(OK)
            request(connection)

    with scripted(script) as url:
        _, second = send(url, [0, 0], connections=1)
    assert (second.outcome, second.attempts, second.connection) == (Outcome.ERROR, 2, 1)


def test_an_idle_connection_that_closes_or_speaks_is_not_used_again():
    def script(connection, number):
        request(connection)
        connection.sendall(OK)
        if number == 0:
            time.sleep(0.005)
            connection.sendall(b"HTTP/1.1 408 Request Timeout\r\nContent-Length: 0\r\n\r\n")

    with scripted(script) as url:
        exchanges = send(url, [0, 400_000_000, 800_000_000])
    assert [(each.status, each.connection, each.attempts) for each in exchanges] == [
        (200, 0, 1),
        (200, 1, 1),
        (200, 2, 1),
    ]


def test_a_stalled_server_does_not_hold_requests_back():
    """The open loop's proof: nothing is answered for a second, and every request is sent all the same."""
    stalled = threading.Barrier(80 + 1)

    def script(connection, number):
        while request(connection):
            stalled.wait(20)  # a closed loop would send no more, and wait here for ever
            connection.sendall(OK)

    with scripted(script) as url:
        opener = threading.Thread(target=lambda: (time.sleep(1), stalled.wait(20)))
        opener.start()
        began = time.monotonic_ns()
        exchanges = send(url, constant(100, 0.8))
        opener.join()
    first_answer = min(each.first_byte for each in exchanges)
    assert max(each.sent for each in exchanges) <= first_answer
    assert [(each.ordinal, each.outcome) for each in exchanges] == [(0, Outcome.OK)] * 80
    # The stall is in their latencies, the first's being all of it: nothing is counted from a late send.
    assert all(each.end - each.due >= 900_000_000 - (each.due - began) for each in exchanges)


def test_the_kernel_tells_when_an_answer_came_to_a_busy_loader():
    answering, answered = [], threading.Event()

    def script(connection, number):
        head = request(connection)
        if b" /second " in head:
            first_is_told.wait(10)
            answering.append(time.monotonic_ns())
        connection.sendall(OK)
        if answering:
            answered.set()
        connection.recv(1)

    first_is_told = threading.Event()
    exchanges = []

    def sink(exchange):
        exchanges.append(exchange)
        if not first_is_told.is_set():
            first_is_told.set()
            answered.wait(10)
            time.sleep(0.2)

    with scripted(script) as url:
        run(Plan.of(url, [0, 0], paths=["/first", "/second"]), sink)
    second = exchanges[1]
    assert second.target == "/second"
    assert second.end - second.first_byte >= 195_000_000
    assert second.first_byte - answering[0] >= -50_000  # the offset between two clocks is measured


def test_beyond_the_limit_of_connections_requests_wait_and_it_is_said():
    def script(connection, number):
        while request(connection):
            time.sleep(0.05)
            connection.sendall(OK)

    exchanges = []
    with scripted(script) as url:
        plan = Plan.of(url, [0] * 6, connections=2)
        progress = run(plan, exchanges.append)
    check(plan, exchanges)
    assert (progress.connections, progress.waited, progress.outcomes[Outcome.OK]) == (2, 4, 6)
    sent = sorted(exchanges, key=lambda each: each.sending)
    assert [each.number for each in sent] == [0, 1, 2, 3, 4, 5]  # first come, first served
    assert sent[5].sending - sent[5].due >= 50_000_000
    assert progress.warning().startswith("4 of 6 requests waited for one of 2 connections")


def test_a_newer_request_does_not_jump_the_queue():
    """Request 2 is due when the one connection comes free, and request 1 has waited for it."""
    exchanges = []

    def sink(exchange):
        exchanges.append(exchange)
        time.sleep(0.1)

    with scripted(keeping()) as url:
        run(Plan.of(url, [0, 0, 30_000_000], connections=1), sink)
    assert [each.number for each in exchanges] == [0, 1, 2]


def test_a_request_that_waits_too_long_was_never_sent():
    with scripted(lambda connection, number: time.sleep(0.5)) as url:
        first, second = send(url, [0, 0], connections=1, timeout=0.1)
    assert (first.outcome, second.outcome) == (Outcome.TIMEOUT, Outcome.TIMEOUT)
    assert (second.sending, second.reason) == (-1, "0.1 s passed before it could be sent")


def test_no_more_connections_are_opened_than_descriptors_allow():
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    with scripted(keeping()) as url, contextlib.ExitStack() as stack:
        hoard = [stack.enter_context(socket.socket()) for _ in range(20)]
        resource.setrlimit(resource.RLIMIT_NOFILE, (hoard[-1].fileno() + 50, hard))
        stack.callback(resource.setrlimit, resource.RLIMIT_NOFILE, (soft, hard))
        exchanges = []
        plan = Plan.of(url, [0] * 40)
        progress = run(plan, exchanges.append)
    check(plan, exchanges)
    assert progress.limit < 40
    assert progress.outcomes[Outcome.OK] == 40


def test_stop_leaves_what_is_in_flight_open():
    stop = threading.Event()

    def script(connection, number):
        while request(connection):
            stop.set()
            connection.sendall(PART)

    exchanges = []
    with scripted(script) as url:
        plan = Plan.of(url, [0, 0, 60_000_000_000])
        progress = run(plan, exchanges.append, stop=stop)
    assert (progress.due, progress.outcomes[Outcome.OPEN]) == (2, 2)
    assert [(each.outcome, each.end, each.sent > 0) for each in exchanges] == [(Outcome.OPEN, -1, True)] * 2


def test_nothing_stays_open_when_the_sink_fails():
    class FaultError(Exception):
        pass

    def sink(exchange):
        raise FaultError

    with scripted(keeping()) as url:
        before = set(open_descriptors())
        with pytest.raises(FaultError):
            run(Plan.of(url, [0, 0, 0]), sink)
        # The server's side of the connections may still be closing; the client's is not there.
        peers = [each for each in set(open_descriptors()) - before if each[1] == int(url.rpartition(":")[2])]
    assert peers == []


def open_descriptors():
    """List (descriptor, port of the peer) of this process's connected sockets."""
    for name in os.listdir("/proc/self/fd"):
        with contextlib.suppress(OSError), socket.socket(fileno=os.dup(int(name))) as copy:
            yield int(name), copy.getpeername()[1]


ANSWERS = st.sampled_from(
    [
        *(OK, OK + OK, PART, b"", b"HTTP", b"\0\r\n\r\n"),
        b"HTTP/1.0 200 OK\r\n\r\nx",
        b"HTTP/1.1 500 No\r\n\r\n",
    ]
)
ENDINGS = st.sampled_from([None, None, socket.socket.close, reset])
ACTS = st.lists(st.tuples(ANSWERS, ENDINGS, st.booleans()), min_size=1, max_size=6)


@settings(max_examples=25, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(ACTS, st.booleans(), st.sampled_from(["GET", "HEAD", "POST"]), st.integers(1, 4))
def test_whatever_the_server_does_each_request_ends_once(acts, keep_alive, method, connections):
    def script(connection, number):
        turn = number
        while True:
            answer, ending, read = acts[turn % len(acts)]
            if read and not request(connection):
                return
            connection.sendall(answer)
            if ending:
                ending(connection)
                return
            if not read:
                time.sleep(0.01)
            turn += 1

    with scripted(script) as url:
        offsets = constant(200, 0.05)
        send(url, offsets, keep_alive=keep_alive, method=method, connections=connections, timeout=0.15)
