"""Secrets of TLS sessions, from a key log in the format of NSS (SSLKEYLOGFILE).

A line is LABEL, the client's random and the secret, in hexadecimal. Lines of other labels, comments and
a last line that is cut (the file may still be written) are passed over.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

More = Callable[[], bytes]
"""Gives key log text that was not given before; b"" if there is none now."""

MASTER = "CLIENT_RANDOM"
EARLY = "CLIENT_EARLY_TRAFFIC_SECRET"
HANDSHAKE = ("CLIENT_HANDSHAKE_TRAFFIC_SECRET", "SERVER_HANDSHAKE_TRAFFIC_SECRET")
TRAFFIC = ("CLIENT_TRAFFIC_SECRET_0", "SERVER_TRAFFIC_SECRET_0")

_LABELS = "|".join((MASTER, EARLY, *HANDSHAKE, *TRAFFIC)).encode()
_LINE = re.compile(
    rb"^[ \t]*(" + _LABELS + rb")[ \t]+([0-9a-fA-F]{64})[ \t]+((?:[0-9a-fA-F]{2}){32,64})[ \t]*\r?$",
    re.MULTILINE,
)
_ANY = re.compile(
    rb"^[ \t]*[A-Z][A-Z0-9_]+ [0-9a-fA-F]+ [0-9a-fA-F]+|^[ \t]*RSA (Session-ID:)?", re.MULTILINE
)

Secrets = dict[str, bytes]
"""Label -> secret, of one client random."""


class KeyLogError(Exception):
    """A key log that cannot be read, as one sentence: what, where, what to do."""


class Keys:
    """Secrets by client random. `more` are asked, in order, when one is missing: a log may grow."""

    def __init__(self, text: bytes = b"", more: tuple[More, ...] = ()) -> None:
        self._secrets: dict[bytes, Secrets] = {}
        self._more = list(more)
        self.add(text)

    @classmethod
    def read(cls, path: str | Path) -> Keys:
        """Read a key log file; it is read on if a secret is missing. Raises KeyLogError."""
        return cls(more=(reader(path),)).refreshed()

    def __len__(self) -> int:
        """Count the sessions of which something is known."""
        return len(self._secrets)

    def add(self, text: bytes) -> None:
        """Take in key log text."""
        for label, random, secret in _LINE.findall(text):
            known = self._secrets.setdefault(bytes.fromhex(random.decode()), {})
            known[label.decode()] = bytes.fromhex(secret.decode())

    def ask(self, more: More) -> None:
        """Add a source that is asked when a secret is missing, such as the secrets of a capture."""
        self._more.append(more)

    def refreshed(self) -> Keys:
        """Ask all sources for what they have now."""
        for more in self._more:
            self.add(more())
        return self

    def of(self, random: bytes, wanted: tuple[str, ...] = ()) -> Secrets:
        """Give what is known of a session by its client's random; {}: nothing.

        Sources are asked for more until the labels that are `wanted` are there.
        """
        for more in self._more:
            known = self._secrets.get(random)
            if known and all(label in known for label in wanted):
                break
            self.add(more())
        return self._secrets.get(random, {})


def reader(path: str | Path) -> More:
    """Make a source of the whole lines that a key log file gains. Raises KeyLogError if it is none."""
    place = 0
    path = Path(path)

    def more() -> bytes:
        nonlocal place
        try:
            with path.open("rb") as file:
                file.seek(place)
                text = file.read()
        except OSError as error:
            if place:
                return b""  # it was there: what was read stays true
            raise KeyLogError(f"{path}: the key log cannot be read: {error.strerror}") from None
        whole = text[: text.rfind(b"\n") + 1] if place or b"\n" in text else text
        place += len(whole)
        return whole

    first = more()
    if first.strip() and not (_ANY.search(first) or first.lstrip().startswith(b"#")):
        why = "is no TLS key log: give the file that SSLKEYLOGFILE named for the client or the server"
        raise KeyLogError(f"{path}: {why}")
    waiting = [first]

    def given() -> bytes:
        return waiting.pop() if waiting else more()

    return given
