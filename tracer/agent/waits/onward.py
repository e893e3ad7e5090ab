"""A request's traceparent, passed on to the servers that its handler asks; each call has its own parent id.

Only where the request came with one, and the handler has not set one itself. The ring tells which call has
which parent id, so that a visit to another recorded server is found to be this request's.
"""

from __future__ import annotations

import os

from ..current import CURRENT
from ..ring import ring

NAME = "traceparent"


def traceparent() -> str:
    """Return the header's value for a call that the running request is about to make; "" if it has none."""
    visit = CURRENT.get()
    if visit is None or not visit.number or not visit.trace:
        return ""
    span = os.urandom(8)
    ring.mark("call", int.from_bytes(span, "big", signed=True), visit.lane, visit.number)
    return f"00-{visit.trace[:16].hex()}-{span.hex()}-01"
