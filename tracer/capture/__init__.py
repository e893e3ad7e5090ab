"""Packet captures, in layers that can be read one at a time.

    Capture(path)      file -> Records      frames as columns: number, time, place, lengths, link type
    Dissector()        Records -> Segments  TCP segments as columns: ends, sequence numbers, payload
    Streams()          Segments -> Events   connections: bytes in order with their frames, gaps, notes

`connections(Capture(path))` is all three. Everything goes in chunks, and what is kept between them is what
is open. Bytes are only handed on: protocols are `tracer.wire`'s.
"""

from tracer.capture.capture import Capture
from tracer.capture.errors import CaptureError
from tracer.capture.events import (
    MARKS,
    TO_CLIENT,
    TO_SERVER,
    Connection,
    Data,
    End,
    Event,
    Gap,
    Note,
    NoteKind,
    Why,
)
from tracer.capture.following import follow
from tracer.capture.headers import Dissector, Segments, address
from tracer.capture.records import Interface, Records
from tracer.capture.streams import Streams, connections, told
from tracer.capture.whole import Wholes
from tracer.capture.writer import PcapngWriter, PcapWriter

__all__ = [
    "MARKS",
    "TO_CLIENT",
    "TO_SERVER",
    "Capture",
    "CaptureError",
    "Connection",
    "Data",
    "Dissector",
    "End",
    "Event",
    "Gap",
    "Interface",
    "Note",
    "NoteKind",
    "PcapWriter",
    "PcapngWriter",
    "Records",
    "Segments",
    "Streams",
    "Wholes",
    "Why",
    "address",
    "connections",
    "follow",
    "told",
]
