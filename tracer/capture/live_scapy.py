"""Captures by scapy's socket where no capturing program is: slower, and asked for drops directly."""

from __future__ import annotations

import logging
import os
import select
import socket
import struct
import threading
import time
from importlib.util import find_spec
from typing import Any

from tracer.capture.live import BUFFER, LiveError, Wish
from tracer.capture.writer import PcapWriter

LARGEST = 1 << 18
ETHERNET, RAW = 1, 101
_ARPHRD_ETHERNET, _ARPHRD_LOOPBACK = 1, 772
_SOL_PACKET, _PACKET_STATISTICS, _SO_RCVBUFFORCE = 263, 6, 33


def there() -> bool:
    """Say whether scapy is installed."""
    return find_spec("scapy") is not None


class ScapyTap:
    """A thread that writes what scapy's socket receives, as pcap, into a pipe."""

    name = "scapy"

    def __init__(self, wish: Wish) -> None:
        self._socket = _opened(wish)
        self._lost = 0
        self._loopback = self._socket.ins.getsockname()[3] == _ARPHRD_LOOPBACK
        self.ask()
        self._lost = 0  # what was dropped while it was opened was of all interfaces
        self._why: str | None = None
        self._reading, self._writing = os.pipe()
        self._wake = os.pipe()
        self.path = f"/dev/fd/{self._reading}"
        self._thread = threading.Thread(target=self._run, daemon=True, name="live-scapy")
        self._thread.start()

    def ask(self) -> None:
        """Read the kernel's counter, which begins anew with each reading."""
        try:
            said = self._socket.ins.getsockopt(_SOL_PACKET, _PACKET_STATISTICS, 8)
        except OSError:
            return  # closed
        self._lost += struct.unpack("II", said)[1]

    def lost(self) -> int | None:
        """Give the packets that were lost so far."""
        return self._lost

    def stop(self) -> None:
        """End the thread."""
        os.write(self._wake[1], b"x")

    def close(self) -> str | None:
        """End it and let go of its socket and pipes."""
        self.stop()
        self._thread.join()
        self.ask()
        self._socket.close()
        for number in (self._reading, *self._wake):
            os.close(number)
        return self._why

    def _run(self) -> None:
        link = ETHERNET if self._socket.ins.getsockname()[3] in (1, _ARPHRD_LOOPBACK) else RAW
        try:
            with os.fdopen(self._writing, "wb", buffering=0) as pipe:
                writer = PcapWriter(pipe, link)
                while self._wake[0] not in select.select([self._socket.ins, self._wake[0]], [], [])[0]:
                    self._pass_on(writer)
        except BrokenPipeError:
            pass  # nobody reads any more
        except OSError as error:
            self._why = f"the interface was lost: {error.strerror}"

    def _pass_on(self, writer: PcapWriter) -> None:
        packet, where, seconds = self._socket._recv_raw(self._socket.ins, LARGEST)  # noqa: SLF001 - says which way
        if self._loopback and where[2] == socket.PACKET_OUTGOING:
            return  # each packet passes there twice
        when = round(seconds * 10**6) * 1000 if seconds else time.time_ns()
        writer.write(packet, when)


def _opened(wish: Wish) -> Any:
    """Open scapy's socket with a large buffer. Raises LiveError."""
    from scapy.arch.linux import L2ListenSocket
    from scapy.error import Scapy_Exception

    logging.getLogger("scapy").setLevel(logging.ERROR)  # it wonders at the type of lo
    if wish.interface == "any":
        raise LiveError("scapy cannot capture on any: name an interface, or install tcpdump")
    try:
        opened = L2ListenSocket(iface=wish.interface, filter=wish.filter or None)
    except PermissionError:
        raise LiveError("scapy may not capture here: run it as root (sudo)") from None
    except Scapy_Exception as error:
        why = f"the filter is wrong, or there is no libpcap to compile it: {error}"
        raise LiveError(f"{why}; an example is: tcp port 8000") from None
    except (OSError, ValueError) as error:
        from tracer.capture.live_program import interfaces

        raise LiveError(f"{wish.interface}: {error}; there are: {', '.join(interfaces()[:-1])}") from None
    _enlarge(opened.ins)
    return opened


def _enlarge(raw: socket.socket) -> None:
    """Ask for a large buffer, past the system's limit where that is allowed."""
    size = min(BUFFER << 20, (1 << 31) - 1)
    try:
        raw.setsockopt(socket.SOL_SOCKET, _SO_RCVBUFFORCE, size)
    except OSError:
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, size)
