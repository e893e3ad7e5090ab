"""What a loader's process says to its parent: frames on a pipe, read as far as they are whole.

A frame is its kind (1 byte), the length of its body (4) and the body: an `Exchange`, a `Progress`, why the
load failed, or nothing at the END. Little-endian. Nothing in them is code, so a torn or foreign stream can
do no more than be refused.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Iterator
from dataclasses import asdict
from operator import attrgetter

from tracer.load.exchange import Exchange
from tracer.load.progress import Progress

EXCHANGE, PROGRESS, FAILURE, END = range(1, 5)

_FRAME = struct.Struct("<BI")
_NUMBERS = (
    "number", "due", "connecting", "sending", "sent", "first_byte", "end", "status",
    "body_sent", "body_received", "outcome", "connection", "ordinal", "attempts",
)  # fmt: skip
_TEXTS = ("method", "target", "reason", "local", "peer")
_numbers, _texts = attrgetter(*_NUMBERS), attrgetter(*_TEXTS)
_FIXED = struct.Struct(f"<{len(_NUMBERS)}q16s8s{len(_TEXTS)}i")  # the last: sizes of texts, -1 for None


def frame(kind: int, body: bytes = b"") -> bytes:
    """Wrap a body."""
    return _FRAME.pack(kind, len(body)) + body


def exchange_frame(exchange: Exchange) -> bytes:
    """Encode an exchange."""
    texts = [None if text is None else text.encode() for text in _texts(exchange)]
    sizes = [-1 if text is None else len(text) for text in texts]
    fixed = _FIXED.pack(*_numbers(exchange), exchange.trace_id, exchange.span_id, *sizes)
    return frame(EXCHANGE, fixed + b"".join(text for text in texts if text is not None))


def exchange(body: bytes) -> Exchange:
    """Undo `exchange_frame`, of which this is the body."""
    *numbers, trace_id, span_id = _FIXED.unpack_from(body)[: len(_NUMBERS) + 2]
    texts: list[str | None] = []
    at = _FIXED.size
    for size in _FIXED.unpack_from(body)[len(_NUMBERS) + 2 :]:
        texts.append(None if size < 0 else body[at : at + size].decode())
        at += max(size, 0)
    fields = dict(zip(_NUMBERS, numbers, strict=True)) | dict(zip(_TEXTS, texts, strict=True))
    return Exchange(trace_id=trace_id, span_id=span_id, **fields)


def progress_frame(progress: Progress) -> bytes:
    """Encode a progress."""
    return frame(PROGRESS, json.dumps(asdict(progress)).encode())


def progress(body: bytes) -> Progress:
    """Undo `progress_frame`."""
    return Progress(**json.loads(body))


def whole(buffer: bytearray) -> Iterator[tuple[int, bytes]]:
    """Take the whole frames off the front of `buffer`: kind and body."""
    at = 0
    while len(buffer) - at >= _FRAME.size:
        kind, size = _FRAME.unpack_from(buffer, at)
        if len(buffer) - at - _FRAME.size < size:
            break
        at += _FRAME.size
        yield kind, bytes(buffer[at : at + size])
        at += size
    del buffer[:at]
