"""Handshake messages (RFC 8446 section 4, RFC 5246 section 7.4): what an observer wants of them.

Each parser takes the body of a message and `at`, where the message stands in its stream; it raises
WireError with the field that does not fit.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

from tracer.wire.message import WireError

TYPES = dict(
    (
        *((0, "hello_request"), (1, "client_hello"), (2, "server_hello"), (4, "session_ticket")),
        *((5, "end_of_early_data"), (8, "encrypted_extensions"), (11, "certificate")),
        *((12, "server_key_exchange"), (13, "certificate_request"), (14, "server_hello_done")),
        *((15, "certificate_verify"), (16, "client_key_exchange"), (20, "finished")),
        *((22, "certificate_status"), (24, "key_update"), (25, "compressed_certificate")),
    )
)
"""Type -> name; others are "handshake"."""

CLIENT_HELLO, SERVER_HELLO, SESSION_TICKET, END_OF_EARLY_DATA, ENCRYPTED_EXTENSIONS = 1, 2, 4, 5, 8
FINISHED, KEY_UPDATE = 20, 24

RETRY = bytes.fromhex("cf21ad74e59a6111be1d8c021e65b891c2a211167abb8c5e079e09e2c8a8339c")
"""The random of a server hello that is a HelloRetryRequest."""

TLS_1_2, TLS_1_3 = 0x0303, 0x0304

_SERVER_NAME, _ALPN, _PRE_SHARED_KEY, _EARLY_DATA, _VERSIONS = 0, 16, 41, 42, 43


class ClientHello(NamedTuple):
    """What the client offers."""

    random: bytes
    session: bytes
    version: int  # the highest that is offered, GREASE left out
    suites: tuple[int, ...]
    server_name: str = ""
    alpn: tuple[str, ...] = ()
    early_data: bool = False
    resumes: bool = False  # it offers a pre-shared key or a session


class ServerHello(NamedTuple):
    """What the server chose."""

    random: bytes
    session: bytes
    version: int
    suite: int
    alpn: str = ""
    pre_shared_key: bool = False

    @property
    def retry(self) -> bool:
        """Whether it asks for another client hello."""
        return self.random == RETRY


class EncryptedExtensions(NamedTuple):
    """What a TLS 1.3 server says of the rest."""

    alpn: str = ""
    early_data: bool = False


class Fields:
    """Takes fields off a message one after another."""

    def __init__(self, data: bytes, at: int, name: str) -> None:
        self._data, self._at, self._name = memoryview(data), at, name

    def take(self, size: int, field: str) -> bytes:
        """Take `size` bytes."""
        if len(self._data) < size:
            why = f"{field} wants {size} bytes, {len(self._data)} are left"
            raise WireError("tls", f"{self._name} {field}".strip(), self._at, why)
        taken, self._data = bytes(self._data[:size]), self._data[size:]
        return taken

    def number(self, size: int, field: str) -> int:
        """Take an unsigned number of `size` bytes."""
        return int.from_bytes(self.take(size, field), "big")

    def vector(self, size: int, field: str) -> bytes:
        """Take a vector whose length is told in `size` bytes."""
        return self.take(self.number(size, field), field)

    def inside(self, size: int, field: str) -> Fields:
        """Take a vector as fields of its own."""
        return Fields(self.vector(size, field), self._at, f"{self._name} {field}")

    def __bool__(self) -> bool:
        return len(self._data) > 0


def client_hello(body: bytes, at: int) -> ClientHello:
    """Parse a client hello."""
    fields = Fields(body, at, "client hello")
    version, random = fields.number(2, "version"), fields.take(32, "random")
    session = fields.vector(1, "session id")
    suites = _numbers(fields.vector(2, "cipher suites"))
    fields.vector(1, "compression methods")
    said = dict(_extensions(fields))
    versions = _numbers(said[_VERSIONS].vector(1, "versions")) if _VERSIONS in said else ()
    return ClientHello(
        random, session, max([v for v in versions if v <= TLS_1_3], default=version), suites,
        _server_name(said.get(_SERVER_NAME)), tuple(_protocols(said.get(_ALPN))), _EARLY_DATA in said,
        _PRE_SHARED_KEY in said or bool(session),
    )  # fmt: skip


def server_hello(body: bytes, at: int) -> ServerHello:
    """Parse a server hello, also one that is a HelloRetryRequest."""
    fields = Fields(body, at, "server hello")
    version, random = fields.number(2, "version"), fields.take(32, "random")
    session, suite = fields.vector(1, "session id"), fields.number(2, "cipher suite")
    fields.take(1, "compression method")
    said = dict(_extensions(fields))
    if _VERSIONS in said:
        version = said[_VERSIONS].number(2, "version")
    alpn = next(_protocols(said.get(_ALPN)), "")
    return ServerHello(random, session, version, suite, alpn, _PRE_SHARED_KEY in said)


def encrypted_extensions(body: bytes, at: int) -> EncryptedExtensions:
    """Parse the encrypted extensions."""
    said = dict(_extensions(Fields(body, at, "encrypted extensions")))
    return EncryptedExtensions(next(_protocols(said.get(_ALPN)), ""), _EARLY_DATA in said)


def _extensions(fields: Fields) -> Iterator[tuple[int, Fields]]:
    inside = fields.inside(2, "extensions") if fields else None  # TLS 1.2 may have none
    while inside:
        kind = inside.number(2, "type")
        yield kind, inside.inside(2, str(kind))


def _numbers(data: bytes) -> tuple[int, ...]:
    return tuple(int.from_bytes(data[at : at + 2], "big") for at in range(0, len(data) - 1, 2))


def _server_name(fields: Fields | None) -> str:
    """Give the host name; a server answers with an empty extension."""
    names = fields.inside(2, "names") if fields else None
    while names:
        kind, name = names.number(1, "name type"), names.vector(2, "name")
        if kind == 0:
            return name.decode("ascii", "backslashreplace")
    return ""


def _protocols(fields: Fields | None) -> Iterator[str]:
    names = fields.inside(2, "protocols") if fields else None
    while names:
        yield names.vector(1, "protocol").decode("ascii", "backslashreplace")


PARSERS: dict[int, Callable[[bytes, int], ClientHello | ServerHello | EncryptedExtensions]] = {
    CLIENT_HELLO: client_hello,
    SERVER_HELLO: server_hello,
    ENCRYPTED_EXTENSIONS: encrypted_extensions,
}
