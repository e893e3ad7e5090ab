"""A fault in every guarded place of the agent: the answers stay the same, and it is counted."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from functools import cache
from pathlib import Path

import pytest
from breaking import SECRET, VARIABLE, all_places
from conftest import COMMANDS, FIELD, HERE, INJECT, Server
from ringfile import rings
from test_agent_bytes import normal

import tracer.agent

WSGI = ["/", "/sleep", "/stream", "/write", "/file", "/closing", "/large"]
ASGI = ["/", "/sleep", "/gather", "/thread", "/stream", "/stream-slow"]
GUNICORN = ["gunicorn", "--no-control-socket", "-b", "127.0.0.1:0"]
UWSGI = ["uwsgi", "--http-socket", "127.0.0.1:0", "--master", "--die-on-term", "--wsgi-file", "uwsgi_app.py"]
SERVERS = {name: (command, ASGI if "plain:asgi" in command else WSGI) for name, command in FIELD.items()}
SERVERS |= {
    "sync": (COMMANDS["sync"], WSGI),
    "gthread": (COMMANDS["gthread"], WSGI),
    "uvicorn": (COMMANDS["httptools-uvloop"], ASGI),
    "uvicorn at its limit": ([*COMMANDS["h11-asyncio"], "--limit-concurrency", "1"], ["/"]),
    "starlette": (["uvicorn", "--port", "0", "framework:app"], ["/", "/def"]),
    "outgoing": ([*GUNICORN, "outgoing:wsgi"], ["/sqlite", "/httpx", "/http"]),
    "uwsgi file": (UWSGI, ["/"]),
    "cgi": (["apps/cgi-bin/hello.py"], []),
}
"""Name -> command, and what is asked of it."""

PLACES = {
    "sync": [
        "patches.gunicorn:_boot.init_process 1", "patches.gunicorn:_run.run 1",
        "patches.gunicorn:_load.load_wsgi 1", "patches.gunicorn:_app.application 1",
        "patches.gunicorn:_sync_handle.handle 1", "patches.gunicorn:_let_go 1",
        "patches.gunicorn:_chunk.chunk 1", "patches.gunicorn:_request.handle_request 1",
        "patches.gunicorn:_request.handle_request 2", "waits.tell:waited 1", "watch:watch 1",
        "watch.dog:Watchdog._run 1", "wsgi:Exchange._out 1", "wsgi:Exchange.wrote 1",
        "wsgi:Exchange.sent_file 1",
    ],
    "gthread": [
        "patches.gunicorn:_accepted.__init__ 1", "patches.gunicorn:_thread_handle.handle 1",
        "patches.gunicorn:_thread_close.close 1",
    ],
    "uvicorn": [
        "asgi:stepped 1", "asgi:stepped 2", "asgi:_step 1", "loops:Stepped._after 1", "loops:_stepped 1",
        "patches.uvicorn:_startup.startup 1", "patches.uvicorn:_shutdown.shutdown 1",
        "patches.uvicorn:_connection_made.connection_made 1",
    ],
    "uvicorn at its limit": ["patches.uvicorn:_unavailable.service_unavailable 1"],
    "starlette": ["patches.anyio:_in_thread.run 1", "patches.anyio:_in_thread.run 2"],
    "waitress": [
        "called:Call.out 1", "called:Call.started 1", "called:Call.wrote 1", "called:let_go 1",
        "called:entering.application 1", "patches.waitress:_listen.accept_connections 1",
        "patches.waitress:_accepted.__init__ 1", "patches.waitress:_read.handle_read 1",
        "patches.waitress:_add_task.add_task 1", "patches.waitress:_service.service 1",
        "patches.waitress:_execute.execute 1", "patches.waitress:_write.write 1",
    ],
    "wsgiref": [
        "handlers:_listen.serve_forever 1", "handlers:_set_up.setup 1",
        "handlers:_ask_before_reads.readinto 1", "handlers:serving 1",
    ],
    "werkzeug": ["patches.werkzeug:_set_up.setup 1", "patches.werkzeug:_run_wsgi.run_wsgi 1"],
    "hypercorn": [
        "adapted:call 1", "adapted:_stepped 1", "adapted:_left 1", "adapted:_step 1",
        "patches.hypercorn:_listen.create_sockets 1", "patches.hypercorn:_started.wait_for_startup 1",
        "patches.hypercorn:_connection.run 1",
    ],
    "gunicorn asgi": [
        "patches.gunicorn_asgi:_serve._serve 1", "patches.gunicorn_asgi:_connection.connection_made 1",
    ],
    "gevent": [
        "hubs:Hub.trace.switched 1", "hubs:HubCall.out 1", "patches.gunicorn_gevent:_load.load_wsgi 1",
        "patches.gunicorn_gevent:_handle.handle 1", "patches.gunicorn_gevent:_chunk.chunk 1",
        "patches.gunicorn_gevent:_request.handle_request 1",
    ],
    "granian asgi": [],
    "granian wsgi": [
        "patches.granian:_wrapper._callback_wrapper 1", "wrapped:_begun 1", "wrapped:_over 1",
    ],
    "uwsgi": ["patches.uwsgi:_imported 1", "patches.uwsgi:_stand_behind.both 1"],
    "uwsgi file": ["scripts:_fix_up._fix_up_module 1", "scripts:_at_end.ended 1"],
    "cgi": ["patches.cgi:_Output.write 1", "patches.cgi:_ended 1"],
    "outgoing": [
        "waits.http_client:_passing_on.endheaders 1", "waits.httpx:_add 1", "waits.httpx:_take_back 1",
        "waits.sqlite:patch.make.connect 1",
    ],
}  # fmt: skip
"""Server -> the places of the agent that what is asked of it reaches."""

TRACE = "traceparent: 00-" + "ab" * 16 + "-" + "cd" * 8 + "-01"


def test_every_place_has_a_row():
    listed = [place for places in PLACES.values() for place in places]
    assert sorted(listed) == sorted(all_places(Path(tracer.agent.__file__).parent))


class Script:
    """A CGI script as a server runs it, once, and nothing that listens."""

    def __init__(self, command: list[str], home: Path, *, agent: bool, **more: str) -> None:
        self.rings = home / "rings"
        self.rings.mkdir()
        asked = {"GATEWAY_INTERFACE": "CGI/1.1", "REQUEST_METHOD": "GET", "SERVER_PROTOCOL": "HTTP/1.1"}
        run = [sys.executable, HERE / command[0]]
        self._done = subprocess.run(run, env={**os.environ, **asked, **more}, capture_output=True, check=True)

    def answers(self) -> dict[str, bytes]:
        return {"": self._done.stdout}

    def said(self) -> str:
        return self._done.stderr.decode()

    def stop(self) -> None:
        """It has ended."""


def started(server: str, home: Path, *, faults: str = "", agent: bool = True) -> Server | Script:
    command = [str(part) for part in SERVERS[server][0]]
    if "granian" in server:
        with socket.create_server(("127.0.0.1", 0)) as free:
            command = [str(free.getsockname()[1]) if part == "0" else part for part in command]
    more = {"PYTHONPATH": str(HERE / "apps"), "PYTHONUNBUFFERED": "1", "TEST_APP": "plain"}
    home.mkdir(exist_ok=True)
    if agent:
        path = os.pathsep.join([str(HERE / "apps" / "faulty"), str(HERE / "apps")])
        more |= {VARIABLE: faults, "HOPSCOPE_TEST_AGENT": str(INJECT), "PYTHONPATH": path}
        more |= {"HOPSCOPE_RINGS": str(home / "rings")}
    return (Script if server == "cgi" else Server)(command, home, agent=False, **more)


def answers(server: Server | Script, name: str) -> dict[str, bytes]:
    if isinstance(server, Script):
        return server.answers()
    wait_until_it_listens(server.port)
    return {target: normal(server.get(target, TRACE)) for target in SERVERS[name][1]}


def wait_until_it_listens(port: int) -> None:
    """Granian says that it listens before it does."""
    for _ in range(200):
        with socket.socket() as client:
            if client.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise AssertionError("it does not listen")


@pytest.fixture(scope="module")
def bare(tmp_path_factory):
    """What each server answers without the agent; each is started once."""

    @cache
    def ask(name: str) -> dict[str, bytes]:
        server = started(name, tmp_path_factory.mktemp("bare"), agent=False)
        try:
            return answers(server, name)
        finally:
            server.stop()

    return ask


def faults_of(name: str, home: Path, faults: str, expected: dict[str, bytes]) -> list[dict]:
    server = started(name, home, faults=faults)
    try:
        assert answers(server, name) == expected, server.said()
        server.stop()
        assert SECRET not in server.said()
    finally:
        server.stop()
    told = [fault for ring in rings(server.rings) for fault in ring.of("FAULT")]
    return [fault for fault in told if b": ValueError" in fault["text"]]


@pytest.mark.parametrize("name", PLACES)
def test_a_server_whose_every_hook_fails_answers_as_ever(bare, tmp_path, name):
    assert faults_of(name, tmp_path, "everywhere", bare(name)), "no fault was told"


@pytest.mark.long
@pytest.mark.parametrize(
    ("name", "place"), [(name, place) for name, places in PLACES.items() for place in places]
)
def test_a_fault_in_one_place_is_counted_and_its_server_answers_as_ever(bare, tmp_path, name, place):
    assert faults_of(name, tmp_path, place, bare(name)), "the place was not reached"
