"""Every suite and version that OpenSSL here offers, by its own client and server in memory."""

from __future__ import annotations

import ssl

import pytest
from tls_talks import by_side, byte_by_byte, client_context, seen, server_context, talked

from tracer.wire import REQUEST, RESPONSE, Body, End, Head, Note, WireError
from tracer.wire.tls import Keys

OFFERED = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
OFFERED.set_ciphers("ALL:COMPLEMENTOFALL:@SECLEVEL=0")
BARRED = ("PSK", "SRP", "DSS", "ADH", "AECDH", "NULL")  # need other keys or certificates than a server has
TLS12 = [
    row["name"]
    for row in OFFERED.get_ciphers()
    if row["protocol"] in ("TLSv1.2", "TLSv1.0", "SSLv3") and not any(word in row["name"] for word in BARRED)
]
TLS13 = [row["name"] for row in OFFERED.get_ciphers() if row["protocol"] == "TLSv1.3"]
OPENED = ("GCM", "CCM", "CHACHA20")


def heads(told, kind):
    return [m for m in told if isinstance(m, Head) and m.kind == kind]


def bodies(told):
    return [m.data for m in told if isinstance(m, Body)]


def notes(told, what=None):
    return [m for m in told if isinstance(m, Note) and what in (None, m.what)]


def check(wire, told, turns=3):
    """Requests and answers as they were said, each inside the bytes of its direction."""
    assert [m for m in told if isinstance(m, WireError)] == []
    assert [head.target for head in heads(told, REQUEST)] == [f"/{turn}" for turn in range(turns)]
    assert [(head.exchange, head.status) for head in heads(told, RESPONSE)] == [
        (turn, 200) for turn in range(turns)
    ]
    assert all(m.complete for m in told if isinstance(m, End))
    size = {kind: len(wire.raw(kind)) for kind in (REQUEST, RESPONSE)}
    assert all(0 <= m.start <= m.end <= size[m.kind] for m in told)


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    return tmp_path_factory.mktemp("tls")


@pytest.mark.parametrize("suite", TLS12)
def test_tls_1_2(home, tmp_path, suite):
    log = tmp_path / "keys"
    client = client_context(log, suite, "TLSv1_2")
    wire = talked(client, server_context(home, "ALL:COMPLEMENTOFALL", "TLSv1_2"))
    assert wire.suite == suite
    connection, told = seen(wire.pieces, Keys.read(log))
    assert connection.tls.version == "TLS 1.2"
    assert connection.tls.server_name == "example.test"
    if any(word in suite for word in OPENED) and "ARIA" not in suite:
        check(wire, told)
        assert connection.protocol == "http1"
        assert connection.tls.why is None
    else:
        assert connection.tls.why.endswith("is not decrypted, AEAD suites are")
        assert not [m for m in told if not isinstance(m, Note)]
        assert len([note for note in notes(told, "record") if note.value == 23]) >= 6


def test_there_are_suites_of_every_kind():
    """What is skipped above is little: a build of OpenSSL without them would make the test empty."""
    opened = [name for name in TLS12 if any(word in name for word in OPENED) and "ARIA" not in name]
    assert len(opened) >= 9
    assert {"TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384", "TLS_CHACHA20_POLY1305_SHA256"} <= {*TLS13}


def talk_13(home, log, suite="", **more):
    """Python 3.11 cannot choose suites of TLS 1.3: the first that both offer is taken."""
    return talked(client_context(log, "", "TLSv1_3"), server_context(home, "", "TLSv1_3"), **more)


def test_tls_1_3(home, tmp_path):
    log = tmp_path / "keys"
    wire = talk_13(home, log)
    connection, told = seen(wire.pieces, Keys.read(log))
    check(wire, told)
    assert connection.tls.version == "TLS 1.3"
    assert connection.tls.decrypted
    names = [note.what for note in notes(told)]
    for name in ("client_hello", "server_hello", "encrypted_extensions", "certificate", "session_ticket"):
        assert name in names
    assert names.count("finished") == 2
    assert names.count("alert") == 2
    assert "record" not in names


