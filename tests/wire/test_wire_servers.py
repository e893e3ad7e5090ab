"""Bytes that real servers wrote: what is decoded is what the application said and the peer meant."""

from __future__ import annotations

import json
import socket

import h2.config
import h2.connection
import h2.events
import pytest
from wire_servers import HTTP, PARAMS, PATIENCE, Backend, Talk, http_server, nginx, talk, uwsgi_server
from wsproto import ConnectionType, WSConnection
from wsproto.events import (
    AcceptConnection,
    BytesMessage,
    CloseConnection,
    Message,
    Ping,
    Request,
    TextMessage,
)
from wsproto.extensions import PerMessageDeflate

from tracer.wire import REQUEST, RESPONSE, Note, Proxy, WireError, proxy_protocol, scgi, uwsgi
from tracer.wire.fastcgi_records import encode_request, encode_response

GUNICORN = ["gunicorn", "-b", "127.0.0.1:0", "--threads", "2", "wire_app:application"]
UVICORN = ["uvicorn", "--port", "0", "wire_app:asgi"]

GET = b"GET /a?b=c HTTP/1.1\r\nHost: h\r\n\r\n"
POST = b"POST /p HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nhello"
CHUNKED = b"POST /c HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n"
HEAD = b"HEAD /h HTTP/1.1\r\nHost: h\r\n\r\n"
STREAM = b"GET /stream HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n"


def whole(seen: Talk) -> None:
    """No error, every byte of both directions inside a message, the last of them ended."""
    assert [m for m in seen.messages if isinstance(m, WireError)] == []
    for kind in (REQUEST, RESPONSE):
        assert all(end.complete for end in seen.ends(kind))
        assert max(end.end for end in seen.ends(kind)) == len(seen.raw[kind])


def statuses(seen: Talk) -> list[tuple[int, int]]:
    return [(head.exchange, head.status) for head in seen.heads(RESPONSE)]


def test_gunicorn(tmp_path):
    with http_server(GUNICORN, tmp_path) as address:
        seen = talk(address, GET, POST, HEAD, CHUNKED.replace(b"/c", b"/d"), STREAM)
    whole(seen)
    assert statuses(seen) == [(0, 201), (1, 201), (2, 201), (3, 201), (4, 200)]
    told = [json.loads(seen.body(RESPONSE, number) or b"null") for number in range(5)]
    assert [one and one["size"] for one in told] == [0, 5, None, 0, 0]
    assert told[0]["query"] == "b=c"
    assert seen.heads(RESPONSE)[4].get("transfer-encoding") == "chunked"
    assert seen.ends(RESPONSE)[4].size == len(json.dumps(told[4])) + 5001
    assert [head.get("x-app") for head in seen.heads(RESPONSE)] == ["wsgi"] * 5


def test_gunicorn_refuses(tmp_path):
    """A request that we cannot frame either is answered with 400, and the answer is still read."""
    raw = b"POST / HTTP/1.1\r\nContent-Length: x\r\n\r\n"
    with http_server(GUNICORN, tmp_path) as address:
        seen = talk(address, raw)
    errors = [m for m in seen.messages if isinstance(m, WireError)]
    assert [error.field for error in errors] == ["content-length"]
    assert statuses(seen) == [(0, 400)]


@pytest.mark.parametrize("http", ["h11", "httptools"])
def test_uvicorn(http, tmp_path):
    expect = POST.replace(b"Host: h", b"Host: h\r\nExpect: 100-continue")
    with http_server([*UVICORN, "--http", http], tmp_path) as address:
        seen = talk(address, GET, expect, CHUNKED, HEAD)
    whole(seen)
    assert [one for one in statuses(seen) if one[1] != 100] == [(0, 200), (1, 200), (2, 200), (3, 200)]
    assert {one for one in statuses(seen) if one[1] == 100} <= {(1, 100)}
    told = [json.loads(seen.body(RESPONSE, number)) for number in range(3)]
    assert [(one["method"], one["size"]) for one in told] == [("GET", 0), ("POST", 5), ("POST", 5)]


