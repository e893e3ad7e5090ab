"""Real captures and recordings that ship with hopscope, each with what made it.

A capture is named by its folder, a recording of the folder `demo` by its file: `sample:nginx-uwsgi`,
`sample:waiting-gunicorn`.
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

HOME = Path(__file__).parent


class Sample(NamedTuple):
    """A sample's file, a capture or a `.trace`, and the TLS keys that belong to it."""

    file: Path
    keys: Path | None


def samples() -> dict[str, Sample]:
    """Give all samples by name, in the order of the alphabet."""
    found = {file.parent.name: file for file in HOME.glob("*/capture.*")}
    found |= {file.stem: file for file in HOME.glob("*/*.trace")}
    return {name: Sample(file, _keys(file)) for name, file in sorted(found.items())}


def located(name: str) -> Sample:
    """Find a sample by its name. Raises LookupError, one sentence, where there is none."""
    found = samples()
    if name not in found:
        raise LookupError(f"sample:{name}: there is no such sample; there are {', '.join(found)}")
    return found[name]


def _keys(file: Path) -> Path | None:
    beside = file.with_name("keys.log")
    return beside if beside.is_file() else None
