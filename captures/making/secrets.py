"""A certificate for nginx that lasts as long as the script, and clients that write their TLS keys down."""

from __future__ import annotations

import ssl
import subprocess
from pathlib import Path


def certificate(home: Path) -> str:
    """Make HOME/cert.pem and HOME/key.pem; give the lines of nginx that use them."""
    subject = ["-subj", "/CN=shop.test", "-addext", "subjectAltName=DNS:shop.test", "-days", "30"]
    command = [
        "openssl",
        "req",
        "-x509",
        "-newkey",
        "ec",
        "-pkeyopt",
        "ec_paramgen_curve:prime256v1",
        "-nodes",
    ]
    files = ["-keyout", str(home / "key.pem"), "-out", str(home / "cert.pem")]
    subprocess.run([*command, *subject, *files], check=True, capture_output=True)
    return "ssl_certificate HOME/cert.pem; ssl_certificate_key HOME/key.pem;"


def context(home: Path, version: ssl.TLSVersion, protocols: list[str], ciphers: str = "") -> ssl.SSLContext:
    """Trust that certificate, speak one version of TLS, and write the keys to HOME/keys.log."""
    made = ssl.create_default_context(cafile=str(home / "cert.pem"))
    made.minimum_version = made.maximum_version = version
    made.set_alpn_protocols(protocols)
    if ciphers:
        made.set_ciphers(ciphers)
    made.keylog_filename = str(home / "keys.log")
    return made
