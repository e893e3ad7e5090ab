"""Against real servers, by either reader."""

from __future__ import annotations

import pytest
from load_servers import program
from test_load_client import reader, send  # noqa: F401  a fixture

from tracer.load import poisson
from tracer.recording import Outcome

UVICORN = ("uvicorn", "app:asgi", "--fd", "{fd}", "--log-level", "warning")
GUNICORN = ("gunicorn", "app:wsgi", "-b", "fd://{fd}", "--log-level", "warning", "--no-control-socket")


def all_are_answered(exchanges, size=55):
    assert {(each.outcome, each.status, each.body_received) for each in exchanges} == {
        (Outcome.OK, 200, size)
    }


@pytest.mark.parametrize("server", [(*GUNICORN, "-k", "sync"), (*GUNICORN, "-k", "sync", "-w", "2")])
def test_gunicorn_sync_closes_each_connection(tmp_path, reader, server):  # noqa: F811
    with program(tmp_path, *server) as url:
        exchanges = send(url, poisson(100, 1, 1))
    all_are_answered(exchanges)
    assert {each.ordinal for each in exchanges} == {0}
    assert len({each.local for each in exchanges}) == len(exchanges)


@pytest.mark.parametrize("http", ["h11", "httptools"])
@pytest.mark.parametrize("query", ["", "?chunked"])
def test_uvicorn_keeps_its_connections(tmp_path, reader, http, query):  # noqa: F811
    with program(tmp_path, *UVICORN, "--http", http) as url:
        exchanges = send(url + "/" + query, poisson(100, 1, 1), connections=4)
    all_are_answered(exchanges)
    assert len({each.connection for each in exchanges}) <= 4
    assert sum(each.ordinal > 0 for each in exchanges) >= len(exchanges) - 4


def test_statuses_of_uvicorn(tmp_path):
    with program(tmp_path, *UVICORN) as url:
        exchanges = send(url, [0] * 6, paths=["/204", "/304", "/404", "/500", "/503", "/200"])
    assert [each.status for each in exchanges] == [204, 304, 404, 500, 503, 200]
    assert [each.outcome for each in exchanges] == [0, 0, 0, Outcome.ERROR, Outcome.ERROR, 0]
    assert [each.body_received for each in exchanges] == [0, 0, 55, 55, 55, 55]


@pytest.mark.parametrize("server", [UVICORN, GUNICORN])
def test_head_has_no_body(tmp_path, reader, server):  # noqa: F811
    with program(tmp_path, *server) as url:
        exchanges = send(url, [0] * 3, method="HEAD", connections=1)
    all_are_answered(exchanges, size=0)


def test_a_keep_alive_that_ends_between_requests_loses_none(tmp_path):
    """uvicorn closes idle connections after a second, while requests come a second apart."""
    with program(tmp_path, *UVICORN, "--timeout-keep-alive", "1") as url:
        exchanges = send(url, [n * 1_000_000_000 + n * 100_000 for n in range(4)])
    all_are_answered(exchanges)
