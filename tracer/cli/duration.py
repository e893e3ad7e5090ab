"""Durations as arguments: `250us`, `5ms`, `1.5s`, `2m`."""

from __future__ import annotations

import argparse

from tracer.analysis.duration import parse, show

__all__ = ["argument", "parse", "show"]


def argument(text: str) -> int:
    """Give a duration in ns; a type for argparse."""
    try:
        return parse(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None