def test_uvicorn_pipelined(tmp_path):
    with http_server([*UVICORN, "--http", "httptools"], tmp_path) as address:
        seen = talk(address, GET + POST + GET.replace(b"GET", b"PUT"), b"", b"")
    whole(seen)
    told = [json.loads(seen.body(RESPONSE, number)) for number in range(3)]
    assert [(one["method"], one["size"]) for one in told] == [("GET", 0), ("POST", 5), ("PUT", 0)]


@pytest.mark.parametrize("compressed", [False, True])
def test_uvicorn_websocket(compressed, tmp_path):
    sent: list[Message] = [TextMessage("Grüße"), BytesMessage(bytes(70_000)), TextMessage("x" * 300)]
    with http_server([*UVICORN, "--ws", "wsproto"], tmp_path) as address:
        seen = websocket_talk(address, sent, [PerMessageDeflate()] if compressed else [])
    assert [m for m in seen.messages if isinstance(m, WireError)] == []
    assert seen.connection.protocol == "websocket"
    assert statuses(seen) == [(0, 101)]
    for kind in (REQUEST, RESPONSE):
        notes = [m for m in seen.messages if isinstance(m, Note) and m.kind == kind]
        data = [note for note in notes if note.what in {"text", "binary"}]
        assert [note.what for note in data] == ["text", "binary", "text"]
        assert [note.value for note in data] == [int(compressed)] * 3
        if not compressed:
            assert [note.size for note in data] == [len("Grüße".encode()), 70_000, 300]
            assert [note.data for note in data] == ["Grüße".encode(), bytes(70_000), b"x" * 300]
        assert notes[-1].what == "close"
        assert notes[-1].value == 1000
        assert notes[-1].end == len(seen.raw[kind])


def websocket_talk(
    address: tuple[str, int], sent: list[Message], extensions: list[PerMessageDeflate]
) -> Talk:
    """Shake hands, send messages, read as many, say goodbye, read the goodbye."""
    seen, client = Talk(), WSConnection(ConnectionType.CLIENT)
    with socket.create_connection(address, PATIENCE) as connection:

        def send(raw: bytes) -> None:
            connection.sendall(raw)
            seen.saw(REQUEST, raw)

        def receive() -> list[object]:
            raw = connection.recv(65536)
            seen.saw(RESPONSE, raw)
            client.receive_data(raw or None)
            return list(client.events())

        send(client.send(Request(host="h", target="/ws", extensions=extensions)))
        while not any(isinstance(event, AcceptConnection) for event in receive()):
            pass
        send(b"".join(client.send(event) for event in [sent[0], Ping(b"p"), *sent[1:]]))
        got = 0
        while got < len(sent):
            got += sum(getattr(event, "message_finished", False) for event in receive())
        send(client.send(CloseConnection(code=1000)))
        while not any(isinstance(event, CloseConnection) for event in receive()):
            pass
    return seen


VARIABLES = [
    ("REQUEST_METHOD", "POST"),
    ("REQUEST_URI", "/p?q=1"),
    ("PATH_INFO", "/p"),
    ("QUERY_STRING", "q=1"),
    ("SCRIPT_NAME", ""),
    ("SERVER_PROTOCOL", "HTTP/1.1"),
    ("SERVER_NAME", "h"),
    ("SERVER_PORT", "80"),
    ("REMOTE_PORT", "40112"),
    ("HTTP_X_LONG", "l" * 300),
    ("CONTENT_LENGTH", "5"),
]
ENCODED = {
    "uwsgi": uwsgi.encode(VARIABLES, b"hello"),
    "scgi": scgi.encode(VARIABLES, b"hello"),
    # in whole records: uWSGI itself does not take a pair that a record's end cuts
    "fastcgi": encode_request(VARIABLES, b"hello"),
}


