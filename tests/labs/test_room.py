"""The demo's app gives the same answers under WSGI and ASGI, on the real servers."""

from __future__ import annotations

import http.client
import subprocess
import time

import pytest

from tracer.labs.demo import STACKS, rounds_of_work
from tracer.observe.processes import listening, tree

PATHS = ("/wait", "/compute", "/nowhere")


def answers(stack) -> list[tuple[int, bytes]]:
    """Start a stack, ask for each path once, end it."""
    server = subprocess.Popen(stack.command)
    try:
        until = time.monotonic() + 20
        while not (places := listening(tree(server.pid))) and time.monotonic() < until:
            time.sleep(0.05)
        host, port = places[0]
        found = []
        for path in PATHS:
            client = http.client.HTTPConnection(host, port, timeout=20)
            client.request("GET", path)
            answer = client.getresponse()
            found.append((answer.status, answer.read()))
            client.close()
        return found
    finally:
        server.terminate()
        server.wait(20)


def test_both_stacks_answer_alike(monkeypatch):
    monkeypatch.setenv("HOPSCOPE_ROOM_WORK", "1000")
    blocking, asynchronous = (answers(stack) for stack in STACKS)
    assert blocking == asynchronous
    assert [status for status, _ in blocking] == [200, 200, 404]


def test_more_time_is_more_work():
    assert rounds_of_work(40) > rounds_of_work(4) > 0


@pytest.mark.parametrize("stack", STACKS, ids=lambda stack: stack.name)
def test_the_command_asks_the_system_for_a_port(stack):
    assert "127.0.0.1:0" in stack.command or stack.command[stack.command.index("--port") + 1] == "0"
