"""Clients that note what they asked and what they got: the client's side of the expected requests."""

from __future__ import annotations

import http.client
import io
import socket
import ssl
import struct
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

PATIENCE = 30


@dataclass
class Journal:
    """What the clients of a script got, in the order in which answers were complete on each connection."""

    lines: list[dict[str, Any]] = field(default_factory=list)

    def note(self, port: int, method: str, target: str, status: int | None, size: int | None) -> None:
        """Note one exchange of the connection whose own port is `port`.

        status None: no answer came; size None: not all of it.
        """
        line = {"client_port": port, "method": method, "target": target, "status": status, "bytes": size}
        self.lines.append(line)


class Client:
    """A keep-alive HTTP/1.1 connection by `http.client`; `port` is its own, 0: any."""

    def __init__(
        self,
        journal: Journal,
        server: int,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self.journal, self.socket = journal, socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.socket.settimeout(PATIENCE)
        self.socket.bind(("::1" if ":" in host else "0.0.0.0", port))  # noqa: S104 # any source address
        self.socket.connect((host, server))
        self.port = int(self.socket.getsockname()[1])
        if tls:
            self.socket = tls.wrap_socket(self.socket, server_hostname="shop.test")
        self._http = http.client.HTTPConnection("shop.test")
        self._http.sock = self.socket

    def __enter__(self) -> Client:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the connection."""
        self._http.close()
        self.socket.close()

    def ask(
        self,
        target: str,
        method: str = "GET",
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> bytes:
        """Send a request, read the answer whole, note it."""
        self._http.request(method, target, body, dict(headers or {}))
        response = self._http.getresponse()
        content = response.read()
        self.journal.note(self.port, method, target, response.status, len(content))
        return content


class RawClient:
    """A connection on which a script writes bytes itself; answers are read by `http.client`."""

    def __init__(self, journal: Journal, server: int, *, port: int = 0, receive_buffer: int = 0) -> None:
        self.journal, self.socket = journal, socket.socket()
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if receive_buffer:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        self.socket.settimeout(PATIENCE)
        self.socket.bind(("127.0.0.1", port))
        self.socket.connect(("127.0.0.1", server))
        self.port = int(self.socket.getsockname()[1])
        self._file = _Kept(self.socket.makefile("rb"))

    def __enter__(self) -> RawClient:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def makefile(self, _mode: str) -> _Kept:
        """Give the one file that all answers are read from: pipelined ones may come in one read."""
        return self._file

    def send(self, raw: bytes) -> None:
        """Send bytes."""
        self.socket.sendall(raw)

    def answer(self, method: str, target: str) -> bytes:
        """Read the next answer whole (interim ones passed over), note it."""
        response = http.client.HTTPResponse(self, method=method)  # type: ignore[arg-type] # it only calls makefile
        response.begin()
        content = response.read()
        self.journal.note(self.port, method, target, response.status, len(content))
        return content

    def lost(self, method: str, target: str, status: int | None = None) -> None:
        """Note that no whole answer to a request was read; `status` if its head was."""
        self.journal.note(self.port, method, target, status, None)

    def close(self) -> None:
        """Close the connection in good order."""
        self.socket.close()
        self._file.really_close()

    def reset(self) -> None:
        """Close the connection by a reset, as who gives up does."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.close()


class _Kept:
    """A file that its readers cannot close."""

    def __init__(self, file: io.BufferedReader) -> None:
        self._file = file
        self.readline, self.read, self.readinto, self.read1 = (
            file.readline,
            file.read,
            file.readinto,
            file.read1,
        )
        self.peek = file.peek

    def close(self) -> None:
        """Do nothing: the next answer is read from it, too."""

    def flush(self) -> None:
        """Do nothing."""

    def really_close(self) -> None:
        """Close it."""
        self._file.close()


def together(number: int, work: Callable[[int], None]) -> None:
    """Call `work(0)` … `work(number - 1)` in threads of their own; wait for all, raise what one raised."""
    faults: list[BaseException] = []

    def one(which: int) -> None:
        try:
            work(which)
        except BaseException as fault:  # noqa: BLE001 # raised again below
            faults.append(fault)

    threads = [threading.Thread(target=one, args=(which,)) for which in range(number)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if faults:
        raise faults[0]
