"""A capture file as chunks of Records: `for records in Capture(path)`."""

from __future__ import annotations

from collections.abc import Iterator

from tracer.capture import blocks, pcap
from tracer.capture.errors import NOWHERE, CaptureError, SourceError
from tracer.capture.pcapng import PcapngParser
from tracer.capture.records import Interface, Records
from tracer.capture.source import Wait, open_source

CHUNK = 1 << 21
"""Bytes read at a time. What is kept is this, and at most one frame more."""

STRANGERS = {
    b"BZh": "is bzip2: unpack it first",
    b"\xfd7zXZ": "is xz: unpack it first",
    b"\x04\x22\x4d\x18": "is lz4: unpack it first",
    b"PK\x03\x04": "is a zip: unpack it first",
    b"snoop\0": "is a snoop capture: `editcap -F pcapng` converts it",
    b"\xa1\xb2\xcd\x34": "is a modified pcap of old Linux kernels: `editcap -F pcapng` converts it",
    b"\x34\xcd\xb2\xa1": "is a modified pcap of old Linux kernels: `editcap -F pcapng` converts it",
}


class Capture:
    """Reads pcap and pcapng, also .gz and .zst, also from a pipe ("-": stdin) or while it is written.

    Iterate it once; each chunk is a `Records`. A damaged or cut file gives all that can be read, and
    `faults` then lists what was wrong, one sentence each. Raises CaptureError where it is no capture.

    `wait` is asked at the end of the file; it sleeps a little and says whether to look again, which is
    how a file still being written is followed. Without it the file is read as far as it goes now.
    """

    def __init__(self, path: str, wait: Wait | None = None, chunk: int = CHUNK) -> None:
        self.path, self._chunk = str(path), chunk
        self._source = open_source(self.path, wait)
        self._stopped: str | None = None  # why the source can give no more
        try:
            self._head = self._peek(pcap.FILE_HEADER)
            self._parser = self._recognise()
        except CaptureError:
            self._source.close()
            raise

    @property
    def interfaces(self) -> list[Interface]:
        """Where it was captured, so far; `Records.interface` numbers them."""
        return self._parser.interfaces

    @property
    def faults(self) -> list[CaptureError]:
        """What was wrong in what was read so far."""
        return self._parser.faults

    @property
    def secrets(self) -> list[bytes]:
        """TLS key logs (as of SSLKEYLOGFILE) that the file had so far."""
        return self._parser.secrets

    @property
    def drops(self) -> dict[int, int]:
        """Interface -> packets that the capturing program says it lost, where it says so."""
        return self._parser.drops

    def __iter__(self) -> Iterator[Records]:
        try:
            yield from self._chunks()
        finally:
            self._source.close()

    def _chunks(self) -> Iterator[Records]:
        position = pcap.FILE_HEADER if isinstance(self._parser, pcap.PcapParser) else 0
        rest, final = self._head[position:], False
        while not final:
            more = self._read()
            data, final = rest + more, not more
            records, used = self._parser.parse(data, position, final=final)
            position, rest = position + used, data[used:]
            if len(records):
                yield records
        if rest or self._stopped:
            why = self._stopped or self._parser.cut(rest)
            self.faults.append(CaptureError(self.path, why, self._parser.frame, position))

    def _read(self) -> bytes:
        if self._stopped:
            return b""
        try:
            return self._source.read(self._chunk)
        except SourceError as error:
            self._stopped = str(error)
            return b""

    def _peek(self, size: int) -> bytes:
        """Read the file's first bytes, fewer where it ends."""
        head = b""
        while len(head) < size and (more := self._read_head(size - len(head))):
            head += more
        return head

    def _read_head(self, size: int) -> bytes:
        try:
            return self._source.read(size)
        except SourceError as error:
            raise CaptureError(self.path, f"{error}, before its file header was whole") from None

    def _recognise(self) -> pcap.PcapParser | PcapngParser:
        head = self._head
        if not head:
            raise CaptureError(self.path, "is empty: not a capture yet")
        if head.startswith(blocks.MAGIC) and head[8:12] in blocks.ORDERS:
            return PcapngParser(self.path)
        if head[:4] in pcap.MAGICS and len(head) == pcap.FILE_HEADER:
            return pcap.PcapParser(self.path, head)
        raise CaptureError(self.path, _why_not(head), NOWHERE, 0)


def _why_not(head: bytes) -> str:
    """Say why these first bytes are no capture that can be read."""
    for magic, why in STRANGERS.items():
        if head.startswith(magic):
            return why
    magics = (*pcap.MAGICS, blocks.MAGIC)
    if len(head) < pcap.FILE_HEADER and any(head[:4] == magic[: len(head)] for magic in magics):
        return f"the file stops in its header, {len(head)} bytes are there"
    if head.startswith(blocks.MAGIC):
        return "begins like pcapng, but has no byte-order magic"
    return f"is neither pcap nor pcapng: it begins with {head[:4].hex(' ')}"
