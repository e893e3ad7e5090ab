"""nginx's JSON `log_format`: keys are the names of its variables, values are text.

`msec` is when the line was written, the request's end; `request_time` is from its first byte to there. Both
are whole ms, cut off. Of an upstream, the times are since it was asked; several are a list, "0.001, 0.020",
and " : " stands where an internal redirect asked another group.
"""

from __future__ import annotations

import re
from typing import Any

from tracer.observe.logs.logged import (
    UNKNOWN,
    Attempt,
    LogError,
    Logged,
    endpoint,
    nanoseconds,
    number,
    spoken,
    status_code,
)

SECOND, MILLISECOND = 10**9, 10**6
NEEDED = ("msec", "request_time", "status")
_BETWEEN = re.compile(r", | : ")


def logged(line: dict[str, Any]) -> Logged:
    """Turn a line into what it says. Raises LogError for one that lacks what is needed."""
    end, took = nanoseconds(line["msec"], SECOND), nanoseconds(line.get("request_time"), SECOND)
    if end < 0 or took < 0:
        raise LogError(f"msec {line['msec']!r} and request_time {line.get('request_time')!r} are no times")
    chunked = line.get("sent_http_transfer_encoding") == "chunked"  # nginx counts the framing as body
    return Logged(
        server="nginx",
        start=end - took,
        end=end,
        method=line.get("request_method") or None,
        target=line.get("request_uri") or None,
        status=status_code(line.get("status")),
        protocol=spoken(line.get("server_protocol")),
        bytes_in=max(number(line.get("content_length") or "0"), 0) if "content_length" in line else UNKNOWN,
        bytes_out=UNKNOWN if chunked else number(line.get("body_bytes_sent")),
        src=endpoint(line.get("remote_addr"), line.get("remote_port")),
        dst=endpoint(line.get("server_addr"), line.get("server_port")),
        connection=str(line["connection"]) if line.get("connection") else None,
        traceparent=line.get("traceparent") or None,
        attempts=attempts(line),
        resolution=MILLISECOND,
    )


def attempts(line: dict[str, Any]) -> tuple[Attempt, ...]:
    """Give the upstreams that were asked, in order."""
    columns = [
        _parts(line.get(f"upstream_{what}"))
        for what in ("addr", "status", "connect_time", "header_time", "response_time")
    ]
    places = [number_ for number_, address in enumerate(columns[0]) if address not in {"", "-"}]
    return tuple(_attempt([column[n] if n < len(column) else "-" for column in columns]) for n in places)


def _attempt(said: list[str]) -> Attempt:
    address, status, *times = said
    connected, head, took = (nanoseconds(text, SECOND) for text in times)
    return Attempt(address, status_code(status), connected, head, took)


def _parts(text: object) -> list[str]:
    return _BETWEEN.split(str(text)) if text else []
