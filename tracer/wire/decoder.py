"""What all decoders share: the buffer with its offset, the loop over states, and the three ways to end.

A decoder is a table of states, each a method without arguments that eats from the front of the buffer.
It returns True after any progress (another state may go on at once), False if it needs more bytes, and
raises WireError. `feed` never raises: the error is the last message, so those before it are not lost.
"""

from __future__ import annotations

from collections.abc import Callable

from tracer.wire.message import REQUEST, Kind, Message, WireError

State = Callable[[], bool]


class Decoder:
    """One direction of one connection, in one protocol.

    offset: where in the stream the first byte fed stands. keep: give bodies as Body messages (else they are
    counted and dropped). After an error or the end of the protocol, further bytes are only counted.
    """

    protocol = ""
    kind: Kind = REQUEST

    def __init__(self, *, offset: int = 0, keep: bool = False) -> None:
        self.keep = keep
        self.error: WireError | None = None
        self.rest = b""
        """Bytes of the last feed that stand behind the end of this protocol (after a Switch or Proxy)."""
        self._offset = offset  # of buffer[0]
        self._buffer = bytearray()
        self._out: list[Message] = []
        self._state: State = self._start

    @property
    def offset(self) -> int:
        """The offset of the next byte to be fed."""
        return self._offset + len(self._buffer)

    @property
    def resting(self) -> bool:
        """Whether it stands between two messages."""
        return not self._buffer and self._state == self._start

    def skip(self, size: int) -> None:
        """Go past whole messages of `size` bytes that somebody else has read, while it is resting."""
        self._offset += size

    @property
    def waiting(self) -> int:
        """The offset before which no message that is yet to come begins."""
        return self._offset

    @property
    def finished(self) -> bool:
        """Whether this protocol is over here: broken, or switched to another."""
        return self._state == self._over

    def feed(self, data: bytes | bytearray | memoryview) -> list[Message]:
        """Take the next bytes; give the messages that they complete. An empty list: need more.

        A WireError, if there is one, is the last message; then the decoder is finished.
        """
        self._buffer += data
        return self._run()

    def gap(self, size: int) -> list[Message]:
        """Be told that the next `size` bytes are missing. Bodies bridge it where their length is known."""
        behind = self.offset + size
        if not self.finished:
            try:
                self._lose(size)
            except WireError as error:
                self._broken(error)
                self._drop(len(self._buffer))
                self._finish()
        self._offset = behind - len(self._buffer)
        return self._run()

    def close(self) -> list[Message]:
        """Be told that the stream has ended; give what that completes, or a WireError with `cut` set."""
        try:
            if not self.finished:
                self._closed()
        except WireError as error:
            self._broken(error)
        self._finish()
        return self._given()

    def _run(self) -> list[Message]:
        self._go_on()
        return self._given()

    def _go_on(self) -> None:
        try:
            while self._state():
                pass
        except WireError as error:
            self._broken(error)
            self._finish()
            self._over()

    def _given(self) -> list[Message]:
        out, self._out = self._out, []
        return out

    def _take(self, size: int) -> bytes:
        taken = bytes(self._buffer[:size])
        self._drop(size)
        return taken

    def _drop(self, size: int) -> None:
        del self._buffer[:size]
        self._offset += size

    def _begins(self, literal: bytes, field: str) -> bool:
        """Whether a literal stands first; False: need more. The error names the first other byte."""
        for at, (have, want) in enumerate(zip(self._buffer, literal, strict=False)):
            if have != want:
                why = f"{bytes([have])!r} stands where {literal!r} has {bytes([want])!r}"
                raise self._error(field, why, self._offset + at)
        return len(self._buffer) >= len(literal)

    def _finish(self) -> None:
        self._state = self._over

    def _over(self) -> bool:
        self.rest = self._take(len(self._buffer))
        return False

    def _error(self, field: str, why: str, offset: int | None = None, *, cut: bool = False) -> WireError:
        at = self._offset if offset is None else offset
        return WireError(self.protocol, field, at, why, cut=cut)

    def _broken(self, error: WireError) -> None:
        """End what is open, then tell the error."""
        self._abandon()
        self.error = error
        self._out.append(error)

    # What a protocol fills in.

    def _start(self) -> bool:
        raise NotImplementedError

    def _abandon(self) -> None:
        """Give an End that is not complete for every message that is open."""

    def _closed(self) -> None:
        """Handle the end of the stream: complete what it completes, raise if something is cut."""
        if self._buffer:
            raise self._error("message", "the stream ended inside it", self.offset, cut=True)

    def _lose(self, size: int) -> None:
        """Handle a gap; what it bridges moves the offset. Default: nothing can be read after it."""
        self._broken(self._error("stream", f"{size} bytes are missing", self.offset, cut=True))
        self._drop(len(self._buffer))
        self._finish()
