"""The PROXY protocol, versions 1 (a line of text) and 2 (binary): a header before everything else.

It stands once at the start of a connection, in the client's direction; what follows is `Decoder.rest`.
"""

from __future__ import annotations

import ipaddress
import re
import struct

from tracer.wire.decoder import Decoder
from tracer.wire.message import REQUEST, Proxy

SIGNATURE = b"\r\n\r\n\0\r\nQUIT\n"
"""The 12 bytes that version 2 begins with: no protocol that speaks first with text takes them."""
LINE_LIMIT = 107
"""Bytes of a version 1 line, CRLF included, by the specification."""

_HEAD = struct.Struct(">12sBBH")
_COMMANDS = {0: "LOCAL", 1: "PROXY"}
_FAMILIES = {
    0x00: "UNKNOWN",
    0x11: "TCP4",
    0x12: "UDP4",
    0x21: "TCP6",
    0x22: "UDP6",
    0x31: "UNIX",
    0x32: "UNIX_DGRAM",
}
_ADDRESSES = {"4": struct.Struct(">4s4sHH"), "6": struct.Struct(">16s16sHH"), "U": struct.Struct(">108s108s")}
_PORT = re.compile("0|[1-9][0-9]{0,4}")


class Header(Decoder):
    """Reads the header, then is finished."""

    protocol = "proxy"
    kind = REQUEST

    def _start(self) -> bool:
        if not self._buffer:
            return False
        self._state = self._version1 if self._buffer[:1] == b"P" else self._version2
        return True

    # Version 1

    def _version1(self) -> bool:
        if not self._begins(b"PROXY ", "signature"):
            return False
        end = self._buffer.find(b"\n", 0, LINE_LIMIT) + 1
        if not end:
            if len(self._buffer) >= LINE_LIMIT:
                raise self._error("line", f"no end within {LINE_LIMIT} bytes")
            return False
        self._out.append(self._line(bytes(self._buffer[:end])))
        self._drop(end)
        self._finish()
        return True

    def _line(self, raw: bytes) -> Proxy:
        if not raw.endswith(b"\r\n"):
            raise self._error("line", "it does not end in CRLF", self._offset + len(raw) - 1)
        parts = raw[:-2].decode("latin-1").split(" ")
        start, end = self._offset, self._offset + len(raw)
        if parts[1] == "UNKNOWN":
            return Proxy(REQUEST, -1, 0, start, end, 1, "PROXY", "UNKNOWN")
        if parts[1] not in {"TCP4", "TCP6"}:
            raise self._error("family", f"{parts[1][:20]!r} is not TCP4, TCP6 or UNKNOWN", start + 6)
        if len(parts) != 6:
            raise self._error("line", f"{len(parts)} words instead of 6")
        at = [start + len(" ".join(parts[:number])) + 1 for number in range(6)]
        source, destination = (self._address(parts[i], parts[1], at[i]) for i in (2, 3))
        ports = (self._port(parts[4], at[4]), self._port(parts[5], at[5]))
        return Proxy(REQUEST, -1, 0, start, end, 1, "PROXY", parts[1], source, destination, *ports)

    def _address(self, text: str, family: str, at: int) -> str:
        try:
            address = ipaddress.ip_address(text)
        except ValueError:
            raise self._error("address", f"{text[:40]!r} is not an address", at) from None
        if f"TCP{address.version}" != family:
            raise self._error("address", f"{text} is not of family {family}", at)
        return str(address)

    def _port(self, text: str, at: int) -> int:
        if not _PORT.fullmatch(text) or int(text) > 0xFFFF:
            raise self._error("port", f"{text[:20]!r} is not a port", at)
        return int(text)

    # Version 2

    def _version2(self) -> bool:
        if not self._begins(SIGNATURE, "signature") or len(self._buffer) < _HEAD.size:
            return False
        _, version, family, size = _HEAD.unpack_from(self._buffer)
        self._check(version, family)
        end = _HEAD.size + size
        if len(self._buffer) < end:
            return False
        raw = bytes(self._buffer[_HEAD.size : end])
        self._out.append(self._binary(_COMMANDS[version & 15], _FAMILIES[family], raw))
        self._drop(end)
        self._finish()
        return True

    def _check(self, version: int, family: int) -> None:
        if version >> 4 != 2:
            raise self._error("version", f"{version >> 4} is not 2", self._offset + 12)
        if version & 15 not in _COMMANDS:
            raise self._error("command", f"{version & 15} is neither LOCAL nor PROXY", self._offset + 12)
        if family not in _FAMILIES:
            raise self._error("family", f"0x{family:02x} is not known", self._offset + 13)

    def _binary(self, command: str, family: str, raw: bytes) -> Proxy:
        start, end = self._offset, self._offset + _HEAD.size + len(raw)
        layout = _layout(family)
        if layout is None:
            tlvs = self._tlvs(raw, 0)
            return Proxy(REQUEST, -1, 0, start, end, 2, command, family, tlvs=tlvs)
        if len(raw) < layout.size:
            why = f"{len(raw)} bytes are too few for {family} ({layout.size})"
            raise self._error("addresses", why, start + _HEAD.size)
        parts = layout.unpack_from(raw)
        source, destination = (_text(part, family) for part in parts[:2])
        ports = (*parts[2:], 0, 0)  # UNIX addresses have none
        proxy = Proxy(REQUEST, -1, 0, start, end, 2, command, family, source, destination, ports[0], ports[1])
        return proxy._replace(tlvs=self._tlvs(raw, layout.size))

    def _tlvs(self, raw: bytes, at: int) -> tuple[tuple[int, bytes], ...]:
        found = []
        while at < len(raw):
            size = int.from_bytes(raw[at + 1 : at + 3], "big")
            if at + 3 > len(raw) or at + 3 + size > len(raw):
                raise self._error("TLV", "it runs past the header", self._offset + _HEAD.size + at)
            found.append((raw[at], raw[at + 3 : at + 3 + size]))
            at += 3 + size
        return tuple(found)


