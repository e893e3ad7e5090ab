"""A real SSH server on loopback by asyncssh, with keys of its own, which runs what it is asked to."""

from __future__ import annotations

import asyncio
import os
import threading
from contextlib import contextmanager, suppress

import asyncssh


class Server:
    """Runs in a thread; `home` has the client's key and its known_hosts."""

    def __init__(self, home, path=None):
        self.home, self.path = home, path or os.environ["PATH"]
        self.connections, self.children = [], []
        self.loop = asyncio.new_event_loop()
        self.thread = threading.Thread(target=self.loop.run_forever)
        self.thread.start()
        self.port = self.call(self._start())
        self.target = f"tester@127.0.0.1:{self.port}"

    def call(self, work):
        return asyncio.run_coroutine_threadsafe(work, self.loop).result(20)

    async def _start(self):
        ssh = self.home / ".ssh"
        ssh.mkdir(mode=0o700)
        host, user = (
            asyncssh.generate_private_key("ssh-ed25519"),
            asyncssh.generate_private_key("ssh-ed25519"),
        )
        user.write_private_key(ssh / "id_ed25519")
        allowed = ssh / "authorized_keys"
        user.write_public_key(allowed)
        self.server = await asyncssh.listen(
            "127.0.0.1", 0, server_host_keys=[host], authorized_client_keys=str(allowed),
            process_factory=self._process, encoding=None,
        )  # fmt: skip
        port = self.server.get_port()
        key = host.export_public_key().decode()
        (ssh / "known_hosts").write_text(f"[127.0.0.1]:{port} {key}")
        return port

    async def _process(self, process):
        """Run a command as sshd does, with the ends of the connection in its environment."""
        connection = process.get_extra_info("connection")
        self.connections.append(connection)
        ends = (*process.get_extra_info("peername")[:2], *process.get_extra_info("sockname")[:2])
        environment = {"PATH": self.path, "SSH_CONNECTION": " ".join(map(str, ends))}
        child = await asyncio.create_subprocess_exec(
            "/bin/sh", "-c", process.command, env=environment,
            stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
        )  # fmt: skip
        self.children.append(child)
        typing = asyncio.ensure_future(self._type(process.stdin, child.stdin))
        told = ((child.stdout, process.stdout), (child.stderr, process.stderr))
        with suppress(asyncssh.Error, OSError):  # the connection is gone
            await asyncio.gather(*(self._pass(*one) for one in told))
        code = await child.wait()
        typing.cancel()
        process.exit(code)

    async def _pass(self, source, into):
        while data := await source.read(65536):
            into.write(data)
            await into.drain()

    async def _type(self, source, into):
        with suppress(asyncssh.Error, OSError):
            await self._pass(source, into)
        into.close()

    async def _break(self):
        for connection in self.connections:
            connection.abort()

    async def _stop(self):
        self.server.close()
        await self._break()
        for child in self.children:
            await asyncio.wait_for(child.wait(), 10)

    def cut(self):
        """Break all connections off."""
        self.call(self._break())

    def stop(self):
        try:
            self.call(self._stop())
        finally:
            for child in self.children:
                if child.returncode is None:
                    child.kill()
            self.loop.call_soon_threadsafe(self.loop.stop)
            self.thread.join(10)


@contextmanager
def ssh_server(home, path=None):
    server = Server(home, path)
    try:
        yield server
    finally:
        server.stop()
