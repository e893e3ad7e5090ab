"""Reading one answer after another off a connection: bytes in; status, body size and "whole" out.

Two readers do the same work, and the same tests hold both: llhttp (through httptools, where it is
installed) at a few microseconds an answer, and h11, which is always there, at some forty.
"""

from __future__ import annotations

from typing import Any, Protocol

import h11

httptools: Any
try:
    import httptools
except ImportError:  # an extra
    httptools = None

UNKNOWN = -1


class BadAnswerError(Exception):
    """What came is not HTTP; the text says why."""


class Answer(Protocol):
    """Reads the answers of one connection. `start` before each request, then `feed` until `done`."""

    status: int
    body: int  # bytes so far, chunked framing taken off
    done: bool
    reusable: bool  # once done: another request may follow on this connection

    def start(self, method: str) -> None:
        """Expect the answer of a request with this method."""

    def feed(self, data: memoryview) -> None:
        """Take bytes. Raises BadAnswerError."""

    def eof(self) -> bool:
        """Take the end of the stream; True if that is how a whole answer ends."""


class LlhttpAnswer:
    """By llhttp. httptools cannot be told of HEAD, so its answer is cut after the head here."""

    __slots__ = ("_final", "_framed", "_head", "_parser", "body", "done", "reusable", "status")

    def __init__(self) -> None:
        self._parser: Any = None

    def start(self, method: str) -> None:
        """Expect the answer of a request with this method."""
        if self._parser is None:
            self._parser = httptools.HttpResponseParser(self)
        self.status, self.body = UNKNOWN, 0
        self.done = self.reusable = self._framed = self._final = False
        self._head = method == "HEAD"

    def feed(self, data: memoryview) -> None:
        """Take bytes. Raises BadAnswerError."""
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserUpgrade:
            raise BadAnswerError("it switches protocols unasked") from None
        except httptools.HttpParserError as error:
            if not self.done:
                raise BadAnswerError(str(error)) from None
            self.reusable = False
        if self.done and (self._head or not self.reusable):
            self._parser = None  # it waits for a body, or lies in a cycle with self

    def eof(self) -> bool:
        """Take the end of the stream; True if that is how a whole answer ends."""
        self._parser, self.reusable = None, False
        self.done = self.done or (self._final and not self._framed)
        return self.done

    def on_message_begin(self) -> None:
        """Bytes after the answer, to which no request belongs: nothing can follow them."""
        if self.done:
            self.reusable = False

    def on_header(self, name: bytes, _value: bytes) -> None:
        """Note whether the body says its own length; else it ends with the connection."""
        if len(name) in (14, 17) and name.lower() in (b"content-length", b"transfer-encoding"):
            self._framed = True

    def on_headers_complete(self) -> None:
        """Take the status; informational answers are passed over."""
        if self.done:
            return
        status = self._parser.get_status_code()
        if status < 200:
            self._framed = False
            return
        self.status, self._final = status, True
        self.reusable = self._parser.should_keep_alive()
        self.done = self._head

    def on_body(self, data: bytes) -> None:
        """Count."""
        if self.done:
            self.reusable = False
        else:
            self.body += len(data)

    def on_message_complete(self) -> None:
        """Whole, unless it was informational."""
        self.done = self._final


class H11Answer:
    """By h11."""

    __slots__ = ("_connection", "body", "done", "reusable", "status")

    def __init__(self) -> None:
        self._connection: h11.Connection | None = None

    def start(self, method: str) -> None:
        """Expect the answer of a request with this method."""
        if self._connection is None:
            self._connection = h11.Connection(h11.CLIENT)
        else:
            self._connection.start_next_cycle()
        self._connection.send(h11.Request(method=method, target="/", headers=[("Host", "")]))
        self._connection.send(h11.EndOfMessage())
        self.status, self.body = UNKNOWN, 0
        self.done = self.reusable = False

    def feed(self, data: memoryview) -> None:
        """Take bytes. Raises BadAnswerError."""
        assert self._connection is not None
        try:
            self._connection.receive_data(bytes(data))
            self._events(self._connection)
        except h11.RemoteProtocolError as error:
            raise BadAnswerError(str(error)) from None

    def eof(self) -> bool:
        """Take the end of the stream; True if that is how a whole answer ends."""
        assert self._connection is not None
        try:
            self._connection.receive_data(b"")
            self._events(self._connection)
        except h11.RemoteProtocolError:
            return False
        self.reusable = False
        return self.done

    def _events(self, connection: h11.Connection) -> None:
        while not self.done and (event := connection.next_event()) not in (h11.NEED_DATA, h11.PAUSED):
            if isinstance(event, h11.Data):
                self.body += len(event.data)
            elif isinstance(event, h11.Response):
                self.status = event.status_code
            elif isinstance(event, h11.EndOfMessage):
                self.done = True
                self.reusable = connection.their_state is h11.DONE and not connection.trailing_data[0]
            elif isinstance(event, h11.ConnectionClosed):
                break


def reader() -> type[LlhttpAnswer] | type[H11Answer]:
    """Give the faster reader of those that are installed."""
    return H11Answer if httptools is None else LlhttpAnswer
