"""Servers on other Pythons than ours: the agent runs in what the server has, the records are the same."""

from __future__ import annotations

import os
import shutil
import sys
import sysconfig
from pathlib import Path

import pytest
from field import PORT, Server, assert_told_whole, loaded

PACKAGES = ("uvicorn", "h11", "click", "gunicorn", "packaging", "waitress", "typing_extensions")
"""In Python alone, so that those of our own environment do for every version."""
SERVERS = {
    "wsgiref": Server(["serve_wsgiref.py"], "wsgiref", "wsgiref.request"),
    "gunicorn": Server(
        ["-m", "gunicorn", "--no-control-socket", "-b", "127.0.0.1:0", "--threads", "3", "plain:wsgi"],
        "gunicorn",
        "gunicorn.request",
    ),
    "uvicorn": Server(
        ["-m", "uvicorn", "--port", PORT, "--http", "h11", "--loop", "asyncio", "plain:asgi"],
        "uvicorn",
        "uvicorn.request",
    ),
    "waitress": Server(
        ["-m", "waitress", "--listen", f"127.0.0.1:{PORT}", "plain:wsgi"], "waitress", "waitress.request"
    ),
}
VERSIONS = ("3.10", "3.11", "3.12", "3.13")
OURS = f"{sys.version_info[0]}.{sys.version_info[1]}"


def python(version: str) -> str | None:
    """Find a Python of a version; a shim of pyenv for one that is not switched on is none."""
    known = sorted((Path.home() / ".pyenv" / "versions").glob(f"{version}.*/bin/python{version}"))
    found = shutil.which(f"python{version}")
    return str(known[-1]) if known else (found if found and "shims" not in found else None)


@pytest.fixture(scope="module")
def packages(tmp_path_factory) -> Path:
    """A folder with the servers and nothing else of our environment."""
    folder = tmp_path_factory.mktemp("packages")
    for path in Path(sysconfig.get_path("purelib")).iterdir():
        if path.name.split("-")[0].removesuffix(".py").lower() in PACKAGES:
            (folder / path.name).symlink_to(path)
    return folder


def rows():
    """Each server on each Python; in the normal run one server on each."""
    normal = {("3.10", "uvicorn"), ("3.12", "gunicorn"), ("3.13", "uvicorn")}
    for version in VERSIONS:
        for name in SERVERS:
            marks = () if (version, name) in normal else pytest.mark.long
            yield pytest.param(version, name, marks=marks)


@pytest.mark.parametrize(("version", "name"), list(rows()))
def test_50_requests(tmp_path, packages, version, name):
    if version == OURS:
        pytest.skip("it is the one that all other tests run on")
    program = python(version)
    if program is None:
        pytest.skip(f"there is no Python {version}")
    server = SERVERS[name]
    path = os.pathsep.join([str(packages), "."])
    changed = Server([program, *server.command], server.hop, server.point, env={"PYTHONPATH": path})
    recording, said = loaded(changed, tmp_path)
    assert_told_whole(recording, said, changed)
