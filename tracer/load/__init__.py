"""The open-loop load generator, which records the client's own hop."""

from tracer.load.exchange import Exchange
from tracer.load.loader import run
from tracer.load.plan import LoadError, Plan, Planned
from tracer.load.process import LoadProcess, run_in_process
from tracer.load.progress import Progress
from tracer.load.schedule import constant, poisson

__all__ = [
    "Exchange",
    "LoadError",
    "LoadProcess",
    "Plan",
    "Planned",
    "Progress",
    "constant",
    "poisson",
    "run",
    "run_in_process",
]
