"""Packets -> Recording: wire messages with their frames become visits, and visits of one request are joined.

    Talk      a connection: bytes -> messages -> stays (a visit while it is put together)
    Sweep     stays in order of frames -> which upstream stay belongs to which client's, and how sure that is
    journeys  a request with all its stays -> rows

`recording_of(capture)` is all of them. What is kept between chunks is what is open, and what waits for it.
"""

from tracer.assemble.packets.reading import Reader, recording_of

__all__ = ["Reader", "recording_of"]
