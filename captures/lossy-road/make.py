"""A road that loses, doubles and delays packets, seen from the client's side."""

from captures.making.client import together
from captures.making.making import making
from captures.making.road import FAR, NEAR, lossy_road

with making(__file__) as sample, lossy_road(seed=7) as road:
    sample.gunicorn(8000, "-b", f"{NEAR}:8001", "--worker-class", "gthread", "--threads", "4")

    def ask(number: int) -> None:
        """Ask for small and large things on one connection."""
        with sample.client(8001, host=FAR) as connection:
            connection.ask(f"/item/{number}")
            connection.ask(f"/size/2000{number}")
            connection.ask(f"/item/{10 + number}", "POST", b"p" * 5000)
            connection.ask(f"/stream?{number}")

    # Each packet passes the interface twice: leaving, and then arriving with its addresses swapped.
    client_side = f"(src {NEAR} and dst port 8001) or (src {FAR} and src port 8001)"
    with sample.capturing(interface=road, only=client_side):
        together(4, ask)
    sample.keep("pcapng.gz")
    sample.expect(("gunicorn", 8001, "http1"))
