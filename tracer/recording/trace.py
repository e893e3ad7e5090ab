"""By what the same request is known in two recordings: the value of a TRACE mark."""

from __future__ import annotations

import re

_FORM = re.compile(r"[0-9a-f]{2}-([0-9a-f]{32})-([0-9a-f]{16})-[0-9a-f]{2}")
_MASK = (1 << 64) - 1


def trace_value(trace_id: bytes, span_id: bytes) -> int:
    """Fold the ids of a traceparent (16 and 8 bytes) into a signed number of 64 bits.

    A caller gives all its calls of one trace one trace id, and each of them its own span id: only both
    name a request. 0: there was none.
    """
    folded = (int.from_bytes(trace_id, "big") ^ int.from_bytes(span_id, "big")) & _MASK
    return folded - (1 << 64) if folded >> 63 else folded


def trace_of(traceparent: str) -> int:
    """Fold the text of a traceparent (W3C Trace Context, 3.2.2); 0 if it is none."""
    found = _FORM.match(traceparent.strip().lower())
    return trace_value(*map(bytes.fromhex, found.groups())) if found else 0
