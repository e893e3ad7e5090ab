"""The matrix of `tracer explain --matrix` is true: each cell is tried, or says why nothing can be."""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys

import pytest

from simulator.scenario import simulate
from simulator.toml import parse_scenario
from tracer.agent.finder import TARGETS
from tracer.cli.inputs import opened
from tracer.glossary import LANGUAGES, WAYS, matrix
from tracer.labs.reading import shipped
from tracer.recording import LaneKind, Recording

ROWS = {term.id: row for term, row in matrix()}
CELLS = [(name, way) for name, row in ROWS.items() for way in WAYS if row[way].by]
DJANGO = """
import django.conf, django.core.wsgi, django.http, django.urls
django.conf.settings.configure(ROOT_URLCONF=__name__, ALLOWED_HOSTS=["*"], SECRET_KEY="none")
urlpatterns = [django.urls.path("hello", lambda request: django.http.HttpResponse("hello"))]
django_app = django.core.wsgi.get_wsgi_application()
"""


@pytest.mark.parametrize("name", ROWS)
def test_a_cell_that_is_empty_says_why(name):
    for way in (*WAYS, *LANGUAGES):
        cell = ROWS[name][way]
        assert bool(cell.by) != bool(cell.why)
        assert cell.by or all(cell.why[language] for language in LANGUAGES)


@pytest.mark.parametrize(("name", "way"), CELLS)
def test_a_cell_that_is_filled_works(name, way):
    for part in ROWS[name][way].by.split():
        kind, _, what = part.partition(":")
        TRIALS[way](kind, what)


def simulated(kind, what):
    server = what if kind == "server" else {"framework": "gunicorn", "protocol": "uwsgi"}.get(kind, "uvicorn")
    text = f'[workload]\nrate = 50\nrequests = 20\n[[hop]]\nserver = "{server}"\n'
    text += f'{kind} = "{what}"\n' if kind in ("protocol", "http", "loop") else ""
    served = f'served_by = "{what}"\n' if what in ("nginx", "apache", "iis") else ""
    framework = f'framework = "{what}"\n' if kind == "framework" else ""
    text += f'[[endpoint]]\npath = "/"\n{served}{framework}'
    result = simulate(parse_scenario(text), record=True)[0]
    assert result.figures["outcomes"]["ok"] == 20
    assert result.recording.check() == []


def traced(kind, what):
    """What is patched or read is there; that it records is tried by the tests of each server."""
    if kind == "module":
        assert what in TARGETS
        assert importlib.util.find_spec(f"tracer.agent.patches.{TARGETS[what][3]}")
    elif kind == "log":
        assert importlib.util.find_spec(f"tracer.observe.logs.{what}")
    elif kind == "script":
        assert importlib.util.find_spec(f"tracer.agent.patches.{what}")
    else:
        assert (kind, what) in RECORDED


def decoded(kind, what):
    if kind == "wire":
        assert importlib.util.find_spec(f"tracer.wire.{what}")
        return
    recording = opened(f"sample:{what}")
    assert len(recording.requests.start)
    assert recording.check() == []


def lab(kind, _what):
    assert kind in {lab.name for lab in shipped()}


TRIALS = {"simulated": simulated, "traced": traced, "decoded": decoded, "lab": lab}

UVICORN = ["uvicorn", "--port", "0", "--log-level", "error"]
GUNICORN = ["gunicorn", "-b", "127.0.0.1:0", "--no-control-socket", "--log-level", "error"]
RECORDED = {
    ("framework", "fastapi"): [*UVICORN, "frameworks:fastapi_app"],
    ("loop", "uvloop"): [*UVICORN, "--loop", "uvloop", "frameworks:starlette_app"],
    ("framework", "flask"): [*GUNICORN, "frameworks:flask_app"],
    ("framework", "django"): [*GUNICORN, "django_room:django_app"],
}


@pytest.mark.parametrize("which", RECORDED, ids=lambda which: which[1])
def test_frameworks_and_loops_are_recorded(which, tmp_path):
    from tracer.labs.commands import ROOM

    (tmp_path / "frameworks.py").write_text((ROOM / "frameworks.py").read_text())
    (tmp_path / "django_room.py").write_text(DJANGO)
    start = [sys.executable, "-m", *RECORDED[which]]
    command = [sys.executable, "-m", "tracer.cli", "run", "-o", "x.trace", "--load", "50", "--for", "1s"]
    run = subprocess.run(
        [*command, "--url", "/hello", "--", *start],
        cwd=tmp_path, capture_output=True, text=True, timeout=60,
        env=os.environ | {"PYTHONPATH": str(tmp_path)},
    )  # fmt: skip
    assert run.returncode == 0, run.stderr
    recording = Recording.open(tmp_path / "x.trace")
    assert recording.check() == []
    assert set(recording.requests.status.tolist()) == {200}
    assert "app" in {recording.text(name) for name in recording.hops.name.tolist()}
    assert (LaneKind.LOOP in recording.lanes.kind) == (start[2] == "uvicorn")


def test_it_is_printed(tracer):
    for language in LANGUAGES:
        printed = tracer("explain", "--matrix", "--lang", language, COLUMNS="100").stdout
        assert all(term.name in printed for term, _ in matrix())
    records = json.loads(tracer("explain", "--matrix", "--format", "json").stdout)
    assert [record["term"] for record in records] == [term.name for term, _ in matrix()]
    assert records[0]["traced"] == "script:cgi"
