"""What of a request's head may leave the process: path, query keys and the traceparent."""

from __future__ import annotations

LONGEST = 8192
"""Bytes of a target that are told."""


def redacted(path: bytes, query: bytes) -> bytes:
    """Return a target with the values of its query replaced by `*`; values may be secret.

    >>> redacted(b"/item/7", b"key=5e&sort=&flag")
    b'/item/7?key=*&sort=*&flag'
    """
    if not query:
        return path[:LONGEST]
    parts = query.replace(b";", b"&").split(b"&")
    names = [part.partition(b"=") for part in parts]
    kept = b"&".join(name + (b"=*" if sign else b"") for name, sign, _ in names)
    return (path + b"?" + kept)[:LONGEST]


def parent(value: str | bytes) -> tuple[bytes, bytes]:
    """Return trace id and span id of a W3C traceparent; zeros if it is not one.

    >>> [part.hex() for part in parent("00-0123456789abcdef0123456789abcdef-00f067aa0ba902b7-01")]
    ['0123456789abcdef0123456789abcdef', '00f067aa0ba902b7']
    >>> parent("nonsense")
    (b'', b'')
    """
    text = value.decode("latin-1") if isinstance(value, bytes) else value
    if len(text) < 55 or text[2] != "-" or text[35] != "-" or text[52] != "-":
        return b"", b""
    try:
        trace, span = bytes.fromhex(text[3:35]), bytes.fromhex(text[36:52])
    except ValueError:
        return b"", b""
    return (trace, span) if len(trace) == 16 and len(span) == 8 else (b"", b"")