@pytest.mark.parametrize("version", ["TLSv1_2", "TLSv1_3"])
def test_the_order_and_the_pieces_mean_nothing(home, tmp_path, version):
    log = tmp_path / "keys"
    wire = talked(client_context(log, "", version), server_context(home, "", version), size=50_000)
    keys = Keys.read(log)
    _, whole = seen(wire.pieces, keys)
    check(wire, whole)
    for pieces in (by_side(wire), byte_by_byte(wire), by_side(wire)[::-1]):
        _, told = seen(pieces, keys)
        check(wire, told)
        for kind in (REQUEST, RESPONSE):
            assert shape(told, kind) == shape(whole, kind)
        assert b"".join(bodies(told)) == b"".join(bodies(whole))


def shape(told, kind):
    return [m for m in told if m.kind == kind and not isinstance(m, Body)]


def test_places_are_those_of_the_records(home, tmp_path):
    """A head's place in the stream holds its record, and nothing of another."""
    log = tmp_path / "keys"
    wire = talk_13(home, log)
    _, told = seen(wire.pieces, Keys.read(log))
    for head in (m for m in told if isinstance(m, Head)):
        record = wire.raw(head.kind)[head.start : head.end]
        assert record[:3] == b"\x17\x03\x03"
        assert int.from_bytes(record[3:5], "big") == len(record) - 5


@pytest.mark.parametrize("version", ["TLSv1_2", "TLSv1_3"])
def test_resumption(home, tmp_path, version):
    log = tmp_path / "keys"
    client, server = client_context(log, "", version), server_context(home, "", version)
    first = talked(client, server)
    wire = talked(client, server, session=first.session)
    assert wire.resumed
    connection, told = seen(wire.pieces, Keys.read(log))
    check(wire, told)
    assert connection.tls.resumed
    assert not notes(told, "certificate")
    assert not seen(first.pieces, Keys.read(log))[0].tls.resumed


def test_hello_retry_request(home, tmp_path):
    log = tmp_path / "keys"
    server = server_context(home, "", "TLSv1_3")
    server.set_ecdh_curve("secp521r1")  # the client's first guess is another
    wire = talked(client_context(log, "", "TLSv1_3"), server)
    for pieces in (wire.pieces, by_side(wire)):
        _, told = seen(pieces, Keys.read(log))
        check(wire, told)
        names = [note.what for note in notes(told)]
        assert names.count("client_hello") == 2
        assert names.count("hello_retry_request") == names.count("server_hello") == 1


@pytest.mark.parametrize("alpn", ["h2", "http/1.1", "x-other"])
def test_alpn(home, tmp_path, alpn):
    log = tmp_path / "keys"
    for version in ("TLSv1_2", "TLSv1_3"):
        client, server = client_context(log, "", version, (alpn,)), server_context(home, "", version, (alpn,))
        connection, _ = seen(talked(client, server).pieces, Keys.read(log))
        assert connection.tls.alpn == alpn
        assert connection.protocol == {"h2": "http2"}.get(alpn, "http1")


@pytest.mark.parametrize("version", ["TLSv1_2", "TLSv1_3"])
def test_without_keys_it_is_a_timeline_of_records(home, tmp_path, version):
    other = tmp_path / "other"
    talked(client_context(other), server_context(home))
    wire = talked(client_context(None, "", version), server_context(home, "", version))
    for keys, why in ((None, "no key log was given"), (Keys.read(other), "does not have this session")):
        connection, told = seen(wire.pieces, keys)
        assert connection.protocol == "tls"
        assert why in connection.tls.why
        assert all(isinstance(m, Note) for m in told)
        for kind in (REQUEST, RESPONSE):
            sealed = [m for m in notes(told, "record") if m.kind == kind and m.value == 23]
            assert len(sealed) >= 3
            places = [(m.start, m.end) for m in told if m.kind == kind]
            assert places == sorted(places)
            assert places[-1][1] == len(wire.raw(kind))
