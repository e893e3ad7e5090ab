"""What of a request's head may leave the process: path, query keys and the traceparent."""

from __future__ import annotations

from binascii import unhexlify

_DASH = ord("-")

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


def parent(value: bytes) -> tuple[bytes, bytes]:
    """Return trace id and span id of a W3C traceparent; nothing if it is not one.

    >>> [part.hex() for part in parent(b"00-0123456789abcdef0123456789abcdef-00f067aa0ba902b7-01")]
    ['0123456789abcdef0123456789abcdef', '00f067aa0ba902b7']
    >>> parent(b"nonsense")
    (b'', b'')
    """
    try:
        if value[2] == value[35] == value[52] == _DASH:
            return unhexlify(value[3:35]), unhexlify(value[36:52])
    except (IndexError, ValueError):
        pass
    return b"", b""
