"""nginx with two workers in front of gunicorn, the same URL everywhere, nothing passed on to join by."""

from captures.making.client import together
from captures.making.making import making

with making(__file__) as sample:
    sample.gunicorn(8000, "--workers", "4")
    location = "location / { proxy_pass http://127.0.0.1:8000; proxy_set_header Host shop; }"
    sample.nginx(8080, f"server {{ listen 127.0.0.1:8080 reuseport; {location} }}", workers=2)

    def ask(_: int) -> None:
        """Ask for the same again and again."""
        with sample.client(8080) as connection:
            for _turn in range(12):
                connection.ask("/wait/4")

    with sample.capturing():
        together(8, ask)
    sample.keep("pcapng.zst")
    sample.expect(("nginx", 8080, "http1"), ("gunicorn", 8000, "http1"))
