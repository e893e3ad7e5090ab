"""`--keylog FILE`: the secrets of TLS sessions, for every command that reads captures."""

from __future__ import annotations

import argparse
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tracer.cli.errors import CliError

if TYPE_CHECKING:
    from tracer.capture import Capture
    from tracer.wire.tls import Keys

_given: list[str] = []  # files are opened far from where arguments are, in every command


class _Remember(argparse.Action):
    """Keeps the name for `keys_of`."""

    def __call__(self, _parser: object, _space: object, values: Any, _option: object = None) -> None:
        _given[:] = [str(values)]


def add_keylog(parser: argparse.ArgumentParser) -> None:
    """Declare --keylog."""
    _given.clear()
    told = "TLS secrets for captures, as SSLKEYLOGFILE has them (which is read where this is not given)"
    parser.add_argument("--keylog", metavar="FILE", action=_Remember, help=told)


def keys_of(capture: Capture) -> Keys | None:
    """Give the secrets for a capture: of --keylog, else of a sample's own or SSLKEYLOGFILE, and of itself."""
    from importlib.util import find_spec

    from tracer.capture.secrets import secrets_of
    from tracer.wire.tls import KeyLogError, Keys

    if not find_spec("cryptography"):
        if _given:
            raise CliError("--keylog needs cryptography: pip install 'hopscope[captures]'")
        return None
    name = _given[0] if _given else _shipped(capture.path) or os.environ.get("SSLKEYLOGFILE", "")
    try:
        keys = Keys.read(name) if _given or (name and Path(name).is_file()) else Keys()
    except KeyLogError as error:
        raise CliError(str(error)) from None
    keys.ask(secrets_of(capture))
    return keys


def _shipped(path: str) -> str:
    """Give the key log that lies beside a sample of ours; "" if there is none."""
    import captures

    found = (sample.keys for sample in captures.samples().values() if str(sample.file) == path)
    return str(next(found, None) or "")
