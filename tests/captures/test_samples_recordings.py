"""What the assembler makes of each sample: the logs' requests, and every join that it is sure of is right."""

from __future__ import annotations

from collections import Counter, defaultdict
from functools import cache

import pytest
from sample_reader import FOLDER, NAMES, Seen, by_connection, expected, read
from test_samples import said

import captures
from tracer.analysis.listing import records
from tracer.cli.inputs import opened

SURE = 0.95
CLEAR = [name for name in NAMES if not name.startswith("tls")]
"""Those whose exchanges can be read without keys, by the layers below."""
REACHED = {
    "nginx-uwsgi": 0.99,
    "nginx-fastcgi": 0.99,
    "nginx-scgi": 0.99,  # REMOTE_PORT
    "nginx-gunicorn": 0.99,  # a request id that the client sent or was told
    "http2-h2c": 0.9,
    "nginx-next-upstream": 0.9,
    "websocket": 0.9,  # URLs that differ
    "nginx-errors": 0.9,  # what gunicorn goes on with after a 504 is among them
    "proxy-protocol": 0.9,
    "two-workers-blind": 0.0,  # nothing to go by: it may say that it does not know
}
"""Sample -> the share of joins that must be found with a confidence of 0.95 or more."""


@cache
def listed(name: str) -> list[dict]:
    return list(records(opened(f"sample:{name}")))


def ports(hop: dict) -> tuple[int, int]:
    return int(hop["dst"].rpartition(":")[2]), int(hop["src"].rpartition(":")[2])


def truth(name: str) -> dict[tuple[int, int], list[dict]]:
    """(server port, client port) -> the exchanges that the logs say were on it, in order."""
    free = defaultdict(list)
    for one in expected(FOLDER / name)["exchanges"]:
        free[one["port"], one["client_port"], said(one)].append(one)

    def logged(ends: tuple[int, int], seen: Seen) -> dict:
        port, client = ends
        return (free.get((port, client, seen)) or free[port, None, seen]).pop(0)

    talks, _ = read(captures.located(name).file)
    return {ends: [logged(ends, one) for one in seen] for ends, seen in by_connection(talks).items()}


def identified(name: str) -> list[tuple[dict, dict | None, dict]]:
    """Give (exchange of the logs, that of its parent in the recording, visit) of all visits."""
    visits = [(request, hop) for request in listed(name) for hop in request["hops"]]
    on_connection = defaultdict(list)
    for _, hop in sorted(visits, key=lambda one: (one[1]["start_ns"], one[1]["visit"])):
        on_connection[ports(hop)].append(hop["visit"])
    exchanges = truth(name)
    assert {ends: len(them) for ends, them in on_connection.items()} == {
        ends: len(them) for ends, them in exchanges.items()
    }
    known = {
        visit: one
        for ends in on_connection
        for visit, one in zip(on_connection[ends], exchanges[ends], strict=True)
    }
    return [(known[hop["visit"]], known.get(hop["parent"]), hop) for _, hop in visits]


@pytest.mark.parametrize("name", NAMES)
def test_the_recording_is_sound(name):
    recording = opened(f"sample:{name}")
    assert recording.check() == []
    assert recording.meta["faults"] == []


@pytest.mark.parametrize("name", sorted({*NAMES} - {*CLEAR}))
def test_what_is_encrypted_is_read_with_its_keys(name):
    """The keys lie beside the one sample and inside the other: nothing needs to be said."""
    exchanges = expected(FOLDER / name)["exchanges"]
    inner = {one["parent"]: one for one in exchanges if one["parent"] != -1}
    rows = Counter((one["client_port"], *said(one)[:4]) for one in exchanges if one["parent"] == -1)
    found = Counter(
        (ports(one["hops"][0])[1], one["method"], one["target"], one["status"], one["response_body_bytes"])
        for one in listed(name)
    )
    assert found == rows
    assert [len(one["hops"]) for one in listed(name)] == [2] * len(inner)


@pytest.mark.parametrize("name", CLEAR)
def test_the_requests_are_those_of_the_outermost_hop(name):
    """Each with its status and its body; more requests there are only where an inner one stands alone."""
    found = {request["hops"][0]["visit"]: request for request in listed(name)}
    for one, parent, hop in identified(name):
        if one["parent"] != -1 or parent is not None:
            continue
        request = found[hop["visit"]]
        assert (request["method"], request["target"], request["status"]) == (
            one["method"], one["target"], one["status"],
        )  # fmt: skip
        if one["response_body_bytes"] is not None:
            assert request["response_body_bytes"] == one["response_body_bytes"]


@pytest.mark.parametrize("name", REACHED)
def test_who_is_sure_is_right(name):
    inner = [(one, parent, hop) for one, parent, hop in identified(name) if one["parent"] != -1]
    sure = [(one, parent) for one, parent, hop in inner if (hop["confidence"] or 0) >= SURE]
    wrong = [one for one, parent in sure if parent is None or parent["id"] != one["parent"]]
    assert wrong == []
    assert len(sure) >= REACHED[name] * len(inner)


def test_every_sample_of_two_hops_is_looked_at():
    two = {name for name in CLEAR if any(one["parent"] != -1 for one in expected(FOLDER / name)["exchanges"])}
    assert two == set(REACHED)
