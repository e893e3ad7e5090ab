"""The assembler: what the models of servers write their steps, pools and lanes with.

A model is a function that is called with an `Assembler` and tells, in order, what a request does. The result
is a `Program` for the engine and a `Layout`: what the steps, pools and lanes are called in a recording.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from typing import Any

from simulator.distributions import Distribution
from simulator.engine import steps
from tracer.recording.nouns import LaneKind, PhaseKind, Role

SILENT = -1
"""The kind of a step in a branch: the visit is told by the token that forked, not by this one."""


@dataclass(frozen=True, slots=True)
class HopSpec:
    """A hop of the recording, and the lanes of it that execute."""

    name: str
    role: int
    software: str | None = None
    protocol: str | None = None
    waiting: float = 0.0


@dataclass(frozen=True, slots=True)
class LaneSpec:
    """A lane of the recording; the engine numbers lanes alike."""

    hop: int
    label: str
    kind: int
    capacity: int
    parent: int


@dataclass(frozen=True, slots=True)
class PoolSpec:
    """A pool of the engine: lanes in a row, and the lane that a recording says is waited for."""

    hop: int
    first: int
    lanes: int
    waits_for: int
    timeout: int = -1
    gil: bool = False


@dataclass(slots=True)
class Label:
    """A place in the steps that is not known yet."""

    step: int = -1


@dataclass(slots=True)
class Visit:
    """The step that began a visit, and the place behind its end."""

    entered: int
    after: Label = field(default_factory=Label)


@dataclass(slots=True)
class Step:
    """One row of the step table while it is written."""

    op: int
    a: int | Label = -1
    b: int = -1
    c: int | Label = -1
    d: int = -1
    draw: int = 0
    reg: int = -1
    depth: int = 0
    hop: int = 0
    seat: int = -1
    rescue: Label | None = None
    kind: int = PhaseKind.UNSEEN
    holds: int = 0
    what: str | None = None
    outer: int = 0  # of ENTER: the hop of the visit around
    inside: int = 1  # the step that began the visit which it is in


@dataclass(slots=True)
class Layout:
    """What a recording calls the numbers of a program."""

    hops: list[HopSpec] = field(default_factory=list)
    lanes: list[LaneSpec] = field(default_factory=list)
    pools: list[PoolSpec] = field(default_factory=list)
    endpoints: list[str] = field(default_factory=list)
    steps: list[Step] = field(default_factory=list)
    cores: list[float] = field(default_factory=list)
    shared: dict[int, tuple[int, int]] = field(default_factory=dict)
    """Hop of a station whose lanes are shared -> its lane, its set of cores."""


class Assembler:
    """Collects what a stack is made of; see `steps` for what each step means."""

    def __init__(self) -> None:
        self.layout = Layout()
        self.laws: list[tuple[Distribution, int]] = []
        self.branches: list[Label] = []
        self.entries: list[int] = []
        self.weights: list[float] = []
        self.seats = 0
        self.regs = 0
        self.free_seat = 0
        self.depth = 0
        self.hops = [self.hop("client", Role.CLIENT)]
        self.inside = [1]
        self.rescue: Label | None = None
        self._outside: tuple[int, int] = (PhaseKind.AWAITING, -1)
        self._later: list[tuple[Callable[[], None], Any]] = []
        self.emit(steps.ISSUE)
        self.emit(steps.ATTEMPT)

    # What there is.

    def hop(self, name: str, role: int, software: str | None = None, protocol: str | None = None) -> int:
        """Add a hop; give its number."""
        self.layout.hops.append(HopSpec(name, role, software, protocol))
        return len(self.layout.hops) - 1

    def lane(self, hop: int, label: str, kind: int, capacity: int = 1, parent: int = -1) -> int:
        """Add a lane; give its number."""
        self.layout.lanes.append(LaneSpec(hop, label, kind, capacity, parent))
        return len(self.layout.lanes) - 1

    def pool(self, lanes: range, waits_for: int = -1, timeout: int = -1) -> int:
        """Make a pool of lanes in a row; who waits is said to wait for `waits_for`, or its one lane."""
        hop = self.layout.lanes[lanes.start].hop
        target = lanes.start if waits_for < 0 else waits_for
        self.layout.pools.append(PoolSpec(hop, lanes.start, len(lanes), target, timeout))
        return len(self.layout.pools) - 1

    def loops(self, hop: int, labels: list[str], kind: int, parents: list[int] | None = None) -> int:
        """Make a lane and a pool of its own for each label; give the first of the pools, all in a row."""
        parents = parents or [-1] * len(labels)
        lanes = [
            self.lane(hop, label, kind, 1, parent) for label, parent in zip(labels, parents, strict=True)
        ]
        pools = [self.pool(range(lane, lane + 1)) for lane in lanes]
        return pools[0]

    def threads(self, hop: int, labels: list[list[str]], shared: list[int]) -> int:
        """Make a pool of threads for each process; give the first of the pools, all in a row."""
        pools = []
        for names, parent in zip(labels, shared, strict=True):
            lanes = [self.lane(hop, name, LaneKind.THREAD, 1, parent) for name in names]
            pools.append(self.pool(range(lanes[0], lanes[-1] + 1), parent))
        return pools[0]

    def gils(self, locks: list[int]) -> int:
        """Make the pools that the processes' locks are for the engine; give the first, all in a row."""
        pools = [self.gil(lock) for lock in locks]
        return pools[0]

    def workers(
        self, hop: int, count: int, label: str, kind: int = LaneKind.PROCESS, timeout: int = -1
    ) -> int:
        """Make a pool of `count` like lanes under a pool lane of its own (one lane needs none)."""
        parent = self.lane(hop, "arbiter", LaneKind.POOL, count) if count > 1 else -1
        first = len(self.layout.lanes)
        for i in range(count):
            self.lane(hop, f"{label} {i + 1}" if count > 1 else label, kind, 1, parent)
        return self.pool(range(first, first + count), parent, timeout)

    def gil(self, lane: int) -> int:
        """Make the pool that a process's lock is for the engine; it has no lanes to give."""
        self.layout.pools.append(PoolSpec(self.layout.lanes[lane].hop, lane, 0, lane, gil=True))
        return len(self.layout.pools) - 1

    def cores(self, count: float) -> int:
        """Add cores that jobs share; give their number."""
        self.layout.cores.append(count)
        return len(self.layout.cores) - 1

    def law(self, distribution: Distribution, name: str) -> int:
        """Add a distribution whose demands are drawn by this name."""
        digest = hashlib.blake2b(name.encode(), digest_size=8).digest()
        self.laws.append((distribution, int.from_bytes(digest, "big") >> 1))
        return len(self.laws) - 1

    def seat(self) -> int:
        """Give the number of a new seat, inside those taken so far."""
        self.free_seat += 1
        self.seats = max(self.seats, self.free_seat)
        return self.free_seat - 1

    def register(self) -> int:
        """Give the number of a new register."""
        self.regs += 1
        return self.regs - 1

    # What a request does.

    def emit(self, op: int, **fields: Any) -> int:
        """Add a step; give its number."""
        values: dict[str, Any] = {"depth": self.depth, "hop": self.hops[-1], "rescue": self.rescue}
        values |= {"inside": self.inside[-1], **fields}
        self.layout.steps.append(Step(op, **values))
        return len(self.layout.steps) - 1

    def here(self, label: Label | None = None) -> Label:
        """Put a label at the next step."""
        label = label or Label()
        label.step = len(self.layout.steps)
        return label

    @contextmanager
    def visit(
        self, hop: int, kind: int, seat: int = -1, holds: int = 0, what: str | None = None
    ) -> Iterator[Visit]:
        """Be at a hop; the visit around it is in `kind` meanwhile."""
        seats = self.free_seat
        visit = Visit(self.enter(hop, kind, seat, holds, what))
        yield visit
        self.leave(visit.entered)
        self.here(visit.after)
        self.free_seat = seats

    def served(self, hop: int) -> AbstractContextManager[Visit]:
        """Be at the hop of a server; the visit around it is as `meanwhile` says."""
        kind, seat = self._outside
        return self.visit(hop, kind, seat, int(seat >= 0))

    @contextmanager
    def meanwhile(self, kind: int, seat: int = -1) -> Iterator[None]:
        """Say how a proxy waits for the hop behind it: AWAITING, or with the lane of a seat held."""
        before, self._outside = self._outside, (kind, seat)
        yield
        self._outside = before

    def enter(self, hop: int, kind: int, seat: int = -1, holds: int = 0, what: str | None = None) -> int:
        """Begin a visit; give the step that `leave` wants."""
        self.depth += 1
        self.hops.append(hop)
        self.inside.append(len(self.layout.steps))
        outside = self.inside[-2]
        return self.emit(
            steps.ENTER, outer=self.hops[-2], inside=outside, kind=kind, seat=seat, holds=holds, what=what
        )

    def leave(self, entered: int) -> None:
        """End a visit."""
        self.emit(steps.LEAVE, a=entered)
        self.hops.pop()
        self.inside.pop()
        self.depth -= 1

    def compute(
        self, law: int, seat: int = -1, gil: int = -1, reg: int = -1, cores: int = -1, what: str | None = None
    ) -> None:
        """Use the CPU, the lane of `seat` held."""
        self.emit(
            steps.COMPUTE,
            a=gil,
            b=cores,
            c=0,
            draw=law,
            reg=reg,
            seat=seat,
            kind=PhaseKind.RUNNING,
            holds=1,
            what=what,
        )

    def hold(self, law: int, kind: int, seat: int = -1, what: str | None = None) -> None:
        """Let time pass, the lane of `seat` held, if it is given."""
        self.emit(steps.HOLD, draw=law, seat=seat, kind=kind, holds=int(seat >= 0), what=what)

    def acquire(
        self, pool: int, seat: int, reg: int = -1, limit: int = -1, full: Label | None = None
    ) -> None:
        """Take a lane into a seat, or wait for it, or go to `full`."""
        refused = full if full is not None else -1
        self.emit(steps.ACQUIRE, a=pool, b=seat, c=refused, d=limit, reg=reg, kind=PhaseKind.QUEUED)

    def release(self, seat: int) -> None:
        """Give the lane of a seat back."""
        self.emit(steps.RELEASE, b=seat)

    def jump(self, label: Label) -> None:
        """Go on elsewhere."""
        self.emit(steps.JUMP, a=label)

    def status(self, status: int) -> None:
        """Set the answer's status."""
        self.emit(steps.STATUS, a=status)

    def later(self, block: Callable[[], None]) -> None:
        """Write a block of steps behind the endpoint's, as if it stood here."""
        state = (self.depth, list(self.hops), list(self.inside), self.rescue, self.free_seat)
        self._later.append((block, state))

    def finish_blocks(self) -> None:
        """Write the blocks that were put off."""
        while self._later:
            block, state = self._later.pop(0)
            self.depth, self.hops, self.inside, self.rescue, self.free_seat = state
            block()
        self.depth, self.hops, self.inside, self.rescue, self.free_seat = 0, self.hops[:1], [1], None, 0

    def turned_away(self, visit: Visit) -> Label:
        """Give the label of a block that turns a request away from the visit that just began."""
        label = Label()
        caller_status = 502 if self.depth > 1 else None

        def block() -> None:
            self.here(label)
            self.status(steps.REFUSED)
            self.leave(visit.entered)
            if caller_status is not None:
                self.status(caller_status)
            self.jump(visit.after)

        self.later(block)
        return label
