"""What of a request's head may leave the process: path, query keys, traceparent and X-Request-Start."""

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


def stamped(value: bytes) -> int:
    """Return the latest time that an X-Request-Start can mean, ns since the epoch; 0 if it is none.

    Proxies write seconds, milliseconds, microseconds or nanoseconds, which the size tells, some with `t=`
    before them. What a stamp leaves out has gone by already for all we know: a wait is never told too long.

    >>> stamped(b"t=1700000000.123"), stamped(b"1700000000123456")
    (1700000000123999999, 1700000000123456999)
    >>> stamped(b"soon"), stamped(b"t=7")
    (0, 0)
    """
    whole, _, fraction = value.strip().removeprefix(b"t=").partition(b".")
    if not whole.isdigit() or len(whole) not in _UNITS or (fraction and not fraction.isdigit()):
        return 0
    digits = _UNITS[len(whole)]
    known = (whole + fraction)[: len(whole) + digits]
    missing = digits - (len(known) - len(whole))
    return (int(known) + 1) * 10**missing - 1 if missing else int(known)


_UNITS = {10: 9, 13: 6, 16: 3, 19: 0}
"""Digits of a time since the epoch -> digits that nanoseconds have more; good from 2001 to 2286."""
