"""Writes captures: pcap, and pcapng with interfaces, TLS secrets and drop counters."""

from __future__ import annotations

import struct
from typing import BinaryIO

from tracer.capture.blocks import (
    DROPPED,
    INTERFACE,
    NAME,
    PACKET,
    RESOLUTION,
    SECRETS,
    SECTION,
    STATISTICS,
    TLS_KEY_LOG,
)

SNAP = 1 << 18


class PcapWriter:
    """Writes the header, then a frame at each `write`. `order` is "<" or ">", `ticks` 10**6 or 10**9."""

    def __init__(
        self, file: BinaryIO, link: int = 1, *, order: str = "<", ticks: int = 10**9, snap: int = SNAP
    ):
        self._file, self._order, self._ticks, self._snap = file, order, ticks, snap
        magic = 0xA1B23C4D if ticks == 10**9 else 0xA1B2C3D4
        file.write(struct.pack(order + "IHHiIII", magic, 2, 4, 0, 0, snap, link))

    def write(self, packet: bytes, time: int, length: int | None = None) -> None:
        """Write a frame of `length` bytes on the wire (default: the packet's), taken at `time` ns."""
        kept = packet[: self._snap]
        seconds, rest = divmod(time, 10**9)
        fraction = rest * self._ticks // 10**9
        length = len(packet) if length is None else length
        head = struct.pack(self._order + "IIII", seconds, fraction, len(kept), length)
        self._file.write(head + kept)


class PcapngWriter:
    """Writes a section; declare interfaces with `interface`, then `write` frames to them."""

    def __init__(self, file: BinaryIO, *, order: str = "<") -> None:
        self._file, self._order = file, order
        self._ticks: list[int] = []
        self._block(SECTION, struct.pack(order + "IHHq", 0x1A2B3C4D, 1, 0, -1))

    def interface(self, link: int = 1, name: str = "", *, resolution: int = 9, snap: int = SNAP) -> int:
        """Declare an interface whose clock ticks 10**resolution times a second; give its number."""
        said = self._option(RESOLUTION, bytes([resolution]))
        if name:
            said = self._option(NAME, name.encode()) + said
        self._block(INTERFACE, struct.pack(self._order + "HHI", link, 0, snap) + said + bytes(4))
        self._ticks.append(10**resolution)
        return len(self._ticks) - 1

    def write(self, packet: bytes, time: int, length: int | None = None, interface: int = 0) -> None:
        """Write a frame of `length` bytes on the wire (default: the packet's), taken at `time` ns."""
        stamp = time * self._ticks[interface] // 10**9
        length = len(packet) if length is None else length
        fields = (interface, stamp >> 32, stamp & 0xFFFFFFFF, len(packet), length)
        self._block(PACKET, struct.pack(self._order + "5I", *fields) + packet)

    def secrets(self, key_log: bytes) -> None:
        """Write a TLS key log (the format of SSLKEYLOGFILE); it goes before the frames it opens."""
        self._block(SECRETS, struct.pack(self._order + "II", TLS_KEY_LOG, len(key_log)) + key_log)

    def drops(self, lost: int, time: int, interface: int = 0) -> None:
        """Write how many packets an interface lost, as counted at `time` ns."""
        stamp = time * self._ticks[interface] // 10**9
        said = self._option(DROPPED, struct.pack(self._order + "Q", lost)) + bytes(4)
        head = struct.pack(self._order + "III", interface, stamp >> 32, stamp & 0xFFFFFFFF)
        self._block(STATISTICS, head + said)

    def _option(self, code: int, value: bytes) -> bytes:
        return struct.pack(self._order + "HH", code, len(value)) + value + bytes(-len(value) % 4)

    def _block(self, kind: int, body: bytes) -> None:
        body += bytes(-len(body) % 4)
        total = len(body) + 12
        ends = struct.pack(self._order + "I", total)
        self._file.write(struct.pack(self._order + "I", kind) + ends + body + ends)
