"""Where a handler runs, and so what its computing, waiting and calling do to the lane under it.

| place   | computes                    | waits                     | a blocking call           |
|---------|-----------------------------|---------------------------|---------------------------|
| Worker  | on the lane it holds        | BLOCKED, the lane held    | the same                  |
| Loop    | queues for the loop first   | AWAITING, the loop free   | BLOCKED, the loop held    |
| PoolThread | on its thread, under the GIL that the loop wants too | BLOCKED, the thread held | the same |
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from simulator.program import Assembler, Label
from tracer.recording.nouns import PhaseKind


class Place(Protocol):
    """What a handler asks of the place that it runs in."""

    def compute(self, law: int, what: str | None = None) -> None:
        """Use the CPU."""

    def wait(self, law: int, *, blocking: bool = False, what: str | None = None) -> None:
        """Wait for something outside."""

    def start_waiting(self) -> tuple[int, int]:
        """Get ready to wait for something; give the kind of the phase and the seat that stays held (-1)."""

    def resume(self) -> None:
        """Be as one is when computing (a place that waited may have to queue for its lane)."""

    def resume_after_wait(self) -> None:
        """The same in a block that is written elsewhere: there, the place was waiting."""

    def begin(self) -> None:
        """Go there."""

    def end(self) -> None:
        """Come back."""


@dataclass
class Worker:
    """A process or thread that a request has to itself, maybe under a GIL with others."""

    asm: Assembler
    seat: int
    gil: int = -1
    reg: int = -1
    cores: int = -1

    def compute(self, law: int, what: str | None = None) -> None:
        """Use the CPU on the lane that is held."""
        self.asm.compute(law, self.seat, self.gil, self.reg, self.cores, what)

    def wait(self, law: int, *, blocking: bool = False, what: str | None = None) -> None:
        """Wait; nobody else can use the lane."""
        del blocking
        self.asm.hold(law, PhaseKind.BLOCKED, self.seat, what)

    def start_waiting(self) -> tuple[int, int]:
        """Keep the lane."""
        return PhaseKind.BLOCKED, self.seat

    def resume(self) -> None:
        """Have the lane already."""

    def resume_after_wait(self) -> None:
        """Have the lane already."""

    def begin(self) -> None:
        """Be there already."""

    def end(self) -> None:
        """Stay."""


@dataclass
class Loop:
    """An event loop: one callback at a time, first come, first served."""

    asm: Assembler
    pool: int
    seat: int
    gil: int = -1
    reg: int = -1
    cores: int = -1
    held: bool = False

    def take(self, limit: int = -1, full: Label | None = None) -> None:
        """Queue for the loop, unless it is held."""
        if not self.held:
            self.asm.acquire(self.pool, self.seat, self.reg, limit, full)
            self.held = True

    def let_go(self) -> None:
        """Give the loop back."""
        if self.held:
            self.asm.release(self.seat)
            self.held = False

    def compute(self, law: int, what: str | None = None) -> None:
        """Use the CPU inside a callback."""
        self.take()
        self.asm.compute(law, self.seat, self.gil, self.reg, self.cores, what)

    def wait(self, law: int, *, blocking: bool = False, what: str | None = None) -> None:
        """Wait at an `await`, or, blocking, with the loop held for all others."""
        if blocking:
            self.take()
            self.asm.hold(law, PhaseKind.BLOCKED, self.seat, what)
        else:
            self.let_go()
            self.asm.hold(law, PhaseKind.AWAITING, what=what)

    def start_waiting(self) -> tuple[int, int]:
        """Let others use the loop."""
        self.let_go()
        return PhaseKind.AWAITING, -1

    def resume(self) -> None:
        """Queue for the loop again."""
        self.take()

    def resume_after_wait(self) -> None:
        """Queue for the loop, which was free for others."""
        self.asm.acquire(self.pool, self.seat, self.reg)

    def begin(self) -> None:
        """Be there already."""

    def end(self) -> None:
        """Stay."""


@dataclass
class PoolThread(Worker):
    """A thread of the pool that runs `def` handlers beside a loop (Starlette's has 40)."""

    loop: Loop | None = None
    pool: int = -1
    hop: int = -1  # the law of what the way there and back costs

    def begin(self) -> None:
        """Leave the loop and queue for a thread."""
        assert self.loop is not None
        self.loop.let_go()
        self.asm.acquire(self.pool, self.seat, self.reg)
        self.compute(self.hop, "thread hop")

    def end(self) -> None:
        """Give the thread back and queue for the loop."""
        assert self.loop is not None
        self.asm.release(self.seat)
        self.loop.take()
