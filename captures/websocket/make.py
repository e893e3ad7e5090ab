"""A WebSocket through nginx to uvicorn: text, bytes, a ping, fragments, the close; HTTP before it."""

from captures.making.making import making
from captures.making.web_socket import talk

HTTP = """
server {
    listen 127.0.0.1:8080;
    location / {
        proxy_pass http://127.0.0.1:8000; proxy_http_version 1.1;
        proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection "upgrade";
        proxy_set_header X-Request-ID $request_id;
    }
}
"""

with making(__file__) as sample:
    sample.uvicorn(8000, "--ws", "wsproto")
    sample.nginx(8080, HTTP)
    with sample.capturing():
        with sample.client(8080) as connection:
            connection.ask("/item/1")
        told = [talk(sample.journal, 8080, f"/echo/{number}", 300 * number) for number in (1, 2)]
    sample.keep("pcapng")
    places = (("nginx", 8080, "http1"), ("uvicorn", 8000, "http1"))
    sample.write(sample.exchanges(*places), messages=told)
