"""Whole connections: detection, upgrades and tunnels, PROXY headers, gaps and late starts."""

from __future__ import annotations

import pytest
from wire_corpus import cases

from tracer.wire import (
    REQUEST,
    RESPONSE,
    UNKNOWN,
    Body,
    Connection,
    End,
    Head,
    Message,
    Note,
    Proxy,
    Switch,
    WireError,
    detect,
    http1,
    scgi,
    uwsgi,
)
from tracer.wire.fastcgi_records import encode_request, encode_response
from tracer.wire.message import AFTER_GAP, CUT

GET = b"GET /%d HTTP/1.1\r\nHost: h\r\n\r\n"
POST = b"POST /p HTTP/1.1\r\nContent-Length: 100\r\n\r\n"
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
UPGRADE = b"GET /ws HTTP/1.1\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n"
ACCEPT = b"HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n"
MASKED = bytes.fromhex("818537fa213d7f9f4d5158")  # "Hello", RFC 6455, 5.7
UNMASKED = b"\x81\x05Hello"

FIRST = {
    "http1": GET % 1,
    "http2": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + bytes.fromhex("000000040000000000"),
    "uwsgi": uwsgi.encode([("QUERY_STRING", "")]),
    "scgi": scgi.encode([]),
    "fastcgi": encode_request([("A", "b")]),
    "proxy": b"PROXY TCP4 192.0.2.1 192.0.2.2 1 2\r\n",
    "tls": bytes.fromhex("16030100c8010000c40303"),
}
OTHERS = {
    "SMTP": b"EHLO example.com\r\n",
    "SSH": b"SSH-2.0-OpenSSH_9.6\r\n",
    "Redis": b"*1\r\n$4\r\nPING\r\n",
    "PostgreSQL": bytes.fromhex("0000000804d2162f"),
    "zeros": bytes(64),
    "noise": bytes(range(255, 127, -1)),
}


def of(messages: list[Message], *types: type) -> list[Message]:
    return [message for message in messages if isinstance(message, types)]


@pytest.mark.parametrize("name", FIRST)
def test_detect_needs_more_until_it_knows(name):
    answers = [detect(FIRST[name][:size]) for size in range(len(FIRST[name]) + 1)]
    known = answers.index(name)
    assert known > 1
    assert answers[:known] == [None] * known
    assert set(answers[known:]) == {name}


@pytest.mark.parametrize("name", OTHERS)
def test_detect_says_unknown(name):
    assert detect(OTHERS[name]) == UNKNOWN


def test_detect_never_changes_its_mind():
    for case in cases():
        if case.direction == "req" and case.protocol != "websocket":
            answers = [detect(case.raw[:size]) for size in range(len(case.raw) + 1)]
            told = [answer for answer in answers if answer]
            assert len(set(told)) <= 1, case
            assert answers == [None] * answers.count(None) + told


def test_detect_knows_every_valid_case():
    odd = {
        "uwsgi/valid/004-ping.req.hex",
        "uwsgi/valid/005-empty.req.hex",
        "scgi/valid/003-not-first.req.hex",
    }
    odd |= {"fastcgi/valid/011-orphan.req.hex", "scgi/valid/006-no-length.req.hex"}
    for case in cases():
        if case.valid and case.direction == "req" and case.protocol != "websocket" and str(case) not in odd:
            assert detect(case.raw) == case.protocol, case


def test_detect_answers():
    assert detect(b"HTTP/1.1 200 OK\r\n", RESPONSE) == "http1"
    assert detect(encode_response(b"A: b\r\n\r\n"), RESPONSE) == "fastcgi"
    assert detect(b"HTT", RESPONSE) is None
    assert detect(b"220 mail\r\n", RESPONSE) == UNKNOWN


@pytest.mark.parametrize("name", ["http1", "http2", "uwsgi", "scgi", "fastcgi"])
def test_a_connection_byte_by_byte_finds_out_what_is_spoken(name):
    connection = Connection()
    for byte in FIRST[name]:
        connection.feed(REQUEST, bytes([byte]))
    assert connection.protocol == name


