"""A network namespace for one script, and a lossy road inside it."""

from __future__ import annotations

import fcntl
import os
import socket
import struct
import sys

WITHIN = "HOPSCOPE_IN_NAMESPACE"
SIOCGIFFLAGS, SIOCSIFFLAGS, SIOCSIFADDR, SIOCSIFNETMASK = 0x8913, 0x8914, 0x8916, 0x891C
IFF_UP, IFF_RUNNING = 0x1, 0x40
TUNSETIFF, IFF_TUN, IFF_NO_PI = 0x400454CA, 0x1, 0x1000


def alone() -> None:
    """Run this script again in a network namespace of its own, with its `lo` up."""
    if WITHIN not in os.environ:
        os.environ[WITHIN] = "1"
        os.execvp("unshare", ["unshare", "--net", sys.executable, *sys.argv])
    up("lo")


def up(name: str, address: str | None = None) -> None:
    """Bring an interface up, with an IPv4 address of a /24 if one is given."""
    interface = name.encode().ljust(16, b"\0")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as control:
        if address:
            fcntl.ioctl(control, SIOCSIFADDR, interface + _socket_address(address))
            fcntl.ioctl(control, SIOCSIFNETMASK, interface + _socket_address("255.255.255.0"))
        told = fcntl.ioctl(control, SIOCGIFFLAGS, interface + bytes(24))
        flags = struct.unpack_from("H", told, 16)[0] | IFF_UP | IFF_RUNNING
        fcntl.ioctl(control, SIOCSIFFLAGS, interface + struct.pack("H22x", flags))


def tun(name: str, address: str) -> int:
    """Make a TUN interface; give the descriptor that reads what is sent to it and writes what it receives."""
    road = os.open("/dev/net/tun", os.O_RDWR)
    fcntl.ioctl(road, TUNSETIFF, struct.pack("16sH22x", name.encode(), IFF_TUN | IFF_NO_PI))
    up(name, address)
    return road


def _socket_address(address: str) -> bytes:
    return struct.pack("HH4s8x", socket.AF_INET, 0, socket.inet_aton(address))
