"""Takes the plain stretch out of what a chunk has of one connection."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from tracer.assemble.packets.identity import Identity
from tracer.assemble.packets.line import Line
from tracer.assemble.packets.places import Moment
from tracer.assemble.packets.plain import Answer, Answered, Asked, Heads
from tracer.assemble.packets.stay import Stay
from tracer.assemble.packets.stretches import I8, Moments, Stretch
from tracer.capture import Data
from tracer.recording import UNKNOWN, Outcome

WORTH = 8
"""Exchanges in a row from which the short cut pays."""
FEW = 16
"""Pieces that are looked at one by one until what is open is over."""


class Plain(NamedTuple):
    """The exchanges that were taken out, and the bytes that they were of each direction."""

    asked: Asked
    answered: Answered
    start: Moments
    sent: Moments
    first: Moments
    last: Moments

    @property
    def size(self) -> int:
        """How many there are."""
        return len(self.start.frame)

    @property
    def ends(self) -> tuple[int, int]:
        """The bytes that they are, of each direction."""
        return self.asked.end[-1], self.answered.end[-1]

    def part(self, begin: int, end: int) -> Plain:
        """Give those from number `begin` up to `end`."""
        asked = Asked(*(column[begin:end] for column in self.asked))  # type: ignore[arg-type]
        answered = Answered(*(column[begin:end] for column in self.answered))  # type: ignore[arg-type]
        start, sent, first, last = (moments.part(begin, end) for moments in self[2:])
        return Plain(asked, answered, start, sent, first, last)

    def stays(self, ids: list[int], lines: list[Line]) -> list[Stay]:
        """Make the stays of it, where they may have to do with others; ids and lines are theirs."""
        return [_stay(*row) for row in zip(ids, lines, *self._rows(), strict=True)]

    def _rows(self) -> tuple[list[Any], ...]:
        asked, answered = self.asked, self.answered
        moments = (list(map(Moment, m.frame.tolist(), m.time.tolist())) for m in self[2:])
        sizes = (
            [end - head for head, end in zip(message.head, message.end, strict=True)]
            for message in (asked, answered)
        )
        return (asked.method, asked.target, asked.version, asked.identity, answered.answer, *sizes, *moments)

    def stretch(self, id_: I8, listener: I8, lane: I8) -> Stretch:
        """Make the columns of it."""
        asked, answered = self.asked, self.answered
        return Stretch(
            id_,
            listener,
            lane,
            asked.method,
            asked.target,
            asked.version,
            np.array([answer.status for answer in answered.answer], np.int64),
            np.array(asked.end, np.int64) - np.array(asked.head, np.int64),
            np.array(answered.end, np.int64) - np.array(answered.head, np.int64),
            self.start,
            self.sent,
            self.first,
            self.last,
        )


def _stay(
    id_: int,
    line: Line,
    method: str,
    target: str,
    version: str,
    who: Identity,
    answer: Answer,
    bytes_in: int,
    bytes_out: int,
    start: Moment,
    sent: Moment,
    first: Moment,
    last: Moment,
) -> Stay:
    who = who.with_ids(answer.ids)
    stay = Stay(id_, line, UNKNOWN, method, target, f"http/{version}", who, start, sent, sent, first, last)
    stay.end, stay.status, stay.encoded = last, answer.status, answer.encoded
    stay.bytes_in, stay.bytes_out = bytes_in, bytes_out
    stay.outcome = Outcome.ERROR if answer.status >= 500 else Outcome.OK
    return stay


def plain_of(asking: Data, answering: Data, since: tuple[Moment, Moment], heads: Heads) -> Plain | None:
    """Read the plain exchanges that both directions begin with; None if they are too few.

    `since`: the latest moments before, by which bytes that came in another order are dated.
    """
    asked = heads.requests(bytes(asking.join()))
    if len(asked.start) < WORTH:
        return None
    answered = heads.answers(bytes(answering.join()), asked.method)
    count = len(answered.start)
    ask, answer = _Places(asking, since[0]), _Places(answering, since[1])
    found = Plain(
        asked,
        answered,
        ask.at(asked.start[:count]),
        ask.at(asked.end[:count], before=1),
        answer.at(answered.start),
        answer.at(answered.end, before=1),
    )
    return _cut(found, _in_turns(found, count))


def _in_turns(found: Plain, count: int) -> int:
    """Give how many are one after the other, by frames and by time."""
    for earlier, later in ((found.sent, found.first), (found.first, found.last)):
        count = min(count, _first(later.frame < earlier.frame), _first(later.time < earlier.time))
    for values in ("frame", "time"):
        starts, ends = getattr(found.start, values), getattr(found.last, values)
        count = min(count, _first(starts[1:] < ends[:-1]))
    return count


def _first(wrong: NDArray[np.bool_]) -> int:
    return int(wrong.argmax()) if wrong.any() else 1 << 62


def _cut(found: Plain, count: int) -> Plain | None:
    if count < WORTH:
        return None
    return found.part(0, count)


class _Places:
    """Offsets in the joined bytes of a Data -> moments, many at once."""

    def __init__(self, data: Data, since: Moment) -> None:
        self._ends = data.ends - data.offset
        self._frames = np.maximum(np.maximum.accumulate(data.frames), since.frame)
        self._times = np.maximum(np.maximum.accumulate(data.times), since.time)

    def at(self, offsets: list[int], before: int = 0) -> Moments:
        places: I8 = np.array(offsets, np.int64) - before
        piece = np.searchsorted(self._ends, places, "right")
        return Moments(self._frames[piece], self._times[piece])


def until_resting(
    asking: Data, answering: Data, step: Callable[[Data], None], resting: Callable[[], bool]
) -> tuple[Data, ...]:
    """Give the first few pieces, one by one, to `step` until all is at rest; give what is left of both."""
    left: list[Data | None] = [asking, answering]
    for _ in range(FEW):
        ask, answer = left
        if ask is None or answer is None or resting():
            break
        way = int(answer.frames[0] < ask.frames[0])
        data = answer if way else ask
        size = len(data.pieces[0])
        step(first_piece(data))
        left[way] = rest_of(data, size)
    return tuple(data for data in left if data is not None)


def first_piece(data: Data) -> Data:
    """Give the first piece alone."""
    cut = np.s_[:1]
    pieces = data.pieces[cut]
    return Data(
        data.connection,
        data.direction,
        data.offset,
        pieces,
        data.ends[cut],
        data.frames[cut],
        data.times[cut],
    )


def rest_of(data: Data, size: int) -> Data | None:
    """Give what follows the first `size` bytes; None: nothing."""
    offset = data.offset + size
    piece = data.piece(offset)
    if piece >= len(data.pieces):
        return None
    begin = data.offset if not piece else int(data.ends[piece - 1])
    pieces = [data.pieces[piece][offset - begin :], *data.pieces[piece + 1 :]]
    cut = np.s_[piece:]
    return Data(
        data.connection, data.direction, offset, pieces, data.ends[cut], data.frames[cut], data.times[cut]
    )
