"""The load of a run: waits until the server listens, sends, and says when it is done."""

from __future__ import annotations

import time
from dataclasses import dataclass

from tracer.assemble.assembler import Assembler
from tracer.load import Exchange, LoadError, LoadProcess, Plan, constant, poisson
from tracer.load.plan import parse
from tracer.observe.processes import Address, listening, tree

PATIENCE = 20.0  # seconds until a server must listen
READY = 5.0  # seconds from then until all its workers should have started
_LAST = 5.0  # seconds that the loader has to tell what is in flight


@dataclass(frozen=True, slots=True)
class Load:
    """A load to send: where to, how fast, for how long."""

    url: str = "/"  # whole, or a path
    rate: float = 10.0  # requests per second
    seconds: float = 10.0
    poisson: bool = True
    keep_alive: bool = True
    timeout: float = 30.0  # seconds from when a request was due
    seed: int = 0
    paths: tuple[str, ...] = ()  # below the URL, in turn

    def plan(self, host: str, port: int) -> Plan:
        """Draw the arrivals. Raises LoadError."""
        try:
            if self.poisson:
                arrivals = poisson(self.rate, self.seconds, self.seed)
            else:
                arrivals = constant(self.rate, self.seconds)
        except ValueError as error:
            raise LoadError(str(error)) from None
        url = f"http://{_bracketed(host)}:{port}{self.url}" if self.url.startswith("/") else self.url
        keep, timeout, seed = self.keep_alive, self.timeout, self.seed
        return Plan.of(url, arrivals, paths=self.paths, keep_alive=keep, timeout=timeout, seed=seed)

    def checked(self) -> Load:
        """Give itself if it can be sent. Raises LoadError."""
        if not self.plan("127.0.0.1", 1).requests:
            raise LoadError(
                f"a load of {self.rate:g} requests a second has none in {self.seconds:g} s: send longer"
            )
        return self


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host


class Sender:
    """Sends a load to the server that runs as process `pid` or below it."""

    def __init__(self, load: Load, pid: int) -> None:
        """Send nothing yet."""
        self.load, self._pid = load, pid
        self._process: LoadProcess | None = None
        self._began = time.monotonic()
        self._listens = 0.0  # since when
        self.asked = False  # to stop

    @property
    def started(self) -> bool:
        """Whether anything was sent, or is about to be."""
        return self._process is not None

    @property
    def done(self) -> bool:
        """Whether every request has an outcome, or the load was stopped."""
        return self._process.done if self._process else self.asked

    def take(self, assembler: Assembler) -> list[Exchange]:
        """Go on; give the exchanges that ended since. Raises LoadError."""
        if self._process is not None:
            return self._process.take()
        if not self.asked:
            self._start(assembler)
        return []

    def _start(self, assembler: Assembler) -> None:
        """Begin once the server listens and its workers are there."""
        now = time.monotonic()
        at = self._address()
        if at is None:
            if now - self._began > PATIENCE:
                raise LoadError(self._silence())
            return
        self._listens = self._listens or now
        if assembler.ready or now - self._listens > READY:
            self._process = LoadProcess(self.load.plan(*at))

    def _address(self) -> Address | None:
        """Where to send to, once somebody listens there."""
        places = listening(tree(self._pid))
        if not self.load.url.startswith("/"):
            host, port, _ = parse(self.load.url)
            ports = {at[1] for at in places}
            return (host, port) if port in ports or not _here(host) else None
        if len({port for _, port in places}) > 1:
            ports_text = ", ".join(str(port) for _, port in places)
            raise LoadError(
                f"the command listens on ports {ports_text}: give the whole URL, http://127.0.0.1:PORT/"
            )
        return places[0] if places else None

    def _silence(self) -> str:
        where = "on no TCP port" if self.load.url.startswith("/") else f"not where {self.load.url} says"
        return f"the command listens {where} after {PATIENCE:g} s, so there is nothing to send the load to"

    def stop(self) -> None:
        """Have nothing more sent."""
        self.asked = True
        if self._process is not None:
            self._process.stop()

    def rest(self) -> list[Exchange]:
        """Stop, and give what is left, requests in flight as open."""
        self.stop()
        exchanges: list[Exchange] = []
        until = time.monotonic() + _LAST
        while self._process is not None and not self._process.done and time.monotonic() < until:
            exchanges += self._process.take(0.05)
        return exchanges

    def warning(self) -> str | None:
        """Say in a sentence what made the load other than it was meant."""
        return self._process.progress.warning() if self._process else None

    def close(self) -> None:
        """End the loader's process."""
        if self._process is not None:
            self._process.close()


def _here(host: str) -> bool:
    return host in ("localhost", "::1") or host.startswith("127.")
