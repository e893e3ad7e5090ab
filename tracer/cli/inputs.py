"""Opens what a user names as FILE: says in one sentence why not, where it cannot."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from tracer.cli.errors import CliError
from tracer.cli.keylog import add_keylog, keys_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tracer.analysis.listing import Numbers
    from tracer.capture import Capture
    from tracer.recording import Recording
    from tracer.wire.tls import Keys

HELP = (
    "a .trace, a .pcap or .pcapng (also .gz, .zst; - for a pipe), a JSON log of nginx or Apache, sample:NAME "
    "or LOG+TRACE: a proxy's log and a recording behind it, joined by traceparent"
)
_CAPTURES = (".pcap", ".pcapng", ".cap")
_PACKED = (".gz", ".zst")
_MAGICS = (
    *(b"\xd4\xc3\xb2\xa1", b"\xa1\xb2\xc3\xd4", b"\x4d\x3c\xb2\xa1", b"\xa1\xb2\x3c\x4d"),  # pcap
    *(b"\x0a\x0d\x0d\x0a", b"\x1f\x8b", b"\x28\xb5\x2f\xfd"),  # pcapng, gzip, zstd
)
_GIVE = "give a .trace file, as `tracer run -o NAME.trace` writes it, or a .pcap"
PIPE, SAMPLE = "-", "sample:"
MOST_FAULTS = 5  # told of one file; a recording keeps more


def add_files(parser: argparse.ArgumentParser) -> None:
    """Declare FILE…, one or more, and --keylog."""
    parser.add_argument("files", metavar="FILE", nargs="+", help=HELP)
    add_keylog(parser)


def opened(name: str) -> Recording:
    """Open a recording; CliError or TraceError, each one sentence, if it cannot be."""
    if "+" in name and not Path(name).exists():
        return _joined(name)
    path = located(name)
    if path.is_file() and _is_log(path):
        return _logged(path)
    if is_capture(path):
        return _captured(name, path)
    from tracer.recording.live import PART, open_recording, part_of

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
    return str(said) if said else plain(name)


def plain(name: str) -> str:
    """Give the name of a file without its folder and what its endings say."""
    short = Path(name).name.removesuffix(".part").removesuffix(".trace")
    for ending in (*_PACKED, *_CAPTURES):
        short = short.removesuffix(ending)
    return short


def located(name: str) -> Path:
    """Give the path of a FILE; a sample's in the folder `captures`. CliError: there is none."""
    if not name:
        raise CliError(f"the name of a file is empty; {_GIVE}")
    if not name.startswith(SAMPLE):
        return Path(name)
    import captures

    try:
        return captures.located(name.removeprefix(SAMPLE)).file
    except LookupError as error:
        raise CliError(str(error.args[0])) from None


def named_as_capture(path: Path) -> bool:
    """Whether a FILE of that name is taken for packets, whatever is in it."""
    name = path.name.lower()
    for packed in _PACKED:
        name = name.removesuffix(packed)
    return name.endswith(_CAPTURES)


def is_capture(path: Path) -> bool:
    """Whether a FILE is to be read as packets: by its name, else by its first bytes."""
    if str(path) == PIPE or named_as_capture(path) or path.is_fifo():
        return True
    if not path.is_file():
        return False
    with path.open("rb") as file:
        return file.read(4).startswith(_MAGICS)


def _joined(name: str) -> Recording:
    """Open each part of OUTER+INNER, and make them one."""
    from tracer.assemble.combined import CombineError, combined

    outer, *rest = name.split("+")
    recording = opened(outer)
    for part in rest:
        try:
            recording = combined(recording, opened(part))
        except CombineError as error:
            raise CliError(f"{name}: {error}") from None
    if not recording.meta["joined"]:
        from tracer.cli.streams import tell

        tell(f"{name}: no request is in both; docs/guide/logs.md says how to pass a traceparent")
    return recording


def _is_log(path: Path) -> bool:
    from tracer.observe.logs import is_log

    return is_log(path)


def _logged(path: Path) -> Recording:
    """Read an access log; lines that cannot be read are told on stderr, and the rest is read all the same."""
    from tracer.assemble.logs import recording_of_log
    from tracer.observe.logs import LogError

    try:
        recording = recording_of_log(path)
    except LogError as error:
        raise CliError(str(error)) from None
    _tell_faults(recording.meta["faults"])
    return recording


def _captured(name: str, path: Path) -> Recording:
    """Read a capture; what was wrong with it goes to stderr, and the rest is read all the same."""
    from tracer.assemble.packets import recording_of

    capture = _capture(name, path)
    recording = recording_of(capture, keys=keys_of(capture))
    _tell_faults(recording.meta["faults"])
    return recording


def _capture(name: str, path: Path) -> Capture:
    from tracer.capture import Capture, CaptureError

    if path.is_dir():
        raise CliError(f"{name}: this is a directory; {_GIVE}")
    try:
        return Capture(str(path))
    except CaptureError as error:
        raise CliError(str(error)) from None


def flowing(name: str) -> Iterator[tuple[Recording, Numbers | None]]:
    """Open a recording, or a capture whose requests come as soon as they are settled, part by part.

    What cannot be opened is told at once, as `opened` does; how much memory it takes does not hang on the
    length of a capture. With each part come the numbers of its requests and visits; None: they count from 0.
    """
    path = located(name)
    if not is_capture(path):
        return iter([(opened(name), None)])
    capture = _capture(name, path)
    return _parts(capture, keys_of(capture))


def _parts(capture: Capture, keys: Keys | None) -> Iterator[tuple[Recording, Numbers | None]]:
    from tracer.assemble.packets.flowing import flow_of
    from tracer.assemble.packets.reading import Reader, faults_of

    reader = Reader(keys)
    for part in flow_of(capture, reader):
        yield part.recording, (part.requests, part.visits)
    _tell_faults(faults_of(capture, reader))


def _tell_faults(faults: list[str]) -> None:
    from tracer.cli.streams import tell

    for fault in faults[:MOST_FAULTS]:
        tell(fault)
    if len(faults) > MOST_FAULTS:
        tell(f"and {len(faults) - MOST_FAULTS} more faults")
