"""What the client saw of one request: its own times, taken with CLOCK_MONOTONIC in ns."""

from __future__ import annotations

from dataclasses import dataclass

from tracer.recording import UNKNOWN, Outcome


@dataclass(slots=True)
class Exchange:
    """One request as its sender saw it. Times are CLOCK_MONOTONIC ns; -1: did not happen (yet).

    Those that are known are in order: due <= connecting <= sending <= sent <= first_byte <= end. If a request
    was tried twice (`attempts`), all but `due` are of the second try.
    """

    number: int  # in order of due time, from 0
    method: str
    target: str
    due: int  # when the schedule wanted it sent; latency counts from here
    trace_id: bytes = bytes(16)  # of the traceparent that was sent
    span_id: bytes = bytes(8)
    connecting: int = UNKNOWN  # connect() began; -1 on a kept connection
    sending: int = UNKNOWN  # just before the first write of the request
    sent: int = UNKNOWN  # the last write returned
    first_byte: int = (
        UNKNOWN  # of the answer: by the kernel's receive time stamp where there is one, else read
    )
    end: int = UNKNOWN  # the last byte of the answer was read, or the failure was known; -1 while open
    status: int = UNKNOWN  # of a whole answer; -1 if it was broken off
    body_sent: int = 0  # bytes
    body_received: int = 0  # bytes, chunked framing taken off
    outcome: int = Outcome.OPEN
    reason: str | None = None  # of a failure, in words
    connection: int = UNKNOWN  # the loader's own number of the connection
    ordinal: int = UNKNOWN  # of the request on its connection, from 0
    local: str | None = None  # "127.0.0.1:40112", as the server's CONN record has it under `peer`
    peer: str | None = None
    attempts: int = 1  # 2: the server had closed the kept connection, so it was sent again on a fresh one
