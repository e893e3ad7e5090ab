"""Which of several processes takes a connection."""

from __future__ import annotations

from simulator.distributions import chance
from simulator.engine import steps
from simulator.program import Assembler

RULES = {
    "round_robin": steps.ROUND_ROBIN,
    "random": steps.RANDOM,
    "least_busy": steps.LEAST_BUSY,
    "affinity": steps.AFFINITY,
}


def pick(asm: Assembler, balance: str, count: int, pool: int, reg: int, name: str) -> None:
    """Pick one of `count` processes, whose pools start at `pool`; the first hop, one a connection."""
    law = asm.law(chance(0.5), f"{name}|pick")
    asm.emit(steps.PICK, a=RULES[balance], b=count, c=pool, d=int(asm.depth == 1), draw=law, reg=reg)
