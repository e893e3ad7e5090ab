"""uwsgi, FastCGI and SCGI as scapy layers, which scapy has not: `UWSGI(raw).show()`.

Importing this binds them to the ports they are usually found on (3031, 9000, 4000), which is all that
scapy goes by; elsewhere ask for them: `UWSGI(bytes(packet[TCP].payload))`. Needs the extra `captures`.
"""

# scapy's way: tables of fields as class attributes, and arguments that not every field needs.
# ruff: noqa: RUF012, ARG002

from __future__ import annotations

from typing import Any

from scapy.fields import (
    ByteEnumField,
    ByteField,
    ConditionalField,
    FieldLenField,
    IntField,
    LEFieldLenField,
    PacketListField,
    ShortEnumField,
    ShortField,
    StrField,
    StrFixedLenField,
    StrLenField,
    StrNullField,
    XByteField,
)
from scapy.layers.inet import TCP
from scapy.packet import Packet, Raw, bind_bottom_up

from tracer.wire import fastcgi_records as fastcgi
from tracer.wire import uwsgi


class _Item(Packet):
    """A packet in a list: what follows it is the next one's."""

    def extract_padding(self, s: bytes) -> tuple[bytes, bytes]:
        """Leave the rest to the list."""
        return b"", s


class UWSGIVariable(_Item):
    """One variable of a uwsgi packet."""

    name = "uwsgi variable"
    fields_desc = [
        LEFieldLenField("key_size", None, length_of="key"),
        StrLenField("key", b"", length_from=lambda p: p.key_size),
        LEFieldLenField("value_size", None, length_of="value"),
        StrLenField("value", b"", length_from=lambda p: p.value_size),
    ]

    def mysummary(self) -> str:
        """Say NAME=value."""
        return str(self.sprintf("%key%=%value%"))


class UWSGI(Packet):
    """A uwsgi packet; its payload is the request's body."""

    name = "uwsgi"
    fields_desc = [
        ByteEnumField("modifier1", 0, uwsgi.MODIFIERS),
        LEFieldLenField("datasize", None, length_of="variables"),
        ByteField("modifier2", 0),
        PacketListField("variables", [], UWSGIVariable, length_from=lambda p: p.datasize),
    ]


class _PairSize(FieldLenField):
    """A length of 1 byte, or of 4 with the highest bit set."""

    def addfield(self, pkt: Any, s: bytes, val: Any) -> bytes:
        """Write it in as few bytes as it takes."""
        size = self.i2m(pkt, val)
        return s + (bytes([size]) if size < 0x80 else (size | 0x80000000).to_bytes(4, "big"))

    def getfield(self, pkt: Any, s: bytes) -> tuple[bytes, int]:
        """Read it."""
        end = 4 if s[:1] >= b"\x80" else 1
        return s[end:], int.from_bytes(s[:end], "big") & (0x7FFFFFFF if end == 4 else 0x7F)


class FastCGIPair(_Item):
    """One name-value pair of PARAMS or GET_VALUES."""

    name = "FastCGI pair"
    fields_desc = [
        _PairSize("name_size", None, length_of="key"),
        _PairSize("value_size", None, length_of="value"),
        StrLenField("key", b"", length_from=lambda p: p.name_size),
        StrLenField("value", b"", length_from=lambda p: p.value_size),
    ]


def _has_pairs(p: Packet) -> bool:
    return p.type in {fastcgi.PARAMS, fastcgi.GET_VALUES, fastcgi.GET_VALUES_RESULT}


def _has_content(p: Packet) -> bool:
    return not _has_pairs(p) and p.type not in {fastcgi.BEGIN, fastcgi.END}


class FastCGI(Packet):
    """One FastCGI record; its payload is the next record.

    Pairs that a record's end cuts are shown as far as they go: only a decoder of the stream can join them.
    """

    name = "FastCGI"
    fields_desc = [
        ByteField("version", 1),
        ByteEnumField("type", fastcgi.BEGIN, fastcgi.TYPES),
        ShortField("request_id", 1),
        ShortField("content_length", None),
        ByteField("padding_length", None),
        XByteField("reserved", 0),
        ConditionalField(ShortEnumField("role", 1, fastcgi.ROLES), lambda p: p.type == fastcgi.BEGIN),
        ConditionalField(ByteField("keep_conn", 0), lambda p: p.type == fastcgi.BEGIN),
        ConditionalField(StrFixedLenField("unused", b"", 5), lambda p: p.type == fastcgi.BEGIN),
        ConditionalField(IntField("app_status", 0), lambda p: p.type == fastcgi.END),
        ConditionalField(
            ByteEnumField("protocol_status", 0, fastcgi.PROTOCOL_STATUS), lambda p: p.type == fastcgi.END
        ),
        ConditionalField(StrFixedLenField("unused_end", b"", 3), lambda p: p.type == fastcgi.END),
        ConditionalField(
            PacketListField("pairs", [], FastCGIPair, length_from=lambda p: p.content_length), _has_pairs
        ),
        ConditionalField(StrLenField("content", b"", length_from=lambda p: p.content_length), _has_content),
        StrLenField("padding", b"", length_from=lambda p: p.padding_length),
    ]

    def post_build(self, pkt: bytes, pay: bytes) -> bytes:
        """Fill in the lengths that were not given, and pad to 8 bytes."""
        if self.content_length is None:
            size = len(pkt) - fastcgi.HEADER.size - len(self.padding)
            pad = -size % 8 if self.padding_length is None else self.padding_length
            body = pkt[fastcgi.HEADER.size : fastcgi.HEADER.size + size]
            pkt = pkt[:4] + size.to_bytes(2, "big") + bytes([pad]) + pkt[7:8] + body + bytes(pad)
        return pkt + pay

    def guess_payload_class(self, payload: bytes) -> type[Packet]:
        """Take what follows for the next record if it can be one."""
        return FastCGI if payload[:1] == b"\x01" and len(payload) >= fastcgi.HEADER.size else Raw


class _NetstringSize(StrField):
    """The length of a netstring: decimal digits and a colon."""

    def getfield(self, pkt: Any, s: bytes) -> tuple[bytes, Any]:
        """Read up to the colon."""
        size, _, rest = s.partition(b":")
        return rest, size

    def addfield(self, pkt: Any, s: bytes, val: Any) -> bytes:
        """Write the length of the variables unless one was given."""
        if val is None:
            field, items = pkt.getfield_and_val("variables")
            val = str(field.i2len(pkt, items)).encode()
        return s + bytes(val) + b":"


class SCGIVariable(_Item):
    """One variable of an SCGI request."""

    name = "SCGI variable"
    fields_desc = [StrNullField("key", b""), StrNullField("value", b"")]


def _digits(p: Packet) -> int:
    return int(p.size) if p.size and p.size.isdigit() else 0


class SCGI(Packet):
    """The head of an SCGI request; its payload is the body."""

    name = "SCGI"
    fields_desc = [
        _NetstringSize("size", None),
        PacketListField("variables", [], SCGIVariable, length_from=_digits),
        StrFixedLenField("comma", b",", 1),
    ]


for _layer, _port in ((UWSGI, 3031), (FastCGI, 9000), (SCGI, 4000)):
    bind_bottom_up(TCP, _layer, dport=_port)
bind_bottom_up(TCP, FastCGI, sport=9000)

__all__ = ["SCGI", "UWSGI", "FastCGI", "FastCGIPair", "SCGIVariable", "UWSGIVariable"]
