"""The kernel's raw stamps, by the offset of the clocks that the ring told last."""

from __future__ import annotations

import numpy as np
import pytest

from tracer.agent import layout
from tracer.assemble.stamps import CLOCK, FUTURE, Stamps
from tracer.observe.records import decode, pack
from tracer.observe.rings import Identity

OFFSET = 1_700_000_000_000_000_123  # CLOCK_REALTIME - CLOCK_MONOTONIC, ns
TAKEN = 5_000_000_000
RING = Identity("7.ring", 7, 1, 0, 1_000, 1_000 + OFFSET, "uvicorn", "1.0")


def record(kind: int, **fields):
    slot = np_slot(pack(kind, 1, **fields))
    return decode(slot)[0]


def np_slot(data: bytes):
    return np.frombuffer(data, np.uint8).reshape(1, layout.SLOT)


def arrived(stamps: Stamps, time: int, flags: int = layout.ASGI | layout.STAMPED) -> int:
    """What an OPEN with the stamp of this monotonic time is converted to."""
    seconds, nanoseconds = divmod(time + OFFSET, 1_000_000_000) if time else (0, 0)
    opened = record(layout.OPEN, flags=flags, arrived=seconds, nanoseconds=nanoseconds, taken=TAKEN)
    return stamps.converted(opened).arrived


@pytest.mark.parametrize(
    ("time", "expected"),
    [
        (TAKEN - 200_000_000, TAKEN - 200_000_000),
        (TAKEN, TAKEN),
        (TAKEN + FUTURE, TAKEN),  # measuring error
        (TAKEN + FUTURE + 1, 0),  # the clock was set: not known
        (0, 0),  # no stamp
    ],
)
def test_a_stamp_is_converted_by_the_header(time, expected):
    assert arrived(Stamps(RING), time) == expected


def test_a_clock_mark_goes_before_the_header():
    stamps = Stamps(RING)
    stamps.told(record(layout.MARK, what=CLOCK, value=OFFSET + 40_000))
    assert arrived(stamps, TAKEN - 1_000_000) == TAKEN - 1_040_000


def test_what_is_not_stamped_is_left_as_it_is():
    opened = record(layout.OPEN, flags=layout.WSGI, arrived=77, taken=TAKEN)
    assert Stamps(RING).converted(opened) is opened


def test_joined_fields_are_packed_as_the_reader_has_them():
    data = bytearray(layout.SLOT)
    joined = layout.packed(layout.MARK, ("kind", "flags", "lane"), ("time", "value"))
    joined(data, 0, bytes([layout.MARK, 0, 3, 0]), 9, CLOCK, b"\x01" + bytes(7) + b"\xff" * 8, 1)
    (told,) = decode(np_slot(bytes(data)))
    assert (told.lane, told.visit, told.what, told.time, told.value, told.seq) == (3, 9, CLOCK, 1, -1, 1)
