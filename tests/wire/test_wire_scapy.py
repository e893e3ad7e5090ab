"""The scapy layers take apart and put together what the encoders write, and `show()` prints it."""

from __future__ import annotations

from scapy.layers.inet import IP, TCP

from tracer.wire import scgi, uwsgi
from tracer.wire.fastcgi_records import (
    BEGIN,
    PARAMS,
    STDIN,
    STDOUT,
    encode_request,
    encode_response,
    read_pairs,
)
from tracer.wire.scapy_layers import SCGI, UWSGI, FastCGI, FastCGIPair, SCGIVariable, UWSGIVariable

VARIABLES = [("REQUEST_METHOD", "POST"), ("HTTP_COOKIE", "c" * 200), ("CONTENT_LENGTH", "3")]


def test_uwsgi():
    raw = uwsgi.encode(VARIABLES, b"abc")
    packet = UWSGI(raw)
    assert bytes(packet) == raw
    assert [(v.key.decode(), v.value.decode()) for v in packet.variables] == VARIABLES
    assert bytes(packet.payload) == b"abc"
    shown = packet.show(dump=True)
    assert "modifier1 = Python (WSGI)" in shown
    assert "value     = b'POST'" in shown


def test_uwsgi_is_built_with_its_sizes():
    packet = UWSGI(variables=[UWSGIVariable(key=name, value=value) for name, value in VARIABLES])
    assert bytes(packet / b"abc") == uwsgi.encode(VARIABLES, b"abc")


def test_fastcgi_records_follow_one_another():
    raw = encode_request(VARIABLES, b"abc")
    packet = FastCGI(raw)
    assert bytes(packet) == raw
    kinds = []
    while isinstance(packet, FastCGI):
        kinds.append(packet.type)
        packet = packet.payload
    assert kinds == [BEGIN, PARAMS, PARAMS, STDIN, STDIN]
    pairs = FastCGI(raw)[FastCGI:2].pairs
    assert [(pair.key.decode(), pair.value.decode()) for pair in pairs] == VARIABLES
    shown = FastCGI(raw).show(dump=True)
    assert "role      = RESPONDER" in shown
    assert "type      = PARAMS" in shown


def test_fastcgi_answers():
    raw = encode_response(b"Status: 200 OK\r\n\r\nhi", protocol_status=2)
    packet = FastCGI(raw)
    assert bytes(packet) == raw
    assert packet.content == b"Status: 200 OK\r\n\r\nhi"
    assert "protocol_status= OVERLOADED" in packet.show(dump=True)


def test_fastcgi_is_built_with_lengths_and_padding():
    pairs = [FastCGIPair(key=name, value=value) for name, value in VARIABLES]
    raw = bytes(FastCGI(type=PARAMS, pairs=pairs))
    assert len(raw) % 8 == 0
    size = int.from_bytes(raw[4:6], "big")
    told = [(name.decode(), value.decode()) for name, value in read_pairs(raw[8 : 8 + size])]
    assert told == VARIABLES
    assert bytes(FastCGI(type=STDOUT, content=b"hello")) == b"\1\6\0\1\0\5\3\0hello\0\0\0"


def test_scgi():
    raw = scgi.encode(VARIABLES, b"abc")
    packet = SCGI(raw)
    assert bytes(packet) == raw
    told = [(v.key.decode(), v.value.decode()) for v in packet.variables]
    assert told == [("CONTENT_LENGTH", "3"), ("SCGI", "1"), *VARIABLES[:2]]
    assert bytes(packet.payload) == b"abc"
    assert "key       = b'HTTP_COOKIE'" in packet.show(dump=True)
    built = SCGI(variables=[SCGIVariable(key=name, value=value) for name, value in told])
    assert bytes(built / b"abc") == raw


def test_scapy_finds_them_on_their_ports():
    for port, layer, raw in (
        (3031, UWSGI, uwsgi.encode(VARIABLES)),
        (9000, FastCGI, encode_request(VARIABLES)),
        (4000, SCGI, scgi.encode(VARIABLES)),
    ):
        packet = IP(bytes(IP() / TCP(sport=50000, dport=port) / raw))
        assert packet.haslayer(layer)
