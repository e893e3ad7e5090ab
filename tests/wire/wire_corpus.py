"""Cases as files: `PROTOCOL/valid/NNN-name.req` or `.res` (or `.hex`), beside what they must give.

A case's `.json` says `why` (the sentence of the specification), what the other direction told
(`methods` of HTTP, `ids` of FastCGI) and the messages, fields that have their default left out. A `.hex`
file is bytes in hexadecimal, with comments after `#`.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tracer.wire import (
    REQUEST,
    Body,
    Decoder,
    Message,
    WireError,
    cgi,
    fastcgi,
    http1,
    http2,
    proxy_protocol,
    scgi,
    uwsgi,
    websocket,
)
from tracer.wire.exchanges import Exchanges

HERE = Path(__file__).parent

DECODERS: dict[tuple[str, str], Any] = {
    ("http1", "req"): http1.Requests,
    ("http1", "res"): http1.Responses,
    ("cgi", "res"): cgi.Responses,
    ("uwsgi", "req"): uwsgi.Requests,
    ("uwsgi", "res"): uwsgi.Responses,
    ("scgi", "req"): scgi.Requests,
    ("fastcgi", "req"): fastcgi.Requests,
    ("fastcgi", "res"): fastcgi.Responses,
    ("proxy", "req"): proxy_protocol.Header,
    ("http2", "req"): http2.Requests,
    ("http2", "res"): http2.Responses,
    ("websocket", "req"): websocket.Requests,
    ("websocket", "res"): websocket.Responses,
}


@dataclass(frozen=True)
class Case:
    path: Path  # of the bytes
    valid: bool
    raw: bytes
    told: dict[str, Any]

    @property
    def protocol(self) -> str:
        return self.path.parent.parent.name

    @property
    def direction(self) -> str:
        return next(part for part in self.path.name.split(".")[1:] if part in {"req", "res"})

    def decoder(self) -> Decoder:
        make = DECODERS[self.protocol, self.direction]
        if self.protocol in {"http1", "cgi", "uwsgi", "scgi"}:
            exchanges = Exchanges()
            for method in self.told.get("methods", []):
                exchanges.expect(method)
            return make(exchanges, keep=True)
        if self.protocol == "fastcgi":
            ids = fastcgi.Ids()
            for request_id in self.told.get("ids", []):
                ids.begin(request_id)
            return make(ids, keep=True)
        if self.protocol == "http2":
            streams = http2.Streams()
            for stream in self.told.get("ids", []):
                streams.begin(stream)
            return make(streams, keep=True)
        return make(keep=True)

    def messages(self) -> list[dict[str, Any]]:
        return self.told["messages"]

    def __str__(self) -> str:
        return str(self.path.relative_to(HERE))


def read(path: Path) -> bytes:
    if path.suffix != ".hex":
        return path.read_bytes()
    lines = (line.partition("#")[0] for line in path.read_text().splitlines())
    return bytes.fromhex("".join(lines))


def cases() -> Iterator[Case]:
    for told in sorted(HERE.glob("*/*/*.json")):
        (path,) = (p for p in told.parent.glob(told.stem + ".*") if p != told)
        yield Case(path, told.parent.name == "valid", read(path), json.loads(told.read_text()))


def joined(messages: list[Message]) -> list[Message]:
    """Join the pieces of bodies, whose number means nothing."""
    out: list[Message] = []
    for message in messages:
        last = out[-1] if out else None
        if isinstance(message, Body) and isinstance(last, Body) and last[:3] == message[:3]:
            out[-1] = last._replace(end=message.end, data=last.data + message.data)
        else:
            out.append(message)
    return out


def plain(message: Message) -> dict[str, Any]:
    """Turn a message into what the JSON file has of it."""
    if isinstance(message, WireError):
        fields = {name: getattr(message, name) for name in ("field", "offset", "why", "cut")}
        return {"WireError": {name: value for name, value in fields.items() if value is not False}}
    defaults = message._field_defaults
    fields = {
        name: _json(value)
        for name, value in message._asdict().items()
        if name != "kind" and not (name in defaults and defaults[name] == value)
    }
    return {type(message).__name__: fields}


def _json(value: Any) -> Any:
    if isinstance(value, bytes):
        return value.decode("latin-1")
    if isinstance(value, tuple):
        return [_json(item) for item in value]
    return value


def told(messages: list[Message]) -> list[dict[str, Any]]:
    return [plain(message) for message in joined(messages)]


__all__ = ["REQUEST", "Case", "cases", "joined", "plain", "told"]
