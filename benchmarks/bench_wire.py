"""CPU time of decoding one exchange, with httptools and h11 on the same bytes in the same run.

The decoders do more than the peers (offsets, both directions, oddities) and hold no body. Rounds are
interleaved; what is shown is the median and the range over rounds, which is the noise of the machine.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable

import h11
import httptools

from tracer.wire import REQUEST, RESPONSE, Connection, http1, scgi, uwsgi
from tracer.wire.fastcgi import encode_request, encode_response

ROUNDS = 15
FIELDS = (
    b"Host: example.com\r\nUser-Agent: Mozilla/5.0 (X11; Linux x86_64) Gecko\r\nAccept: text/html,*/*\r\n"
    b"Accept-Language: en-US,en;q=0.5\r\nAccept-Encoding: gzip, deflate, br\r\nConnection: keep-alive\r\n"
    b"Cookie: session=0123456789abcdef\r\nX-Request-Id: 0123456789abcdef\r\n"
)
ASK = b"GET /item/1?x=2 HTTP/1.1\r\n" + FIELDS + b"\r\n"
ANSWER = (
    b"HTTP/1.1 200 OK\r\nServer: gunicorn\r\nDate: Mon, 01 Jan 2026 00:00:00 GMT\r\n"
    b"Content-Type: application/json\r\nContent-Length: 100\r\n\r\n" + b"x" * 100
)
LINES = [line.decode().split(": ") for line in FIELDS.split(b"\r\n")[:-1]]
VARIABLES = [
    ("REQUEST_METHOD", "GET"),
    ("REQUEST_URI", "/item/1?x=2"),
    ("SERVER_PROTOCOL", "HTTP/1.1"),
    ("REMOTE_PORT", "41000"),
    *((f"HTTP_{name.upper().replace('-', '_')}", value) for name, value in LINES),
]


class Callbacks:
    """What httptools needs to give fields as we do."""

    def __init__(self) -> None:
        self.headers: list[tuple[str, str]] = []

    def on_header(self, name: bytes, value: bytes) -> None:
        """Keep one field."""
        self.headers.append((name.decode("latin-1").lower(), value.decode("latin-1")))


def kept_alive(number: int) -> None:
    """Exchanges on one HTTP/1 connection, both directions."""
    connection = Connection("http1")
    for _ in range(number):
        connection.feed(REQUEST, ASK)
        connection.feed(RESPONSE, ANSWER)


def requests(number: int) -> None:
    """Requests alone, as the peers read them."""
    decoder = http1.Requests()
    for _ in range(number):
        decoder.feed(ASK)


def with_httptools(number: int) -> None:
    """The same by httptools."""
    for _ in range(number):
        httptools.HttpRequestParser(Callbacks()).feed_data(ASK)


def with_h11(number: int) -> None:
    """The same by h11."""
    for _ in range(number):
        connection = h11.Connection(h11.SERVER)
        connection.receive_data(ASK)
        connection.next_event()


def gateway(ask: bytes, answer: bytes) -> Callable[[int], None]:
    """One connection an exchange, its protocol found out."""

    def run(number: int) -> None:
        for _ in range(number):
            connection = Connection()
            connection.feed(REQUEST, ask)
            connection.feed(RESPONSE, answer)
            connection.close(REQUEST)
            connection.close(RESPONSE)

    return run


def body(number: int) -> None:
    """64 KiB of a body, counted."""
    decoder = http1.Responses()
    decoder.feed(b"HTTP/1.1 200 OK\r\n\r\n")
    piece = bytes(65536)
    for _ in range(number):
        decoder.feed(piece)


CASES: dict[str, Callable[[int], None]] = {
    "HTTP/1 request, httptools": with_httptools,
    "HTTP/1 request, h11": with_h11,
    "HTTP/1 request": requests,
    "HTTP/1 request and response": kept_alive,
    "uwsgi connection": gateway(uwsgi.encode(VARIABLES), ANSWER),
    "SCGI connection": gateway(scgi.encode(VARIABLES), ANSWER),
    "FastCGI connection": gateway(encode_request(VARIABLES), encode_response(b"Status: 200 OK\r\n\r\n")),
    "64 KiB of body": body,
}


def main() -> None:
    """Print µs of CPU per exchange: median, least and most over the rounds."""
    figures: dict[str, list[float]] = {name: [] for name in CASES}
    for _ in range(ROUNDS):
        for name, run in CASES.items():
            start = time.process_time()
            run(1000)
            figures[name].append((time.process_time() - start) * 1000)
    for name, times in figures.items():
        print(f"{name:30} {statistics.median(times):7.1f} us  ({min(times):.1f} to {max(times):.1f})")


if __name__ == "__main__":
    main()
