"""The client's own visit, from what the loader saw: late, sending, awaiting, receiving."""

from __future__ import annotations

from collections.abc import Iterator

from tracer.assemble.story import Stay
from tracer.load.exchange import Exchange
from tracer.recording import UNKNOWN, Outcome, Phase, PhaseKind, Request, Visit


def client_stay(exchange: Exchange, visit: int, request: int, hop: int) -> Stay:
    """Tell the client's visit; an exchange without an end is open."""
    row = Visit(visit, request, hop, exchange.due, attempt=1, protocol="http/1.1")
    row.status, row.outcome = exchange.status, exchange.outcome
    row.first_byte, row.end = exchange.first_byte, exchange.end
    row.answered = exchange.end if exchange.outcome in (Outcome.OK, Outcome.ERROR) else UNKNOWN
    return Stay(row, list(_phases(exchange, visit)))


def _phases(exchange: Exchange, visit: int) -> Iterator[Phase]:
    """Each state from its own time to that of the next that is known."""
    began = [
        (exchange.due, PhaseKind.QUEUED, "late"),
        (exchange.connecting, PhaseKind.TRANSFER, "connecting"),
        (exchange.sending, PhaseKind.TRANSFER, "sending"),
        (exchange.sent, PhaseKind.AWAITING, None),
        (exchange.first_byte, PhaseKind.TRANSFER, "receiving"),
    ]
    known = [state for state in began if state[0] >= 0]
    ends = [state[0] for state in known[1:]] + [exchange.end]
    for (start, kind, what), end in zip(known, ends, strict=True):
        if end == UNKNOWN or end > start:
            yield Phase(visit, kind, start, end, what=what)


def request_of(exchange: Exchange, request: int) -> Request:
    """Tell the request as its sender saw it."""
    return Request(
        request,
        exchange.due,
        method=exchange.method,
        target=exchange.target,
        status=exchange.status,
        end=exchange.end,
        bytes_in=exchange.body_sent,
        bytes_out=exchange.body_received,
        outcome=exchange.outcome,
    )
