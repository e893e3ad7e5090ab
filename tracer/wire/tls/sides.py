"""One direction of TLS: records are opened where the keys are known, and told one by one where not.

What is told: a Note for each handshake message and alert that can be read, named by its type; the messages
of the protocol inside, with the places of their records; a Note `record` for each record that stays closed.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator

from tracer.wire.message import REQUEST, RESPONSE, UNSOLICITED, Kind, Message, Note, WireError
from tracer.wire.tls import handshake
from tracer.wire.tls.ciphers import Cipher
from tracer.wire.tls.handshake import ClientHello, EncryptedExtensions, ServerHello
from tracer.wire.tls.opener import Opener
from tracer.wire.tls.records import ALERT, APPLICATION_DATA, CHANGE_CIPHER_SPEC, HANDSHAKE, Record, Records
from tracer.wire.tls.session import Session

WAITING = 1 << 20
"""Bytes of records that wait for the other side's hello, at most."""
MESSAGE = 1 << 18
"""Bytes of a handshake message, at most."""
CLOSE_NOTIFY = 0
BEGINNING = "its beginning was not seen"


class Side(Records):
    """One direction; `other` is the opposite one, both share a `session`."""

    other: Side

    def __init__(self, session: Session, *, offset: int = 0, keep: bool = False) -> None:
        super().__init__(offset=offset, keep=keep)
        self.session = session
        self._waiting: deque[Record] = deque()
        self._held = 0  # bytes that wait
        self._opener: Opener | None = None
        self._behind = offset  # end of the last record
        self._message = bytearray()  # of the handshake, not whole yet
        self._begun = offset  # the record in which it began
        self._met = False  # the first record was a handshake's
        self._sealed = False  # TLS 1.2 encrypts from here on
        self._shut = False  # what follows cannot be opened
        self._ended = False

    @property
    def waiting(self) -> int:
        """The first byte of what is not told: records that wait, a handshake message, a message inside."""
        first = min(self._waiting[0].start if self._waiting else self._offset, self._offset)
        begun = self._begun if self._message else first
        return min(first, begun, self.session.waiting(self.kind, first))

    def feed(self, data: bytes | bytearray | memoryview) -> list[Message]:
        """Take the next bytes; without any, what waited may go on."""
        out = super().feed(data)
        self.work()
        return out + self._given()

    # Records in their order

    def _record(self, record: Record) -> None:
        if not self._met and record.type != HANDSHAKE:
            self.session.give_up(BEGINNING)
        self._met = True
        self._waiting.append(record)
        self._held += len(record.body)
        if self._held > WAITING:
            self.session.give_up("the other side's hello did not come")
        self.work()

    def work(self) -> None:
        """Take in the records that wait for nothing any more."""
        while self._waiting and self._ready(self._waiting[0]):
            record = self._waiting.popleft()
            self._held -= len(record.body)
            self._take_in(record)
            self._behind = record.end
        if self._ended and not self._waiting:
            self._out += self.session.close(self.kind)

    def _ready(self, record: Record) -> bool:
        if record.type == CHANGE_CIPHER_SPEC:
            return self.session.decided or self.session.retried
        return self.session.decided or (record.type in (HANDSHAKE, ALERT) and not self._sealed)

    def _take_in(self, record: Record) -> None:
        if record.start > self._behind:
            self._message.clear()
        encrypted = self._sealed or record.type == APPLICATION_DATA or self.session.why == BEGINNING
        if self._shut or (encrypted and self.session.why):
            self._note("record", record, record.type, len(record.body))
        elif record.type == CHANGE_CIPHER_SPEC:
            self._sealed = not self.session.thirteen  # which sends it for old middleboxes only
        elif encrypted:
            self._open(record)
        else:
            self._content(record, record.type, record.body)

    def _open(self, record: Record) -> None:
        self._opener = self._opener or Opener(self._ciphers())
        opened = self._opener.open(record, record.start - self._behind)
        if opened is None:
            if not self._refused():
                self._fail("record", "it cannot be decrypted: the secrets are another session's", record)
            self._note("record", record, record.type, len(record.body))
            return
        self.session.decrypted = True
        if opened.missing:
            self._out += self.session.lost(self.kind, self._behind, record.start, opened.missing)
        self._content(record, opened.type, opened.content)

    def _ciphers(self) -> list[Cipher]:
        if self.session.thirteen:
            return [self.session.handshake_cipher(self.kind), self.session.traffic_cipher(self.kind)]
        return [self.session.traffic_cipher(self.kind)]

    def _refused(self) -> bool:
        """Whether a record that no key opens may be early data that the server refused."""
        return False

    @property
    def _first(self) -> bool:
        """Whether the present keys have opened nothing yet."""
        return self._opener is None or self._opener.untouched

    def _fail(self, field: str, why: str, record: Record) -> None:
        """Open no more of this direction; its records are still told."""
        self._out += self.session.close(self.kind)
        self._out.append(WireError("tls", field, record.start, why))
        self._shut = True

    # Content

    def _content(self, record: Record, kind: int, content: bytes) -> None:
        if kind == APPLICATION_DATA:
            self._out += self.session.data(self.kind, record.start, record.end, content)
        elif kind == HANDSHAKE:
            self._handshake(record, content)
        elif kind == ALERT and len(content) == 2:
            self._note("alert", record, content[1], 2)
            if content[1] == CLOSE_NOTIFY:
                self._out += self.session.close(self.kind)
        else:
            self._note("record", record, kind, len(content))

    def _handshake(self, record: Record, content: bytes) -> None:
        if not self._message:
            self._begun = record.start
        self._message += content
        try:
            for kind, body in self._messages():
                self._say(kind, body, record)
                self._begun = record.start
        except WireError as error:
            self._fail(error.field, error.why, record)

    def _messages(self) -> Iterator[tuple[int, bytes]]:
        """Take the messages that are whole: type and body."""
        while len(self._message) >= 4:
            size = 4 + int.from_bytes(self._message[1:4], "big")
            if size > MESSAGE:
                why = f"{size} bytes are more than {MESSAGE}"
                raise WireError("tls", "handshake message", self._begun, why)
            if len(self._message) < size:
                break
            taken = bytes(self._message[:size])
            del self._message[:size]
            yield taken[0], taken[4:]

    def _say(self, kind: int, body: bytes, record: Record) -> None:
        """Tell a handshake message, and follow it."""
        parsed = handshake.PARSERS[kind](body, self._begun) if kind in handshake.PARSERS else None
        name = handshake.TYPES.get(kind, "handshake")
        if isinstance(parsed, ServerHello) and parsed.retry:
            name = "hello_retry_request"
        value = getattr(parsed, "version", kind)
        self._note(name, record._replace(start=self._begun), value, len(body))
        self._follow(parsed)
        if self._opener and kind in (handshake.FINISHED, handshake.END_OF_EARLY_DATA):
            self._opener.advance()
        elif self._opener and kind == handshake.KEY_UPDATE:
            self._opener.update()

    def _follow(self, parsed: object) -> None:
        """Take in what a message says."""
        raise NotImplementedError

    def _note(self, what: str, record: Record, value: int, size: int) -> None:
        self._out.append(Note(self.kind, UNSOLICITED, 0, record.start, record.end, what, value, size))

    # The end

    def _abandon(self) -> None:
        self._out += self.session.close(self.kind)

    def _closed(self) -> None:
        """End the connection inside; what waits for the other side does so until that ends, too."""
        try:
            super()._closed()
        finally:
            self._ended = True
            if self.other.finished:
                self.session.end()
            self.work()


