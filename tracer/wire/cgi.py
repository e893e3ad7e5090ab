"""CGI responses (RFC 3875, section 6), which SCGI and FastCGI applications write too.

A head of fields, in which Status may stand (else 200, or 302 beside a Location), then the body up to the
end of the stream. A status line in front (an "nph" script, uWSGI on every socket) is taken as well.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from tracer.wire.fields import FRAMING, read_fields, split_lines, values
from tracer.wire.http1 import Responses as HttpResponses
from tracer.wire.message import RESPONSE, Head, Pairs

_STATUS_LINE = re.compile(r"HTTP/(\d\.\d)[ \t]+(\d{3})(?:[ \t]+(.*))?[ \t]*")
_STATUS = re.compile(r"(\d{3})(?:[ \t]+(.*))?")


class CgiHead(NamedTuple):
    """The head of a CGI response."""

    status: int
    reason: str
    version: str  # of the status line, "" without one
    headers: Pairs  # without Status
    oddities: tuple[str, ...]


def read_head(raw: bytes) -> CgiHead:
    """Read a head, its blank line included. ValueError: the Status is no status."""
    lines, _ = split_lines(raw)  # CGI allows a bare LF
    line = _STATUS_LINE.fullmatch(lines[0])
    pairs, odd = read_fields(lines[1:] if line else lines)
    headers = tuple(pair for pair in pairs if pair[0] != "status")
    odd = list(dict.fromkeys(odd))
    if line:
        return CgiHead(int(line[2]), line[3] or "", line[1], headers, tuple(odd))
    status, reason = _status(pairs)
    return CgiHead(status, reason, "", headers, tuple(odd))


def _status(pairs: list[tuple[str, str]]) -> tuple[int, str]:
    fields = dict(pairs)
    if "status" not in fields:
        return (302, "") if "location" in fields else (200, "")
    found = _STATUS.fullmatch(fields["status"])
    if not found:
        raise ValueError(f"{fields['status'][:40]!r} is not a status")
    return int(found[1]), found[2] or ""


class Responses(HttpResponses):
    """What an SCGI or uwsgi server answers: one response, then it closes.

    Content-Length ends a body early, so that its last byte is known before the connection closes.
    """

    protocol = "cgi"

    def _check_first_line(self) -> None:
        """Any field may come first."""

    def _parse(self, raw: bytes) -> Head:
        try:
            head = read_head(raw)
        except ValueError as error:
            raise self._error("status", str(error)) from None
        self._framed = [pair for pair in head.headers if pair[0] in FRAMING]
        number = self._number(100 <= head.status < 200 and head.status != 101)
        start, end = self._offset, self._offset + len(raw)
        return Head(
            RESPONSE,
            number,
            0,
            start,
            end,
            "",
            "",
            *_spread(head),
            headers=head.headers,
            oddities=head.oddities,
        )

    def _framing(self, raw: bytes) -> tuple[str, int]:
        framing, length = super()._framing(raw)
        # A gateway reads to the end of the stream; chunks that an application wrote itself are its own.
        return ("close", 0) if framing == "chunked" or values(self._framed, "upgrade") else (framing, length)


def _spread(head: CgiHead) -> tuple[str, int, str]:
    return head.version, head.status, head.reason