@pytest.mark.parametrize("name", ["http1", "uwsgi", "scgi", "fastcgi"])
def test_a_proxy_header_stands_before_any_protocol(name):
    raw = FIRST["proxy"] + FIRST[name]
    for size in (1, 7, len(raw)):
        connection = Connection()
        told = [m for at in range(0, len(raw), size) for m in connection.feed(REQUEST, raw[at : at + size])]
        proxy, head = of(told, Proxy, Head)
        assert connection.protocol == name
        assert (proxy.source, proxy.end) == ("192.0.2.1", head.start)
        assert of(told, End)[-1].end == len(raw)


def test_an_answer_seen_before_its_request_waits_for_it():
    connection = Connection()
    assert connection.feed(REQUEST, b"GE") == []
    assert connection.feed(RESPONSE, OK) == []
    told = connection.feed(REQUEST, b"T /1 HTTP/1.1\r\n\r\n")
    assert [(m.kind, m.exchange) for m in of(told, Head)] == [("request", 0), ("response", 0)]


@pytest.mark.parametrize("name", OTHERS)
def test_what_is_not_ours_is_counted_and_dropped(name):
    connection = Connection()
    raw = OTHERS[name]
    assert connection.feed(REQUEST, raw) == []
    assert connection.protocol == UNKNOWN
    assert connection.feed(RESPONSE, raw) == []
    assert connection.close(REQUEST) == connection.close(RESPONSE) == []


def test_a_server_that_speaks_first_is_not_held_for_ever():
    connection = Connection()
    for _ in range(100):
        connection.feed(RESPONSE, b"HTTP/1.")
    assert connection.protocol is UNKNOWN


# Upgrades


@pytest.mark.parametrize("early", [b"", UNMASKED], ids=["later", "in the same segment"])
def test_websocket_after_101(early):
    connection = Connection(keep=True)
    told = connection.feed(REQUEST, UPGRADE)
    told += connection.feed(REQUEST, MASKED)  # too early for a client, but no matter
    assert not of(told, Note, WireError)
    told += connection.feed(RESPONSE, ACCEPT + early)
    told += connection.feed(RESPONSE, b"" if early else UNMASKED)
    assert connection.protocol == "websocket"
    assert [(m.kind, m.start) for m in of(told, Switch)] == [
        ("response", len(ACCEPT)),
        ("request", len(UPGRADE)),
    ]
    notes = {note.kind: note for note in of(told, Note)}
    assert {kind: (note.what, note.data) for kind, note in notes.items()} == {
        "request": ("text", b"Hello"),
        "response": ("text", b"Hello"),
    }
    assert notes["request"].start == len(UPGRADE)
    assert notes["response"].start == len(ACCEPT)


def test_an_upgrade_that_is_refused_is_an_ordinary_request():
    connection = Connection()
    told = connection.feed(REQUEST, UPGRADE + GET % 2)
    assert len(of(told, Head)) == 1
    told = connection.feed(RESPONSE, OK)
    assert [(m.kind, m.exchange) for m in of(told, Head)] == [("response", 0), ("request", 1)]
    assert connection.protocol == "http1"


def test_an_upgrade_that_is_never_answered_holds_a_bounded_number_of_bytes():
    connection = Connection()
    raw = UPGRADE + b"".join(GET % number for number in range(3000))
    told = connection.feed(REQUEST, raw)
    assert len(raw) > http1.HELD_LIMIT
    assert [head.exchange for head in of(told, Head)] == list(range(3001))


def test_the_end_of_the_stream_lets_a_held_request_go():
    connection = Connection()
    connection.feed(REQUEST, UPGRADE + GET % 2)
    assert [head.target for head in of(connection.close(REQUEST), Head)] == ["/2"]


