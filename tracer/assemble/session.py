"""One run: a command with the agent in it, its recording, and the load that is sent to it."""

from __future__ import annotations

import shlex
import signal
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Protocol

from tracer.assemble.collector import Collector
from tracer.assemble.sender import Load, Sender
from tracer.load import LoadError
from tracer.observe.launch import Launch
from tracer.recording import TraceError

TICK = 0.03  # seconds between looks at the rings
LINGER = 2.0  # seconds that processes may outlive the one that was started
SETTLE = 1.0  # seconds that servers have to be done with what they have answered, at the end of a load
GRACE = 10.0  # seconds from SIGTERM to SIGKILL, at the end of a load
SILENT = 5.0  # seconds until the user is told that no server is known

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Result:
    """How a run ended."""

    path: Path  # the sealed recording; the `.part` with what was written until it failed
    code: int  # the command's, 128 + n for signal n; 0 if it ended by the signal that its load's end sent it
    requests: int
    lost: int  # records
    left: tuple[int, ...]  # processes that the command left running
    asked: bool  # somebody asked for the end, by a signal
    seen: bool  # a server that is known was recorded
    failure: TraceError | None = None  # why the recording could not be written to its end


class Viewer(Protocol):
    """A program that shows the recording while it goes on, and has the terminal meanwhile."""

    output: BinaryIO  # for what the command writes

    @property
    def closed(self) -> bool:
        """Whether the person has left it."""

    def open(self, part: Path) -> None:
        """Start it on a recording."""

    def wait(self) -> None:
        """Wait until the person leaves it."""

    def close(self) -> None:
        """End it, if it is there."""


