"""Real captures and recordings that ship with hopscope, each with what made it.

`sample:NAME` is the folder NAME in here; `located` says which file of it to open.
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

PREFIX = "sample:"
FORMS = ("pcapng", "pcap", "pcapng.gz", "pcap.gz", "pcapng.zst", "pcap.zst")
_HOME = Path(__file__).parent


class Sample(NamedTuple):
    """A sample's files: a capture or a `.trace`, and the TLS keys that belong to it."""

    name: str
    file: Path
    keys: Path | None


def names() -> list[str]:
    """List the samples, in the order of the alphabet."""
    folders = sorted(path for path in _HOME.iterdir() if path.is_dir())
    return [name for path in folders if (name := path.name) and _files(name)]


def located(name: str) -> Sample:
    """Find the sample NAME, or NAME/FILE where a folder has several files.

    Raises LookupError, one sentence, where there is none.
    """
    folder, _, wanted = name.removeprefix(PREFIX).partition("/")
    files = _files(folder)
    chosen = [file for file in files if wanted in {"", file.name, file.name.removesuffix(".trace")}]
    if not files:
        raise LookupError(f"{PREFIX}{folder}: there is no such sample; there are {', '.join(names())}")
    if len(chosen) != 1:
        which = " or ".join(f"{PREFIX}{folder}/{file.name.removesuffix('.trace')}" for file in files)
        raise LookupError(f"{PREFIX}{name.removeprefix(PREFIX)}: name one of its recordings: {which}")
    keys = _HOME / folder / "keys.log"
    return Sample(folder, chosen[0], keys if keys.is_file() else None)


def _files(folder: str) -> list[Path]:
    """List what can be opened in a folder: its capture, else its recordings."""
    if not folder or Path(folder).name != folder or folder.startswith("."):
        return []
    captured = [_HOME / folder / f"capture.{form}" for form in FORMS]
    return [file for file in captured if file.is_file()] or sorted((_HOME / folder).glob("*.trace"))
