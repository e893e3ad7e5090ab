"""The two directions of a connection in the order in which their bytes were there.

A chunk tells each direction as a whole. Protocols that use numbers again (FastCGI), switch (WebSocket) or
have lost bytes need to be read in turns; a long run of plain HTTP/1 is read faster one direction at a time.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import accumulate

import numpy as np

from tracer.capture import Data, Gap

Flow = Data | Gap
Step = tuple[int, int, int, int]
"""Place in the order, number of the flow, its first piece, the piece after its last."""


def in_turns(flows: list[Flow]) -> Iterator[Flow]:
    """Give flows in order of frames, cut where the other direction goes on."""
    if len({flow.direction for flow in flows}) < 2:
        yield from flows
        return
    steps: list[Step] = []
    for number, places in enumerate(_places(flows)):
        steps += [(place, number, piece, piece + 1) for piece, place in enumerate(places)]
    for number, first, after in _runs(sorted(steps)):
        yield _part(flows[number], first, after)


def _places(flows: list[Flow]) -> list[list[int]]:
    """Give for each piece the frame by which it, and all before it in its direction, was there."""
    latest = [0, 0]
    told = []
    for flow in flows:
        own = [flow.frame] if isinstance(flow, Gap) else flow.frames.tolist()
        places = list(accumulate([max(latest[flow.direction], own[0]), *own[1:]], max))
        latest[flow.direction] = places[-1]
        told.append(places)
    return told


def _runs(steps: list[Step]) -> Iterator[tuple[int, int, int]]:
    """Put steps of one flow that follow each other together."""
    _, flow, first, after = steps[0]
    for _, other, begin, end in steps[1:]:
        if other == flow:
            after = end
        else:
            yield flow, first, after
            flow, first, after = other, begin, end
    yield flow, first, after


def _part(flow: Flow, first: int, after: int) -> Flow:
    if isinstance(flow, Gap) or after - first == len(flow.pieces):
        return flow
    offset = flow.offset if not first else int(flow.ends[first - 1])
    cut = np.s_[first:after]
    return Data(
        flow.connection,
        flow.direction,
        offset,
        flow.pieces[cut],
        flow.ends[cut],
        flow.frames[cut],
        flow.times[cut],
    )
