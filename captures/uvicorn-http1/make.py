"""What HTTP/1.1 allows on one connection: pipelining, 100-continue, chunks with trailers, no body."""

from captures.making.making import making

GET = "GET {} HTTP/1.1\r\nHost: shop.test\r\n\r\n"
EXPECT = "POST /item/4 HTTP/1.1\r\nHost: shop.test\r\nContent-Length: 6\r\nExpect: 100-continue\r\n\r\n"
CHUNKED = (
    "POST /item/5 HTTP/1.1\r\nHost: shop.test\r\nTransfer-Encoding: chunked\r\nTrailer: X-Sum\r\n\r\n"
    "4\r\nfour\r\nA;note=ten\r\n0123456789\r\n0\r\nX-Sum: 14\r\n\r\n"
)

with making(__file__) as sample:
    sample.uvicorn(8000, "--http", "httptools")
    with sample.capturing():
        with sample.raw(8000) as pipelined:
            pipelined.send("".join(GET.format(f"/item/{n}") for n in range(5)).encode())
            for number in range(5):
                pipelined.answer("GET", f"/item/{number}")
        with sample.raw(8000) as waiting:
            waiting.send(EXPECT.encode())
            waiting.send(b"sixsix")
            waiting.answer("POST", "/item/4")
            waiting.send(CHUNKED.encode())
            waiting.answer("POST", "/item/5")
        with sample.raw(8000) as bodiless:
            for method, target in (
                ("HEAD", "/item/6"),
                ("GET", "/empty"),
                ("GET", "/unchanged"),
                ("GET", "/stream"),
            ):
                bodiless.send(GET.format(target).replace("GET", method, 1).encode())
                bodiless.answer(method, target)
        with sample.raw(8000) as trickled:
            for letter in GET.format("/item/7"):
                trickled.send(letter.encode())
            trickled.answer("GET", "/item/7")
    sample.keep("pcapng")
    sample.expect(("uvicorn", 8000, "http1"))
