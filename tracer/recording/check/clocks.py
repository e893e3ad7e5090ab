"""Invariant 6: one time axis. The meta data name each source's clock, its offset and uncertainty.

That the times of two clocks agree within it is looked at where times are compared: in `nesting`, `holding`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tracer.recording.check.violation import Violation
from tracer.recording.clock import read_clocks

if TYPE_CHECKING:
    from tracer.recording.recording import Recording


def clocks(r: Recording) -> list[Violation]:
    """Find times without a clock, clocks that do not say what they must, and hops that go by two clocks."""
    if not any(map(len, (r.requests.start, r.phases.start, r.marks.time))):
        return []
    try:
        named = read_clocks(r.meta)
    except ValueError as error:
        return [_violation(str(error))]
    hops = [hop for clock in named for hop in clock.hops]
    there = {r.text(number) for number in r.hops.name}
    return [
        *(
            _violation(f"the hop {hop!r} goes by two clocks")
            for hop in sorted({h for h in hops if hops.count(h) > 1})
        ),
        *(
            _violation(f"a clock names the hop {hop!r}, which is not there")
            for hop in sorted({*hops} - there)
        ),
    ]


def _violation(sentence: str) -> Violation:
    return Violation(6, "meta", (), sentence)