@pytest.mark.parametrize("path", ["/p", "/stream"])
@pytest.mark.parametrize("protocol", ENCODED)
def test_uwsgi_understands_what_we_write(protocol, path, tmp_path):
    request = ENCODED[protocol]
    if path != "/p":
        variables = [(name, path if name == "PATH_INFO" else value) for name, value in VARIABLES]
        request = {"uwsgi": uwsgi.encode, "scgi": scgi.encode, "fastcgi": encode_request}[protocol](
            variables, b"hello"
        )
    with uwsgi_server(protocol, tmp_path) as address:
        seen = talk(address, request)
    whole(seen)
    assert seen.connection.protocol == protocol
    assert statuses(seen) == [(0, 201 if path == "/p" else 200)]
    told = json.loads(seen.body(RESPONSE, 0))
    assert told == {"method": "POST", "path": path, "query": "q=1", "size": 5, "port": "40112"}
    assert seen.heads(RESPONSE)[0].get("x-app") == "wsgi"


ANSWER = b"Status: 202 Taken\r\nContent-Type: text/plain\r\nContent-Length: 2\r\n\r\nok"
ANSWERS = {"uwsgi": ANSWER, "scgi": ANSWER, "fastcgi": encode_response(ANSWER, errors=b"a warning")}


@pytest.mark.parametrize("protocol", ANSWERS)
def test_nginx_to_a_gateway(protocol, tmp_path):
    target = b"/p?q=" + b"z" * 500
    raw = b"POST %b HTTP/1.1\r\nHost: h\r\nContent-Length: 70000\r\n\r\n%b" % (target, bytes(70_000))
    with Backend(ANSWERS[protocol]) as backend:
        server = f"location / {{ {protocol}_pass 127.0.0.1:{backend.port}; {PARAMS.format(protocol)} }}"
        server += " client_max_body_size 1m;"
        with nginx(HTTP.format(how="", server=server), tmp_path) as port:
            client = talk(("127.0.0.1", port), raw)
    (seen,) = backend.talks
    whole(client)
    whole(seen)
    assert seen.connection.protocol == protocol
    (head,) = seen.heads(REQUEST)
    assert (head.method, head.target, head.version) == ("POST", target.decode(), "1.1")
    assert head.get("host") == "h"
    assert head.variable("REMOTE_PORT", "").isdecimal()
    assert head.oddities == (("no SCGI variable with the value 1",) if protocol == "scgi" else ())
    assert seen.body(REQUEST, 0) == bytes(70_000)
    assert statuses(seen) == statuses(client) == [(0, 202)]
    assert seen.body(RESPONSE, 0) == client.body(RESPONSE, 0) == b"ok"


def test_nginx_keeps_a_fastcgi_connection(tmp_path):
    with Backend(ANSWERS["fastcgi"], keep_open=True) as backend:
        server = f"location / {{ fastcgi_pass up; fastcgi_keep_conn on; {PARAMS.format('fastcgi')} }}"
        config = HTTP.format(how="", server=server).replace(
            "server {", f"upstream up {{ server 127.0.0.1:{backend.port}; keepalive 1; }} server {{", 1
        )
        with nginx(config, tmp_path) as port:
            client = talk(("127.0.0.1", port), GET, POST, HEAD)
    (seen,) = backend.talks
    whole(client)
    whole(seen)
    assert [(head.exchange, head.method) for head in seen.heads(REQUEST)] == [
        (0, "GET"),
        (1, "POST"),
        (2, "HEAD"),
    ]
    assert statuses(seen) == [(0, 202), (1, 202), (2, 202)]
    assert [note.data for note in seen.messages if isinstance(note, Note) and note.what == "stderr"] == [
        b"a warning"
    ] * 3


def test_nginx_writes_a_proxy_header(tmp_path):
    answer = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
    with Backend(answer) as backend:
        server = f"listen LISTEN; proxy_pass 127.0.0.1:{backend.port}; proxy_protocol on;"
        config = f"stream {{ server {{ {server} }} }}"
        with nginx(config, tmp_path) as port:
            client = talk(("127.0.0.1", port), GET)
    (seen,) = backend.talks
    whole(seen)
    (proxy,) = [m for m in seen.messages if isinstance(m, Proxy)]
    assert (proxy.version, proxy.source, proxy.destination_port) == (1, "127.0.0.1", port)
    assert seen.heads(REQUEST)[0].start == proxy.end
    assert client.raw[REQUEST] == GET
    assert seen.connection.protocol == "http1"


