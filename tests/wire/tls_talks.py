"""Real TLS: OpenSSL on both sides, what passes between them, and the keys that it logs."""

from __future__ import annotations

import base64
import datetime
import ipaddress
import ssl
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import NameOID

from tracer.wire import REQUEST, RESPONSE, Connection, Kind, Message
from tracer.wire.tls import Keys

GET = b"GET /%d HTTP/1.1\r\nHost: h\r\n\r\n"
OK = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b"


def certificate(home: Path, kind: str = "rsa") -> Path:
    """Write a key and a certificate for localhost into one file."""
    path = home / f"{kind}.pem"
    if path.exists():
        return path
    key = rsa.generate_private_key(65537, 2048) if kind == "rsa" else ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.datetime.now(datetime.UTC)
    names = [x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=2))
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .sign(key, hashes.SHA256())
    )
    plain = serialization.NoEncryption()
    pem = serialization.Encoding.PEM
    private = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, plain)
    path.write_bytes(private + made.public_bytes(pem))
    return path


def group(home: Path) -> Path:
    """Write the parameters ffdhe2048 (RFC 7919, appendix A.1): a prime of the digits of e."""
    path = home / "dh.pem"
    scale, e, term = 1 << 2300, 0, 1 << 2300
    for number in range(1, 400):
        e, term = e + term, term // number
    prime = 2**2048 - 2**1984 + ((e * 2**1918 // scale) + 560316) * 2**64 - 1
    der = bytes.fromhex("308201080282010100") + prime.to_bytes(256, "big") + b"\2\1\2"
    text = base64.encodebytes(der).decode()
    path.write_text(f"-----BEGIN DH PARAMETERS-----\n{text}-----END DH PARAMETERS-----\n")
    return path


def server_context(home: Path, suites: str = "", version: str = "", alpn: tuple[str, ...] = ()):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    for kind in ("rsa", "ec"):
        context.load_cert_chain(certificate(home, kind))
    _tuned(context, suites, version, alpn)
    if suites:
        context.load_dh_params(str(group(home)))
    return context


def client_context(log: Path | None, suites: str = "", version: str = "", alpn: tuple[str, ...] = ()):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    if log:
        context.keylog_filename = str(log)
    return _tuned(context, suites, version, alpn)


def _tuned(context: ssl.SSLContext, suites: str, version: str, alpn: tuple[str, ...]) -> ssl.SSLContext:
    if version:
        context.minimum_version = context.maximum_version = getattr(ssl.TLSVersion, version)
    if suites:
        context.set_ciphers(f"{suites}:@SECLEVEL=0")
    if alpn:
        context.set_alpn_protocols(list(alpn))
    return context


@dataclass
class Wire:
    """What passed, piece by piece in order, and what each side said inside."""

    pieces: list[tuple[Kind, bytes]] = field(default_factory=list)
    said: dict[Kind, bytearray] = field(default_factory=lambda: {REQUEST: bytearray(), RESPONSE: bytearray()})
    suite: str = ""
    version: str | None = ""
    resumed: bool | None = None
    session: ssl.SSLSession | None = None

    def raw(self, kind: Kind) -> bytes:
        return b"".join(data for way, data in self.pieces if way == kind)


class Ends:
    """A client and a server in memory, joined by what is told of their bytes."""

    def __init__(self, client: ssl.SSLContext, server: ssl.SSLContext, session=None, name="example.test"):
        self.bios = [ssl.MemoryBIO() for _ in range(4)]
        a, b, c, d = self.bios
        self.client = client.wrap_bio(a, b, server_hostname=name, session=session)
        self.server = server.wrap_bio(c, d, server_side=True)
        self.wire = Wire()

    def pump(self) -> None:
        to_client, from_client, to_server, from_server = self.bios
        for kind, out, into in ((REQUEST, from_client, to_server), (RESPONSE, from_server, to_client)):
            if data := out.read():
                self.wire.pieces.append((kind, data))
                into.write(data)

    def shake(self) -> None:
        waiting = [self.client, self.server]
        for _ in range(20):
            for end in tuple(waiting):
                with suppress(ssl.SSLWantReadError):
                    end.do_handshake()
                    waiting.remove(end)
            self.pump()
        assert not waiting

    def say(self, kind: Kind, data: bytes) -> None:
        here, there = (self.client, self.server) if kind == REQUEST else (self.server, self.client)
        here.write(data)
        self.wire.said[kind] += data
        self.pump()
        got = b""
        while len(got) < len(data):
            got += there.read(len(data))
        assert got == data

    def bye(self) -> None:
        for end in (self.client, self.server):
            with suppress(ssl.SSLError):
                end.unwrap()
            self.pump()


def talked(client: ssl.SSLContext, server: ssl.SSLContext, turns: int = 3, size: int = 40, **more) -> Wire:
    """Shake hands, ask and answer, say goodbye."""
    ends = Ends(client, server, **more)
    ends.shake()
    for turn in range(turns):
        ends.say(REQUEST, GET % turn)
        ends.say(RESPONSE, OK % (size, bytes([65 + turn]) * size))
    wire = ends.wire
    wire.suite, _, _ = ends.client.cipher()
    wire.version, wire.resumed = ends.client.version(), ends.client.session_reused
    wire.session = ends.client.session
    ends.bye()
    return wire


def by_side(wire: Wire) -> list[tuple[Kind, bytes]]:
    """All of the client, then all of the server: the order within a chunk of a capture."""
    return [(kind, wire.raw(kind)) for kind in (REQUEST, RESPONSE)]


def byte_by_byte(wire: Wire) -> Iterator[tuple[Kind, bytes]]:
    for kind, data in wire.pieces:
        for at in range(len(data)):
            yield kind, data[at : at + 1]


def seen(
    pieces, keys: Keys | None, make: Callable[..., Connection] = Connection
) -> tuple[Connection, list[Message]]:
    connection = make(keys=keys, keep=True)
    told: list[Message] = []
    for kind, data in pieces:
        told += connection.feed(kind, data)
    for kind in (REQUEST, RESPONSE):
        told += connection.close(kind)
    return connection, told
