"""Clients that leave by a reset: before the answer, amid it, amid their own request."""

import time

from captures.making.making import making

GET = "GET {} HTTP/1.1\r\nHost: shop.test\r\n\r\n"

with making(__file__) as sample:
    sample.gunicorn(8000, "--worker-class", "gthread", "--threads", "4")
    with sample.capturing():
        for number in range(3):
            with sample.client(8000) as good:
                good.ask(f"/item/{number}")
            early = sample.raw(8000)
            early.send(GET.format(f"/wait/{200 + number}").encode())
            time.sleep(0.02)
            early.lost("GET", f"/wait/{200 + number}")
            early.reset()
            midway = sample.raw(8000, receive_buffer=4096)
            midway.send(GET.format(f"/size/40000{number}").encode())
            midway.socket.recv(1000)
            midway.lost("GET", f"/size/40000{number}", 200)
            midway.reset()
            half = sample.raw(8000)
            half.send(b"GET /half HTTP/1.1\r\nHost: sho")
            half.reset()
        time.sleep(0.5)
    sample.keep("pcapng")
    sample.expect(("gunicorn", 8000, "http1"))
