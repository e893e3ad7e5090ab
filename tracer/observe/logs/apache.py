"""Apache's `LogFormat` of `docs/guide/logs.md`: times in microseconds, the request's begin and end.

Apache writes what JSON does not know, `\\xhh`, for bytes that do not print.
"""

from __future__ import annotations

from typing import Any

from tracer.observe.logs.logged import LogError, Logged, endpoint, number, spoken, status_code

MICROSECOND = 10**3
LATEST = 9 * 10**15  # us since the epoch: their ns fit into 64 bits
NEEDED = ("begin_usec", "end_usec", "status")


def logged(line: dict[str, Any]) -> Logged:
    """Turn a line into what it says. Raises LogError for one that lacks what is needed."""
    begin, end = number(line["begin_usec"]), number(line.get("end_usec"))
    if begin < 0 or end < begin or end > LATEST:
        raise LogError(f"begin_usec {begin} and end_usec {end} are no times")
    start, first = begin * MICROSECOND, number(line.get("first_byte_usec"))
    return Logged(
        server="apache",
        start=start,
        end=end * MICROSECOND,
        method=_said(line, "method"),
        target=_said(line, "target"),
        status=status_code(line.get("status")),
        protocol=spoken(line.get("protocol")),
        first_byte=start + first * MICROSECOND if 0 <= first <= end - begin else -1,
        bytes_in=max(number(line.get("content_length")), 0) if "content_length" in line else -1,
        bytes_out=number(line.get("body_bytes")),
        src=endpoint(line.get("client"), line.get("client_port")),
        dst=endpoint(line.get("server_addr"), line.get("server_port")),
        traceparent=_said(line, "traceparent"),
        resolution=MICROSECOND,
    )


def _said(line: dict[str, Any], name: str) -> str | None:
    value = line.get(name)
    return str(value) if value not in {None, "", "-"} else None