class Session:
    """Runs a command to its end and records it. `say` is given sentences for the user."""

    def __init__(
        self,
        command: Sequence[str],
        path: Path,
        *,
        load: Load | None = None,
        title: str | None = None,
        overwrite: bool = False,
        tied: bool = False,
        viewer: Viewer | None = None,
        say: Say = lambda _: None,
    ) -> None:
        """Prepare; nothing is started or written yet. Raises LoadError for a load that cannot be sent.

        A `tied` command is asked to end when we are killed; another one is the user's, and goes on. With a
        `viewer` the terminal is the viewer's; the command is asked to end when it is closed.
        """
        self.command, self.path = list(command), path
        self.load = load.checked() if load else None
        self._title, self._overwrite, self._say = title or shlex.join(command), overwrite, say
        self._sender: Sender | None = None
        self._failure: TraceError | LoadError | None = None  # told at the end; the command goes on until then
        self._introduced, self._tied = False, tied
        self._over = 0.0  # when the load was over
        self._viewer = viewer
        self._ending = 0.0  # when the command was asked to end

    def run(self) -> Result:
        """Do it, in the main thread; nothing that it started outlives it.

        Where the recording cannot be written any more the command is run to its end all the same. Raises
        LaunchError, TraceError where no recording can be begun, LoadError (the recording is sealed).
        """
        meta = {"title": self._title, "command": self.command}
        collector = Collector(self.path, meta, client=self.load is not None, overwrite=self._overwrite)
        try:
            output = self._viewer.output if self._viewer else None
            launch = Launch(self.command, collector.rings, tied=self._tied, output=output)
        except BaseException:
            collector.discard()
            raise
        try:
            with launch:
                if self._viewer is not None:
                    self._viewer.open(collector.writer.part)
                self._follow(launch, collector)
            result = self._end(launch, collector)
            if self._viewer is not None and not launch.asked:
                self._viewer.wait()
            return result
        finally:
            collector.close()
            if self._viewer is not None:
                self._viewer.close()

    def _follow(self, launch: Launch, collector: Collector) -> None:
        """Record until the command has ended."""
        began = time.monotonic()
        self._sender = Sender(self.load, launch.pid) if self.load else None
        try:
            while not launch.wait(TICK):
                self._turn(launch, collector)
                self._introduce(collector, time.monotonic() - began)
            self._poll(collector, rest=True)
        finally:
            if self._sender is not None:
                self._sender.close()

    def _turn(self, launch: Launch, collector: Collector) -> None:
        """Take what is new, and end the command when its load is over."""
        self._poll(collector)
        if self._viewer is not None and self._viewer.closed and not launch.asked:
            self._ending = time.monotonic()
            launch.interrupt()
        self._overdue(launch)
        if self._sender is None:
            return
        if launch.asked and not self._sender.asked:
            self._sender.stop()
        over = self._sender.done or isinstance(self._failure, LoadError)
        if over and not self._ending and self._settled(collector):
            self._ending = time.monotonic()
            launch.signal(signal.SIGTERM)

    def _overdue(self, launch: Launch) -> None:
        """Kill a command that was asked to end long ago."""
        if self._ending and time.monotonic() - self._ending > GRACE:
            self._say(f"the command goes on {GRACE:g} s after it was asked to end, and is killed")
            self._ending = float("inf")
            launch.kill()

    def _settled(self, collector: Collector) -> bool:
        """Whether nobody is at a request any more: many a server just dies when it is asked to end.

        The client has its answer before the server's thread has told that it is done.
        """
        self._over = self._over or time.monotonic()
        return not collector.assembler.busy or time.monotonic() - self._over > SETTLE

    def _poll(self, collector: Collector, *, rest: bool = False) -> None:
        """Look at rings and loader; what goes wrong is told now and raised at the end."""
        try:
            exchanges = []
            if self._sender is not None and not isinstance(self._failure, LoadError):
                exchanges = self._sender.rest() if rest else self._sender.take(collector.assembler)
            if not isinstance(self._failure, TraceError):
                collector.poll(exchanges)
        except LoadError as error:
            self._failure = error
        except TraceError as error:
            self._failure = error
            self._say(f"{error}; the command goes on and is not recorded any more")

    def _introduce(self, collector: Collector, seconds: float) -> None:
        """Say once what is being recorded."""
        if self._introduced:
            return
        servers = list(collector.assembler.world.servers.items())
        if servers:
            names = ", ".join(f"{name} {version}".strip() for name, version in servers)
            points = _grouped(list(collector.assembler.world.points))
            self._say(f"recording {names} into {self.path}; live points: {points}")
        elif seconds > SILENT:
            self._say(
                f"no server that is known has started in {SILENT:g} s; nothing is recorded until one does"
            )
        self._introduced = bool(servers) or seconds > SILENT

    def _end(self, launch: Launch, collector: Collector) -> Result:
        """Wait for what the command left behind, seal, and raise what went wrong."""
        until = time.monotonic() + LINGER
        while (left := collector.reader.live()) and time.monotonic() < until and not self._failure:
            time.sleep(TICK)
            self._poll(collector)
        path = self._seal(collector)
        for note in (*self._sent(launch), *collector.notes()):
            self._say(note)
        failure = self._failure
        if failure is not None and not isinstance(failure, TraceError):
            raise failure
        assembler = collector.assembler
        pids = tuple(ring.pid for ring in left)
        world, code, asked = assembler.world, self._code(launch), launch.asked > 0
        return Result(path, code, assembler.requests, world.lost, pids, asked, bool(world.servers), failure)

    def _seal(self, collector: Collector) -> Path:
        """Write the final file, unless what stands before it could not be written."""
        if not isinstance(self._failure, TraceError):
            try:
                return collector.seal()
            except TraceError as error:
                self._failure = error
        return collector.writer.part

    def _sent(self, launch: Launch) -> Iterator[str]:
        """Say what the user should know of the load."""
        if self._sender is None:
            return
        if warning := self._sender.warning():
            yield warning
        if not self._sender.started and not launch.asked and not self._failure:
            yield "the command ended before it listened, so no load was sent"

    def _code(self, launch: Launch) -> int:
        """Give the command's exit code; the SIGTERM that we sent when the load was over is no failure."""
        told = launch.code or 0
        return 0 if self._ending and not launch.asked and told == 128 + signal.SIGTERM else told


def _grouped(points: list[str]) -> str:
    """Write `a.b, a.c` as `a.{b,c}`."""
    groups: dict[str, list[str]] = {}
    for point in points:
        group, _, name = point.rpartition(".")
        groups.setdefault(group, []).append(name)
    return ", ".join(
        f"{group}.{names[0]}".strip(".") if len(names) == 1 else f"{group}.{{{','.join(names)}}}"
        for group, names in groups.items()
    )
