"""nginx in front of a threaded gunicorn: its connections are kept, a request id is passed on."""

from captures.making.client import together
from captures.making.making import making

HTTP = """
map $request_id $span { "~^(?<first>.{16})" $first; }
map $http_x_request_id $passed { "" $request_id; default $http_x_request_id; }
upstream shop { server 127.0.0.1:8000; keepalive 4; }
server {
    listen 127.0.0.1:8080;
    location / {
        proxy_pass http://shop; proxy_http_version 1.1; proxy_set_header Connection "";
        proxy_set_header X-Request-ID $passed; add_header X-Request-ID $passed;
        proxy_set_header traceparent "00-$request_id-$span-01";
    }
}
"""

with making(__file__) as sample:
    sample.gunicorn(8000, "--worker-class", "gthread", "--threads", "4")
    sample.nginx(8080, HTTP)

    def ask(number: int) -> None:
        """Ask for the same few things as everybody; every other client names its requests itself."""
        with sample.client(8080) as connection:
            for turn, target in enumerate(("/item/1", "/wait/15", "/stream", "/item/2", "/unchanged")):
                named = {"X-Request-ID": f"order-{number}-{turn}"} if number % 2 else {}
                connection.ask(target, headers=named)
            connection.ask("/item/3", "POST", b"b" * (100 + number))

    with sample.capturing():
        together(6, ask)
    sample.keep("pcapng")
    sample.expect(("nginx", 8080, "http1"), ("gunicorn", 8000, "http1"))
