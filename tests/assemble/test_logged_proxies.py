"""Logs of real proxies, alone and joined to what the agent recorded behind them."""

from __future__ import annotations

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections import Counter
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
from live_servers import recorded
from proxies import APACHE, apache, nginx

import tracer.cli
from tracer.assemble.combined import combined
from tracer.assemble.logs import recording_of_log
from tracer.recording import Evidence, Match, PhaseKind, Recording

MILLISECOND = 10**6
needs_apache = pytest.mark.skipif(APACHE is None and "CI" not in os.environ, reason="needs apache2")


@contextmanager
def hooked(home, name="sync"):
    """A server under `tracer run`; gives its port, and leaves HOME/out.trace."""
    with recorded(name, home) as (run, port):
        yield port
        run.send_signal(signal.SIGINT)
        run.wait(30)


def ask(port, *targets, headers=None, method="GET"):
    """Ask one after another on one connection; give statuses."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    statuses = []
    for target in targets:
        connection.request(method, target, headers=headers or {})
        response = connection.getresponse()
        response.read()
        statuses.append(response.status)
    connection.close()
    return statuses


def requests(*files, home):
    run = subprocess.run(
        [sys.executable, "-m", "tracer.cli", "requests", *files, "--format", "jsonl"],
        cwd=home, capture_output=True, text=True,
    )  # fmt: skip
    assert run.returncode == 0, run.stderr
    return [json.loads(line) for line in run.stdout.splitlines()], run.stderr


DIRECT = ("/direct", "/ready")  # asked without the proxy
PASS = "location / {{ proxy_pass http://127.0.0.1:{}; PASS_TRACE }}"


@pytest.mark.parametrize("server", ["sync", "httptools"])
def test_nginx_and_the_server_behind_it_are_one_recording(tmp_path, server):
    """By the guide's configuration; a client's own traceparent and one that nginx makes."""
    own = {"traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"}
    with hooked(tmp_path, server) as upstream, nginx(tmp_path, PASS.format(upstream)) as port:
        targets = [f"/item/{number}?q=secret" for number in range(10)]
        assert ask(port, *targets) == [200] * 10
        assert ask(port, "/mine", headers=own) == [200]
        assert ask(port, "/error") == [500]
        assert ask(upstream, "/direct") == [200]
    found, said = requests("access.json+out.trace", home=tmp_path)
    assert said == ""
    assert sorted(one["target"] for one in found) == sorted(
        [*targets, "/mine", "/error", "/direct", "/ready"]
    )
    product = "gunicorn" if server == "sync" else "uvicorn"
    for one in found:
        hops = [hop["hop"] for hop in one["hops"]]
        assert hops == ([product, "app"] if one["target"] in DIRECT else ["nginx", product, "app"])
        if one["target"] not in DIRECT:
            outside, inside, _ = one["hops"]
            assert (inside["match"], inside["confidence"]) == ("traceparent", 0.99)
            assert (inside["parent"], inside["attempt"]) == (outside["visit"], 1)
            assert outside["dst"] == f"127.0.0.1:{port}"
            assert outside["src"] is not None
    recording = combined(recording_of_log(tmp_path / "access.json"), Recording.open(tmp_path / "out.trace"))
    assert recording.check() == []
    assert recording.meta["joined"] == 12


def test_the_wait_for_an_upstream_is_awaiting_and_its_times_are_nginxs(tmp_path):
    with hooked(tmp_path) as upstream, nginx(tmp_path, PASS.format(upstream)) as port:
        assert ask(port, "/item/1", "/item/2") == [200, 200]
    recording = recording_of_log(tmp_path / "access.json")
    assert recording.check() == []
    lines = [json.loads(line) for line in (tmp_path / "access.json").read_text().splitlines()]
    taken = [round(float(line["upstream_response_time"]) * 1000) * MILLISECOND for line in lines]
    phases = recording.phases
    waits = phases.end[phases.kind == PhaseKind.AWAITING] - phases.start[phases.kind == PhaseKind.AWAITING]
    # Two clocks of nginx, both cut to ms: an attempt may be 1 ms longer than the request around it.
    assert all(0 <= told - wait <= MILLISECOND for told, wait in zip(taken, waits.tolist(), strict=True))
    assert min(taken) >= 9 * MILLISECOND  # the app sleeps for 10 ms
    assert set(phases.evidence.tolist()) <= {Evidence.LOG, Evidence.INFERRED}
    (clock,) = recording.meta["clocks"]
    assert clock["uncertainty_ns"] == 2 * MILLISECOND
    assert abs(recording.requests.end[-1] - time.time_ns()) < 60 * 10**9


PRINTED = Path(tracer.cli.__file__).parent / "proxy" / "nginx.conf"


@pytest.mark.parametrize("server", ["sync", "httptools"])
def test_how_long_a_request_waited_for_a_connection_to_its_server(tmp_path, server):
    """Behind the printed X-Request-Start; nginx first tries a server whose accept queue is full."""
    passed = next(line for line in PRINTED.read_text().splitlines() if "proxy_set_header X-Request" in line)
    with socket.create_server(("127.0.0.1", 0), backlog=0) as full, hooked(tmp_path, server) as upstream:
        dead = full.getsockname()[1]
        with filled(dead):
            servers = f"server 127.0.0.1:{dead} max_fails=0; server 127.0.0.1:{upstream} backup;"
            group = f"upstream shop {{ {servers} }}"
            where = f"location / {{ proxy_connect_timeout 300ms; proxy_pass http://shop; {passed} }}"
            with nginx(tmp_path, where, group) as port:
                assert ask(port, "/item/late") == [200]
        assert ask(upstream, "/item/direct") == [200]
    recording = Recording.open(tmp_path / "out.trace")
    assert recording.check() == []
    phases = recording.phases
    (row,) = [row for row, what in enumerate(phases.what) if recording.text(what) == "X-Request-Start"]
    assert (phases.kind[row], phases.evidence[row]) == (PhaseKind.QUEUED, Evidence.INFERRED)
    assert phases.end[row] - phases.start[row] > 250 * MILLISECOND
    request = recording.visits.request[phases.visit[row]]
    assert recording.text(recording.requests.target[request]) == "/item/late"
    assert recording.requests.start[request] == phases.start[row]
    assert recording.meta["clocks"][1] == {
        "name": "X-Request-Start", "offset_ns": 0, "uncertainty_ns": MILLISECOND
    }  # fmt: skip


@contextmanager
def filled(port):
    """Fill an accept queue: what connects next waits."""
    with ExitStack() as stack:
        for _ in range(3):
            one = stack.enter_context(socket.socket())
            one.setblocking(False)
            one.connect_ex(("127.0.0.1", port))
        yield


def test_what_fails_is_told_by_attempts(tmp_path):
    """A refused upstream and the next one; a client that leaves; nobody there; an answer of nginx's own."""
    with socket.create_server(("127.0.0.1", 0)) as held:
        dead = held.getsockname()[1]
        with hooked(tmp_path) as upstream:
            held.close()
            group = f"upstream shop {{ server 127.0.0.1:{dead} max_fails=0; server 127.0.0.1:{upstream}; }}"
            server = (
                "location / { proxy_pass http://shop; PASS_TRACE } location /own { return 200 own; }"
                f"location /gone {{ proxy_pass http://127.0.0.1:{dead}; }}"
                f"location /slow {{ proxy_pass http://127.0.0.1:{upstream}/hold; }}"
            )
            with nginx(tmp_path, server, group) as port:
                assert ask(port, *(f"/item/{n}" for n in range(4)), "/gone", "/own") == [200] * 4 + [502, 200]
                with socket.create_connection(("127.0.0.1", port)) as leaver:
                    leaver.sendall(b"GET /slow HTTP/1.1\r\nHost: h\r\n\r\n")
                    time.sleep(0.3)
    found, _ = requests("access.json+out.trace", home=tmp_path)
    by_target = {one["target"]: one for one in found}
    tried = Counter(len(by_target[f"/item/{n}"]["hops"]) for n in range(4))
    assert set(tried) == {3, 4}  # round robin: every other request met the dead one first
    for n in range(4):
        refused = [hop for hop in by_target[f"/item/{n}"]["hops"] if hop["outcome"] == "refused"]
        assert all(hop["hop"] == f"127.0.0.1:{dead}" and hop["attempt"] == 1 for hop in refused)
        (served,) = [hop for hop in by_target[f"/item/{n}"]["hops"] if hop["hop"] == "gunicorn"]
        assert served["attempt"] == 1 + len(refused)
    assert (by_target["/gone"]["status"], by_target["/gone"]["outcome"]) == (502, "error")
    assert [hop["hop"] for hop in by_target["/own"]["hops"]] == ["nginx"]
    assert (by_target["/slow"]["status"], by_target["/slow"]["outcome"]) == (None, "abandoned")


