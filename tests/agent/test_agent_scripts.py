"""Servers that start scripts or embed Python: CGI, and Apache's mod_cgid and mod_wsgi."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from http.client import HTTPConnection
from pathlib import Path

import numpy as np
import pytest
from field import APPS, free_port

import tracer.agent
from tracer.assemble.recover import collected
from tracer.observe.launch import environment
from tracer.recording import Outcome, PhaseKind, Recording
from tracer.recording.live import open_recording

REQUESTS = 50
APACHE = shutil.which("apache2", path="/usr/sbin:/usr/bin")
MODULES = Path("/usr/lib/apache2/modules")


@pytest.fixture
def public():
    """A folder for a server that gives up its rights, with the agent, the applications and rings."""
    with tempfile.TemporaryDirectory(dir="/tmp") as name:
        folder = Path(name)
        folder.chmod(0o755)
        shutil.copytree(APPS, folder / "apps", ignore=shutil.ignore_patterns("__pycache__"))
        shutil.copytree(Path(tracer.agent.__file__).parent, folder / "agent")
        (folder / "rings").mkdir()
        (folder / "rings").chmod(0o777)
        yield folder


def environ(folder: Path) -> dict[str, str]:
    """The environment that `tracer run --print-env` prints, with the agent's copy in the public folder."""
    env = environment(folder / "rings", {})
    return {**env, "PYTHONPATH": str(folder / "agent" / "inject"), "PYTHONDONTWRITEBYTECODE": "1"}


def asked(port: int, target: str) -> list[tuple[int, int]]:
    """Ask fifty times; give when each request was sent and answered, ns since the epoch."""
    times = []
    for number in range(REQUESTS):
        connection = HTTPConnection("127.0.0.1", port, timeout=20)
        sent = time.time_ns()
        connection.request(
            "GET", f"{target}?n={number}", headers={"traceparent": f"00-{'1' * 32}-{number + 1:016x}-01"}
        )
        answer = connection.getresponse()
        assert (answer.status, answer.read()) == (200, b"hello")
        times.append((sent, time.time_ns()))
        connection.close()
    return times


def wait_for(port: int, process: subprocess.Popen) -> None:
    for _ in range(400):
        try:
            HTTPConnection("127.0.0.1", port, timeout=5).connect()
        except OSError:
            assert process.poll() is None, "the server did not start"
            time.sleep(0.05)
        else:
            return
    raise AssertionError("the server does not listen")


def served(
    command: list[str], env: dict[str, str], cwd: Path, port: int, target: str
) -> list[tuple[int, int]]:
    """Ask a server that is started for it, and ended."""
    process = subprocess.Popen(command, env={**os.environ, **env}, cwd=cwd, start_new_session=True)
    try:
        wait_for(port, process)
        return asked(port, target)
    finally:
        process.send_signal(signal.SIGINT if "http.server" in command else signal.SIGTERM)
        try:
            process.wait(15)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def held(folder: Path, times: list[tuple[int, int]], hop: str) -> Recording:
    """Collect the rings, and hold the recording to the invariants and the client's times."""
    out = folder / "out.trace"
    recording = open_recording(collected(folder / "rings", out, {"title": hop, "command": []}))
    assert [str(violation) for violation in recording.check()] == []
    requests, visits = recording.requests, recording.visits
    assert len(requests.start) == REQUESTS
    assert set(requests.outcome.tolist()) == {Outcome.OK}
    assert set(requests.status.tolist()) == {200}
    names = [recording.text(name) for name in recording.hops.name]
    own = np.flatnonzero(visits.hop == names.index(hop))
    order = np.argsort(visits.start[own])
    for visit, (sent, received) in zip(own[order], times, strict=True):
        assert sent <= visits.start[visit] <= visits.answered[visit]
        assert visits.first_byte[visit] <= received
    assert recording.meta["faults"] == []
    return recording


def test_cgi_scripts(public):
    port = free_port()
    command = [sys.executable, "-m", "http.server", "--cgi", "--bind", "127.0.0.1", port]
    times = served(command, environ(public), public / "apps", int(port), "/cgi-bin/hello.py")
    recording = held(public, times, "cgi")
    phases = recording.phases
    starts = [recording.text(what) for what in phases.what].count("start-up")
    assert starts == REQUESTS
    assert set(recording.lanes.capacity.tolist()) == {1}
    assert len(set(recording.lanes.pid.tolist())) == REQUESTS
    slept = phases.kind == PhaseKind.BLOCKED
    assert np.count_nonzero(slept) >= REQUESTS
    assert set(recording.requests.bytes_out.tolist()) == {5}


CONF = """
ServerRoot {folder}
ServerName 127.0.0.1
PidFile {folder}/apache.pid
Listen 127.0.0.1:{port}
ErrorLog {folder}/error.log
DocumentRoot {folder}/apps
User www-data
Group www-data
Mutex posixsem
LoadModule mpm_event_module {modules}/mod_mpm_event.so
LoadModule authz_core_module {modules}/mod_authz_core.so
LoadModule alias_module {modules}/mod_alias.so
LoadModule env_module {modules}/mod_env.so
StartServers 1
ServerLimit 2
ThreadsPerChild 4
MaxRequestWorkers 8
<Directory {folder}/apps>
  Require all granted
  Options +ExecCGI
</Directory>
{more}
"""
CGID = """
LoadModule cgid_module {modules}/mod_cgid.so
ScriptSock {folder}/cgid.sock
ScriptAlias /cgi-bin/ {folder}/apps/cgi-bin/
PassEnv PYTHONPATH HOPSCOPE_RINGS
"""
WSGI = """
LoadModule wsgi_module {modules}/mod_wsgi.so
WSGIScriptAlias / {folder}/apps/uwsgi_app.py
"""
DAEMON = """
WSGIDaemonProcess site processes=1 threads=3
WSGIProcessGroup site
WSGIApplicationGroup %{{GLOBAL}}
"""


@pytest.mark.parametrize(
    ("more", "target", "hop"),
    [
        pytest.param(CGID, "/cgi-bin/hello.py", "cgi", id="mod_cgid"),
        pytest.param(WSGI, "/", "mod_wsgi", id="mod_wsgi embedded"),
        pytest.param(WSGI + DAEMON, "/", "mod_wsgi", id="mod_wsgi daemon"),
    ],
)
def test_apache(public, more, target, hop):
    if APACHE is None or (hop == "mod_wsgi" and not (MODULES / "mod_wsgi.so").exists()):
        assert not os.environ.get("CI"), "CI installs apache2 and libapache2-mod-wsgi-py3"
        pytest.skip("Apache is not installed: apt-get install apache2 libapache2-mod-wsgi-py3")
    port = free_port()
    names = {"folder": public, "port": port, "modules": MODULES}
    conf = public / "apache.conf"
    conf.write_text(CONF.format(**names, more=more.format(**names)))
    command = [APACHE, "-f", str(conf), "-DFOREGROUND"]
    try:
        times = served(command, environ(public), public, int(port), target)
    except AssertionError as error:
        log = public / "error.log"
        raise AssertionError(log.read_text() if log.exists() else str(error)) from error
    recording = held(public, times, hop)
    protocols = {recording.text(number) for number in recording.visits.protocol}
    assert protocols == ({"cgi", "wsgi"} if hop == "cgi" else {"http/1.1", "wsgi"})