def _layout(family: str) -> struct.Struct | None:
    return None if family == "UNKNOWN" else _ADDRESSES["U" if family.startswith("UNIX") else family[-1]]


def _text(raw: bytes, family: str) -> str:
    if family.startswith("UNIX"):
        return raw.rstrip(b"\0").decode("latin-1")
    return str(ipaddress.ip_address(raw))


def _raw(text: str, family: str) -> bytes:
    return text.encode("latin-1") if family.startswith("UNIX") else ipaddress.ip_address(text).packed


def encode(header: Proxy) -> bytes:
    """Write a header in its version; kind, exchange, stream, start and end are not used.

    ValueError: what its version cannot say (version 1: LOCAL, UDP, UNIX, TLVs), or an address that is none.
    """
    return _encode1(header) if header.version == 1 else _encode2(header)


def _encode1(header: Proxy) -> bytes:
    if header.tlvs or header.command != "PROXY" or header.family not in {"TCP4", "TCP6", "UNKNOWN"}:
        raise ValueError("version 1 only says PROXY of TCP4, TCP6 or UNKNOWN, without TLVs")
    if header.family == "UNKNOWN":
        return b"PROXY UNKNOWN\r\n"
    words = (header.family, header.source, header.destination, header.source_port, header.destination_port)
    return f"PROXY {' '.join(map(str, words))}\r\n".encode("latin-1")


def _encode2(header: Proxy) -> bytes:
    family = next(number for number, name in _FAMILIES.items() if name == header.family)
    command = next(number for number, name in _COMMANDS.items() if name == header.command)
    layout = _layout(header.family)
    raw = b""
    if layout is not None:
        ports = () if header.family.startswith("UNIX") else (header.source_port, header.destination_port)
        texts = (_raw(header.source, header.family), _raw(header.destination, header.family))
        raw = layout.pack(*texts, *ports)
    raw += b"".join(struct.pack(">BH", kind, len(value)) + value for kind, value in header.tlvs)
    return _HEAD.pack(SIGNATURE, 0x20 | command, family, len(raw)) + raw
