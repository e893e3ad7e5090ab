"""499, 502 and 504: a client gives up, an upstream is not there, an upstream takes too long."""

import time

from captures.making.client import together
from captures.making.making import making

HTTP = """
server {
    listen 127.0.0.1:8080; proxy_http_version 1.0;
    location / { proxy_pass http://127.0.0.1:8000; proxy_read_timeout 200ms; }
    location /gone/ { proxy_pass http://127.0.0.1:8001; }
}
"""

with making(__file__) as sample:
    sample.gunicorn(8000, "--workers", "8")
    sample.nginx(8080, HTTP)

    def answered(number: int) -> None:
        """Ask what is answered by one server or the other, 504 and 502 included."""
        with sample.client(8080) as connection:
            for target in (
                f"/item/{number}",
                f"/gone/{number}",
                f"/wait/{400 + number}",
                f"/item/{number + 10}",
            ):
                connection.ask(target)

    def gives_up(number: int) -> None:
        """Ask, and leave before the answer: even numbers by FIN, odd ones by RST."""
        target = f"/wait/{150 + number}"
        connection = sample.raw(8080)
        connection.send(f"GET {target} HTTP/1.1\r\nHost: shop.test\r\n\r\n".encode())
        time.sleep(0.05)
        connection.lost("GET", target)
        (connection.reset if number % 2 else connection.close)()

    with sample.capturing(settle=1.0):
        together(4, answered)
        together(4, gives_up)
    sample.keep("pcapng")
    sample.expect(("nginx", 8080, "http1"), ("gunicorn", 8000, "http1"))
