"""nginx hands requests to uWSGI by the uwsgi protocol; eight clients, each URL asked once."""

from captures.making import client
from captures.making.making import making
from captures.making.servers import PARAMS

with making(__file__) as sample:
    sample.uwsgi(9000, "uwsgi", "--processes", "2")
    location = f"location / {{ uwsgi_pass 127.0.0.1:9000; {PARAMS.format('uwsgi')} }}"
    sample.nginx(8080, f"server {{ listen 127.0.0.1:8080; {location} }}")

    def eight(number: int) -> None:
        """Ask six times on one connection."""
        with sample.client(8080) as connection:
            for turn in range(5):
                connection.ask(f"/item/{10 * number + turn}")
            connection.ask(f"/wait/{30 + number}", "POST", b"x" * 100)

    with sample.capturing():
        client.together(8, eight)
    sample.keep("pcapng")
    sample.expect(("nginx", 8080, "http1"), ("uwsgi", 9000, "uwsgi"))
