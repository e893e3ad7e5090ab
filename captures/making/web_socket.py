"""A WebSocket client by wsproto that notes each message it sent and got."""

from __future__ import annotations

import socket
from typing import Any

from wsproto import ConnectionType, WSConnection
from wsproto.events import (
    AcceptConnection,
    BytesMessage,
    CloseConnection,
    Event,
    Message,
    Ping,
    Pong,
    Request,
    TextMessage,
)

from captures.making.client import PATIENCE, Journal


def talk(journal: Journal, server: int, target: str, size: int) -> dict[str, Any]:
    """Shake hands, send text, bytes of `size` and a ping, wait for each echo, close; give what was told."""
    link, peer = (
        socket.create_connection(("127.0.0.1", server), PATIENCE),
        WSConnection(ConnectionType.CLIENT),
    )
    port = int(link.getsockname()[1])
    told: dict[str, Any] = {"client_port": port, "to_server": [], "to_client": []}
    halves = [TextMessage("first half, ", message_finished=False), TextMessage("second half")]
    with link:
        link.sendall(peer.send(Request(host="shop.test", target=target)))
        _until(link, peer, AcceptConnection, told)
        for events in ([TextMessage("hello")], [BytesMessage(bytes(size))], [Ping(b"there?")], halves):
            told["to_server"].append(_sent(events))
            for event in events:
                link.sendall(peer.send(event))
            _until(link, peer, Pong if isinstance(events[0], Ping) else Message, told)
        link.sendall(peer.send(CloseConnection(code=1000)))
        _until(link, peer, CloseConnection, told)
    journal.note(port, "GET", target, 101, None)
    return told


def _sent(events: list[Any]) -> list[Any]:
    """Say in two words what was sent: its kind, its bytes."""
    data = [event.payload if isinstance(event, Ping) else event.data for event in events]
    return [_kind(events[0]), sum(len(part.encode() if isinstance(part, str) else part) for part in data)]


def _kind(event: Event) -> str:
    return {TextMessage: "text", BytesMessage: "binary", Ping: "ping", Pong: "pong"}[type(event)]


def _until(link: socket.socket, peer: WSConnection, kind: type[Event], told: dict[str, Any]) -> None:
    """Read until an event of a kind is whole, and note the messages."""
    size = 0
    while True:
        peer.receive_data(link.recv(65536))
        for event in peer.events():
            if isinstance(event, Message):
                size += len(event.data.encode() if isinstance(event.data, str) else event.data)
            if isinstance(event, kind) and getattr(event, "message_finished", True):
                if isinstance(event, Message | Pong):
                    told["to_client"].append(
                        [_kind(event), len(event.payload) if isinstance(event, Pong) else size]
                    )
                return
