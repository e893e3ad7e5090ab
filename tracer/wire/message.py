"""What every decoder says: Head, Body, End, and a few facts beside them.

Every message of a protocol is told as one Head, then its Body pieces (only if they were asked for), then
exactly one End, also when it was cut or broken. Interim answers (1xx) are a Head alone. `start` and `end`
are absolute offsets in the byte stream of that direction: the first byte, and one past the last, so that
`stream[start:end]` is the part, and a capture can name the frames that carried it.

Named tuples, because a capture makes four of them for every exchange, and a frozen dataclass takes three
times as long to make.
"""

from __future__ import annotations

from typing import Literal, NamedTuple, TypeAlias

Kind = Literal["request", "response"]
REQUEST: Literal["request"] = "request"
RESPONSE: Literal["response"] = "response"

Pairs: TypeAlias = tuple[tuple[str, str], ...]

UNSOLICITED = -1
"""`exchange` of an answer to no request that was seen: a 408 on an idle connection, a capture begun late."""

AFTER_GAP = "after a gap"
"""The oddity of HTTP/1 heads after missing bytes on their connection: their exchange number may be off."""


CUT = "cut by missing bytes"
"""The oddity of a head of which only the first part was seen: fields may be missing."""


class Head(NamedTuple):
    """The start line and fields of a request or a response."""

    kind: Kind
    exchange: int  # which exchange of the connection, from 0; the same for a request and its response
    stream: int  # HTTP/2 stream or FastCGI request id; 0 elsewhere
    start: int
    end: int  # for FastCGI and HTTP/2 of the last record or frame of the head
    method: str = ""
    target: str = ""  # as sent: origin form, absolute form, authority form or "*"
    version: str = ""  # "1.1", "2"; of gateway protocols SERVER_PROTOCOL's, "" if it was not told
    status: int = -1  # of responses
    reason: str = ""
    headers: Pairs = ()  # names in lower case; of gateway protocols made from HTTP_*
    variables: Pairs = ()  # of uwsgi, FastCGI and SCGI requests: as sent
    oddities: tuple[str, ...] = ()  # what a strict reader would refuse, in words

    @property
    def interim(self) -> bool:
        """Whether it is a 1xx before the answer proper; then no End follows it."""
        return 100 <= self.status < 200 and self.status != 101

    def get(self, name: str, default: str | None = None) -> str | None:
        """Give the first header of a name in lower case."""
        return next((value for key, value in self.headers if key == name), default)

    def variable(self, name: str, default: str | None = None) -> str | None:
        """Give a variable (the last one of that name, as servers do)."""
        return next((value for key, value in reversed(self.variables) if key == name), default)


class Body(NamedTuple):
    """A piece of a body, framing taken off; how it is cut into pieces means nothing."""

    kind: Kind
    exchange: int
    stream: int
    start: int
    end: int
    data: bytes


class End(NamedTuple):
    """The end of a message; [start, end) is all that followed its head, framing and trailers too."""

    kind: Kind
    exchange: int
    stream: int
    start: int
    end: int
    size: int  # bytes of content, framing taken off, missing ones counted where their number is known
    complete: bool = True  # False: cut off, reset or broken
    trailers: Pairs = ()


class Note(NamedTuple):
    """A fact beside the messages.

    `what`, and in brackets what `value` is. WebSocket: `text`, `binary` (1: compressed), `ping`, `pong`,
    `close` (its code, 1005: none). FastCGI: `stderr`, `data`, `abort`, `end_request` (the protocol status),
    `management` and `orphan`, of no open request (the record's type). uwsgi: `packet`, of no request
    (modifier1). HTTP/2: `reset`, `goaway` (the error code). TLS: `record`, one that stays closed (its
    content type), `alert` (its description), and the messages of the handshake, such as `client_hello`,
    `server_hello` (the version), `finished`, `key_update` (the type).
    """

    kind: Kind
    exchange: int
    stream: int
    start: int
    end: int
    what: str
    value: int = 0
    size: int = 0
    data: bytes = b""  # if asked for; of stderr always


class Switch(NamedTuple):
    """From `start` on this direction speaks another protocol (Upgrade, CONNECT)."""

    kind: Kind
    exchange: int
    stream: int
    start: int
    end: int  # = start
    protocol: str  # "websocket", "h2c", "tunnel", or what Upgrade named


class Proxy(NamedTuple):
    """A PROXY protocol header: who the client in front of the proxy was. Addresses are text."""

    kind: Kind
    exchange: int
    stream: int
    start: int
    end: int
    version: int  # 1 or 2
    command: str  # "PROXY" or "LOCAL" (the proxy's own, such as a health check)
    family: str  # "TCP4", "TCP6", "UDP4", "UDP6", "UNIX", "UNIX_DGRAM" or "UNKNOWN"
    source: str = ""
    destination: str = ""
    source_port: int = 0
    destination_port: int = 0
    tlvs: tuple[tuple[int, bytes], ...] = ()  # version 2: type, value


class WireError(Exception):
    """Bytes that are not what the protocol says. Returned by `feed` and `close`, never raised by them.

    `cut`: nothing was wrong with the bytes, they only stopped (or are missing) before the end.
    """

    def __init__(self, protocol: str, field: str, offset: int, why: str, *, cut: bool = False) -> None:
        super().__init__(f"{protocol}: {field} at byte {offset}: {why}")
        self.protocol = protocol
        self.field = field
        self.offset = offset
        self.why = why
        self.cut = cut


class MissingError(WireError):
    """What a stream speaks needs a package that is not there; its bytes are not read from here on."""

    def __init__(self, protocol: str, offset: int, package: str) -> None:
        why = f"it is read by {package}: pip install 'hopscope[captures]'"
        super().__init__(protocol, "stream", offset, why, cut=True)
        self.package = package


Message: TypeAlias = Head | Body | End | Note | Switch | Proxy | WireError
