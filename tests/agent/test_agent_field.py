"""Every server of the field: 50 requests are all told, within the client's times, and keep the invariants."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest
from field import PORT, Server, assert_told_whole, free_port, loaded

from tracer.recording import PhaseKind

WAITRESS = ["-m", "waitress", "--listen", "127.0.0.1:0", "--threads", "4", "plain:wsgi"]
FLASK = ["-m", "flask", "--app", "flask_app", "run", "--port", "0"]
UVICORN = ["uvicorn", "--port", "0", "plain:asgi"]
GRANIAN = ["granian", "--host", "127.0.0.1", "--port", PORT, "--interface"]
HOST = f"127.0.0.1:{PORT}"
UWSGI = ["uwsgi", "--master", "--die-on-term", "-p", "2"]
WSGI_FILE = ["--wsgi-file", "uwsgi_app.py"]
UWSGI_THREADS = [*UWSGI, "--enable-threads", "--threads", "2", "-w", "plain:wsgi"]
GUNICORN = ["gunicorn", "--no-control-socket", "-b", "127.0.0.1:0"]
GUNICORN_ASGI = [*GUNICORN, "-k", "asgi", "plain:asgi"]
GEVENT = [*GUNICORN, "-k", "gevent", "plain:wsgi"]
UVICORN_WORKER = [*GUNICORN, "-k", "uvicorn_worker.UvicornWorker", "plain:asgi"]
HYPERCORN = ["hypercorn", "-b", "127.0.0.1:0", "plain:asgi"]
SERVERS = {
    "wsgiref": Server(["serve_wsgiref.py"], "wsgiref", "wsgiref.request"),
    "django runserver": Server(["runserver.py", "127.0.0.1:0"], "wsgiref", "wsgiref.request"),
    "flask run": Server(FLASK, "werkzeug", "werkzeug.request"),
    "waitress": Server(WAITRESS, "waitress", "waitress.request"),
    "gunicorn asgi": Server([*GUNICORN_ASGI, "--asgi-loop", "asyncio"], "gunicorn", "gunicorn.asgi.accept"),
    "gunicorn asgi uvloop": Server(GUNICORN_ASGI, "gunicorn", "gunicorn.asgi.accept"),
    "gunicorn gevent": Server(GEVENT, "gunicorn", "gunicorn.gevent.request"),
    "uvicorn worker": Server(UVICORN_WORKER, "uvicorn", "uvicorn.request"),
    "uvicorn workers": Server([*UVICORN, "--workers", "2"], "uvicorn", "uvicorn.request"),
    "uvicorn reload": Server([*UVICORN, "--reload"], "uvicorn", "uvicorn.request"),
    "hypercorn": Server(HYPERCORN, "hypercorn", "hypercorn.request"),
    "hypercorn uvloop": Server([*HYPERCORN, "-k", "uvloop"], "hypercorn", "hypercorn.request"),
    "uwsgi file": Server(
        [*UWSGI, "--http-socket", HOST, "--wsgi-file", "uwsgi_app.py"], "uwsgi", "uwsgi.request", 0.1
    ),
    "uwsgi threads": Server([*UWSGI_THREADS, "--http", HOST], "uwsgi", "uwsgi.request", 0.05),
    "granian asgi": Server([*GRANIAN, "asgi", "plain:asgi"], "granian", "granian.request", 0.0),
    "granian wsgi": Server([*GRANIAN, "wsgi", "plain:wsgi"], "granian", "granian.request", 0.0),
}


MORE = ("gunicorn asgi uvloop", "hypercorn uvloop", "uvicorn reload", "uvicorn workers")
"""Left to `make test-long`: others in the list run the same code."""


def some(name: str, *values: object) -> object:
    """A parameter, or one of `make test-long`."""
    return pytest.param(name, *values, marks=pytest.mark.long if name in MORE else ())


@pytest.mark.parametrize("name", [some(name) for name in SERVERS])
def test_50_requests(tmp_path, name, record_property):
    server = SERVERS[name]
    recording, said = loaded(server, tmp_path)
    share = assert_told_whole(recording, said, server)
    record_property("explained", share)
    print(f"{name}: {share:.1%} explained")


@pytest.mark.parametrize("protocol", ["uwsgi", "fastcgi", "scgi"])
def test_uwsgi_behind_nginx(tmp_path, protocol):
    backend = free_port()
    uwsgi = str(Path(sys.executable).parent / "uwsgi")
    command = [uwsgi, *UWSGI[1:], f"--{protocol}-socket", f"127.0.0.1:{backend}", "-w", "plain:wsgi"]
    nginx = ["behind_nginx.py", protocol, PORT, backend, str(tmp_path)]
    server = Server([*nginx, *command], "uwsgi", "uwsgi.request", 0.0)
    recording, said = loaded(server, tmp_path)
    assert_told_whole(recording, said, server)
    protocols = {recording.text(number) for number in recording.visits.protocol}
    assert protocol in protocols


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("waitress", PhaseKind.BLOCKED),
        ("granian wsgi", PhaseKind.BLOCKED),
        ("gunicorn gevent", PhaseKind.AWAITING),
        ("hypercorn", PhaseKind.AWAITING),
        ("granian asgi", PhaseKind.AWAITING),
    ],
)
def test_a_handler_that_sleeps_holds_its_lane_or_lets_go_of_it(tmp_path, name, kind):
    """Twenty milliseconds of sleep in each of 50 requests, many of which overlap."""
    server = SERVERS[name]
    recording, said = loaded(server, tmp_path, "/sleep")
    assert_told_whole(recording, said, server)
    phases = recording.phases
    slept = (phases.kind == kind) & (phases.visit >= 0) & (phases.end - phases.start > 18_000_000)
    app = [recording.text(hop) for hop in recording.hops.name].index("app")
    in_app = recording.visits.hop[phases.visit] == app
    assert np.count_nonzero(slept & in_app) == 50
    assert set(phases.holds[slept & in_app].tolist()) == {int(kind == PhaseKind.BLOCKED)}
