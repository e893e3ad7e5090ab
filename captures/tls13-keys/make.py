"""TLS 1.3 to nginx, in the clear from there to uvicorn; the keys are in keys.log, beside the capture."""

import shutil
import ssl

from captures.making import secrets
from captures.making.client import together
from captures.making.making import making

with making(__file__) as sample:
    sample.uvicorn(8000)
    keys = secrets.certificate(sample.home)
    location = "location / { proxy_pass http://127.0.0.1:8000; proxy_set_header X-Request-ID $request_id; }"
    sample.nginx(8443, f"server {{ listen 127.0.0.1:8443 ssl; ssl_protocols TLSv1.3; {keys} {location} }}")
    tls = secrets.context(sample.home, ssl.TLSVersion.TLSv1_3, ["http/1.1"])

    def ask(number: int) -> None:
        """Ask four times on one connection."""
        with sample.client(8443, tls=tls) as connection:
            for target in (f"/item/{number}", "/stream", f"/wait/{10 + number}"):
                connection.ask(target)
            connection.ask(f"/size/3000?{number}", "POST", b"s" * 300)

    with sample.capturing():
        together(3, ask)
    sample.keep("pcap")
    shutil.copy(sample.home / "keys.log", sample.out / "keys.log")
    sample.expect(("nginx", 8443, "http1"), ("uvicorn", 8000, "http1"))
