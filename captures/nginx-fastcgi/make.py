"""nginx hands requests to uWSGI by FastCGI; four clients, of which each keeps its connection."""

from captures.making.client import together
from captures.making.making import making
from captures.making.servers import PARAMS

with making(__file__) as sample:
    sample.uwsgi(9001, "fastcgi", "--processes", "2")
    location = f"location / {{ fastcgi_pass 127.0.0.1:9001; {PARAMS.format('fastcgi')} }}"
    sample.nginx(8080, f"server {{ listen 127.0.0.1:8080; {location} }}")

    def ask(number: int) -> None:
        """Ask for all that the application has, one after another."""
        with sample.client(8080) as connection:
            for target in (f"/item/{number}", "/stream", "/empty", "/unchanged", f"/wait/{20 + number}"):
                connection.ask(f"{target}?client={number}")
            connection.ask(f"/item/{number}?posted", "POST", b"posted " * 40)
            connection.ask(f"/item/{number}?head", "HEAD")

    with sample.capturing():
        together(4, ask)
    sample.keep("pcapng")
    sample.expect(("nginx", 8080, "http1"), ("uwsgi", 9001, "fastcgi"))
