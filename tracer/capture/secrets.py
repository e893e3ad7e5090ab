"""TLS secrets inside a capture (pcapng's Decryption Secrets Blocks), wherever in the file they stand."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from tracer.capture.capture import Capture
from tracer.capture.errors import CaptureError


def secrets_of(capture: Capture, *, ahead: bool = True) -> Callable[[], bytes]:
    """Give a function that gives the key log text of a capture that was not given before; b"": none.

    What was read so far comes first. Asked once more, with `ahead`, the whole file is looked through, once:
    a block may stand after the packets that it opens. A pipe cannot be.
    """
    given = 0
    looked = not (ahead and Path(capture.path).is_file())

    def more() -> bytes:
        nonlocal given, looked
        found = capture.secrets[given:]
        given += len(found)
        if not found and not looked:
            looked = True
            found = _everywhere(capture.path)
        return b"\n".join([*found, b""]) if found else b""

    return more


def _everywhere(path: str) -> list[bytes]:
    try:
        again = Capture(path)
    except CaptureError:
        return []  # it is gone; what can be read of it is being read
    for _ in again:
        pass
    return again.secrets
