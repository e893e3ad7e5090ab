"""What both directions of a TLS connection know: hellos, secrets, and the connection inside."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from tracer.wire.message import REQUEST, RESPONSE, Kind, Message
from tracer.wire.tls.ciphers import Cipher, Cipher13, pair12
from tracer.wire.tls.handshake import TLS_1_2, TLS_1_3, ClientHello, ServerHello
from tracer.wire.tls.keys import EARLY, HANDSHAKE, MASTER, TRAFFIC, Keys, Secrets
from tracer.wire.tls.places import Places
from tracer.wire.tls.suites import SUITES, Suite

if TYPE_CHECKING:
    from tracer.wire.connection import Connection

PROTOCOLS = {"h2": "http2", "http/1.1": "http1", "http/1.0": "http1"}
"""What ALPN names -> what the connection inside speaks; of others it is found out."""
VERSIONS = {0x0300: "SSL 3.0", 0x0301: "TLS 1.0", 0x0302: "TLS 1.1", TLS_1_2: "TLS 1.2", TLS_1_3: "TLS 1.3"}
_SIDES = {REQUEST: 0, RESPONSE: 1}


class Session:
    """One TLS connection, as far as it is known.

    `why` says in a few words why (or since when) it is not decrypted; None: it is, or may yet be.
    """

    def __init__(self, keys: Keys | None, connect: Callable[[str | None], Connection]) -> None:
        self.client: ClientHello | None = None
        self.server: ServerHello | None = None
        self.alpn = ""  # that the server chose
        self.early: bool | None = None  # whether early data were accepted
        self.retried = False
        self.why: str | None = None
        self.decrypted = False  # whether a record was opened
        self.inside: Connection | None = None
        self.places = {REQUEST: Places(), RESPONSE: Places()}
        self._keys, self._connect = keys, connect
        self._secrets: Secrets = {}
        self._suite: Suite | None = None

    @property
    def version(self) -> str:
        """The version that was agreed on, such as "TLS 1.3"; "": not known."""
        number = self.server.version if self.server else 0
        return VERSIONS.get(number, f"TLS {number:#06x}" if number else "")

    @property
    def server_name(self) -> str:
        """The host that the client asked for (SNI)."""
        return self.client.server_name if self.client else ""

    @property
    def resumed(self) -> bool:
        """Whether an earlier session went on, without certificates."""
        if not (self.client and self.server):
            return False
        if self.server.version >= TLS_1_3:
            return self.server.pre_shared_key
        return bool(self.server.session) and self.server.session == self.client.session

    @property
    def decided(self) -> bool:
        """Whether it is known if records can be opened: both hellos were seen, or will not be."""
        return self.why is not None or (self.client is not None and self.server is not None)

    def give_up(self, why: str) -> None:
        """Decrypt no more; the first reason stays."""
        self.why = self.why or why

    def end(self) -> None:
        """Be told that nothing follows: what waits is waited for in vain."""
        if not self.decided:
            self.give_up("the handshake did not end")
        self.early = bool(self.early)

    def meet(self) -> None:
        """Look for the secrets, once both hellos are known."""
        if self.client is None or self.server is None or self.why:
            return
        suite = SUITES.get(self.server.suite)
        if self.server.version not in (TLS_1_2, TLS_1_3):
            self.give_up(f"{self.version} is not decrypted, TLS 1.2 and 1.3 are")
        elif suite is None:
            self.give_up(f"the suite {self.server.suite:#06x} is not decrypted, AEAD suites are")
        elif self._keys is None:
            self.give_up("no key log was given")
        else:
            wanted = HANDSHAKE + TRAFFIC if self.thirteen else (MASTER,)
            self._suite, self._secrets = suite, self._keys.of(self.client.random, wanted)
            self._lack(wanted)

    def _lack(self, wanted: tuple[str, ...]) -> None:
        if not self._secrets:
            known = self._keys is not None and len(self._keys)
            self.give_up("the key log does not have this session" if known else "no key log was given")
        elif lacking := [label for label in wanted if label not in self._secrets]:
            self.give_up(f"the key log lacks {lacking[0]} of this session")

    @property
    def thirteen(self) -> bool:
        """Whether it is TLS 1.3."""
        return self.retried or (self.server is not None and self.server.version == TLS_1_3)

    # Ciphers, once `meet` has found secrets

    def handshake_cipher(self, kind: Kind) -> Cipher13:
        """Give the keys of the rest of a TLS 1.3 handshake."""
        return self._cipher13(HANDSHAKE[_SIDES[kind]])

    def traffic_cipher(self, kind: Kind) -> Cipher:
        """Give the first keys of a direction's application data."""
        if self.thirteen:
            return self._cipher13(TRAFFIC[_SIDES[kind]])
        assert self._suite and self.client and self.server
        randoms = self.client.random, self.server.random
        return pair12(self._suite, self._secrets[MASTER], *randoms)[_SIDES[kind]]

    def early_cipher(self) -> Cipher13 | None:
        """Give the keys of early data; the suite is the session's, as it is if they are accepted."""
        return self._cipher13(EARLY) if EARLY in self._secrets else None

    def _cipher13(self, label: str) -> Cipher13:
        assert self._suite
        return Cipher13(self._suite, self._secrets[label])

    # The connection inside

    def data(self, kind: Kind, start: int, end: int, content: bytes) -> list[Message]:
        """Feed content that stood in [start, end) to the connection inside."""
        self.places[kind].add(start, end, len(content))
        return self._told(kind, self._inside().feed(kind, content))

    def lost(self, kind: Kind, start: int, end: int, size: int) -> list[Message]:
        """Tell the connection inside that content is missing."""
        self.places[kind].add(start, end, size)
        return self._told(kind, self._inside().gap(kind, size))

    def close(self, kind: Kind) -> list[Message]:
        """End one direction inside."""
        return self._told(kind, self.inside.close(kind)) if self.inside else []

    def waiting(self, kind: Kind, default: int) -> int:
        """Give the place before which no message inside begins that is yet to come."""
        return self.places[kind].start(self.inside.waiting(kind)) if self.inside else default

    def _inside(self) -> Connection:
        if self.inside is None:
            self.inside = self._connect(PROTOCOLS.get(self.alpn))
        return self.inside

    def _told(self, kind: Kind, messages: list[Message]) -> list[Message]:
        return [self.places[self._way(kind, message)].told(message) for message in messages]

    def _way(self, kind: Kind, message: Message) -> Kind:
        """Say in which direction a message stood: a pushed HTTP/2 request came from the server."""
        told: Kind = getattr(message, "kind", kind)
        stream = getattr(message, "stream", 0)
        pushed = stream and not stream % 2 and self.inside and self.inside.protocol == "http2"
        return RESPONSE if pushed else told
