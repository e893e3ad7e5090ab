"""An HTTP/2 client by h2: several streams at once on one connection, and what came of each."""

from __future__ import annotations

import socket
import ssl

import h2.config
import h2.connection
import h2.events

from captures.making.client import PATIENCE, Journal


def ask_all(
    journal: Journal, server: int, targets: list[str], *, tls: ssl.SSLContext | None = None, post: bytes = b""
) -> None:
    """Ask for all targets at once on one connection (POST if there is a body); note each answer."""
    connection = h2.connection.H2Connection(h2.config.H2Configuration(client_side=True))
    with socket.create_connection(("127.0.0.1", server), PATIENCE) as plain:
        link = tls.wrap_socket(plain, server_hostname="shop.test") if tls else plain
        connection.initiate_connection()
        streams = {_ask(connection, target, post): target for target in targets}
        link.sendall(connection.data_to_send())
        _read_all(journal, link, connection, streams, "POST" if post else "GET")
        link.close()


def _ask(connection: h2.connection.H2Connection, target: str, post: bytes) -> int:
    stream = connection.get_next_available_stream_id()
    start = [(":method", "POST" if post else "GET"), (":scheme", "http"), (":authority", "shop.test")]
    fields = [*start, (":path", target), ("x-client", "h2")]
    connection.send_headers(stream, fields, end_stream=not post)
    if post:
        connection.send_data(stream, post, end_stream=True)
    return int(stream)


def _read_all(
    journal: Journal,
    link: socket.socket,
    connection: h2.connection.H2Connection,
    streams: dict[int, str],
    method: str,
) -> None:
    status: dict[int, int] = {}
    size = dict.fromkeys(streams, 0)
    ended: set[int] = set()
    while len(ended) < len(streams):
        for event in connection.receive_data(link.recv(65536)):
            if isinstance(event, h2.events.ResponseReceived):
                status[event.stream_id] = int(dict(event.headers)[b":status"])
            elif isinstance(event, h2.events.DataReceived):
                size[event.stream_id] += len(event.data)
                connection.acknowledge_received_data(event.flow_controlled_length, event.stream_id)
            elif isinstance(event, h2.events.StreamEnded):
                ended.add(event.stream_id)
        link.sendall(connection.data_to_send())
    port = int(link.getsockname()[1])
    for stream, target in streams.items():
        journal.note(port, method, target, status[stream], size[stream])
