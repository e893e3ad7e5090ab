"""A lossy road between two addresses of one machine, made of a TUN interface and this process.

What the kernel sends to FAR comes out of the interface; with source and destination swapped it goes back
in, and then is a packet from FAR to NEAR (sums stay right, as they add both addresses). So one kernel's TCP
talks to itself over a road on which packets are lost, doubled and overtaken, and mends it as on any road:
the retransmissions in the capture are the kernel's own.
"""

from __future__ import annotations

import os
import random
import select
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from captures.making.namespace import tun

NEAR, FAR = "192.0.2.1", "192.0.2.2"
MTU = 1500
LOSE, DOUBLE, DELAY = 0.04, 0.03, 0.06
LATE = 0.004
"""Seconds by which an overtaken packet comes later."""


@contextmanager
def lossy_road(seed: int) -> Iterator[str]:
    """Carry packets as long as the block lasts; give the name of the interface."""
    road, stop = tun("road", NEAR), threading.Event()
    carrier = threading.Thread(target=_carry, args=(road, stop, random.Random(seed)))  # noqa: S311
    carrier.start()
    try:
        yield "road"
    finally:
        stop.set()
        carrier.join()
        os.close(road)


def _carry(road: int, stop: threading.Event, chance: random.Random) -> None:
    held: list[tuple[float, bytes]] = []
    while not stop.is_set():
        ready, _, _ = select.select([road], [], [], 0.001)
        if ready and (packet := os.read(road, 2 * MTU))[0] >> 4 == 4:
            held += [(time.monotonic() + late, _swapped(packet)) for late in _fate(chance)]
        now = time.monotonic()
        for _, packet in sorted(entry for entry in held if entry[0] <= now):
            os.write(road, packet)
        held = [entry for entry in held if entry[0] > now]


def _fate(chance: random.Random) -> list[float]:
    """Say after how many seconds a packet arrives: never, twice, late, or at once."""
    drawn = chance.random()
    if drawn < LOSE:
        return []
    if drawn < LOSE + DOUBLE:
        return [0, 0.0005]
    return [LATE] if drawn < LOSE + DOUBLE + DELAY else [0]


def _swapped(packet: bytes) -> bytes:
    return packet[:12] + packet[16:20] + packet[12:16] + packet[20:]
