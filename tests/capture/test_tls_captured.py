"""TLS of real servers on loopback, captured by tcpdump: what we tell is what tshark and the servers tell."""

from __future__ import annotations

import gzip
import http.client
import json
import os
import shutil
import socket
import subprocess
import sys
from pathlib import Path

import h2.config
import h2.connection
import h2.events
import pytest
from live_commands import need, recording, until_closed

from tracer.capture import Capture, PcapngWriter

sys.path.insert(0, str(Path(__file__).parent.parent / "wire"))
from tls_talks import certificate, client_context
from wire_servers import HTTP, PATIENCE, http_server, nginx

PATHS = [f"/item/{number}" for number in range(6)]
FIELDS = {
    "h2": ("http2.headers.path", "http2.headers.status"),
    "http/1.1": ("http.request.uri", "http.response.code"),
}
SERVER = """ssl_certificate HOME/rsa.pem; ssl_certificate_key HOME/rsa.pem; http2 on;
location / { return 200 "$request_uri\\n"; }"""


def ask_http1(port, log, version):
    context = client_context(log, "", version)
    client = http.client.HTTPSConnection("127.0.0.1", port, timeout=PATIENCE, context=context)
    for path in PATHS:
        client.request("GET", path)
        client.getresponse().read()
    client.close()


def ask_http2(port, log, version):
    context = client_context(log, "", version, ("h2",))
    plain = socket.create_connection(("127.0.0.1", port), PATIENCE)
    with context.wrap_socket(plain, server_hostname="localhost") as client:
        speaker = h2.connection.H2Connection(h2.config.H2Configuration(client_side=True))
        speaker.initiate_connection()
        for path in PATHS:
            fields = [
                (":method", "GET"),
                (":scheme", "https"),
                (":authority", "localhost"),
                (":path", path),
            ]
            speaker.send_headers(speaker.get_next_available_stream_id(), fields, end_stream=True)
        ended = 0
        while ended < len(PATHS):
            client.sendall(speaker.data_to_send())
            events = speaker.receive_data(client.recv(65536))
            ended += sum(isinstance(event, h2.events.StreamEnded) for event in events)


def captured(home, start, ask, version):
    """Record a talk with a server: (the capture, the key log)."""
    need("tcpdump")
    certificate(home)
    out, log = home / "out.pcapng", home / "keys"
    with start as where:
        port = where[1] if isinstance(where, tuple) else where
        with recording("-i", "lo", "-o", out, "tcp", "port", port) as running:
            running.ready()
            ask(port, log, version)
            until_closed(out)
            assert running.ended(2)[0] == 0
    return out, log, port


def requests(*arguments):
    command = [sys.executable, "-m", "tracer.cli", "requests", "--format", "jsonl", *map(str, arguments)]
    env = {name: value for name, value in os.environ.items() if name != "SSLKEYLOGFILE"}
    done = subprocess.run(command, capture_output=True, env=env, text=True, check=False)
    return done.returncode, [json.loads(line) for line in done.stdout.splitlines()], done.stderr


def by_tshark(path, log, port, protocol):
    """Give the targets and statuses that tshark tells."""
    fields = (
        ("http2.headers.path", "http2.headers.status")
        if protocol == "h2"
        else ("http.request.uri", "http.response.code")
    )
    command = ["tshark", "-r", path, "-o", f"tls.keylog_file:{log}", "-o", "tcp.reassemble_out_of_order:TRUE",
               "-d", f"tcp.port=={port},tls", "-T", "fields", "-E", "occurrence=a"]  # fmt: skip
    command += [part for name in fields for part in ("-e", name)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    rows = [line.split("\t") for line in done.stdout.splitlines()]
    return [[value for row in rows for value in row[n].split(",") if value] for n in (0, 1)]


def agree(out, log, port, protocol):
    code, told, _ = requests(out, "--keylog", log)
    assert code == 0
    assert [one["target"] for one in told] == PATHS
    assert {hop["protocol"] for one in told for hop in one["hops"]} == {protocol}
    assert all(one["outcome"] == "ok" and one["start_ns"] < one["end_ns"] for one in told)
    if shutil.which("tshark") or os.environ.get("CI"):
        targets, statuses = by_tshark(out, log, port, protocol)
        assert targets == PATHS
        assert statuses == [str(one["status"]) for one in told]
    return told


@pytest.mark.parametrize("version", ["TLSv1_2", "TLSv1_3"])
@pytest.mark.parametrize("protocol", ["http/1.1", "h2"])
def test_nginx(tmp_path, protocol, version):
    ask = ask_http2 if protocol == "h2" else ask_http1
    certificate(tmp_path)
    server = nginx(HTTP.format(how=" ssl", server=SERVER), tmp_path)
    out, log, port = captured(tmp_path, server, ask, version)
    agree(out, log, port, protocol)


def test_uvicorn(tmp_path):
    pem = certificate(tmp_path)
    command = [
        "uvicorn",
        "--port",
        "0",
        "--ssl-certfile",
        str(pem),
        "--ssl-keyfile",
        str(pem),
        "wire_app:asgi",
    ]
    out, log, port = captured(tmp_path, http_server(command, tmp_path), ask_http1, "TLSv1_3")
    told = agree(out, log, port, "http/1.1")
    without_keys(out)
    secrets_inside(tmp_path, out, log, told)
    wrong_key_logs(tmp_path, out)


def without_keys(out):
    """One visit for the connection, of which only its times are known."""
    code, told, _ = requests(out)
    assert code == 0
    (one,) = told
    assert (one["status"], one["hops"][0]["protocol"]) == (None, None)
    assert one["start_ns"] < one["hops"][0]["first_byte_ns"] <= one["end_ns"]


def secrets_inside(home, out, log, told):
    """The same, from a pcapng that has its secrets, before the packets and after them, also packed."""
    for where in ("before", "after"):
        path = home / f"{where}.pcapng"
        with path.open("wb") as file:
            writer = PcapngWriter(file)
            writer.interface()
            if where == "before":
                writer.secrets(log.read_bytes())
            for records in Capture(str(out)):
                for row in range(len(records)):
                    writer.write(bytes(records.packet(row)), int(records.time[row]))
            if where == "after":
                writer.secrets(log.read_bytes())
        packed = home / f"{where}.pcapng.gz"
        packed.write_bytes(gzip.compress(path.read_bytes()))
        assert requests(path)[1] == requests(packed)[1] == told


def wrong_key_logs(home, out):
    """What is no key log is told in a sentence."""
    picture = home / "picture"
    picture.write_bytes(b"\x89PNG\r\n" * 50)
    for name, words in ((home / "none", "cannot be read"), (picture, "is no TLS key log")):
        code, told, said = requests(out, "--keylog", name)
        assert (code, told) == (2, [])
        assert words in said
        assert said.count("\n") == 1