@pytest.mark.parametrize("version", [1, 2])
@pytest.mark.parametrize("family", ["TCP4", "TCP6"])
def test_nginx_reads_our_proxy_header(version, family, tmp_path):
    source = {"TCP4": "192.0.2.7", "TCP6": "2001:db8::7"}[family]
    tlvs = ((0x05, b"an-id"),) if version == 2 else ()
    header = Proxy(REQUEST, -1, 0, 0, 0, version, "PROXY", family, source, source, 4567, 80, tlvs)
    server = 'return 200 "$proxy_protocol_addr $proxy_protocol_port";'
    with nginx(HTTP.format(how=" proxy_protocol", server=server), tmp_path) as port:
        seen = talk(("127.0.0.1", port), proxy_protocol.encode(header) + GET)
    whole(seen)
    assert seen.body(RESPONSE, 0) == f"{source} 4567".encode()
    assert seen.messages[0] == header._replace(end=seen.messages[0].end)


def test_nginx_http2(tmp_path):
    server = (
        'http2 on; location /s { return 200 "$request_method $request_uri"; } location /n { return 204; }'
    )
    with nginx(HTTP.format(how="", server=server), tmp_path) as port:
        seen = http2_talk(("127.0.0.1", port), ["/s?1", "/n", "/s?2", "/missing"])
    assert [m for m in seen.messages if isinstance(m, WireError)] == []
    assert seen.connection.protocol == "http2"
    asked = {head.exchange: head.target for head in seen.heads(REQUEST)}
    assert list(asked.values()) == ["/s?1", "/n", "/s?2", "/missing"]
    answered = {head.exchange: head.status for head in seen.heads(RESPONSE)}
    assert {asked[number]: status for number, status in answered.items()} == {
        "/s?1": 200,
        "/n": 204,
        "/s?2": 200,
        "/missing": 404,
    }
    assert seen.body(RESPONSE, 0) == b"GET /s?1"
    assert {head.get("host") for head in seen.heads(REQUEST)} == {"example.test"}
    assert all(end.complete for end in seen.ends(RESPONSE))
    assert len(seen.ends(RESPONSE)) == 4


def http2_talk(address: tuple[str, int], paths: list[str]) -> Talk:
    """Ask for all paths at once on one connection, each with a field that fills the dynamic table."""
    seen = Talk()
    client = h2.connection.H2Connection(h2.config.H2Configuration(client_side=True))
    with socket.create_connection(address, PATIENCE) as connection:
        client.initiate_connection()
        for path in paths:
            fields = [
                (":method", "GET"),
                (":scheme", "http"),
                (":authority", "example.test"),
                (":path", path),
            ]
            client.send_headers(
                client.get_next_available_stream_id(), [*fields, ("x-id", "abc")], end_stream=True
            )
        ended = 0
        while ended < len(paths):
            raw = client.data_to_send()
            connection.sendall(raw)
            seen.saw(REQUEST, raw)
            data = connection.recv(65536)
            seen.saw(RESPONSE, data)
            ended += sum(isinstance(event, h2.events.StreamEnded) for event in client.receive_data(data))
    seen.close()
    return seen


def test_a_big_websocket_frame_takes_eight_bytes_for_its_length():
    from tracer.wire.websocket import Responses

    raw = b"\x82\x7f" + (65536).to_bytes(8, "big") + bytes(65536)
    decoder = Responses()
    notes = [note for at in range(0, len(raw), 1000) for note in decoder.feed(raw[at : at + 1000])]
    assert [(note.what, note.size, note.end) for note in notes] == [("binary", 65536, len(raw))]
