"""Lines of logs, as nginx and Apache write them: what they say, and what is wrong with them."""

from __future__ import annotations

import gzip
import json
import subprocess
import sys

import pytest

from tracer.assemble.logs import recording_of_log
from tracer.observe.logs import Attempt, LogError, is_log, read
from tracer.observe.logs.logged import endpoint, nanoseconds, spoken
from tracer.observe.logs.reading import parsed
from tracer.recording import Outcome
from tracer.recording.trace import trace_of

MS = 10**6
NGINX = {
    "msec": "1700000000.250", "request_time": "0.120", "request_method": "GET", "request_uri": "/a?b=c",
    "status": "200", "server_protocol": "HTTP/1.1", "content_length": "", "body_bytes_sent": "512",
    "remote_addr": "127.0.0.1", "remote_port": "40112", "server_addr": "127.0.0.1", "server_port": "8080",
    "connection": "7", "upstream_addr": "127.0.0.1:8001, 127.0.0.1:8002 : unix:/run/s", "traceparent": "",
    "upstream_status": "502, 504 : 200", "upstream_connect_time": "-, 0.001 : 0.000",
    "upstream_header_time": "-, - : 0.010", "upstream_response_time": "0.000, 0.100 : 0.012",
}  # fmt: skip
APACHE = {
    "begin_usec": "1700000000130000", "end_usec": "1700000000250001", "method": "GET", "target": "/a",
    "status": "304", "protocol": "HTTP/2.0", "first_byte_usec": "120000", "content_length": "-",
    "body_bytes": "0", "client": "::1", "client_port": "40112", "server_addr": "::1", "server_port": "80",
    "traceparent": "-",
}  # fmt: skip


def one(line):
    return parsed(json.dumps(line).encode())


def test_nginx():
    said = one(NGINX)
    assert (said.start, said.end) == (1700000000130 * MS, 1700000000250 * MS)
    assert (said.method, said.target, said.status, said.protocol) == ("GET", "/a?b=c", 200, "http/1.1")
    assert (said.src, said.dst, said.connection) == ("127.0.0.1:40112", "127.0.0.1:8080", "7")
    assert (said.bytes_in, said.bytes_out, said.traceparent) == (0, 512, None)
    assert said.attempts == (
        Attempt("127.0.0.1:8001", 502, -1, -1, 0),
        Attempt("127.0.0.1:8002", 504, MS, -1, 100 * MS),
        Attempt("unix:/run/s", 200, 0, 10 * MS, 12 * MS),
    )


def test_apache():
    said = one(APACHE)
    assert (said.start, said.end) == (1700000000130 * MS, 1700000000250 * MS + 1000)
    assert (said.first_byte, said.protocol, said.bytes_out) == (1700000000250 * MS, "h2", 0)
    assert (said.src, said.dst) == ("[::1]:40112", "[::1]:80")


@pytest.mark.parametrize(
    ("changes", "field", "value"),
    [
        ({"status": "000"}, "status", -1),
        ({"upstream_addr": "-"}, "attempts", ()),
        ({"upstream_addr": ""}, "attempts", ()),
        ({"sent_http_transfer_encoding": "chunked"}, "bytes_out", -1),
        ({"remote_addr": "unix:"}, "src", "unix:"),
        ({"msec": 1700000000.25, "request_time": 0.12}, "start", 1700000000130 * MS),
        ({"content_length": "17"}, "bytes_in", 17),
    ],
)
def test_nginx_cases(changes, field, value):
    assert getattr(one(NGINX | changes), field) == value


@pytest.mark.parametrize(
    ("line", "says"),
    [
        (b"127.0.0.1 - - [22/Nov/2026] \"GET / HTTP/1.1\" 200\n", "no JSON object"),
        (b'{"msec": "1700000000.250", "request_ti', "no JSON object"),
        (b"[1, 2]", "no JSON object"),
        (b'{"status": "200"}', "neither msec nor begin_usec: log with the format of docs/guide/logs.md"),
        (b'{"msec": "noon", "request_time": "0.1"}', "msec 'noon' and request_time '0.1' are no times"),
        (b'{"begin_usec": "20", "end_usec": "10"}', "begin_usec 20 and end_usec 10 are no times"),
        (b'{"msec": "' + b"9" * 40 + b'", "request_time": "0"}', "are no times"),
        (b"{" * 100_000, "no JSON object"),
        (b'{"a": "\xff"}', "no JSON object"),
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_said(line, says):
    with pytest.raises(LogError) as raised:
        parsed(line)
    assert says in str(raised.value)


def test_bytes_that_do_not_print_are_read_as_apache_writes_them():
    line = json.dumps(APACHE).replace("/a", "/\\xe9\\x22").encode()
    assert parsed(line).target == '/\xe9"'


def test_bad_lines_are_told_and_the_rest_is_read(tmp_path):
    path = tmp_path / "access.json"
    good = json.dumps(NGINX)
    path.write_text(f"{good}\n\nnonsense\n{good}\n" + good[:50])
    said, faults = read(path)
    assert len(said) == 2
    assert faults == [f"{path}: line 3: this is no JSON object", f"{path}: line 5: this is no JSON object"]


def test_packed_logs_are_read_also_where_they_are_cut(tmp_path):
    path = tmp_path / "access.json.gz"
    packed = gzip.compress(
        b"".join(json.dumps(NGINX | {"connection": str(n)}).encode() + b"\n" for n in range(9000))
    )
    path.write_bytes(packed)
    assert is_log(path)
    assert len(read(path)[0]) == 9000
    path.write_bytes(packed[: len(packed) // 2])
    said, faults = read(path)
    assert 1000 < len(said) < 9000
    assert "cannot be read" in faults[-1]


def test_the_recording_of_a_log_is_sound(tmp_path):
    path = tmp_path / "access.json"
    lines = [NGINX, NGINX | {"status": "499"}, NGINX | {"status": "503", "upstream_addr": ""}, APACHE]
    path.write_text("\n".join(map(json.dumps, lines)))
    recording = recording_of_log(path)
    assert recording.check() == []
    assert Outcome.ABANDONED in recording.requests.outcome
    outcomes = [Outcome(v).name for v in recording.visits.outcome[recording.visits.attempt > 1]]
    assert "TIMEOUT" in outcomes


def test_a_traceparent_is_folded_with_its_span():
    value = trace_of("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")
    assert value & ((1 << 64) - 1) == 0x8448EB211C80319C ^ 0xB7AD6B7169203331
    assert -(1 << 63) <= value < 1 << 63
    assert trace_of("00-short-01") == 0


def test_the_command_says_in_one_sentence_what_is_wrong(tmp_path):
    (tmp_path / "bad.json").write_text("{}\n")
    run = subprocess.run(
        [sys.executable, "-m", "tracer.cli", "summary", "bad.json"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )
    assert run.returncode == 2
    assert run.stderr.count("\n") == 1
    assert "bad.json: line 1: it has neither msec nor begin_usec" in run.stderr


def test_small_things():
    assert nanoseconds("1.5", 10**9) == 1_500_000_000
    assert nanoseconds("-", 10**9) == nanoseconds("1e3", 10**9) == nanoseconds("", 10**9) == -1
    assert endpoint("-", "80") is None
    assert (spoken("HTTP/1.0"), spoken(""), spoken("HTTP/3.0")) == ("http/1.0", None, "h3")
