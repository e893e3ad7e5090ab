"""tshark agrees with the servers' logs on every request and answer of the samples that it can read.

It does not read uwsgi and SCGI, and of FastCGI neither methods nor targets: there requests are counted.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections import Counter, defaultdict

import pytest
from sample_reader import FOLDER, NAMES, expected

import captures

pytestmark = pytest.mark.skipif(
    "CI" not in os.environ and shutil.which("tshark") is None, reason="needs tshark"
)

READS = {"http1": "http", "http2": "http2", "fastcgi": "fcgi"}
METHOD = ("http.request.method", "http2.headers.method")
TARGET = ("http.request.uri", "http2.headers.path")
STATUS = ("http.response.code", "http2.headers.status")
APART = "\x1f"


def tshark(name: str, exchanges: list[dict], shown: str, *fields: str) -> list[list[list[str]]]:
    """Run tshark on a sample, told what each port speaks; give for each frame the values of each field."""
    sample = captures.located(name)
    keys = ["-o", f"tls.keylog_file:{sample.keys}"] if sample.keys else []
    speaks = {(one["port"], READS[one["protocol"]]) for one in exchanges if one["protocol"] in READS}
    decode = [f"-dtcp.port=={port},{protocol}" for port, protocol in speaks if port != 8443]
    command = ["tshark", "-r", str(sample.file), "-o", "tcp.reassemble_out_of_order:TRUE", *keys, *decode]
    form = ["-T", "fields", "-E", "occurrence=a", "-E", f"aggregator={APART}"]
    run = subprocess.run(
        [*command, *form, "-Y", shown, *(f"-e{field}" for field in fields)],
        capture_output=True,
        text=True,
        check=True,
    )
    return [
        [[one for one in cell.split(APART) if one] for cell in line.split("\t")]
        for line in run.stdout.splitlines()
    ]


def ports(source: list[str], destination: list[str], servers: set[int]) -> tuple[int, int]:
    """Give (server port, client port) of a frame."""
    one, other = int(source[0]), int(destination[0])
    return (one, other) if one in servers else (other, one)


def by_tshark(name: str, exchanges: list[dict]) -> tuple[dict, dict]:
    """Give (server port, client port) -> its requests, and -> its final statuses, in order."""
    servers = {one["port"] for one in exchanges}
    asked, answered = defaultdict(list), defaultdict(list)
    fields = ("tcp.srcport", "tcp.dstport", *METHOD, *TARGET, *STATUS)
    for source, destination, *rest in tshark(name, exchanges, "http || http2", *fields):
        methods, targets, statuses = (rest[n] + rest[n + 1] for n in (0, 2, 4))
        ends = ports(source, destination, servers)
        asked[ends] += list(zip(methods, targets, strict=True))
        if len(answered[ends]) < len(asked[ends]):  # else it answers what was asked before the capture began
            answered[ends] += [int(status) for status in statuses if status != "100"]
    return asked, answered


READABLE = [
    name for name in NAMES if any(one["protocol"] in READS for one in expected(FOLDER / name)["exchanges"])
]


def told(one: dict, snapped: bool) -> bool:
    """Whether tshark tells an answer.

    It waits for the whole body and tells nothing if that does not come: of answers that a reset cut short,
    and of bodies that the snap length cut. The logs are right: the head was sent, and is in the capture.
    """
    whole = one["response_body_bytes"] is not None or one["status"] == 101
    return one["status"] is not None and whole and not (snapped and one["response_body_bytes"])


@pytest.mark.parametrize("name", READABLE)
def test_tshark_reads_the_same_requests(name):
    exchanges = expected(FOLDER / name)["exchanges"]
    readable = [one for one in exchanges if one["protocol"] in {"http1", "http2"}]
    asked, answered = by_tshark(name, exchanges)
    logged, statuses = defaultdict(list), defaultdict(list)
    for one in readable:
        ends = (one["port"], one["client_port"])
        logged[ends].append((one["method"], one["target"]))
        statuses[ends] += [one["status"]] if told(one, name == "slow-client") else []
    streams = {(one["port"], one["client_port"]) for one in readable if one["protocol"] == "http2"}
    for ends in logged:
        order = sorted if ends in streams else list
        assert order(asked[ends]) == order(logged[ends]), ends
        assert order(answered[ends]) == order(statuses[ends]), ends
    assert {ends for ends in asked if asked[ends]} == set(logged)


def test_tshark_counts_as_many_fastcgi_requests():
    exchanges = expected(FOLDER / "nginx-fastcgi")["exchanges"]
    frames = tshark("nginx-fastcgi", exchanges, "fcgi", "fcgi.type")
    kinds = Counter(kind for (types,) in frames for kind in types)
    begun, ended = kinds["1"], kinds["3"]
    assert begun == ended == sum(one["protocol"] == "fastcgi" for one in exchanges)
