"""The same four numbers again: each client port serves several connections, ended by FIN or by RST."""

from captures.making.making import making

with making(__file__) as sample:
    sample.gunicorn(8000, "--workers", "2")
    with sample.capturing():
        for turn in range(4):
            for port in (40001, 40002, 40003):
                connection = sample.raw(8000, port=port)
                target = f"/item/{turn}{port}"
                connection.send(f"GET {target} HTTP/1.1\r\nHost: shop.test\r\n\r\n".encode())
                connection.answer("GET", target)
                connection.reset()
    sample.keep("pcapng")
    sample.expect(("gunicorn", 8000, "http1"))
