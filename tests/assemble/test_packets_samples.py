"""The captures that ship: every join that is called sure is the one that the servers' logs tell."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from pathlib import Path

import pytest

import captures
from tracer.analysis.listing import records
from tracer.assemble.packets import recording_of
from tracer.capture import Capture

FOLDER = Path(captures.__file__).parent
SAMPLES = {path.parent.name: path for path in sorted(FOLDER.glob("*/capture.*"))}
SURE = 0.95
OF_URLS, OF_IDS = 0.9, 0.99
BLIND = {"two-workers-blind", "nginx-gunicorn"}
"""Samples that ask the same URL many times at once."""


def port_of(end):
    return int(end.rsplit(":", 1)[1])


def told(name):
    """The exchanges of the logs: those that the capture shows unencrypted, by both ports."""
    exchanges = json.loads((FOLDER / name / "expected.json").read_text())["exchanges"]
    by_ports = defaultdict(list)
    for exchange in exchanges:
        by_ports[exchange["client_port"], exchange["port"]].append(exchange)
    return exchanges, by_ports


@pytest.mark.parametrize("name", SAMPLES)
def test_a_sample(name):
    recording = recording_of(Capture(str(SAMPLES[name])))
    assert recording.check() == []
    _, by_ports = told(name)
    children, sure = Counter(), Counter()
    for request in records(recording):
        hops = {hop["visit"]: hop for hop in request["hops"]}
        for hop in request["hops"][1:]:
            children[hop["match"]] += 1
            if hop["confidence"] < SURE:
                continue
            sure[hop["match"]] += 1
            front = hops[hop["parent"]]
            parents = {e["id"] for e in by_ports[port_of(front["src"]), port_of(front["dst"])]}
            own = by_ports[port_of(hop["src"]), port_of(hop["dst"])]
            if own:  # a gateway's log does not tell the port that the proxy came from
                assert parents & {e["parent"] for e in own}, (hop, front)
    assert sure["remote_port"] + sure["request_id"] >= OF_IDS * (
        children["remote_port"] + children["request_id"]
    )
    if name not in BLIND:
        assert sure["url"] >= OF_URLS * children["url"]


PLAIN = [name for name in SAMPLES if not name.startswith("tls")]


@pytest.mark.parametrize("name", PLAIN)
def test_statuses_and_sizes_are_those_of_the_logs(name):
    """All that the logs tell of whole answers, hop by hop, is found."""
    exchanges, _ = told(name)
    seen = Counter(
        (port_of(hop["dst"]), hop["status"])
        for request in records(recording_of(Capture(str(SAMPLES[name]))))
        for hop in request["hops"]
    )
    for port in {exchange["port"] for exchange in exchanges}:
        logged = Counter(e["status"] for e in exchanges if e["port"] == port and e["status"])
        for status, count in logged.items():
            assert status == 499 or seen[port, status] >= count - len(unanswered(exchanges, port)), status


def unanswered(exchanges, port):
    return [e for e in exchanges if e["port"] == port and e.get("response_body_bytes") is None]


def test_who_gave_up_has_children_that_go_on():
    """Behind each 504 of nginx is the visit that it had waited for, which ended later."""
    found = list(records(recording_of(Capture(str(SAMPLES["nginx-errors"])))))
    late = [request["hops"] for request in found if request["status"] == 504]
    assert len(late) == 4
    for nginx, gunicorn in late:
        assert (gunicorn["parent"], gunicorn["match"], gunicorn["confidence"]) == (
            nginx["visit"],
            "url",
            0.97,
        )
        assert gunicorn["released_ns"] > nginx["released_ns"] == nginx["end_ns"]
    assert {request["hops"][0]["hop"] for request in found} == {"nginx"}


def test_a_proxy_header_belongs_to_no_request():
    """The first request of each connection begins behind it, and all is joined as without one."""
    recording = recording_of(Capture(str(SAMPLES["proxy-protocol"])))
    found = list(records(recording))
    assert len(found) == 12
    assert {request["hops"][1]["confidence"] for request in found} == {0.97}
    assert recording.meta["faults"] == []
