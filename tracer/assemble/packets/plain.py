"""The short cut for plain HTTP/1: whole exchanges of a kept connection, read in a few steps each.

Plain is what needs no thought: one request after the other, bodies of a told length, whole answers. Heads
are looked at once; those that come again (but for their first line) are known by their bytes. The first
message that is not plain ends the stretch, and the decoders of `tracer.wire` go on there.
"""

from __future__ import annotations

import re
from typing import Any, NamedTuple, TypeVar

from tracer.wire.fields import FRAMING, content_length, read_head

Known = TypeVar("Known")

MOST_HEADS = 4096
"""Heads that are known by their bytes; then all are forgotten."""
LONGEST = 1 << 14
"""Bytes of a head; a longer one is not plain."""

_REQUEST = re.compile(r"([A-Z]{3,16}) ([!-~]+) HTTP/(1\.[01])")
_ANSWER = re.compile(r"HTTP/1\.[01] ([2-5]\d\d)(?: [\t -~]*)?")
_NOT_PLAIN = frozenset({"transfer-encoding", "upgrade", "expect"})
_BARE = (204, 304)  # statuses of answers that have no body


class Asked(NamedTuple):
    """Requests of a stretch, a list a column; offsets are in its bytes."""

    method: list[str]
    target: list[str]
    version: list[str]
    start: list[int]
    head: list[int]  # after its head
    end: list[int]  # after its body


class Answered(NamedTuple):
    """Answers of a stretch."""

    status: list[int]
    server: list[str | None]
    start: list[int]
    head: list[int]
    end: list[int]


class Heads:
    """Reads heads, and remembers those that it has read."""

    def __init__(self) -> None:
        self._fields: dict[bytes, int | None] = {}  # of requests, without the first line -> bytes of body
        self._answers: dict[bytes, tuple[int, int | None, str | None]] = {}

    def requests(self, data: bytes) -> Asked:
        """Read requests as long as they are plain and whole."""
        columns: tuple[list[Any], ...] = ([], [], [], [], [], [])
        at, size = 0, len(data)
        while at < size:
            line = data.find(b"\r\n", at, at + LONGEST)
            whole = data.find(b"\r\n\r\n", line, at + LONGEST) + 4
            if line < 0 or whole < 4:
                break
            first = _REQUEST.fullmatch(data[at:line].decode("latin-1"))
            fields = data[line:whole]
            length = self._fields[fields] if fields in self._fields else self._look(fields)
            if first is None or length is None or first[1] == "CONNECT" or whole + length > size:
                break
            method, target, version = first.groups()
            for column, value in zip(
                columns, (method, target, version, at, whole, at := whole + length), strict=True
            ):
                column.append(value)
        return Asked(*columns)

    def answers(self, data: bytes, methods: list[str]) -> Answered:
        """Read the answers to requests of these methods, as long as they are plain and whole."""
        columns: tuple[list[Any], ...] = ([], [], [], [], [])
        at, size = 0, len(data)
        for method in methods:
            whole = data.find(b"\r\n\r\n", at, at + LONGEST) + 4
            if whole < 4:
                break
            head = data[at:whole]
            status, length, server = self._answers[head] if head in self._answers else self._see(head)
            if method == "HEAD" or status in _BARE:
                length = 0
            if not status or length is None or whole + length > size:
                break
            for column, value in zip(columns, (status, server, at, whole, at := whole + length), strict=True):
                column.append(value)
        return Answered(*columns)

    def _look(self, fields: bytes) -> int | None:
        """Give the bytes of body that the fields of a request tell; None: not plain."""
        _, pairs, odd = read_head(b"GET / HTTP/1.1" + fields)
        length = None if odd else _length(pairs)
        plain = not odd and not any(name in _NOT_PLAIN for name, _ in pairs)
        return _kept(self._fields, fields, (length or 0) if plain and length != -1 else None)

    def _see(self, head: bytes) -> tuple[int, int | None, str | None]:
        """Give status (0: not plain), bytes of body and the Server field of an answer."""
        line, pairs, odd = read_head(head)
        first = _ANSWER.fullmatch(line)
        names = dict(pairs)
        if first is None or odd or not _NOT_PLAIN.isdisjoint(names) or _length(pairs) == -1:
            return _kept(self._answers, head, (0, None, None))
        return _kept(self._answers, head, (int(first[1]), _length(pairs), names.get("server")))


def _length(pairs: tuple[tuple[str, str], ...]) -> int | None:
    """Give what Content-Length tells; None: nothing, -1: nonsense."""
    try:
        return content_length(pair for pair in pairs if pair[0] in FRAMING)
    except ValueError:
        return -1


def _kept(known: dict[bytes, Known], key: bytes, value: Known) -> Known:
    if len(known) >= MOST_HEADS:
        known.clear()
    known[key] = value
    return value
