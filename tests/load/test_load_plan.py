from __future__ import annotations

import pytest

from tracer.load import Exchange, LoadError, Plan, Planned, run
from tracer.load.head import Heads


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("https://127.0.0.1/", "https is not supported"),
        ("ftp://127.0.0.1/", "no URL to send a load to"),
        ("127.0.0.1:8000/", "no URL to send a load to"),
        ("http:///path", "no URL to send a load to"),
        ("", "no URL to send a load to"),
        ("http://127.0.0.1:port/", "cannot read the URL"),
        ("http://127.0.0.1:99999/", "cannot read the URL"),
        ("http://[::1/", "cannot read the URL"),
        ("http://a..b/", "cannot read the URL"),
        ("http://me@127.0.0.1/", "a user name or port 0"),
        ("http://127.0.0.1:0/", "a user name or port 0"),
    ],
)
def test_a_url_of_no_use_is_told_in_a_sentence(url, words):
    with pytest.raises(LoadError, match=words) as error:
        Plan.of(url, [0])
    assert "use http://HOST:PORT/PATH" in str(error.value)


@pytest.mark.parametrize(
    ("url", "paths", "host", "port", "targets"),
    [
        ("http://127.0.0.1:8000", (), "127.0.0.1", 8000, ["/", "/"]),
        ("http://example.org/a?x=1#part", (), "example.org", 80, ["/a?x=1", "/a?x=1"]),
        ("http://[::1]:81/", ("/a", "b?c"), "::1", 81, ["/a", "/b?c"]),
        ("http://localhost/base/", ("a b", "한"), "localhost", 80, ["/base/a%20b", "/base/%ED%95%9C"]),
        ("http://localhost/?a=1%20b", (), "localhost", 80, ["/?a=1%20b", "/?a=1%20b"]),
    ],
)
def test_a_url_and_paths_give_targets_in_turn(url, paths, host, port, targets):
    plan = Plan.of(url, [0, 5], paths=paths)
    assert (plan.host, plan.port) == (host, port)
    assert plan.requests == tuple(Planned(at, "GET", t) for at, t in zip([0, 5], targets, strict=True))


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"timeout": 0}, "timeout"),
        ({"timeout": float("nan")}, "timeout"),
        ({"connections": 0}, "at least one connection"),
        ({"requests": (Planned(5, "GET", "/"), Planned(4, "GET", "/"))}, "in order"),
        ({"requests": (Planned(0, "G T", "/"),)}, "method"),
        ({"requests": (Planned(0, "CONNECT", "/"),)}, "method"),
        ({"requests": (Planned(0, "GET", "/\r\nX: 1"),)}, "target"),
        ({"requests": (Planned(0, "GET", "a"),)}, "target"),
        ({"requests": (Planned(0, "GET", ""),)}, "target"),
    ],
)
def test_a_senseless_plan_is_refused(wrong, words):
    with pytest.raises(LoadError, match=words):
        Plan(**{"host": "127.0.0.1", "port": 1, "requests": ()} | wrong)


def test_a_plan_survives_json():
    plan = Plan.of("http://127.0.0.1:1/", [0, 1], paths=["/a", "/한"], keep_alive=False, seed=1 << 70)
    assert Plan.from_json(plan.to_json()) == plan


def test_a_host_that_is_not_there_is_told_in_a_sentence():
    with pytest.raises(LoadError, match=r"cannot find the host 'nowhere\.invalid'"):
        run(Plan.of("http://nowhere.invalid/", [0]), lambda exchange: None)


@pytest.mark.parametrize(
    ("host", "port", "header"),
    [("::1", 8000, "[::1]:8000"), ("a.org", 80, "a.org"), ("bücher.example", 81, "xn--bcher-kva.example:81")],
)
def test_the_head_is_minimal(host, port, header):
    plan = Plan(host, port, (), keep_alive=False)
    exchange = Exchange(0, "POST", "/x", 0, trace_id=bytes(range(16)), span_id=bytes(range(8)))
    head, _, body = Heads(plan)(exchange).partition(b"\r\n\r\n")
    lines = head.decode().split("\r\n")
    assert (lines[0], body) == ("POST /x HTTP/1.1", b"")
    fields = dict(line.split(": ", 1) for line in lines[1:])
    assert fields.pop("User-Agent").startswith("hopscope/")
    assert fields == {
        "Host": header,
        "Accept": "*/*",
        "Content-Length": "0",
        "Connection": "close",
        "traceparent": "00-000102030405060708090a0b0c0d0e0f-0001020304050607-01",
    }
