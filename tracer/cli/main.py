"""The entry point: finds the command and turns what went wrong into one sentence."""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from tracer import __version__


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; give its exit code: 0 done, 1 the answer is no, 2 wrong use or unreadable input."""
    parser = argparse.ArgumentParser(prog="tracer", description="See how Python web stacks handle requests.")
    parser.add_argument("--version", action="version", version=f"hopscope {__version__}")
    parser.parse_args(argv)
    return 0
