"""From the logs of the servers and of the client to the exchanges that a reader must find.

An exchange is a request and its answer on one connection. Those of the outermost hop have parent -1; the
others are joined to theirs by the number (`serial`) that the application gave the answer and that both
servers logged, or, where no answer came through, by a target that only one request had.
"""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

Line = dict[str, Any]


@dataclass
class Exchange:
    """One row of expected.json; None: no log says it, or (status, bytes) no whole answer was sent."""

    id: int
    parent: int
    hop: str
    port: int
    protocol: str
    client_port: int | None
    remote_port: int | None  # what a gateway protocol says of the client of the proxy
    method: str
    target: str
    status: int | None
    response_body_bytes: int | None
    request_id: str | None = None
    upstream: str | None = (
        None  # where the proxy says it asked, all attempts: "127.0.0.1:8001, 127.0.0.1:8002"
    )
    logged_status: int | None = None  # where the log's differs from what was sent: nginx's 499


def read(log: Path) -> list[Line]:
    """Read a log of JSON lines."""
    return [json.loads(line) for line in log.read_text().splitlines() if line.startswith("{")]


def exchange(line: Line, hop: str, port: int, protocol: str) -> Exchange:
    """Turn a line of a log into an exchange."""
    status, size = _number(line["status"]), _number(line["bytes"])
    sent = None if status == 499 else status
    return Exchange(
        id=-1,
        parent=-1,
        hop=hop,
        port=port,
        protocol="http2" if line.get("protocol") == "HTTP/2.0" else protocol,
        client_port=_number(line.get("client_port")),
        remote_port=_number(line.get("remote_port")),
        method=line["method"],
        target=line["target"],
        status=sent,
        response_body_bytes=None if sent in {None, 101} or line.get("framing") == "chunked" else size,
        request_id=line.get("came_with") or line.get("request_id") or None,
        upstream=line.get("upstream") or None,
        logged_status=status if status != sent else None,
    )


def join(outer: list[tuple[Line, Exchange]], inner: list[tuple[Line, Exchange]]) -> None:
    """Number the outer exchanges first, then the inner ones, each with its parent."""
    for number, (_, one) in enumerate([*outer, *inner]):
        one.id = number
    serials = {line["serial"]: one for line, one in outer if line.get("serial", "-") not in {"", "-"}}
    targets = Counter(one.target for _, one in outer)
    by_target = {one.target: one for _, one in outer if targets[one.target] == 1}
    for line, one in inner:
        parent = serials.get(line["serial"]) or by_target.get(one.target)
        if parent is None:
            raise RuntimeError(f"no log says which request brought about {one}")
        one.parent = parent.id
        if parent.status != one.status:
            one.response_body_bytes = None  # the proxy had left: nobody took what the server says it wrote
        if parent.response_body_bytes is None and parent.status == one.status and one.method != "HEAD":
            parent.response_body_bytes = one.response_body_bytes


def hold_against_client(exchanges: list[Exchange], journal: list[Line]) -> None:
    """Fill in what only the client counts (chunked bodies); raise where a server's log says otherwise."""
    outer: dict[int | None, list[Exchange]] = {}
    for one in exchanges:
        if one.parent == -1:
            outer.setdefault(one.client_port, []).append(one)
    for line in journal:
        one = _next(outer[line["client_port"]], line)
        if line["bytes"] is None:
            _not_received(one, line["status"])
            continue
        if one.response_body_bytes is None:
            one.response_body_bytes = line["bytes"]
        said = (one.method, one.target, one.status, one.response_body_bytes)
        got = (line["method"], line["target"], line["status"], line["bytes"])
        if said != got:
            raise RuntimeError(f"the server says {said}, the client {got}")


def _not_received(one: Exchange, status: int | None) -> None:
    """Tell of a client that left what it got, and what the server's log says instead."""
    if one.status != status:
        one.logged_status = one.status
    one.status, one.response_body_bytes = status, None


def _next(waiting: list[Exchange], line: Line) -> Exchange:
    """Take the next exchange of a connection; of the streams of HTTP/2 that of the same target."""
    streams = waiting[0].protocol == "http2"
    return waiting.pop(
        next(n for n, one in enumerate(waiting) if not streams or one.target == line["target"])
    )


def write(file: Path, exchanges: list[Exchange], about: dict[str, Any]) -> None:
    """Write expected.json, one exchange a line so that a difference can be read."""
    rows = ",\n".join(f"    {json.dumps(_short(one))}" for one in exchanges)
    head = json.dumps(about, indent=2)[:-2]
    file.write_text(f'{head},\n  "exchanges": [\n{rows}\n  ]\n}}\n')


def _short(one: Exchange) -> Line:
    optional = ("request_id", "upstream", "logged_status", "remote_port")
    return {key: value for key, value in asdict(one).items() if key not in optional or value is not None}


def _number(text: object) -> int | None:
    return int(str(text)) if str(text).isdecimal() else None
