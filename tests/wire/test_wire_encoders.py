"""Encoder and decoder undo each other; for HTTP/1 the encoder is h11's, and httptools is asked too."""

from __future__ import annotations

from itertools import pairwise

import h11
import httptools
from hypothesis import given
from hypothesis import strategies as st

from tracer.wire import (
    REQUEST,
    Body,
    Decoder,
    End,
    Head,
    Message,
    Proxy,
    fastcgi,
    proxy_protocol,
    scgi,
    uwsgi,
)
from tracer.wire.fastcgi_records import encode_request, encode_response
from tracer.wire.http1 import Requests, pair

LATIN = st.characters(codec="latin-1")
NAMES = st.text(st.characters(codec="latin-1", exclude_characters="\0"), min_size=1, max_size=40)
VALUES = st.text(st.characters(codec="latin-1", exclude_characters="\0"), max_size=300)
OWN = {"CONTENT_LENGTH", "SCGI", "REQUEST_METHOD", "HTTP_TRANSFER_ENCODING"}
VARIABLES = st.lists(st.tuples(NAMES.filter(lambda name: name not in OWN), VALUES), max_size=20)
BODIES = st.binary(max_size=400)
CUTS = st.lists(st.integers(0, 2000), max_size=5)


def decode(decoder: Decoder, raw: bytes, cuts: list[int]) -> list[Message]:
    places = [0, *sorted(min(cut, len(raw)) for cut in cuts), len(raw)]
    out = [m for a, b in pairwise(places) for m in decoder.feed(raw[a:b])]
    return out + decoder.close()


def parts(messages: list[Message]) -> tuple[Head, bytes, End]:
    head, *bodies, end = messages
    assert isinstance(head, Head) and isinstance(end, End) and end.complete
    assert all(isinstance(body, Body) for body in bodies)
    return head, b"".join(body.data for body in bodies), end


@given(VARIABLES, BODIES, CUTS)
def test_uwsgi(variables, body, cuts):
    variables = [("CONTENT_LENGTH", str(len(body))), *variables]
    raw = uwsgi.encode(variables, body)
    head, data, end = parts(decode(uwsgi.Requests(keep=True), raw, cuts))
    assert (head.variables, data, end.size, end.end) == (tuple(variables), body, len(body), len(raw))


@given(VARIABLES, BODIES, CUTS)
def test_scgi(variables, body, cuts):
    raw = scgi.encode(variables, body)
    head, data, end = parts(decode(scgi.Requests(keep=True), raw, cuts))
    assert head.variables == (("CONTENT_LENGTH", str(len(body))), ("SCGI", "1"), *variables)
    assert (data, end.end) == (body, len(raw))


@given(VARIABLES, BODIES, CUTS, st.integers(1, 65535), st.integers(1, 300))
def test_fastcgi_request(variables, body, cuts, request_id, size):
    raw = encode_request(variables, body, request_id=request_id, size=size)
    head, data, end = parts(decode(fastcgi.Requests(keep=True), raw, cuts))
    assert (head.variables, head.stream, data) == (tuple(variables), request_id, body)
    assert (head.start, end.end) == (0, len(raw))


@given(BODIES, st.binary(max_size=50), CUTS, st.integers(1, 300))
def test_fastcgi_response(body, errors, cuts, size):
    output = b"Status: 203 Odd\r\nX-A: b\r\n\r\n" + body
    raw = encode_response(output, errors=errors, size=size)
    told = decode(fastcgi.Responses(keep=True), raw, cuts)
    notes = [m for m in told if type(m).__name__ == "Note"]
    head, data, _ = parts([m for m in told if m not in notes])
    assert (head.status, head.reason, head.headers, data) == (203, "Odd", (("x-a", "b"),), body)
    assert b"".join(note.data for note in notes if note.what == "stderr") == errors


ADDRESSES = {"4": st.ip_addresses(v=4), "6": st.ip_addresses(v=6)}
PORTS = st.integers(0, 65535)
TLVS = st.lists(st.tuples(st.integers(0, 255), st.binary(max_size=60)), max_size=4).map(tuple)


@st.composite
def proxies(draw: st.DrawFn) -> Proxy:
    version = draw(st.sampled_from([1, 2]))
    families = ["TCP4", "TCP6", "UNKNOWN"] + ["UDP4", "UDP6", "UNIX", "UNIX_DGRAM"] * (version - 1)
    family = draw(st.sampled_from(families))
    command = draw(st.sampled_from(["PROXY", "LOCAL"])) if version == 2 else "PROXY"
    tlvs = draw(TLVS) if version == 2 else ()
    told = Proxy(REQUEST, -1, 0, 0, 0, version, command, family, tlvs=tlvs)
    if family.startswith("UNIX"):
        path = st.text(st.characters(codec="latin-1", exclude_characters="\0"), max_size=108)
        return told._replace(source=draw(path), destination=draw(path))
    if family == "UNKNOWN":
        return told
    source, destination = (str(draw(ADDRESSES[family[-1]])) for _ in range(2))
    ports = {"source_port": draw(PORTS), "destination_port": draw(PORTS)}
    return told._replace(source=source, destination=destination, **ports)


