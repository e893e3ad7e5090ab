"""Real captures: tcpdump on loopback while real sockets talk, read while it still writes."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import threading
import time

import pytest
from test_capture_headers import by_scapy, dissected
from test_capture_streams import content, run, told

from tracer.capture import Capture, Dissector, Note, NoteKind, Streams

pytestmark = pytest.mark.skipif(  # CI has both, and fails where it has not
    not os.environ.get("CI") and (shutil.which("tcpdump") is None or os.geteuid() != 0),
    reason="needs tcpdump and root",
)

TURNS = 60
BIG = os.urandom(90_000)


def listen():
    try:
        return socket.create_server(("::1", 0), family=socket.AF_INET6)
    except OSError:
        return socket.create_server(("127.0.0.1", 0))


def talk(server):
    """Let a client and a server exchange known bytes on one connection; give both directions."""
    asked, answered = [], []

    def serve():
        peer, _ = server.accept()
        with peer, peer.makefile("rb") as lines:
            for line in lines:
                asked.append(line)
                answered.append(BIG if line.startswith(b"GET /0 ") else b"HTTP/1.1 200 OK, " + line)
                peer.sendall(answered[-1])

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    with socket.create_connection(server.getsockname()[:2]) as client:
        for turn in range(TURNS):
            client.sendall(b"GET /%d HTTP/1.1\n" % turn)
            due = len(BIG) if turn == 0 else 17 + len(b"GET /%d HTTP/1.1\n" % turn)
            while due:
                due -= len(client.recv(due))
    thread.join(20)
    assert not thread.is_alive()
    return b"".join(asked), b"".join(answered)


@pytest.fixture
def dump(tmp_path):
    """Start tcpdump on an interface; it ends with the test."""
    started = []

    def start(interface, port, *options):
        path = tmp_path / f"real{len(started)}.pcap"
        command = [
            "tcpdump",
            "-i",
            interface,
            "-U",
            "--immediate-mode",
            "-Z",
            "root",
            "-B",
            "32768",
            *options,
        ]
        process = subprocess.Popen([*command, "-w", path, "tcp", "port", str(port)], stderr=subprocess.PIPE)
        started.append(process)
        line = process.stderr.readline()
        while b"listening on" not in line:
            if not line:
                told = "tcpdump may not capture here"
                pytest.fail(told) if os.environ.get("CI") else pytest.skip(told)
            line = process.stderr.readline()
        return path

    yield start
    for process in started:
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=20)


def follow(path):
    """Read a capture while it grows, until its connection has closed; None: it does not in 8 s."""
    end = time.monotonic() + 8
    closed = []

    def wait():
        time.sleep(0.01)
        return not closed and time.monotonic() < end

    events, dissector, streams = [], Dissector(), Streams()
    for records in Capture(str(path), wait=wait):
        new = streams.feed(dissector(records))
        closed += [event for event in new if isinstance(event, Note) and event.kind is NoteKind.CLOSED]
        events += new
    return told(events) if closed else None


def recorded(dump, interface, *options):
    """Capture a talk: (the file, what each side said, what is told of it).

    A kernel under load drops frames of a capture, and then bytes are missing and a connection with a hole
    does not close; the talk is held again. A reader that loses bytes fails all the times.
    """
    for _ in range(4):
        with listen() as server:
            path = dump(interface, server.getsockname()[1], *options)
            said = talk(server)
        if (seen := follow(path)) is not None:
            return path, said, seen
    pytest.fail("no capture of four has its connection whole")


FORMS = {
    "ethernet": ("lo", "--time-stamp-precision=nano"),
    "cooked": ("any", "-y", "LINUX_SLL"),
    "cooked v2": ("any", "-y", "LINUX_SLL2", "--time-stamp-precision=micro"),
}


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
def test_what_the_sockets_said_is_what_the_capture_tells(tmp_path, dump, form):
    before = time.time_ns()
    path, (asked, answered), seen = recorded(dump, *form)
    (facts,) = seen.values()
    assert facts["opened"]
    assert content(facts, 0) == asked
    assert content(facts, 1) == answered
    assert all(before - 10**6 <= when <= time.time_ns() for *_, when in facts[0] + facts[1])
    for chunk, short_cuts in ((1 << 22, True), (1 << 22, False), (5000, True)):
        (again,) = run(path, chunk, short_cuts).values()
        assert again == facts
    assert dissected(tmp_path, path.read_bytes())[0] == by_scapy(path)


@pytest.mark.skipif(not os.environ.get("CI") and shutil.which("tshark") is None, reason="needs tshark")
def test_tshark_agrees_on_every_segment(tmp_path, dump):
    path, _, _ = recorded(dump, "lo")
    names = (
        "frame.number",
        "tcp.srcport",
        "tcp.dstport",
        "tcp.seq_raw",
        "tcp.ack_raw",
        "tcp.window_size_value",
        "tcp.len",
    )
    fields = [part for name in names for part in ("-e", name)]
    said = subprocess.run(
        ["tshark", "-r", path, "-T", "fields", *fields], capture_output=True, check=True
    ).stdout
    rows, _ = dissected(tmp_path, path.read_bytes())
    ours = [(row[0], row[4], row[5], row[6], row[7], row[9], row[10]) for row in rows]
    assert ours == [tuple(map(int, line.split())) for line in said.splitlines()]
