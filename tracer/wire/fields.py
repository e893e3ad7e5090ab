"""Header fields (RFC 9110, 9112 section 5) and the variables that gateways make of them (RFC 3875).

What decides where a message ends is read strictly; everything else is taken as real servers take it and
told as an oddity in words.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from tracer.wire.message import Pairs

BLANK_LINE = re.compile(rb"\n\r?\n")
"""The end of a head that began before it."""

LIMIT = 256 * 1024
"""Bytes of a head or of trailers that are held at most; servers refuse far shorter ones."""

_DIGITS = re.compile(r"[0-9]{1,18}")


_PLAIN = re.compile(r"^([!-9;-~]+):[ \t]*([^\r\n]*)\r$", re.MULTILINE)

FRAMING = frozenset({"content-length", "transfer-encoding", "upgrade"})
"""Fields that decide where a message ends."""


def read_head(raw: bytes) -> tuple[str, Pairs, list[str]]:
    """Read a head, its blank line included: its first line, its fields, the oddities.

    A head as the RFC wants it is read by one regular expression, in a third of the time; any other line by
    line, to tell what is odd.
    """
    text = raw.decode("latin-1")
    end = text.index("\n")
    found: list[tuple[str, str]] = _PLAIN.findall(text, end)
    if len(found) == text.count("\n") - 2 and text.endswith("\r\n\r\n") and text[end - 1] == "\r":
        return text[: end - 1], tuple([(name.lower(), value.rstrip(" \t")) for name, value in found]), []
    lines, odd = split_lines(raw)
    pairs, more = read_fields(lines[1:])
    return lines[0], tuple(pairs), odd + more


def read_fields(lines: Iterable[str]) -> tuple[list[tuple[str, str]], list[str]]:
    """Read lines (without their LF) as fields: pairs with names in lower case, and the oddities."""
    pairs: list[tuple[str, str]] = []
    odd: list[str] = []
    for line in lines:
        name, colon, value = line.partition(":")
        if line[:1] in {" ", "\t"}:
            odd.append("folded field")
            if pairs:
                pairs[-1] = (pairs[-1][0], f"{pairs[-1][1]} {line.strip()}".strip())
        elif not colon or not name:
            odd.append("line without a field name")
        else:
            if name[-1] in " \t":
                odd.append("space before the colon")
            pairs.append((name.strip().lower(), value.strip(" \t\r")))
    return pairs, odd


def split_lines(head: bytes) -> tuple[list[str], list[str]]:
    """Split a head, blank line and all, into its lines; the oddity is a bare LF."""
    lines = head.decode("latin-1").split("\n")[:-2]
    odd = [] if all(line.endswith("\r") for line in lines) else ["bare LF"]
    return [line.removesuffix("\r") for line in lines], odd


def values(pairs: Iterable[tuple[str, str]], name: str) -> list[str]:
    """List the members of a list field, over all its lines, in lower case."""
    whole = ",".join([value for key, value in pairs if key == name])
    return [item.strip().lower() for item in whole.split(",") if item.strip()] if whole else []


def content_length(pairs: Iterable[tuple[str, str]]) -> int | None:
    """Give the length, None without one; ValueError says what is wrong with it (RFC 9112, 6.3)."""
    told = [value for key, value in pairs if key == "content-length"]
    if not told:
        return None
    if len(told) == 1 and _DIGITS.fullmatch(told[0]):
        return int(told[0])
    items = {item.strip() for item in ",".join(told).split(",")}
    if len(items) > 1:
        raise ValueError(f"lengths that differ: {', '.join(sorted(items))[:80]}")
    item = items.pop()
    if not _DIGITS.fullmatch(item):
        raise ValueError(f"{item[:40]!r} is not a number of bytes")
    return int(item)


def field_offset(head: bytes, name: str) -> int:
    """Find where in a head the last field of a name stands (0 if it is not there)."""
    return max(0, head.lower().rfind(b"\n" + name.encode("latin-1")) + 1)


def headers_of(variables: Iterable[tuple[str, str]]) -> Pairs:
    """Turn CGI variables back into header fields: HTTP_X_ID is x-id."""
    return tuple(
        (name.removeprefix("HTTP_").lower().replace("_", "-"), value)
        for name, value in variables
        if name.startswith("HTTP_") or (name in {"CONTENT_TYPE", "CONTENT_LENGTH"} and value)
    )
