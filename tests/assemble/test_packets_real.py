"""Real nginx in front of real servers, captured by tcpdump on loopback, held against the servers' logs."""

from __future__ import annotations

import http.client
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent.parent / "wire"))

from wire_servers import BIN, PARAMS, nginx, running, wait_for

from tracer.analysis.listing import records
from tracer.assemble.packets import recording_of
from tracer.capture import Capture

HERE = Path(__file__).parent
REQUESTS, TOGETHER = 80, 8
SURE = 0.95
LOG = 'log_format joined "$remote_port $request_id $status $body_bytes_sent"; access_log HOME/access joined;'
HTTP = """http {{ {log} client_body_temp_path HOME/b; proxy_temp_path HOME/p; fastcgi_temp_path HOME/f;
    uwsgi_temp_path HOME/u; scgi_temp_path HOME/s;
    server {{ listen LISTEN; location / {{ {how} }} }} }}"""
WITH_ID = "proxy_set_header X-Request-ID $request_id;"

able = os.geteuid() == 0 and shutil.which("tcpdump")
pytestmark = pytest.mark.skipif(
    not able and not os.environ.get("CI"), reason="tcpdump is not there, or may not capture"
)


@contextmanager
def captured(path, *ports):
    """Capture what passes these ports on loopback while the block lasts; nothing may be lost."""
    log = path.with_suffix(".log")
    which = " or ".join(f"port {port}" for port in ports)
    command = ["tcpdump", "-i", "lo", "-U", "--immediate-mode", "-B", "65536", "-w", str(path), which]
    with log.open("wb") as out:
        process = subprocess.Popen(command, stderr=out, stdin=subprocess.DEVNULL)
    try:
        wait_for(lambda: "listening on" in log.read_text(), process, log)
        yield
        time.sleep(0.5)  # the last packets come through the kernel's buffer
        process.send_signal(signal.SIGINT)
        process.wait(10)
        assert "\n0 packets dropped by kernel" in log.read_text()
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()


@contextmanager
def server(kind, home):
    """Run a server of one kind; give its port."""
    (home / kind).mkdir()
    env = {**os.environ, "PACKETS_LOG": str(home / "app.log")}
    if kind in ("gunicorn", "uvicorn"):
        command = {
            "gunicorn": ["gunicorn", "-b", "127.0.0.1:0", "--threads", "4", "packets_app:application"],
            "uvicorn": ["uvicorn", "--port", "0", "packets_app:asgi"],
        }[kind]
        pattern = r"(?:Listening at|running on):? http://127.0.0.1:(\d+)"
    else:
        options = [
            "--wsgi-file",
            str(HERE / "packets_app.py"),
            "--need-app",
            "--die-on-term",
            "--threads",
            "4",
        ]
        command = ["uwsgi", f"--{kind}-socket", "127.0.0.1:0", *options]
        pattern = r"bound to TCP address 127.0.0.1:(\d+)"
    chdir = ["--chdir", str(HERE)]
    command = [str(BIN / command[0]), *command[1:], *(chdir if command[0] == "gunicorn" else [])]
    if kind == "uvicorn":
        command += ["--app-dir", str(HERE)]
    with running(command, home / kind, env=env) as (process, log):

        def port():
            found = re.search(pattern, log.read_text())
            ready = kind in ("gunicorn", "uvicorn") or "spawned uWSGI" in log.read_text()
            return found[1] if found and ready else None

        yield int(wait_for(port, process, log))


def ask(port, number, distinct):
    """Send one request on a connection of its own."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        connection.request("GET", f"/item/{number}" if distinct else "/item")
        return connection.getresponse().read()
    finally:
        connection.close()


def observed(home, kind, how, *, distinct):
    """Ask nginx in front of a server, and capture it; give the recording's requests."""
    with server(kind, home) as back:
        config = HTTP.format(log=LOG, how=how.replace("BACK", f"127.0.0.1:{back}"))
        with nginx(config, home) as front:
            ask_until_there(front)
            with captured(home / "seen.pcap", front, back), ThreadPoolExecutor(TOGETHER) as pool:
                list(pool.map(lambda number: ask(front, number, distinct), range(REQUESTS)))
            recording = recording_of(Capture(str(home / "seen.pcap")))
    assert recording.check() == []
    assert recording.meta["faults"] == []
    seen = list(records(recording))
    assert len(seen) == REQUESTS
    return seen


def ask_until_there(port):
    end = time.monotonic() + 30
    while time.monotonic() < end:
        try:
            return ask(port, 0, False)
        except OSError:
            time.sleep(0.05)
    raise AssertionError("nginx does not answer")


def truth(home):
    """Client's port -> the port of nginx's connection to the server, by the logs of both."""
    back = dict(line.split()[::-1] for line in (home / "app.log").read_text().splitlines())
    told = (line.split() for line in (home / "access").read_text().splitlines())
    return {int(port): int(back[number]) for port, number, *_ in told if back.get(number, "-") != "-"}


def port_of(end):
    return int(end.rsplit(":", 1)[1])


@pytest.mark.parametrize("kind", ["uwsgi", "fastcgi", "scgi"])
def test_remote_port_names_the_client(kind, tmp_path):
    how = f"{kind}_pass BACK; {PARAMS.format(kind)} {kind}_param HTTP_X_TRUTH $request_id;"
    seen = observed(tmp_path, kind, how, distinct=False)
    by_client = {}
    for request in seen:
        front, back = request["hops"]
        assert (front["hop"], back["hop"], back["protocol"]) == ("nginx", kind, kind)
        assert (back["match"], back["confidence"]) == ("remote_port", 1.0)
        by_client[port_of(front["src"])] = (request["status"], request["response_body_bytes"])
    lines = [line.split() for line in (tmp_path / "access").read_text().splitlines()]
    told = {int(port): (int(status), int(size)) for port, _, status, size in lines}
    assert all(told[port] == answer for port, answer in by_client.items())
    app = {line.split()[0] for line in (tmp_path / "app.log").read_text().splitlines()}
    assert {str(port) for port in by_client} <= app


@pytest.mark.parametrize("kind", ["gunicorn", "uvicorn"])
@pytest.mark.parametrize(("distinct", "with_id"), [(True, False), (False, True), (False, False)])
def test_http_upstreams(kind, distinct, with_id, tmp_path):
    """Sure joins are never wrong; ids make all of them sure, distinct URLs nearly all."""
    how = f"proxy_pass http://BACK; proxy_set_header X-Truth $request_id; {WITH_ID if with_id else ''}"
    if with_id:
        how += "add_header X-Request-ID $request_id;"
    seen = observed(tmp_path, kind, how, distinct=distinct)
    real, sure = truth(tmp_path), 0
    for request in seen:
        front, *behind = request["hops"]
        for back in behind:
            if back["confidence"] >= SURE:
                assert port_of(back["src"]) == real[port_of(front["src"])], back
                sure += 1
    assert sure >= (0.99 if with_id else 0.9 if distinct else 0) * REQUESTS
    if with_id:
        assert {hop["match"] for request in seen for hop in request["hops"][1:]} == {"request_id"}
