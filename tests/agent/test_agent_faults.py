"""A fault in what the hooks of each server call: it is told by its point, and the request goes on."""

from __future__ import annotations

import os
import socket
import time

import pytest
from conftest import FIELD, HERE
from ringfile import rings
from test_agent_robust import BREAK

FAULTS = [
    ("waitress", "patches.waitress:entering", "waitress.listen"),
    ("waitress", "patches.waitress:_Link", "waitress.accept"),
    ("waitress", "patches.waitress:_main", "waitress.read"),
    ("waitress", "patches.waitress:Call", "waitress.service"),
    ("waitress", "patches.waitress:_tell_reading", "waitress.request"),
    ("waitress", "called:target_of", "waitress.request"),
    ("wsgiref", "handlers:process_here", "wsgiref.listen"),
    ("wsgiref", "handlers:HandlerLink", "wsgiref.accept"),
    ("wsgiref", "called:arrival", "wsgiref.accept"),
    ("wsgiref", "handlers:Call", "wsgiref.request"),
    ("wsgiref", "called:target_of", "wsgiref.request"),
    ("werkzeug", "handlers:process_here", "werkzeug.listen"),
    ("werkzeug", "handlers:HandlerLink", "werkzeug.accept"),
    ("werkzeug", "patches.werkzeug:_writer", "werkzeug.write"),
    ("werkzeug", "patches.werkzeug:entering", "werkzeug.request"),
    ("hypercorn", "patches.hypercorn:step_tasks", "hypercorn.startup"),
    ("hypercorn", "patches.hypercorn:Client", "hypercorn.accept"),
    ("hypercorn", "patches.hypercorn:Asked", "hypercorn.request"),
    ("hypercorn", "adapted:redacted", "hypercorn.request"),
    ("gunicorn asgi", "patches.gunicorn_asgi:step_tasks", "gunicorn.asgi.startup"),
    ("gunicorn asgi", "patches.gunicorn_asgi:Client", "gunicorn.asgi.accept"),
    ("gunicorn asgi", "adapted:redacted", "gunicorn.asgi.request"),
    ("gevent", "patches.gunicorn_gevent:entering", "gunicorn.gevent.app"),
    ("gevent", "patches.gunicorn_gevent:Link", "gunicorn.gevent.handle"),
    ("gevent", "called:arrival", "gunicorn.gevent.read"),
    ("gevent", "patches.gunicorn_gevent:HubCall", "gunicorn.gevent.request"),
    ("gevent", "called:target_of", "gunicorn.gevent.request"),
    ("gevent", "hubs:_current", "greenlet.switch"),
    ("granian asgi", "patches.granian:Asked", "granian.request"),
    ("granian asgi", "adapted:redacted", "granian.request"),
    ("granian wsgi", "called:target_of", "granian.request"),
    ("uwsgi", "patches.uwsgi:wrapped", "uwsgi.load"),
    ("uwsgi", "called:target_of", "uwsgi.request"),
    ("uwsgi", "patches.uwsgi:_protocol", "uwsgi.request"),
]
"""Server, what of the agent is broken, the point that has to be switched off for it."""

LISTED = [
    pytest.param(*row, marks=() if at % 12 == 1 else pytest.mark.long, id=f"{row[0]} {row[1]}")
    for at, row in enumerate(FAULTS)
]


def wait_until_it_listens(port: int) -> None:
    """Granian says that it listens before it does."""
    for _ in range(200):
        try:
            socket.create_connection(("127.0.0.1", port), timeout=5).close()
        except ConnectionRefusedError:
            time.sleep(0.05)
        else:
            return
    raise AssertionError("it does not listen")


@pytest.mark.parametrize(("server", "broken", "point"), LISTED)
def test_a_fault_in_a_hook_is_counted_and_the_answer_is_whole(serve, tmp_path, server, broken, point):
    (tmp_path / "breaking.py").write_text(BREAK)
    command = [part.replace("plain:", "breaking:") for part in FIELD[server]]
    if "granian" in server:
        with socket.create_server(("127.0.0.1", 0)) as free:
            command[command.index("0")] = str(free.getsockname()[1])
    path = f"{tmp_path}{os.pathsep}{HERE / 'apps'}"
    running = serve(command, PYTHONPATH=path, HOPSCOPE_TEST_BREAK=broken, TEST_APP="breaking")
    wait_until_it_listens(running.port)
    answers = [running.get("/?q=1") for _ in range(3)]
    assert all(answer.endswith(b"hello") for answer in answers), answers
    assert b" 200 " in answers[0]
    running.stop()
    faults = [fault for ring in rings(running.rings) for fault in ring.of("FAULT")]
    named = {fault["text"].rstrip(b"\0").decode() for fault in faults}
    assert f"{point}: ValueError" in named
    assert "secret" not in running.said()
