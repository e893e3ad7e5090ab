"""nginx shares requests between three upstreams, one of which refuses; it then asks the next."""

from captures.making.client import together
from captures.making.making import making

HTTP = """
upstream shop {
    server 127.0.0.1:8001 max_fails=0; server 127.0.0.1:8002 max_fails=0; server 127.0.0.1:8003 max_fails=0;
}
server { listen 127.0.0.1:8080; location / { proxy_pass http://shop; } }
"""

with making(__file__) as sample:
    sample.uvicorn(8002)
    sample.gunicorn(8003, "--worker-class", "asgi", app="asgi")
    sample.nginx(8080, HTTP)

    def ask(number: int) -> None:
        """Ask six times."""
        with sample.client(8080) as connection:
            for turn in range(6):
                connection.ask(f"/item/{10 * number + turn}")

    with sample.capturing():
        together(4, ask)
    sample.keep("pcapng")
    upstreams = (("uvicorn", 8002, "http1"), ("gunicorn", 8003, "http1"))
    sample.expect(("nginx", 8080, "http1"), *upstreams)