def test_connect_becomes_a_tunnel():
    connection = Connection()
    told = connection.feed(REQUEST, b"CONNECT h:443 HTTP/1.1\r\n\r\n")
    told += connection.feed(RESPONSE, b"HTTP/1.1 200 OK\r\n\r\n")
    told += connection.feed(REQUEST, FIRST["tls"])
    told += connection.feed(RESPONSE, FIRST["tls"])
    assert connection.protocol == "tunnel"
    assert {m.protocol for m in of(told, Switch)} == {"tunnel"}
    assert not of(told, WireError)


def test_h2c_after_101():
    connection = Connection()
    told = connection.feed(REQUEST, UPGRADE.replace(b"websocket", b"h2c"))
    told += connection.feed(RESPONSE, ACCEPT.replace(b"websocket", b"h2c"))
    told += connection.feed(REQUEST, FIRST["http2"])
    status, body = bytes.fromhex("000001 01 04 00000001 88"), bytes.fromhex("000002 00 01 00000001") + b"ok"
    told += connection.feed(RESPONSE, status + body)
    assert not of(told, WireError)
    answer = of(told, Head)[-1]
    assert (answer.status, answer.exchange, answer.stream) == (200, 0, 1)
    assert of(told, End)[-1].size == 2
    assert connection.protocol == "http2"


# Gaps


@pytest.mark.parametrize("missing", [1, 50, 99])
def test_a_gap_inside_a_body_of_known_length_is_bridged(missing):
    connection = Connection()
    told = connection.feed(REQUEST, POST)
    told += connection.gap(REQUEST, missing)
    told += connection.feed(REQUEST, bytes(100 - missing) + GET % 2)
    assert not of(told, WireError)
    first, second = of(told, Head)
    assert of(told, End)[0][3:7] == (len(POST), len(POST) + 100, 100, True)
    assert (second.start, second.exchange, second.oddities) == (first.end + 100, 1, ())


def test_a_gap_to_the_very_end_of_a_body_ends_it():
    connection = Connection()
    told = connection.feed(REQUEST, POST) + connection.gap(REQUEST, 100) + connection.feed(REQUEST, GET % 2)
    assert [end.complete for end in of(told, End)] == [True, True]


def test_a_gap_beyond_a_body_ends_it_and_waits_for_the_next_head():
    connection = Connection()
    told = connection.feed(REQUEST, POST) + connection.gap(REQUEST, 130)
    assert of(told, End)[0][3:7] == (len(POST), len(POST) + 100, 100, True)
    assert [(error.field, error.cut) for error in of(told, WireError)] == [("stream", True)]
    told = connection.feed(REQUEST, b"t: h\r\n\r\n" + GET % 3)
    (head,) = of(told, Head)
    assert (head.target, head.start, head.oddities) == ("/3", len(POST) + 130 + 8, (AFTER_GAP,))


