"""HTTP/2 without TLS to nginx, streams side by side on two connections; HTTP/1.1 from there to gunicorn."""

from captures.making.client import together
from captures.making.making import making
from captures.making.many_streams import ask_all

HTTP = """
server {
    listen 127.0.0.1:8080; http2 on; proxy_http_version 1.1; proxy_set_header Connection "";
    location / { proxy_pass http://127.0.0.1:8000; proxy_set_header X-Request-ID $request_id; }
}
"""

with making(__file__) as sample:
    sample.gunicorn(8000, "--workers", "4")
    sample.nginx(8080, HTTP)

    def ask(number: int) -> None:
        """Ask for eight things at once, then send two bodies."""
        waits = [f"/wait/{20 + 10 * number + turn}" for turn in range(4)]
        items = [f"/item/{10 * number + turn}" for turn in range(2)]
        ask_all(sample.journal, 8080, [*waits, *items, f"/empty?{number}", f"/size/9000?{number}"])
        posts = [f"/item/{number}?post={turn}" for turn in range(2)]
        ask_all(sample.journal, 8080, posts, post=b"a body of some length " * 20)

    with sample.capturing():
        together(2, ask)
    sample.keep("pcapng")
    sample.expect(("nginx", 8080, "http1"), ("gunicorn", 8000, "http1"))
