"""The blocks of pcapng as numpy layouts, what their options say, and how their clocks tick."""

from __future__ import annotations

import struct
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tracer.capture.records import I8, UNKNOWN, Interface

U8 = NDArray[np.uint64]

SECTION, INTERFACE, OLD_PACKET, SIMPLE, STATISTICS, PACKET, SECRETS = 0x0A0D0D0A, 1, 2, 3, 5, 6, 10
KINDS = (SECTION, INTERFACE, OLD_PACKET, SIMPLE, STATISTICS, PACKET, SECRETS)
MAGIC = b"\x0a\x0d\x0d\x0a"
ORDERS = {b"\x1a\x2b\x3c\x4d": ">", b"\x4d\x3c\x2b\x1a": "<"}
"""The byte-order magic of a section -> its byte order."""
SMALLEST = {SECTION: 28, INTERFACE: 20, OLD_PACKET: 32, SIMPLE: 16, STATISTICS: 24, PACKET: 32, SECRETS: 20}
"""Bytes of each kind of block with nothing in it; any other kind has at least PLAIN."""
PLAIN = 12
LARGEST = 1 << 24
"""No block is longer; one that says so is damage."""
TLS_KEY_LOG = 0x544C534B

_U4 = ("kind", "total", "interface", "high", "low", "captured", "length")
LAYOUTS: dict[int, tuple[tuple[str, str], ...]] = {
    PACKET: tuple((name, "u4") for name in _U4),
    OLD_PACKET: (
        *(("kind", "u4"), ("total", "u4"), ("interface", "u2"), ("drops", "u2")),
        *((name, "u4") for name in _U4[3:]),
    ),
    SIMPLE: (("kind", "u4"), ("total", "u4"), ("length", "u4")),
}
"""The fields that the blocks with packets begin with; the packet follows them."""

# Options of an interface, and of its statistics.
NAME, RESOLUTION, SHIFT = 2, 9, 14
RECEIVED, DROPPED = 4, 5


def layout(kind: int, order: str) -> np.dtype[Any]:
    """Give the layout of a block that holds a packet."""
    return np.dtype([(name, order + code) for name, code in LAYOUTS[kind]])


def options(data: bytes, at: int, end: int, order: str) -> dict[int, bytes]:
    """Read the options in data[at:end]: code -> its first value. Stops where they make no sense."""
    found: dict[int, bytes] = {}
    while at + 4 <= end:
        code, length = struct.unpack_from(order + "HH", data, at)
        if code == 0 or at + 4 + length > end:
            break
        found.setdefault(code, data[at + 4 : at + 4 + length])
        at += 4 + (length + 3) // 4 * 4
    return found


def interface(data: bytes, at: int, total: int, order: str) -> Interface:
    """Read an interface block, which is whole."""
    link, snap = struct.unpack_from(order + "HxxI", data, at + 8)
    said = options(data, at + 16, at + total - 4, order)
    name = said[NAME].rstrip(b"\0").decode("utf-8", "replace") if NAME in said else None
    shift = int.from_bytes(said.get(SHIFT, b""), "little" if order == "<" else "big", signed=True)
    return Interface(link, snap, name, _ticks(said.get(RESOLUTION, b"\6")), shift)


def _ticks(resolution: bytes) -> int:
    """Give the ticks a second; 0 if no such clock can be."""
    exponent = resolution[0] & 0x7F if resolution else 6
    ticks = 2**exponent if resolution and resolution[0] & 0x80 else 10**exponent
    return ticks if ticks < 1 << 63 else 0


def drops(data: bytes, at: int, total: int, order: str) -> int:
    """Read of a statistics block how many packets its interface dropped; -1 if it does not say."""
    said = options(data, at + 20, at + total - 4, order).get(DROPPED, b"")
    return int.from_bytes(said, "little" if order == "<" else "big") if said else UNKNOWN


def nanoseconds(stamps: U8, clock: Interface) -> I8:
    """Convert an interface's time stamps to ns since the epoch; -1 where they make no sense."""
    if not clock.ticks:
        return np.full(len(stamps), UNKNOWN, np.int64)
    seconds = stamps // np.uint64(clock.ticks)
    rest = stamps - seconds * np.uint64(clock.ticks)
    if clock.ticks % 1_000_000_000 == 0:
        rest //= np.uint64(clock.ticks // 1_000_000_000)
    else:  # a power of two; bits below 2**-33 s are less than a ns
        spare = max(0, clock.ticks.bit_length() - 34) if clock.ticks > 1 << 33 else 0
        rest = (rest >> np.uint64(spare)) * np.uint64(1_000_000_000) // np.uint64(clock.ticks >> spare)
    whole = np.minimum(seconds, np.uint64(1 << 60)).astype(np.int64) + max(
        -(1 << 60), min(1 << 60, clock.shift)
    )
    told = (whole >= 0) & (whole < 9_000_000_000)
    return np.where(told, np.where(told, whole, 0) * 1_000_000_000 + rest.astype(np.int64), UNKNOWN)
