"""What a line of an access log says, whichever server wrote it. Times are ns since the epoch."""

from __future__ import annotations

from dataclasses import dataclass

UNKNOWN = -1
LONGEST = 18  # digits that fit into 64 bits
LONGEST_TIME = 10  # digits of a time: its ns fit, too


class LogError(Exception):
    """A log or a line of it cannot be read: one sentence."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """One upstream that a proxy asked; times are ns since the attempt began, -1 where the log has none."""

    address: str
    status: int = UNKNOWN
    connected: int = UNKNOWN
    head: int = UNKNOWN  # the head of the answer was read
    took: int = UNKNOWN  # until its last byte, or until the proxy gave it up


@dataclass(frozen=True, slots=True)
class Logged:
    """One request, as the server that logged it saw it."""

    server: str  # the product: "nginx", "apache"
    start: int
    end: int
    method: str | None
    target: str | None
    status: int
    protocol: str | None = None  # "http/1.1", "h2"
    first_byte: int = UNKNOWN
    bytes_in: int = UNKNOWN  # of the body
    bytes_out: int = UNKNOWN
    src: str | None = None  # "127.0.0.1:40112"
    dst: str | None = None
    connection: str | None = None  # what names the client's connection within this log
    traceparent: str | None = None  # that was passed on
    attempts: tuple[Attempt, ...] = ()
    resolution: int = 0  # ns: times are cut down to this


def number(text: object) -> int:
    """Read a whole number, -1 for "-", "" or what is none."""
    value = str(text)
    return int(value) if len(value) <= LONGEST and value.isdecimal() else UNKNOWN


def status_code(text: object) -> int:
    """Read a status, -1 for what is none."""
    value = number(text)
    return value if 100 <= value < 1000 else UNKNOWN


def nanoseconds(text: object, unit: int) -> int:
    """Read a time in decimal fractions of `unit` ns ("0.012" s) without a float's loss; -1 if it is none."""
    whole, _, rest = str(text).partition(".")
    if not whole.isdecimal() or len(whole) > LONGEST_TIME or len(rest) > LONGEST:
        return UNKNOWN
    if rest and not rest.isdecimal():
        return UNKNOWN
    return int(whole) * unit + (int(rest) * unit // 10 ** len(rest) if rest else 0)


def endpoint(host: object, port: object) -> str | None:
    """Write an address as everywhere: "127.0.0.1:80", "[::1]:80"; None if the log does not have it."""
    name = str(host or "-")
    if name == "-" or name.startswith("unix:"):
        return None if name == "-" else name
    place = f"[{name}]" if ":" in name else name
    return f"{place}:{port}" if str(port or "").isdecimal() else place


def spoken(protocol: object) -> str | None:
    """Write "HTTP/1.1" and "HTTP/2.0" as recordings do: "http/1.1", "h2"."""
    said = str(protocol or "").lower()
    return {"http/2.0": "h2", "http/3.0": "h3"}.get(said, said) if said.startswith("http/") else None
