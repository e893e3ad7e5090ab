"""Opens what a user names as FILE: says in one sentence why not, where it cannot."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from tracer.cli.errors import CliError

if TYPE_CHECKING:
    from tracer.recording import Recording

_CAPTURES = (".pcap", ".pcapng", ".cap", ".pcap.gz", ".pcapng.gz", ".pcap.zst", ".pcapng.zst")
_GIVE = "give a .trace file, as `tracer run -o NAME.trace` writes it"


def add_files(parser: argparse.ArgumentParser) -> None:
    """Declare FILE…, one or more."""
    parser.add_argument("files", metavar="FILE", nargs="+", help="a .trace, or a .trace.part left by a crash")


def opened(name: str) -> Recording:
    """Open a recording; CliError or TraceError, each one sentence, if it cannot be."""
    _refuse_what_is_not_read_yet(name)
    from tracer.recording.live import PART, open_recording, part_of

    path = Path(name)
    if not name:
        raise CliError(f"the name of a file is empty; {_GIVE}")
    if path.is_dir() and not path.name.endswith(PART):
        raise CliError(f"{name}: this is a directory; {_GIVE}")
    if not path.exists() and not part_of(path).exists():
        raise CliError(f"{name}: there is no such file; {_GIVE}")
    if not path.is_file() and (part_of(path) / "rings").is_dir():
        from tracer.assemble.recover import recovered

        return recovered(path)
    return open_recording(path)


def title(recording: Recording, name: str) -> str:
    """Name a recording: by its meta data, else by its file."""
    said = recording.meta.get("title")
    return str(said) if said else Path(name).name.removesuffix(".part").removesuffix(".trace")


def _refuse_what_is_not_read_yet(name: str) -> None:
    if name.startswith("sample:"):
        raise CliError(f"{name}: this version ships no samples; {_GIVE}")
    if name == "-":
        raise CliError(f"-: a trace cannot be read from a pipe; {_GIVE}")
    if name.lower().endswith(_CAPTURES):
        raise CliError(f"{name}: this version does not read packet captures; {_GIVE}")