class Requests(Side):
    """What the client sends."""

    kind: Kind = REQUEST

    def _ready(self, record: Record) -> bool:
        """In TLS 1.3 the server's encrypted extensions say what the client's records are."""
        known = self.session.why or self.session.early is not None or not self.session.thirteen
        return super()._ready(record) and bool(known or record.type in (HANDSHAKE, CHANGE_CIPHER_SPEC))

    def _ciphers(self) -> list[Cipher]:
        early = self.session.early_cipher() if self.session.early else None
        return [*([early] if early else []), *super()._ciphers()]

    def _refused(self) -> bool:
        client = self.session.client
        return client is not None and client.early_data and self._first

    def _follow(self, parsed: object) -> None:
        if not isinstance(parsed, ClientHello):
            if self.session.client is None:
                self.session.give_up(BEGINNING)
            return
        if self.session.client and not self.session.retried:
            raise WireError("tls", "client hello", self._begun, "a second handshake is not followed")
        self.session.client = parsed
        if self.session.server:  # which came first, out of order
            self.session.meet()


class Responses(Side):
    """What the server sends. The client's records that waited for it go on before its own do."""

    kind: Kind = RESPONSE

    def _follow(self, parsed: object) -> None:
        session = self.session
        if isinstance(parsed, EncryptedExtensions):
            session.alpn = parsed.alpn
            self._known(early=parsed.early_data)
        elif isinstance(parsed, ServerHello) and parsed.retry:
            session.retried = True
            self.other.work()
        elif isinstance(parsed, ServerHello) and session.server is None:
            session.server, session.alpn = parsed, parsed.alpn
            session.meet()
            self.other.work()
        elif session.server is None:
            session.give_up(BEGINNING)

    def _known(self, *, early: bool) -> None:
        """Let the client's side go on."""
        if self.session.early is None:
            self.session.early = early
            self.other.work()

    def _content(self, record: Record, kind: int, content: bytes) -> None:
        if kind == APPLICATION_DATA:
            self._known(early=False)  # the encrypted extensions are missing
        super()._content(record, kind, content)

    def _fail(self, field: str, why: str, record: Record) -> None:
        super()._fail(field, why, record)
        self._known(early=False)


def pair(session: Session, offsets: dict[Kind, int], *, keep: bool = False) -> tuple[Requests, Responses]:
    """Make both directions of a connection; their first bytes stand at `offsets`."""
    requests = Requests(session, offset=offsets[REQUEST], keep=keep)
    responses = Responses(session, offset=offsets[RESPONSE], keep=keep)
    requests.other, responses.other = responses, requests
    return requests, responses
