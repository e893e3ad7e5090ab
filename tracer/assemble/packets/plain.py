"""The short cut for plain HTTP/1: whole exchanges of a kept connection, read in a few steps each.

Plain is what needs no thought: one request after the other, bodies of a told length, whole answers. Heads
are looked at once; those that come again (but for their first line) are known by their bytes. The first
message that is not plain ends the stretch, and the decoders of `tracer.wire` go on there.
"""

from __future__ import annotations

import re
from functools import lru_cache
from itertools import pairwise
from typing import Any, NamedTuple, TypeVar

from tracer.assemble.packets.identity import NO_IDS, Identity, identity_of, ids_of
from tracer.wire.fields import FRAMING, content_length, read_head

Known = TypeVar("Known")
Columns = tuple[list[Any], ...]

MOST_HEADS = 4096
"""Heads that are known by their bytes; then all are forgotten."""
LONGEST = 1 << 14
"""Bytes of a head; a longer one is not plain."""
MOST_ALIKE = 1 << 13
"""Bytes of fields and body that an expression is made of."""

_REQUEST = re.compile(r"([A-Z]{3,16}) ([!-~]+) HTTP/(1\.[01])")
_ANSWER = re.compile(r"HTTP/1\.[01] ([2-5]\d\d)(?: [\t -~]*)?")
_FRAMED = frozenset({"transfer-encoding", "upgrade", "expect"})
NOT_PLAIN = -1
_BARE = (204, 304)  # statuses of answers that have no body


class Asked(NamedTuple):
    """Requests of a stretch, a list a column; offsets are in its bytes."""

    method: list[str]
    target: list[str]
    version: list[str]
    start: list[int]
    head: list[int]  # after its head
    end: list[int]  # after its body
    identity: list[Identity]


class Answer(NamedTuple):
    """What the head of a plain answer says; a status of 0: it is not plain."""

    status: int
    length: int | None  # bytes of body; None: it does not say
    server: str | None
    ids: frozenset[str]
    encoded: bool  # the body has a content coding


class Answered(NamedTuple):
    """Answers of a stretch."""

    answer: list[Answer]
    start: list[int]
    head: list[int]
    end: list[int]


NO_ANSWER = Answer(0, None, None, NO_IDS, encoded=False)


