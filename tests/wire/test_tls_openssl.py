"""What Python's ssl cannot ask for, by the program openssl: key updates and early data (0-RTT)."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import threading
import time
from contextlib import contextmanager

import pytest
from tls_talks import GET, certificate, seen

from tracer.wire import REQUEST, RESPONSE, Head, Note, WireError
from tracer.wire.tls import Keys

PATIENCE = 20


@pytest.fixture(autouse=True)
def openssl():
    if shutil.which("openssl") is None:
        (pytest.fail if os.environ.get("CI") else pytest.skip)("needs openssl")


@contextmanager
def server(home, *options):
    """Run `openssl s_server`; give its port."""
    pem = certificate(home)
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = ["openssl", "s_server", "-accept", f"127.0.0.1:{port}", "-cert", pem, "-key", pem, "-tls1_3"]
    process = subprocess.Popen(
        [*command, *options], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            try:
                socket.create_connection(("127.0.0.1", port)).close()
                break
            except OSError:
                time.sleep(0.05)
        yield port
    finally:
        process.kill()
        process.communicate()


class Relay:
    """Passes one connection on, and keeps what passed."""

    def __init__(self, port):
        self.pieces, self.lock = [], threading.Lock()
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.there = port
        self.thread = threading.Thread(target=self.run)
        self.thread.start()

    def run(self):
        near, _ = self.listener.accept()
        far = socket.create_connection(("127.0.0.1", self.there))
        ways = ((near, far, REQUEST), (far, near, RESPONSE))
        threads = [threading.Thread(target=self.copy, args=way) for way in ways]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        near.close()
        far.close()

    def copy(self, source, into, kind):
        try:
            while data := source.recv(65536):
                with self.lock:
                    self.pieces.append((kind, data))
                into.sendall(data)
            into.shutdown(socket.SHUT_WR)
        except OSError:
            pass

    def done(self):
        self.thread.join(PATIENCE)
        self.listener.close()
        return self.pieces


def client(port, log, lines, *options):
    """Run `openssl s_client`, type lines with a pause between them."""
    command = ["openssl", "s_client", "-connect", f"127.0.0.1:{port}", "-keylogfile", log, *options]
    process = subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    try:
        for line in lines:
            time.sleep(0.5)
            process.stdin.write(line)
            process.stdin.flush()
        time.sleep(0.5)
        process.stdin.write(b"Q\n")
        process.communicate(timeout=PATIENCE)
    finally:
        process.kill()
        process.communicate()


def test_key_updates(tmp_path):
    log = tmp_path / "keys"
    with server(tmp_path) as port:
        relay = Relay(port)
        client(relay.port, log, [GET % 0, b"K\n", GET % 1, b"k\n", GET % 2])
        pieces = relay.done()
    connection, told = seen(pieces, Keys.read(log))
    assert [m for m in told if isinstance(m, WireError) and not m.cut] == []
    assert [head.target for head in told if isinstance(head, Head)] == ["/0", "/1", "/2"]
    updates = [m.kind for m in told if isinstance(m, Note) and m.what == "key_update"]
    assert sorted(updates) == [REQUEST, REQUEST, RESPONSE]
    assert connection.tls.decrypted


@pytest.mark.parametrize("accepted", [True, False])
def test_early_data(tmp_path, accepted):
    """Early data are told where the server took them; refused ones stay closed, and the rest goes on."""
    log, session, early = tmp_path / "keys", tmp_path / "session", tmp_path / "early"
    early.write_bytes(GET % 7)
    options = ["-early_data"] if accepted else ["-early_data", "-no_anti_replay", "-max_early_data", "16384"]
    with server(tmp_path, *options) as port:
        client(port, log, [GET % 0], "-sess_out", session)
        if not accepted:  # a ticket of another server is refused, and early data with it
            with server(tmp_path) as other:
                relay = Relay(other)
                client(relay.port, log, [GET % 8], "-sess_in", session, "-early_data", early)
                pieces = relay.done()
        else:
            relay = Relay(port)
            client(relay.port, log, [GET % 8], "-sess_in", session, "-early_data", early)
            pieces = relay.done()
    _, told = seen(pieces, Keys.read(log))
    assert [m for m in told if isinstance(m, WireError) and not m.cut] == []
    targets = [head.target for head in told if isinstance(head, Head)]
    assert targets == (["/7", "/8"] if accepted else ["/8"])
    closed = [m for m in told if isinstance(m, Note) and m.what == "record"]
    assert bool(closed) == (not accepted)