def test_who_cannot_be_told_apart_is_not_joined(tmp_path):
    """Two requests at once with the traceparent of one: either could be either, so neither is."""
    own = {"traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"}
    with hooked(tmp_path, "h11") as upstream, nginx(tmp_path, PASS.format(upstream)) as port:
        both = [
            threading.Thread(target=ask, args=(port, f"/item/{n}"), kwargs={"headers": own}) for n in (1, 2)
        ]
        for thread in both:
            thread.start()
        for thread in both:
            thread.join()
    found, said = requests("access.json+out.trace", home=tmp_path)
    assert len(found) == 2 + 2 + 1  # as nginx saw them, as uvicorn did, and /ready
    assert all(hop["match"] in {None, "nesting"} for one in found for hop in one["hops"])
    assert "access.json+out.trace: no request is in both" in said


def test_what_cannot_be_one_is_said_in_one_sentence(tmp_path):
    with hooked(tmp_path):
        pass
    command = [sys.executable, "-m", "tracer.cli", "summary", "out.trace+out.trace"]
    run = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    assert run.returncode == 2
    assert run.stderr == (
        "tracer: out.trace+out.trace: both have a hop named app, so neither is inside the other\n"
    )


@needs_apache
def test_apache_and_the_server_behind_it_are_one_recording(tmp_path):
    tmp_path.chmod(0o755)
    with hooked(tmp_path) as upstream, apache(tmp_path, upstream) as port:
        targets = [f"/item/{number}?q=%22secret%22" for number in range(5)]
        assert ask(port, *targets) == [200] * 5
    found, said = requests("access.json+out.trace", home=tmp_path)
    assert said == ""
    asked = [one for one in found if one["target"] in targets]
    assert [[hop["hop"] for hop in one["hops"]] for one in asked] == [["apache", "gunicorn", "app"]] * 5
    for one in asked:
        outside, inside, _ = one["hops"]
        assert (
            outside["start_ns"] <= inside["start_ns"] <= inside["end_ns"] <= outside["end_ns"] + MILLISECOND
        )
        assert inside["match"] == "traceparent"
        assert one["response_body_bytes"] == 5
    recording = combined(recording_of_log(tmp_path / "access.json"), Recording.open(tmp_path / "out.trace"))
    assert [str(one) for one in recording.check()] == []
    assert recording.visits.match.tolist().count(Match.TRACEPARENT) == 5