class Heads:
    """Reads heads, and remembers those that it has read."""

    def __init__(self) -> None:
        # Of requests, without the first line -> bytes of body (None: not plain), who sent it.
        self._fields: dict[bytes, tuple[int | None, Identity]] = {}
        self._answers: dict[bytes, Answer] = {}

    def requests(self, data: bytes) -> Asked:
        """Read requests as long as they are plain and whole."""
        columns: Columns = ([], [], [], [], [], [], [])
        self._requests(data, 0, len(data), columns)
        return Asked(*columns)

    def answers(self, data: bytes, methods: list[str]) -> Answered:
        """Read the answers to requests of these methods, as long as they are plain and whole."""
        columns: Columns = ([], [], [], [])
        self._answers_to(methods, data, 0, len(data), columns)
        return Answered(*columns)

    def requests_of(self, data: bytes, bounds: list[int]) -> tuple[Asked, list[int]]:
        """Do the same with many connections: i has data[bounds[i] : bounds[i + 1]].

        With the columns come the numbers of requests of each, -1: not plain, and not among them.
        """
        columns: Columns = ([], [], [], [], [], [], [])
        counts, done = [], 0
        for at, size in pairwise(bounds):
            if self._requests(data, at, size, columns) == size:
                counts.append(len(columns[0]) - done)
                done = len(columns[0])
            else:
                _shorten(columns, done)
                counts.append(NOT_PLAIN)
        return Asked(*columns), counts

    def answers_of(
        self, data: bytes, bounds: list[int], methods: list[str], counts: list[int]
    ) -> tuple[Answered, list[int]]:
        """Read the answers of many connections, of which `requests_of` has given methods and counts.

        What is not plain has answers all the same, of no meaning, so that columns stay beside each other.
        """
        columns: Columns = ([], [], [], [])
        done, told = 0, []
        for count, at, size in zip(counts, bounds[:-1], bounds[1:], strict=True):
            own = methods[done : done + max(count, 0)]
            done += len(own)
            end = self._answers_to(own, data, at, size, columns)
            if count >= 0 and end == size and len(columns[0]) == done:
                told.append(count)
                continue
            _shorten(columns, done - len(own))
            for column, value in zip(columns, (NO_ANSWER, at, at + 1, at + 1), strict=True):
                column.extend([value] * len(own))
            told.append(NOT_PLAIN)
        return Answered(*columns), told

    def _requests(self, data: bytes, at: int, size: int, columns: Columns) -> int:
        """Add the plain requests from `at` on, which end by `size`; give where the first other one begins."""
        last = b""
        while at < size:
            line = data.find(b"\r\n", at, at + LONGEST)
            whole = data.find(b"\r\n\r\n", line, at + LONGEST) + 4
            if line < 0 or whole < 4:
                break
            first = _REQUEST.fullmatch(data[at:line].decode("latin-1"))
            fields = data[line:whole]
            length, who = self._fields[fields] if fields in self._fields else self._look(fields)
            if first is None or length is None or first[1] == "CONNECT" or whole + length > size:
                break
            method, target, version = first.groups()
            for column, value in zip(
                columns, (method, target, version, at, whole, at := whole + length, who), strict=True
            ):
                column.append(value)
            if fields == last and len(fields) + length < MOST_ALIKE:
                at = self._alike(data, at, size, columns, fields)
            last = fields
        return at

    def _alike(self, data: bytes, at: int, size: int, columns: Columns, fields: bytes) -> int:
        """Add the requests that follow with the same fields, all by one expression: a few times as fast."""
        length, who = self._fields[fields]
        assert length is not None
        scan = _alike(
            fields.decode("latin-1"), length
        ).scanner(  # type: ignore[attr-defined]
            data[at:size].decode("latin-1")
        )
        found = list(iter(scan.match, None))
        ends = [at + match.end() for match in found]
        for place in (1, 2, 3):
            columns[place - 1].extend([match[place] for match in found])
        columns[3].extend([at, *ends][: len(found)])
        columns[4].extend([end - length for end in ends])
        columns[5].extend(ends)
        columns[6].extend([who] * len(found))
        return ends[-1] if ends else at

    def _answers_to(self, methods: list[str], data: bytes, at: int, size: int, columns: Columns) -> int:
        """Add the plain answers from `at` on, which end by `size`; give where the first other one begins."""
        heads, answer, head = columns[0], NO_ANSWER, b""
        for method in methods:
            if not head or method == "HEAD" or not data.startswith(head, at):
                whole = data.find(b"\r\n\r\n", at, at + LONGEST) + 4
                if whole < 4:
                    break
                head = data[at:whole]
                answer = self._answers[head] if head in self._answers else self._see(head)
            length = 0 if method == "HEAD" or answer.status in _BARE else answer.length
            whole = at + len(head)
            if not answer.status or length is None or whole + length > size:
                break
            heads.append(answer)
            columns[1].append(at)
            columns[2].append(whole)
            columns[3].append(at := whole + length)
        return at

    def _look(self, fields: bytes) -> tuple[int | None, Identity]:
        """Give the bytes of body that the fields of a request tell, and who sent it."""
        _, pairs, odd = read_head(b"GET / HTTP/1.1" + fields)
        length = None if odd else _length(pairs)
        plain = not odd and not any(name in _FRAMED for name, _ in pairs)
        size = (length or 0) if plain and length != -1 else None
        return _kept(self._fields, fields, (size, identity_of(pairs)))

    def _see(self, head: bytes) -> Answer:
        """Read the head of an answer."""
        line, pairs, odd = read_head(head)
        first = _ANSWER.fullmatch(line)
        names = dict(pairs)
        if first is None or odd or not _FRAMED.isdisjoint(names) or _length(pairs) == -1:
            return _kept(self._answers, head, NO_ANSWER)
        server = next((value for name, value in pairs if name == "server"), None)
        encoded = "content-encoding" in names
        answer = Answer(int(first[1]), _length(pairs), server, ids_of(pairs), encoded)
        return _kept(self._answers, head, answer)


@lru_cache(64)
def _alike(fields: str, length: int) -> re.Pattern[str]:
    """Make the expression of requests with these fields and so many bytes of body."""
    line = r"(?!CONNECT )([A-Z]{3,16}) ([!-~]{1,4096}) HTTP/(1\.[01])"
    return re.compile(rf"{line}{re.escape(fields)}(?s:.{{{length}}})")


def _length(pairs: tuple[tuple[str, str], ...]) -> int | None:
    """Give what Content-Length tells; None: nothing, -1: nonsense."""
    try:
        return content_length(pair for pair in pairs if pair[0] in FRAMING)
    except ValueError:
        return -1


def _shorten(columns: Columns, count: int) -> None:
    for column in columns:
        del column[count:]


def _kept(known: dict[bytes, Known], key: bytes, value: Known) -> Known:
    if len(known) >= MOST_HEADS:
        known.clear()
    known[key] = value
    return value
