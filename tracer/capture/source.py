"""Where the bytes of a capture come from: a file, a pipe, a file still being written; .gz and .zst.

Everything here is a `Source`: `read(size)` gives up to `size` bytes as soon as there are some, b"" at the
end, and raises SourceError where the bytes break. Nothing reads ahead, so a live capture is seen live.
"""

from __future__ import annotations

import os
import stat
import sys
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol

from tracer.capture.errors import CaptureError, SourceError

Wait = Callable[[], bool]
"""Asked at the end of a file that may still grow: sleeps a little, and says whether to look again."""

GZIP, ZSTD = b"\x1f\x8b", b"\x28\xb5\x2f\xfd"
GZIP_INPUT = 16 * 1024
ZSTD_INPUT = 512  # what 512 bytes can unpack to is 16 MiB; the window adds 32 MiB at most
ZSTD_WINDOW = 1 << 25
OWN = "/dev/fd/"


class Source(Protocol):
    """Gives bytes."""

    def read(self, size: int) -> bytes:
        """Give 1 to `size` bytes, b"" at the end. Raises SourceError."""
        ...

    def close(self) -> None:
        """Let go of the file."""
        ...


def open_source(path: str, wait: Wait | None = None) -> Source:
    """Open a file, or stdin for "-", and unpack it if it is gzip or zstd. Raises CaptureError."""
    raw = Raw(_descriptor(path), wait)
    try:
        magic = raw.peek(4)
    except SourceError as error:
        raw.close()
        raise CaptureError(path, str(error)) from None
    if magic.startswith(GZIP):
        return Unpacked(raw, "gzip", _gunzip, GZIP_INPUT)
    if magic == ZSTD:
        return Unpacked(raw, "zstd", _unzstd(path, raw), ZSTD_INPUT)
    return raw


def _descriptor(path: str) -> int:
    if path == "-":
        return os.dup(sys.stdin.fileno())
    if path.startswith(OWN) and path.removeprefix(OWN).isdecimal():  # opened anew it would need rights anew
        return _duplicate(path, int(path.removeprefix(OWN)))
    try:
        number = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or str(error)
        raise CaptureError(path, f"cannot be opened: {why}") from None
    if stat.S_ISDIR(os.fstat(number).st_mode):
        os.close(number)
        raise CaptureError(path, "is a folder, not a capture: name a file in it")
    return number


def _duplicate(path: str, number: int) -> int:
    try:
        return os.dup(number)
    except OSError as error:
        raise CaptureError(path, f"cannot be opened: {error.strerror}") from None


class Raw:
    """A file descriptor, read without a buffer; `live`: more may come later."""

    def __init__(self, number: int, wait: Wait | None = None) -> None:
        self._file = os.fdopen(number, "rb", buffering=0)
        self._wait = wait
        self.live = wait is not None or not stat.S_ISREG(os.fstat(number).st_mode)
        self._peeked = b""

    def peek(self, size: int) -> bytes:
        """Give the next `size` bytes (fewer at the end) without taking them. Raises SourceError."""
        while len(self._peeked) < size and (more := self._read(size - len(self._peeked))):
            self._peeked += more
        return self._peeked

    def read(self, size: int) -> bytes:
        """Give 1 to `size` bytes, b"" at the end. Raises SourceError."""
        if self._peeked:
            taken, self._peeked = self._peeked[:size], self._peeked[size:]
            return taken
        return self._read(size)

    def close(self) -> None:
        """Let go of the file."""
        self._file.close()

    def _read(self, size: int) -> bytes:
        while True:
            try:
                data = self._file.read(size)
            except OSError as error:
                raise SourceError(f"reading failed: {error.strerror}") from None
            if data or self._wait is None or not self._wait():
                return data or b""


class Unpacked:
    """A compressed source: any number of members, one after the other.

    `start` makes an object with zlib's decompressobj interface: decompress, eof, unused_data.
    """

    def __init__(self, raw: Raw, name: str, start: Callable[[], Any], piece: int) -> None:
        self._raw, self._name, self._start, self._piece = raw, name, start, piece
        self._unpacker = start()
        self._ready, self._rest = bytearray(), b""
        self._broken: str | None = None

    def read(self, size: int) -> bytes:
        """Give `size` unpacked bytes, of what is live fewer, b"" at the end. Raises SourceError."""
        while len(self._ready) < (1 if self._raw.live else size):
            if self._broken or not self._more():
                break
        if self._broken and not self._ready:
            raise SourceError(self._broken)
        taken = bytes(self._ready[:size])
        del self._ready[:size]
        return taken

    def close(self) -> None:
        """Let go of the file."""
        self._raw.close()

    def _more(self) -> bool:
        """Unpack one piece more; False at the end."""
        packed = self._rest or self._raw.read(self._piece)
        self._rest = b""
        if self._unpacker.eof:
            packed = packed.lstrip(b"\0")  # padding, as tapes and some tools leave it
            if not packed:
                return bool(self._rest or self._raw.peek(1))
            self._unpacker = self._start()
        if not packed:
            self._broken = f"the {self._name} data stop in the middle"
            return False
        self._ready += self._unpack(packed)
        self._rest = self._unpacker.unused_data if self._unpacker.eof else b""
        return True

    def _unpack(self, packed: bytes) -> bytes:
        """Unpack; where the data break, what stands before the fault comes out first."""
        before = self._unpacker.copy() if hasattr(self._unpacker, "copy") else None
        try:
            return bytes(self._unpacker.decompress(packed))
        except Exception as error:  # noqa: BLE001 - zlib.error, ZstdError: of whichever library
            self._broken = f"the {self._name} data are damaged ({error})"
            return _salvage(before, packed) if before is not None else b""


def _salvage(unpacker: Any, packed: bytes) -> bytes:
    """Unpack byte by byte up to the fault."""
    out = bytearray()
    try:
        for at in range(len(packed)):
            out += unpacker.decompress(packed[at : at + 1])
    except zlib.error:
        pass
    return bytes(out)


def _gunzip() -> Any:
    return zlib.decompressobj(31)


def _unzstd(path: str, raw: Raw) -> Callable[[], Any]:
    try:
        import zstandard
    except ImportError:
        raw.close()
        name = Path(path).name
        raise CaptureError(
            path, f"is zstd: pip install 'hopscope[captures]', or unpack it first (zstd -d {name})"
        ) from None
    return lambda: zstandard.ZstdDecompressor(max_window_size=ZSTD_WINDOW).decompressobj()