@given(proxies(), CUTS, st.binary(max_size=20))
def test_proxy(header, cuts, rest):
    raw = proxy_protocol.encode(header)
    decoder = proxy_protocol.Header()
    (told,) = decode(decoder, raw, cuts)
    assert told == header._replace(end=len(raw))
    decoder = proxy_protocol.Header()
    assert decoder.feed(raw + rest) == [told]
    assert decoder.rest == rest


TOKENS = st.text("abcdefghijklmnopqrstuvwxyz-", min_size=1, max_size=12).map(lambda text: "x-" + text)
FIELD_VALUES = st.text(st.characters(min_codepoint=33, max_codepoint=126), max_size=30)
FIELDS = st.lists(st.tuples(TOKENS, FIELD_VALUES), max_size=8)


def http1_request(method: str, fields: list[tuple[str, str]], body: bytes, chunks: int) -> bytes:
    writer = h11.Connection(h11.CLIENT)
    framing = ("transfer-encoding", "chunked") if chunks else ("content-length", str(len(body)))
    headers = [("host", "h"), framing, *fields]
    out = [writer.send(h11.Request(method=method, target="/a?b", headers=headers))]
    step = max(1, len(body) // max(1, chunks))
    pieces = [body[at : at + step] for at in range(0, len(body), step)] if chunks else [body]
    out += [writer.send(h11.Data(data=piece)) for piece in pieces]
    out.append(writer.send(h11.EndOfMessage()))
    return b"".join(part or b"" for part in out)


class Callbacks:
    """What httptools says of a request."""

    def __init__(self) -> None:
        self.target, self.body = b"", b""
        self.headers: list[tuple[str, str]] = []

    def on_url(self, url: bytes) -> None:
        self.target += url

    def on_header(self, name: bytes, value: bytes) -> None:
        self.headers.append((name.decode().lower(), value.decode()))

    def on_body(self, body: bytes) -> None:
        self.body += body


@given(st.sampled_from(["GET", "POST", "DELETE"]), FIELDS, BODIES, st.integers(0, 4), CUTS)
def test_http1_reads_what_h11_writes_as_httptools_does(method, fields, body, chunks, cuts):
    raw = http1_request(method, fields, body, chunks)
    head, data, end = parts(decode(Requests(keep=True), raw, cuts))
    peer = Callbacks()
    parser = httptools.HttpRequestParser(peer)
    parser.feed_data(raw)
    assert parser.get_method().decode() == head.method == method
    assert (peer.target.decode(), tuple(peer.headers), peer.body) == (head.target, head.headers, data)
    assert (data, end.end, head.oddities) == (body, len(raw), ())


@given(st.lists(st.tuples(FIELDS, BODIES, st.integers(0, 3)), min_size=1, max_size=4), CUTS)
def test_pipelined_requests_stand_where_they_were_written(requests, cuts):
    raws = [http1_request("POST", *request) for request in requests]
    told = decode(Requests(), b"".join(raws), cuts)
    spans = [(head.start, end.end) for head, end in zip(told[::2], told[1::2], strict=True)]
    ends = [sum(map(len, raws[: number + 1])) for number in range(len(raws))]
    assert spans == list(zip([0, *ends], ends, strict=False))
    assert [head.exchange for head in told[::2]] == list(range(len(raws)))


@given(FIELDS, BODIES, st.booleans(), CUTS)
def test_http1_response(fields, body, chunked, cuts):
    writer = h11.Connection(h11.SERVER)
    writer.receive_data(b"GET / HTTP/1.1\r\nhost: h\r\n\r\n")
    while writer.next_event() is not h11.PAUSED and writer.their_state is not h11.DONE:
        pass
    framing = [] if chunked else [("content-length", str(len(body)))]
    out = [writer.send(h11.Response(status_code=200, reason="OK", headers=framing + fields))]
    out += [writer.send(h11.Data(data=body)), writer.send(h11.EndOfMessage())]
    requests, responses = pair(keep=True)
    requests.feed(b"GET / HTTP/1.1\r\nhost: h\r\n\r\n")
    head, data, _ = parts(decode(responses, b"".join(part or b"" for part in out), cuts))
    assert (head.status, head.exchange, data) == (200, 0, body)
    assert set(fields) <= set(head.headers)
