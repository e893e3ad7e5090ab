"""A balancer before nginx that names its clients by PROXY headers, version 1 and 2; gunicorn behind."""

import socket
import struct

from captures.making.client import together
from captures.making.making import making

HTTP = """
server {
    listen 127.0.0.1:8080 proxy_protocol; proxy_http_version 1.0;
    location / {
        proxy_pass http://127.0.0.1:8000;
        proxy_set_header X-Forwarded-For $proxy_protocol_addr;
    }
}
"""
SIGNATURE = b"\r\n\r\n\0\r\nQUIT\n"

with making(__file__) as sample:
    sample.gunicorn(8000, "--workers", "2")
    sample.nginx(8080, HTTP)

    def header(number: int) -> bytes:
        """Name client 203.0.113.NUMBER: even numbers in text, odd ones in bytes."""
        client, port = f"203.0.113.{number + 1}", 50_000 + number
        if number % 2 == 0:
            return f"PROXY TCP4 {client} 198.51.100.7 {port} 443\r\n".encode()
        ends = socket.inet_aton(client) + socket.inet_aton("198.51.100.7") + struct.pack(">HH", port, 443)
        return SIGNATURE + b"\x21\x11" + struct.pack(">H", len(ends)) + ends

    def ask(number: int) -> None:
        """Ask twice on a connection, as the balancer for one of its clients."""
        with sample.client(8080) as connection:
            connection.socket.sendall(header(number))
            connection.ask(f"/item/{number}")
            connection.ask(f"/item/{number + 20}", "POST", b"b" * (10 + number))

    with sample.capturing():
        together(6, ask)
    sample.keep("pcapng")
    sample.expect(("nginx", 8080, "http1"), ("gunicorn", 8000, "http1"))
