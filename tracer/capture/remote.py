"""Captures on another machine: its tcpdump, over SSH.

The host's key must be in known_hosts; who we are is told by keys and the agent, as `ssh` does. The SSH
connection itself is left out of the capture. If it breaks, what came until then is whole.
"""

from __future__ import annotations

import asyncio
import os
import re
import shlex
import threading
from concurrent.futures import TimeoutError as Late
from contextlib import suppress
from typing import TYPE_CHECKING

from tracer.capture.live import BUFFER, LiveError, Wish
from tracer.capture.live_program import PATIENCE, Words

if TYPE_CHECKING:
    import asyncssh

_TARGET = re.compile(r"(?:([^@:\s]+)@)?(\[[^\]\s]+\]|[^@:\s\[\]]+)(?::(\d{1,5}))?")
PIECE = 1 << 18

SCRIPT = """
set -- ${SSH_CONNECTION:-OURS}
PATH="$PATH:/usr/sbin:/sbin:/usr/local/sbin"; export PATH
command -v tcpdump >/dev/null || {
  echo 'there is no tcpdump: install it there (apt install tcpdump)' >&2; exit 127; }
exec 3<&0
tcpdump -i INTERFACE -n -U -s 0 -B BUFFER -w - \\
  "not (tcp and host $1 and port $2 and port $4)"MORE </dev/null 3<&- & child=$!
{ while read -r line; do kill -USR1 $child; done; sleep 1; kill -TERM $child; } <&3 >/dev/null 2>&1 & asked=$!
exec 3<&-
wait $child; code=$?
kill $asked 2>/dev/null
exit $code
"""
"""What runs there. A line on stdin asks for counters; its end, also by a broken connection, ends tcpdump."""


def script(wish: Wish, ours: tuple[str, int, str, int]) -> str:
    """Make the script; `ours` are the ends of the SSH connection, where the server does not tell them."""
    more = shlex.quote(f" and ({wish.filter})") if wish.filter else ""
    return (
        SCRIPT.replace("OURS", " ".join(map(str, ours)))
        .replace("BUFFER", str(BUFFER * 1024))
        .replace("INTERFACE", shlex.quote(wish.interface))
        .replace("MORE", more)
    )


class Target:
    """USER@HOST, or USER@HOST:PORT. Raises LiveError."""

    def __init__(self, text: str) -> None:
        found = _TARGET.fullmatch(text)
        if not found or int(found[3] or 22) > 65535:
            why = "a password does not belong on a command line; " if re.match(r"[^@]*:.*@", text) else ""
            raise LiveError(
                f"--ssh wants USER@HOST or USER@HOST:PORT, with keys or the agent; {why}use ssh-add"
            )
        self.user, self.host, self.port = found[1], found[2].strip("[]"), int(found[3] or 0)
        self.name = text


class RemoteTap:
    """tcpdump on another machine; a thread has the SSH connection and writes into a pipe."""

    def __init__(self, target: str, wish: Wish) -> None:
        self._target, self._wish = Target(target), wish
        self.name = f"tcpdump on {self._target.host}"
        self._words = Words()
        self._why: str | None = None
        self._stopped = False
        self._process: asyncssh.SSHClientProcess[bytes] | None = None
        self._reading, self._writing = os.pipe()
        self.path = f"/dev/fd/{self._reading}"
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True, name="live-ssh")
        self._thread.start()
        self._copying = asyncio.run_coroutine_threadsafe(self._run(), self._loop)
        self._await_begin()

    def ask(self) -> None:
        """Ask for counters."""
        self._loop.call_soon_threadsafe(self._write, b"\n")

    def lost(self) -> int | None:
        """Give the packets that were lost there, as last told."""
        return self._words.lost

    def stop(self) -> None:
        """End it: the script ends tcpdump, which writes out what it has."""
        self._stopped = True
        self._loop.call_soon_threadsafe(self._end)

    def close(self) -> str | None:
        """Let go of the connection."""
        self._loop.call_soon_threadsafe(self._end)
        with suppress(Late, asyncio.CancelledError):
            self._copying.result(PATIENCE)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(PATIENCE)
        os.close(self._reading)
        return None if self._stopped else self._words.sentence() or self._why or "tcpdump ended there"

    def _await_begin(self) -> None:
        """Wait until it captures. Raises LiveError if it does not."""
        while not self._words.begun.wait(0.05) and not self._copying.done():
            pass
        if self._copying.done() and self._words.lost is None:
            why = self.close()
            raise LiveError(f"{self._target.name}: {why}")

    # In the thread

    async def _run(self) -> None:
        """Connect, copy, and keep in words what went wrong."""
        import asyncssh

        try:
            async with await self._connect() as connection:
                await self._copy(connection)
        except (TimeoutError, asyncssh.Error, OSError) as error:
            self._why = _sentence(error, self._target)
        finally:
            with suppress(OSError):
                os.close(self._writing)

    async def _connect(self) -> asyncssh.SSHClientConnection:
        import asyncssh

        given = {"username": self._target.user, "port": self._target.port}
        return await asyncssh.connect(
            self._target.host,
            **{name: value for name, value in given.items() if value},
            preferred_auth="publickey",
            connect_timeout=15,
            keepalive_interval=15,
        )

    async def _copy(self, connection: asyncssh.SSHClientConnection) -> None:
        here, there = connection.get_extra_info("sockname"), connection.get_extra_info("peername")
        command = script(self._wish, (*here[:2], *there[:2]))
        process = await connection.create_process(f"exec /bin/sh -c {shlex.quote(command)}", encoding=None)
        self._process = process
        listening = asyncio.ensure_future(self._listen(process))
        write = self._loop.run_in_executor
        while data := await process.stdout.read(PIECE):
            await write(None, _write_all, self._writing, data)
        self._end()
        await listening
        done = await process.wait()
        if done.exit_status is None and not done.exit_signal:
            self._why = "the SSH connection was lost"

    async def _listen(self, process: asyncssh.SSHClientProcess[bytes]) -> None:
        async for line in process.stderr:
            self._words.take(line.decode("utf-8", "replace").strip())

    def _write(self, data: bytes) -> None:
        if self._process and not self._process.stdin.is_closing():
            self._process.stdin.write(data)

    def _end(self) -> None:
        if self._process and not self._process.stdin.is_closing():
            with suppress(OSError):
                self._process.stdin.write_eof()


def _write_all(number: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(number, view) :]


def _sentence(error: BaseException, target: Target) -> str:
    """Say what went wrong with a connection, and what to do."""
    import asyncssh

    name = f"{target.user}@{target.host}" if target.user else target.host
    match error:
        case asyncssh.HostKeyNotVerifiable():
            return f"its key is not in known_hosts: connect once with `ssh {name}` and compare the key"
        case asyncssh.PermissionDenied():
            return f"it takes none of your keys: try `ssh {name}`, then ssh-copy-id or ssh-add"
        case asyncssh.KeyImportError() | asyncssh.KeyEncryptionError():
            return f"your key cannot be read ({error}): ssh-add it to the agent"
        case asyncssh.ConnectionLost() | ConnectionResetError() | BrokenPipeError():
            return "the SSH connection was lost"
        case TimeoutError():
            return "it does not answer in 15 s: is the name right, and SSH allowed?"
        case OSError():
            return f"it cannot be reached: {error.strerror or error}"
    return f"SSH failed: {error}"