def test_a_gap_inside_a_chunk_is_bridged():
    connection = Connection()
    told = connection.feed(REQUEST, b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n64\r\nabc")
    told += connection.gap(REQUEST, 97)
    told += connection.feed(REQUEST, b"\r\n0\r\n\r\n" + GET % 2)
    assert not of(told, WireError)
    assert of(told, End)[0].size == 100


def test_a_gap_inside_a_head_loses_it_and_finds_the_next():
    connection = Connection()
    told = connection.feed(REQUEST, GET % 1 + b"GET /lo")
    told += connection.gap(REQUEST, 20)
    told += connection.feed(REQUEST, b"ost: h\r\n\r\n" + GET % 3)
    assert [head.target for head in of(told, Head)] == ["/1", "/3"]
    assert [error.cut for error in of(told, WireError)] == [True]
    answers = (
        connection.feed(RESPONSE, OK) + connection.gap(RESPONSE, len(OK)) + connection.feed(RESPONSE, OK)
    )
    assert len(of(answers, Head)) == 2


def test_an_answer_that_was_lost_is_not_taken_for_the_next():
    """Who asks again on a kept connection has had his answer, seen or not."""
    connection = Connection()
    connection.feed(REQUEST, GET % 0)
    told = connection.feed(RESPONSE, b"HTTP/1.1 2") + connection.gap(RESPONSE, len(OK) - 10)
    told += connection.feed(REQUEST, GET % 1) + connection.feed(RESPONSE, OK)
    assert [(head.kind, head.exchange) for head in of(told, Head)] == [("request", 1), ("response", 1)]
    assert all(AFTER_GAP in head.oddities for head in of(told, Head))


def test_a_head_that_the_snap_length_cut_is_told_as_far_as_it_goes():
    """The first line keeps requests and answers together; the next packet begins with the next head."""
    connection = Connection()
    raw = b"GET /long HTTP/1.1\r\nHost: h\r\nCookie: abc"
    told = connection.feed(REQUEST, raw) + connection.gap(REQUEST, 500)
    told += connection.feed(RESPONSE, OK[:20]) + connection.gap(RESPONSE, 300)
    told += connection.feed(REQUEST, GET % 2) + connection.feed(RESPONSE, OK)
    first, answer, second, last = of(told, Head)
    assert (first.target, first.headers, first.oddities) == ("/long", (("host", "h"),), (CUT,))
    assert (answer.status, answer.exchange, answer.oddities[-1]) == (200, 0, CUT)
    assert [end.complete for end in of(told, End)] == [False, False, True, True]
    assert (second.exchange, last.exchange) == (1, 1)
    assert second.start == len(raw) + 500


@pytest.mark.parametrize("name", ["uwsgi", "scgi"])
def test_variables_that_the_snap_length_cut_are_told_as_far_as_they_go(name):
    variables = [("CONTENT_LENGTH", "600"), ("SCGI", "1"), ("REQUEST_URI", "/x"), ("HTTP_COOKIE", "c" * 200)]
    raw = {"uwsgi": uwsgi.encode, "scgi": scgi.encode}[name](variables, bytes(600))
    for more in (0, 100):  # the gap ends with the head, or goes on into the body
        gap = raw.index(b"c" * 200) + 200 + (name == "scgi") * 2 - 90 + more
        connection = Connection()
        told = connection.feed(REQUEST, raw[:90]) + connection.gap(REQUEST, gap)
        told += connection.feed(REQUEST, raw[90 + gap :])
        (head,), (end,) = of(told, Head), of(told, End)
        assert (head.target, head.variables, head.oddities) == ("/x", tuple(variables[:3]), (CUT,))
        assert (end.start, end.end, end.size, end.complete) == (len(raw) - 600, len(raw), 600, True)


def test_fastcgi_goes_on_with_the_packet_after_a_gap():
    """A kept connection with a snap length: heads as far as they go, answers with their requests."""
    variables = [("REQUEST_URI", "/x"), ("HTTP_COOKIE", "c" * 200)]
    asked, answered = encode_request(variables, keep=True), encode_response(b"A: b\r\n\r\n" + b"z" * 100)
    connection, told = Connection(), []
    for kind, raw in ((REQUEST, asked), (RESPONSE, answered)) * 2:
        told += connection.feed(kind, raw[:60]) + connection.gap(kind, len(raw) - 60)
    told += connection.feed(REQUEST, asked) + connection.feed(RESPONSE, answered)
    heads = of(told, Head)
    assert [(head.kind, head.exchange) for head in heads] == [
        (kind, number) for number in range(3) for kind in (REQUEST, RESPONSE)
    ]
    assert [head.target for head in heads if head.kind == REQUEST] == ["/x"] * 3
    assert [head.oddities for head in heads if head.kind == REQUEST] == [(CUT,), (CUT,), ()]
    assert [end.complete for end in of(told, End)] == [False] * 4 + [True] * 2
    assert [end.end for end in of(told, End)][-2:] == [3 * len(asked), 3 * len(answered)]


def test_a_fastcgi_answer_whose_head_was_cut_has_its_status():
    connection = Connection()
    connection.feed(REQUEST, encode_request([("A", "b")]))
    raw = encode_response(b"Status: 418 Short\r\nX-Long: " + b"x" * 200 + b"\r\n\r\nbody")
    told = connection.feed(RESPONSE, raw[:60]) + connection.gap(RESPONSE, len(raw) - 60)
    (head,), (end,) = of(told, Head), of(told, End)
    assert (head.status, head.exchange, head.oddities) == (418, 0, (CUT,))
    assert not end.complete


def test_a_gap_until_close_is_counted():
    connection = Connection()
    connection.feed(REQUEST, GET % 1)
    told = connection.feed(RESPONSE, b"HTTP/1.0 200 OK\r\n\r\nabc") + connection.gap(RESPONSE, 1000)
    told += connection.feed(RESPONSE, b"def") + connection.close(RESPONSE)
    assert of(told, End)[0].size == 1006


@pytest.mark.parametrize("name", ["uwsgi", "scgi", "fastcgi"])
def test_a_gap_inside_a_gateway_body_is_bridged(name):
    variables = [("CONTENT_LENGTH", "600")]
    write = {"uwsgi": uwsgi.encode, "scgi": scgi.encode, "fastcgi": encode_request}[name]
    raw = write(variables, bytes(600))
    at = raw.rindex(bytes(600)) + 100
    connection = Connection()
    told = connection.feed(REQUEST, raw[:at]) + connection.gap(REQUEST, 300)
    told += connection.feed(REQUEST, raw[at + 300 :]) + connection.close(REQUEST)
    assert not of(told, WireError)
    (end,) = of(told, End)
    assert (end.size, end.end, end.complete) == (600, len(raw), True)


def test_a_gap_that_cannot_be_bridged_ends_a_binary_protocol():
    connection = Connection()
    told = connection.feed(REQUEST, FIRST["uwsgi"][:8]) + connection.gap(REQUEST, 3)
    assert [error.field for error in of(told, WireError)] == ["stream"]
    assert connection.feed(REQUEST, FIRST["uwsgi"]) == []


def test_a_connection_that_was_open_before_the_capture():
    connection = Connection(lost=True)
    assert connection.feed(RESPONSE, b"half of a body\r\n") == []
    assert connection.feed(REQUEST, b"ld: x\r\n\r\n") == []
    told = connection.feed(RESPONSE, OK)
    told += connection.feed(REQUEST, GET % 7) + connection.feed(RESPONSE, OK)
    heads = of(told, Head)
    assert [(head.kind, head.exchange) for head in heads] == [
        ("response", -1),
        ("request", 0),
        ("response", 0),
    ]
    assert heads[0].start == 16
    assert heads[1].start == 9


# Pairing


def test_pipelined_answers_go_to_their_requests():
    connection = Connection(keep=True)
    asked = b"".join((b"HEAD" if number == 1 else b"GET") + (GET % number)[3:] for number in range(3))
    connection.feed(REQUEST, asked)
    bodiless = OK.removesuffix(b"ok")
    told = connection.feed(RESPONSE, OK + b"HTTP/1.1 103 Early Hints\r\n\r\n" + bodiless + OK)
    heads = [(head.exchange, head.status) for head in of(told, Head)]
    assert heads == [(0, 200), (1, 103), (1, 200), (2, 200)]
    assert [(body.exchange, body.data) for body in of(told, Body)] == [(0, b"ok"), (2, b"ok")]


def test_a_named_protocol_is_not_looked_for():
    connection = Connection("http1")
    told = connection.feed(RESPONSE, OK)
    assert of(told, Head)[0].exchange == -1
    assert connection.protocol == "http1"


def test_a_direction_closes_once():
    connection = Connection()
    connection.feed(REQUEST, POST + b"abc")
    told = connection.close(REQUEST)
    assert [type(message) for message in told] == [End, WireError]
    assert told[1].cut
    assert connection.close(REQUEST) == []
