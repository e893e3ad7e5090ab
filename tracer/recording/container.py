"""The box of a `.trace`: an uncompressed zip whose members begin at multiples of 64 bytes.

Any zip tool opens it, and `numpy.load` reads it like an .npz. It is written here, not with `zipfile`, so
that the bytes are the same under every Python, and always in the zip64 form, so that a small file in a
test goes the way of a large one. Layout (all little-endian; APPNOTE 4.3 and 4.5.3):

    member*     local header, name, zip64 extra, padding extra, then the data, 64-aligned
    directory   one entry a member, with the offset of its local header
    end         zip64 end record, its locator, end record; nothing behind them
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import BinaryIO

ALIGN = 64

Buffer = bytes | memoryview

_LOCAL = struct.Struct("<4s5H3I2H")
_ENTRY = struct.Struct("<4s6H3I5H2I")
_SIZES = struct.Struct("<2H2Q")  # zip64 extra of a local header: tag, length, size, packed size
_PLACE = struct.Struct("<2H3Q")  # of an entry: the same and the offset
_PAD = struct.Struct("<3H")  # tag, length, alignment
_END64 = struct.Struct("<4sQ2H2I4Q")
_LOCATOR = struct.Struct("<4sIQI")
_END = struct.Struct("<4s4H2IH")
TAIL = _END64.size + _LOCATOR.size + _END.size

_ZIP64, _ALIGNMENT = 0x0001, 0xD935  # tags of extra fields; the second is the one of Android's zipalign
_NEEDS = 45  # version 4.5: zip64
_DATE = 0x21  # 1980-01-01: a recording's bytes do not depend on the day
_ALL = 0xFFFFFFFF  # "see the zip64 field"


class DamagedError(ValueError):
    """The box is not whole; the text says what was found where."""


@dataclass(frozen=True, slots=True)
class Member:
    """Where the data of a member lie."""

    offset: int
    size: int
    crc: int


def write(file: BinaryIO, members: Iterable[tuple[str, list[Buffer]]]) -> None:
    """Write a box from its beginning; a member is its name and the pieces of its data."""
    entries = []
    offset = 0
    for name, pieces in members:
        size = sum(len(piece) for piece in pieces)
        crc = 0
        for piece in pieces:
            crc = zlib.crc32(piece, crc)
        header = _local(name.encode(), size, crc, offset)
        file.write(header)
        file.writelines(pieces)
        entries.append(_entry(name.encode(), size, crc, offset))
        offset += len(header) + size
    directory = b"".join(entries)
    file.write(directory + _tail(len(entries), len(directory), offset))


def _local(name: bytes, size: int, crc: int, offset: int) -> bytes:
    """Give the local header of a member that begins at `offset`, up to its data, which come 64-aligned."""
    fixed = _LOCAL.size + len(name) + _SIZES.size + _PAD.size
    padding = -(offset + fixed) % ALIGN
    extra = _SIZES.pack(_ZIP64, 16, size, size) + _PAD.pack(_ALIGNMENT, 2 + padding, ALIGN) + bytes(padding)
    head = _LOCAL.pack(b"PK\3\4", _NEEDS, 0, 0, 0, _DATE, crc, _ALL, _ALL, len(name), len(extra))
    return head + name + extra


def _entry(name: bytes, size: int, crc: int, offset: int) -> bytes:
    """Give the directory's entry of the same member."""
    made_by, mode = 3 << 8 | _NEEDS, 0o600 << 16  # Unix
    lengths = (len(name), _PLACE.size, 0)
    head = _ENTRY.pack(
        b"PK\1\2", made_by, _NEEDS, 0, 0, 0, _DATE, crc, _ALL, _ALL, *lengths, 0, 0, mode, _ALL
    )
    return head + name + _PLACE.pack(_ZIP64, 24, size, size, offset)


def _tail(count: int, size: int, offset: int) -> bytes:
    end64 = _END64.pack(b"PK\6\6", _END64.size - 12, _NEEDS, _NEEDS, 0, 0, count, count, size, offset)
    locator = _LOCATOR.pack(b"PK\6\7", 0, offset + size, 1)
    return end64 + locator + _END.pack(b"PK\5\6", 0, 0, 0xFFFF, 0xFFFF, _ALL, _ALL, 0)


def directory(box: memoryview) -> dict[str, Member]:
    """List the members of a box by name. Reads the directory and each local header, no data.

    Raises DamagedError where anything is not just as `write` makes it.
    """
    if bytes(box[-_END.size :]) != _END.pack(b"PK\5\6", 0, 0, 0xFFFF, 0xFFFF, _ALL, _ALL, 0):
        raise DamagedError("the directory at its end is missing")
    begin = len(box) - TAIL
    _, _, _, _, _, _, count, _, size, offset = _END64.unpack_from(box, begin)
    if begin < 0 or offset + size != begin or bytes(box[begin:]) != _tail(count, size, offset):
        raise DamagedError("the directory at its end is damaged")
    members: dict[str, Member] = {}
    place = offset
    for _ in range(count):
        name, member, place = _read_entry(box, place, begin)
        members[name] = member
    if place != begin or len(members) != count:
        raise DamagedError("the directory at its end is damaged")
    return members


def _read_entry(box: memoryview, place: int, end: int) -> tuple[str, Member, int]:
    if place + _ENTRY.size > end:
        raise DamagedError("the directory at its end is damaged")
    fields = _ENTRY.unpack_from(box, place)
    crc, length = fields[7], fields[10]
    extra = place + _ENTRY.size + length
    if extra + _PLACE.size > end:
        raise DamagedError("the directory at its end is damaged")
    _, _, size, _, offset = _PLACE.unpack_from(box, extra)
    raw_name = bytes(box[place + _ENTRY.size : extra])
    header = _local(raw_name, size, crc, offset) if max(size, offset) < len(box) else b""
    same = bytes(box[place : extra + _PLACE.size]) == _entry(raw_name, size, crc, offset) if header else False
    name = raw_name.decode("ascii", "replace")
    if not same or bytes(box[offset : offset + len(header)]) != header:
        raise DamagedError(f"the head of its member {name!r} is damaged")
    if offset + len(header) + size > end:
        raise DamagedError(f"its member {name!r} reaches beyond the end")
    return name, Member(offset + len(header), size, crc), extra + _PLACE.size


def whole(box: memoryview, member: Member) -> bool:
    """Whether the data of a member are those that were written. Reads them all."""
    return zlib.crc32(box[member.offset : member.offset + member.size]) == member.crc
