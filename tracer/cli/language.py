"""The language that texts are shown in: --lang, else by the environment as POSIX has it."""

from __future__ import annotations

import argparse
import os


def add_language(parser: argparse.ArgumentParser) -> None:
    """Declare --lang."""
    parser.add_argument("--lang", choices=("en", "ko"), default=language(), help="by LANG unless given")


def language() -> str:
    """Give `ko` where the environment asks for Korean, else `en`."""
    named = os.environ.get("LC_ALL") or os.environ.get("LC_MESSAGES") or os.environ.get("LANG") or ""
    return "ko" if named.startswith("ko") else "en"
