"""TLS 1.2 with HTTP/2 and with HTTP/1.1 to nginx; the keys are inside the pcapng."""

import ssl

from captures.making import secrets
from captures.making.making import making
from captures.making.many_streams import ask_all

AES_128, AES_256, CHACHA = "ECDHE+AESGCM+AES128", "ECDHE+AESGCM+AES256", "ECDHE+CHACHA20"

with making(__file__) as sample:
    sample.gunicorn(8000, "--workers", "4")
    keys = secrets.certificate(sample.home)
    location = "location / { proxy_pass http://127.0.0.1:8000; proxy_set_header X-Request-ID $request_id; }"
    sample.nginx(
        8443, f"server {{ listen 127.0.0.1:8443 ssl; http2 on; ssl_protocols TLSv1.2; {keys} {location} }}"
    )

    with sample.capturing():
        for number, suite in enumerate((AES_128, AES_256, CHACHA)):
            tls = secrets.context(sample.home, ssl.TLSVersion.TLSv1_2, ["h2"], suite)
            ask_all(sample.journal, 8443, [f"/item/{10 * number + turn}" for turn in range(5)], tls=tls)
        tls = secrets.context(sample.home, ssl.TLSVersion.TLSv1_2, ["http/1.1"], AES_128)
        with sample.client(8443, tls=tls) as connection:
            for turn in range(4):
                connection.ask(f"/item/{40 + turn}")
    sample.keep("pcapng", secrets=sample.home / "keys.log")
    sample.expect(("nginx", 8443, "http1"), ("gunicorn", 8000, "http1"))
