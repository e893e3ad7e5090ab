"""A client that reads slowly, and a gunicorn worker that is held meanwhile; frames cut at 250 bytes."""

import time

from captures.making.client import together
from captures.making.making import making

GET = "GET {} HTTP/1.1\r\nHost: shop.test\r\nConnection: close\r\n\r\n"

with making(__file__) as sample:
    sample.gunicorn(8000)

    def slow(_: int) -> None:
        """Read the first bytes, sleep until the windows are full, read the rest in small bites."""
        with sample.raw(8000, receive_buffer=8192) as connection:
            connection.send(GET.format("/size/4000000").encode())
            time.sleep(0.7)
            connection.answer("GET", "/size/4000000")

    def quick(number: int) -> None:
        """Wait for the one worker."""
        if number == 0:
            return slow(number)
        time.sleep(0.1 * number)
        with sample.client(8000) as connection:
            connection.ask(f"/item/{number}", headers={"Connection": "close"})
        return None

    with sample.capturing("-s", "250"):
        together(4, quick)
    sample.keep("pcapng.zst")
    sample.expect(("gunicorn", 8000, "http1"))
