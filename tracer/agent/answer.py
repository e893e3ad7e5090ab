"""The end of a request at uvicorn, where `asgi` does not tell it by itself: the CLOSE of a visit."""

from __future__ import annotations

from time import monotonic_ns
from typing import Any, NamedTuple

from .layout import ABORTED, ERROR, ONE_STEP
from .ring import ring

BODILESS = frozenset((204, 304))
"""Statuses of answers without a body."""


class Answer(NamedTuple):
    """What was noted of an answer. Times are CLOCK_MONOTONIC ns, 0 for not known."""

    visit: Any
    cycle: Any  # uvicorn's
    started: Any  # the message, None if there was none
    status: int
    responded: int  # when it came
    last_write: int  # of a message with a body
    hollow: int  # the last message without a body: the end of an answer may be one
    completed: int  # the step that sent the last of it began: it may have waited for the client until then
    sent: int  # bytes of the body
    received: int  # bytes of the request's body
    left: int  # the application's end
    steps: int


def close(answer: Answer, end: int, *, failed: bool) -> None:
    """Tell how it went. `end` is when the lane lets go.

    A loop's write is done when it is handed over: the answer is out when its last write began.
    """
    cycle, visit = answer.cycle, answer.visit
    flags = 0 if answer.steps else ONE_STEP
    if not cycle.response_complete:
        flags |= ABORTED
    if failed and not (flags & ABORTED and cycle.disconnected):
        flags |= ERROR
    last_write, answered = _writes(answer)
    number, visit.number = visit.number, 0
    ring.close(
        flags, visit.lane, number, answer.status, answer.responded, answer.left, answer.responded,
        last_write, answered if cycle.response_complete else 0, end, -1, -1, answer.received,
        0 if _bodiless(answer) else answer.sent,
    )  # fmt: skip


def _writes(answer: Answer) -> tuple[int, int]:
    """Return when the last write began, and when the answer was handed over.

    An end without a body is one chunk of an answer in chunks; with a length, the answer was out before.
    """
    last_write = answer.last_write or answer.responded
    if _bodiless(answer):
        return answer.responded, answer.responded
    if not answer.hollow:
        return last_write, max(last_write, answer.completed)
    if _has_length(answer.started):
        return last_write, last_write
    return last_write, max(answer.hollow, answer.completed)


def _bodiless(answer: Answer) -> bool:
    return answer.cycle.scope["method"] == "HEAD" or answer.status in BODILESS


def _has_length(started: Any) -> bool:
    return any(bytes(name).lower() == b"content-length" for name, _ in started.get("headers", ()))


def close_after_500(answer: Answer) -> None:
    """Uvicorn is about to say 500 for an application that said nothing: tell it when that is out."""
    real = answer.cycle.send_500_response

    async def send_500_response() -> None:
        began = monotonic_ns()
        try:
            await real()
        finally:
            said = answer._replace(
                status=500, responded=began, last_write=began, hollow=0, sent=len("Internal Server Error")
            )
            close(said, monotonic_ns(), failed=True)

    answer.cycle.send_500_response = send_500_response
