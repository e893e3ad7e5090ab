"""The watching thread leaves others alone: forks, other users of faulthandler's timer, a fault of its own."""

from __future__ import annotations

import pytest
from ringfile import rings

from tracer.agent import layout

APP = """
import faulthandler, os, re, sys, threading, time
def regex():
    pattern, text, took = re.compile(r"(a+)+$"), "a" * 20, 0
    while took < 0.6:
        text, start = "a" + text, time.monotonic()
        pattern.match(text + "b")
        took = time.monotonic() - start
def forked():
    for _ in range(5):
        child = os.fork()
        if child == 0:
            try:
                sys.exit(0)
            finally:
                faulthandler.cancel_dump_traceback_later()  # waits for the timer's thread, if one was lost
                os._exit(0)
        os.waitpid(child, 0)
        time.sleep(0.03)
def theirs():
    faulthandler.dump_traceback_later(0.3, file=open("theirs", "w"))
    regex()
    faulthandler.cancel_dump_traceback_later()
def broken():
    sys.modules["_hopscope_agent.watch.dog"].process_time_ns = lambda: 1 / 0
    time.sleep(0.3)
    regex()
def threads():
    return ",".join(thread.name for thread in threading.enumerate() if "Dummy" in thread.name)
def wsgi(environ, start_response):
    name = environ["PATH_INFO"][1:]
    answer = (globals()[name]() or "done") if name else "hello"
    start_response("200 OK", [("Content-Length", str(len(answer)))])
    return [answer.encode()]
"""
GTHREAD = ["gunicorn", "-b", "127.0.0.1:0", "-w", "1", "--threads", "3", "--no-control-socket", "--chdir"]


@pytest.fixture
def watched(serve, tmp_path):
    folder = tmp_path / "app"
    folder.mkdir()
    (folder / "watched.py").write_text(APP)
    return serve([*GTHREAD, str(folder), "watched:wsgi"], PYTHONPATH=str(folder)), folder


def ring_of(server):
    server.stop()
    (ring,) = rings(server.rings)
    return ring


def held(ring):
    return [ring.text(stall["what"]) for stall in ring.of("STALL") if stall["flags"] & layout.STALL_GIL]


def test_a_thread_that_holds_the_gil_is_named(watched):
    """Not each hold is: the timer that sees it is set ten times a second at most. Of four some are."""
    server, _ = watched
    for _ in range(4):
        assert server.get("/regex").endswith(b"done")
    ring = ring_of(server)
    assert held(ring) and all(text.startswith("watched.py:7") for text in held(ring)), ring.of("STALL")
    assert ring.of("FAULT") == []


def test_a_child_that_is_forked_does_not_wait_for_a_timer_that_it_has_not(watched):
    server, _ = watched
    assert server.get("/forked").endswith(b"done")
    assert ring_of(server).of("FAULT") == []


def test_who_uses_the_timer_has_it(watched):
    server, folder = watched
    assert server.get("/theirs").endswith(b"done")
    assert "in regex" in (folder / "theirs").read_text()
    assert server.get("/regex").endswith(b"done")
    assert held(ring_of(server)) == []


def test_a_fault_ends_the_watching_alone(watched):
    server, _ = watched
    assert server.get("/broken").endswith(b"done")
    assert server.get("/").endswith(b"hello")
    ring = ring_of(server)
    assert [fault["text"].rstrip(b"\0") for fault in ring.of("FAULT")] == [b"watch: ZeroDivisionError"]
    assert held(ring) == []


def test_nobody_sees_another_thread(watched):
    server, _ = watched
    assert server.get("/threads").endswith(b"done")


def test_it_can_be_switched_off(serve, tmp_path):
    (tmp_path / "watched.py").write_text(APP)
    server = serve(
        [*GTHREAD, str(tmp_path), "watched:wsgi"], PYTHONPATH=str(tmp_path), HOPSCOPE_NO_WAITS="watch"
    )
    assert server.get("/regex").endswith(b"done")
    ring = ring_of(server)
    assert ring.of("STALL") == []
    assert "watch" not in ring.texts.values()
