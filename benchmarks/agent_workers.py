"""The processes that `bench_agent` measures: a server's real code, driven a batch of requests at a time.

    python benchmarks/agent_workers.py uvicorn|gthread

reads the size of a batch from stdin, and prints the ns of CPU time that it took, of all threads.
What a telemetry still has to export of the batch is exported within it.
"""

from __future__ import annotations

import _socket
import asyncio
import os
import socket
import sys
import time

SO_TIMESTAMPNS = 35
REQUEST = (
    b"GET /hello HTTP/1.1\r\nHost: 127.0.0.1:8000\r\nUser-Agent: bench/1\r\nAccept: */*\r\n"
    b"traceparent: 00-0123456789abcdef0123456789abcdef-00f067aa0ba902b7-01\r\n\r\n"
)


def application():
    """The smallest Starlette application: one `async def` endpoint."""
    from starlette.applications import Starlette
    from starlette.responses import PlainTextResponse
    from starlette.routing import Route

    async def hello(_request):
        return PlainTextResponse("hello")

    return Starlette(routes=[Route("/hello", hello)])


class Transport:
    """Reads a real socket as a loop's transport does, and counts what is written."""

    def __init__(self, sock, protocol):
        self.sock, self.protocol, self.answers = sock, protocol, 0
        self.view = memoryview(bytearray(256_000))

    def get_extra_info(self, name, default=None):
        """As a transport's."""
        if name == "socket":
            return self.sock
        return {"peername": self.sock.getpeername, "sockname": self.sock.getsockname}.get(
            name, lambda: default
        )()

    def set_protocol(self, protocol):
        """As a transport's."""
        self.protocol = protocol

    def get_protocol(self):
        """As a transport's."""
        return self.protocol

    def read(self):
        """Hand on what the socket has, into the protocol's buffer if it has one."""
        protocol = self.protocol
        if isinstance(protocol, asyncio.BufferedProtocol):
            protocol.buffer_updated(self.sock.recv_into(protocol.get_buffer(-1)))
        else:
            # As uvloop does. A recv of 256 kB had malloc give memory back to the kernel and fetch it
            # again for each request, in some processes and not in others: 40 us.
            protocol.data_received(self.view[: self.sock.recv_into(self.view)].tobytes())

    def write(self, data):
        """Count an answer when its body comes."""
        if data.endswith(b"hello"):
            self.answers += 1

    def is_closing(self):
        """Never."""
        return False

    def close(self):
        """Never."""
        raise AssertionError("the connection is kept")

    def pause_reading(self):
        """Nothing reads but `read`."""

    resume_reading = pause_reading


def connected():
    """A client's socket and the server's end of it, stamped as the agent has them stamped."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        if "_hopscope_agent" in sys.modules:
            listener.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
        client = socket.create_connection(listener.getsockname())
        server, _ = listener.accept()
    server.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # as gunicorn's listeners have it
    client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    # As the C code of a loop uses it: past the methods of socket.socket, which the agent wraps.
    ends = [_socket.socket(end.family, end.type, end.proto, end.detach()) for end in (client, server)]
    ends[1].setblocking(False)
    return ends


def flush() -> None:
    """Have a telemetry send what it has gathered."""
    if "opentelemetry.sdk.trace" in sys.modules:
        from opentelemetry import trace

        trace.get_tracer_provider().force_flush()


async def uvicorn() -> None:
    """Uvicorn's HttpToolsProtocol on uvloop with a Starlette application; the transport is a fake."""
    from uvicorn.config import Config
    from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
    from uvicorn.server import ServerState

    loop = asyncio.get_running_loop()
    if "_hopscope_agent" in sys.modules:
        from _hopscope_agent.loops import step_tasks
        from _hopscope_agent.patches import uvicorn as patch

        step_tasks(loop)  # what the agent does once the server has started
        if os.environ.get("BENCH_EACH_ARRIVAL"):
            patch.NEAR = -1
    config = Config(application(), http="httptools", log_level="critical", access_log=False)
    protocol = HttpToolsProtocol(config, ServerState(), {}, loop)
    client, server = connected()
    transport = Transport(server, protocol)
    protocol.connection_made(transport)
    for line in sys.stdin:
        start = time.process_time_ns()
        await batch(client, transport, int(line))
        flush()
        print(time.process_time_ns() - start, flush=True)


async def batch(client, transport, requests: int) -> None:
    """Serve so many requests, one after the other."""
    wanted = transport.answers
    for _ in range(requests):
        client.send(REQUEST)
        transport.read()
        wanted += 1
        while transport.answers < wanted:  # noqa: ASYNC110
            await asyncio.sleep(0)  # one round of the loop


def flask_application():
    """The smallest Flask application."""
    from flask import Flask

    app = Flask("bench")
    app.add_url_rule("/hello", "hello", lambda: "hello")
    return app


def gthread() -> None:
    """Gunicorn's ThreadWorker with a Flask application, on a real connection, in this thread."""
    from gunicorn.app.base import BaseApplication
    from gunicorn.workers.gthread import TConn, ThreadWorker

    class Application(BaseApplication):
        def load_config(self) -> None:
            self.cfg.set("worker_class", "gthread")
            self.cfg.set("threads", 4)

        def load(self):
            return flask_application()

    application = Application()
    cfg = application.cfg
    worker = ThreadWorker(1, os.getppid(), [], application, 30, cfg, cfg.logger_class(cfg))
    worker._hopscope_boot = time.monotonic_ns()  # what the agent notes when a worker boots
    worker.load_wsgi()
    client, server = connected()
    end = socket.socket(fileno=server.detach())
    conn = TConn(cfg, end, end.getpeername(), end.getsockname())
    for line in sys.stdin:
        start = time.process_time_ns()
        for _ in range(int(line)):
            client.send(REQUEST)
            if not worker.handle(conn):
                raise SystemExit("gunicorn closes the connection in the midst of the measurement")
            while not client.recv(4096).endswith(b"hello"):
                pass  # the head and the body are two writes
        flush()
        print(time.process_time_ns() - start, flush=True)


if __name__ == "__main__":
    if sys.argv[1] == "gthread":
        gthread()
    else:
        import uvloop

        uvloop.run(uvicorn())
