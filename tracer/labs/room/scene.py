"""Starts a server as a lab wants it: maybe behind an nginx, maybe with clients that stall.

    python scene.py PORT [--nginx COMMAND] [--stalled N] [--at PORT] --log FILE -- CMD…

The server listens on PORT; clients that stall go to `--at` (nginx's port, else PORT), send half of a request
and nothing more. All of it ends with the server, or when this process is asked to end.
"""

import argparse
import contextlib
import os
import shlex
import signal
import socket
import subprocess
import sys
import time

PATIENCE = 20.0


def main() -> int:
    """Run the scene; give the server's exit code."""
    parser = argparse.ArgumentParser()
    parser.add_argument("port", type=int)
    parser.add_argument("--nginx", default="")
    parser.add_argument("--log", default=os.devnull)
    parser.add_argument("--stalled", type=int, default=0)
    parser.add_argument("--at", type=int, default=0)
    cut = sys.argv.index("--")
    arguments = parser.parse_args(sys.argv[1:cut])
    log = open(arguments.log, "ab")  # noqa: SIM115, PTH123 - for as long as the children run
    children = [subprocess.Popen(sys.argv[cut + 1 :], stdout=log, stderr=log)]
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    try:
        if arguments.nginx:
            children.append(subprocess.Popen(shlex.split(arguments.nginx), stdout=log, stderr=log))
        held = [_stall(arguments.at or arguments.port) for _ in range(arguments.stalled)]
        code = children[0].wait()
        del held
        return code
    finally:
        for child in children:
            child.terminate()
        for child in children:
            child.wait()


def _stall(port: int) -> socket.socket:
    """Connect, once somebody listens, and send half of a request."""
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        with contextlib.suppress(OSError):
            client = socket.create_connection(("127.0.0.1", port), 1)
            client.sendall(b"GET /hello HTTP/1.1\r\nHost: stalled\r\nX-Half:")
            return client
        time.sleep(0.02)
    raise SystemExit(f"nobody listens on port {port}")


if __name__ == "__main__":
    sys.exit(main())
