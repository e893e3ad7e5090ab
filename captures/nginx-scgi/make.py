"""nginx hands requests to uWSGI by SCGI."""

from captures.making.client import together
from captures.making.making import making
from captures.making.servers import PARAMS

with making(__file__) as sample:
    sample.uwsgi(9002, "scgi", "--processes", "2")
    location = f"location / {{ scgi_pass 127.0.0.1:9002; scgi_param SCGI 1; {PARAMS.format('scgi')} }}"
    sample.nginx(8080, f"server {{ listen 127.0.0.1:8080; {location} }}")

    def ask(number: int) -> None:
        """Ask five times on one connection."""
        with sample.client(8080) as connection:
            for turn in range(4):
                connection.ask(f"/item/{10 * number + turn}")
            connection.ask(f"/size/3000?of={number}", "POST", b"p" * 50)

    with sample.capturing():
        together(4, ask)
    sample.keep("pcap")
    sample.expect(("nginx", 8080, "http1"), ("uwsgi", 9002, "scgi"))
