"""The commands as import strings: `tracer --help` imports nothing heavy. The one place that wires all."""

from tracer.cli.main import main

__all__ = ["main"]
