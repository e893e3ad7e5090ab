"""Packets as they are shown: layers with fields, each with the bytes that it stands for."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from tracer.recording import Recording


@dataclass(frozen=True, slots=True)
class Field:
    """A field: `data[start:end]` of the packet is what it was read from."""

    name: str
    value: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Layer:
    """A layer: what scapy calls it, and its fields in order."""

    name: str
    start: int
    end: int
    fields: tuple[Field, ...]


@dataclass(frozen=True, slots=True)
class Packet:
    """One packet of a capture. `time` is ns since the epoch, -1 where the capture has none."""

    frame: int
    time: int
    data: bytes
    source: str
    target: str
    words: str
    layers: tuple[Layer, ...]


class Wanted(NamedTuple):
    """Which packets: the frames from `first` to `last` of these connections (src, dst, protocol)."""

    first: int
    last: int
    connections: tuple[tuple[str, str, str], ...]


Dissect = Callable[[Recording, Wanted], Sequence[Packet]]
"""What the command line lends: reads packets anew out of the capture that a recording is from.

Raises LookupError, a sentence, where the recording is not from a capture that can be read again.
"""


def lines(packet: Packet) -> list[tuple[int, str, int, int]]:
    """Give the decoded packet in lines: (indent, text, start, end), layers and below them their fields."""
    made = []
    for layer in packet.layers:
        made.append((0, layer.name, layer.start, layer.end))
        made += [(1, f"{field.name}: {field.value}", field.start, field.end) for field in layer.fields]
    return made
