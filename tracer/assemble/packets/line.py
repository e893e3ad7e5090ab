"""What is known of a connection beside what its bytes say."""

from __future__ import annotations

from tracer.assemble.packets.listeners import Listener
from tracer.capture import Connection
from tracer.recording import UNKNOWN


class Line:
    """A connection, the listener that it goes to, and the lane that it is."""

    __slots__ = ("connection", "lane", "listener", "peers")

    def __init__(self, connection: Connection, listener: Listener, lane: int = UNKNOWN) -> None:
        self.connection, self.listener = connection, listener
        self.lane = lane  # its id, once there is a request on it
        self.peers = [(connection.client, connection.client_port)]  # and who a PROXY header names
