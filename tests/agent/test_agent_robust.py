"""The agent never harms its host: faults, forks, kills, full disks, and other people's names."""

from __future__ import annotations

import itertools
import os
import random
import resource
import socket
import subprocess
import sys
import threading
import time

import pytest
from conftest import BIN, COMMANDS, HERE, INJECT, Server
from ringfile import Ring, rings

from tracer.agent import layout

LONG = os.environ.get("HOPSCOPE_LONG") == "1"

BREAK = """
import os, sys
point = os.environ["HOPSCOPE_TEST_BREAK"]
def broken(*args, **kwargs):
    raise ValueError("secret of the host")
module, _, name = point.rpartition(":")
setattr(sys.modules["_hopscope_agent." + module], name, broken)
from plain import *
"""
"""An application that breaks a part of the agent which runs in the same process."""


@pytest.fixture
def breaking(tmp_path):
    (tmp_path / "breaking.py").write_text(BREAK)
    return f"{tmp_path}{os.pathsep}{HERE / 'apps'}"


@pytest.mark.parametrize(
    ("variant", "broken", "point"),
    [
        ("sync", "wsgi:redacted", "gunicorn.request"),
        ("sync", "patches.gunicorn:Exchange", "gunicorn.request"),
        ("sync", "wsgi:thread_time_ns", "gunicorn.request"),
        ("gthread", "patches.gunicorn:_thread_lane", "gunicorn.gthread.handle"),
        ("h11-asyncio", "asgi:redacted", "uvicorn.request"),
        ("httptools-uvloop", "patches.uvicorn:Connection", "uvicorn.connection"),
        ("httptools-uvloop", "patches.uvicorn:partial", "uvicorn.connection"),
        ("h11-uvloop", "asgi:close", "uvicorn.request"),
        ("httptools-asyncio", "asgi:_pack_open", "uvicorn.request"),
        ("httptools-uvloop", "patches.uvicorn:converted", "uvicorn.request"),
    ],
)
def test_a_hook_that_fails_is_counted_and_the_answer_is_whole(serve, breaking, variant, broken, point):
    command = [part.replace("plain:", "breaking:") for part in COMMANDS[variant]]
    server = serve(command, PYTHONPATH=breaking, HOPSCOPE_TEST_BREAK=broken)
    answers = [server.get("/?q=1") for _ in range(3)]
    assert all(answer.endswith(b"hello") for answer in answers)
    assert b" 200 OK" in answers[0]
    server.stop()
    (ring,) = rings(server.rings)
    (fault,) = ring.of("FAULT")
    assert fault["text"].rstrip(b"\0").decode() == f"{point}: ValueError"
    assert fault["count"] == 1
    assert "secret" not in server.said()


def test_a_wait_that_cannot_be_told_is_still_waited(serve, breaking):
    command = [part.replace("plain:", "breaking:") for part in COMMANDS["sync"]]
    server = serve(command, PYTHONPATH=breaking, HOPSCOPE_TEST_BREAK="waits.tell:place")
    assert b"slept" in server.get("/sleep")
    assert b"slept" in server.get("/sleep")
    server.stop()
    (ring,) = rings(server.rings)
    assert [fault["count"] for fault in ring.of("FAULT")] == [1]
    assert len(ring.visits()) == 2


def test_each_forked_worker_has_a_ring_and_the_master_none(serve):
    command = ["gunicorn", "-b", "127.0.0.1:0", "-w", "2", "--preload", "plain:wsgi"]
    server = serve(command)
    while len(workers := set(server.children())) < 2:
        time.sleep(0.02)
    for _ in range(10):
        server.get("/")
    server.stop()
    found = rings(server.rings)
    assert {ring.header["pid"] for ring in found} == workers
    assert {ring.header["ppid"] for ring in found} == {server.process.pid}
    assert sum(len(ring.visits()) for ring in found) == 10


def test_a_child_of_the_application_writes_nothing_of_its_parents(serve):
    server = serve("sync")
    assert b"forked" in server.get("/fork")
    server.stop()
    (ring,) = rings(server.rings)
    (visit,) = ring.visits()
    assert [p["phase"] for p in visit["phases"] if p["flags"] & layout.APP] == []
    assert [r["seq"] for r in ring.records] == list(range(1, len(ring.records) + 1))


def test_two_servers_share_a_directory(serve, tmp_path):
    shared = tmp_path / "shared"
    shared.mkdir()
    servers = [serve(name, **{layout.ENV_DIR: str(shared)}) for name in ("gthread", "httptools-uvloop")]
    for server in servers:
        server.get("/")
    for server in servers:
        server.stop()
    names = {ring.header["server"].rstrip(b"\0") for ring in rings(shared)}
    assert names == {b"gunicorn gthread", b"uvicorn"}
    assert all(path.stat().st_mode & 0o777 == 0o600 for path in shared.iterdir())


def test_the_users_sitecustomize_and_packages_are_the_users(serve, tmp_path):
    (tmp_path / "sitecustomize.py").write_text("import sys\nsys.stderr.write('user sitecustomize\\n')\n")
    for name in ("tracer", "tui"):
        (tmp_path / f"{name}.py").write_text("MINE = True\n")
    (tmp_path / "mine.py").write_text(
        "import sitecustomize, tracer, tui\n"
        f"assert tracer.MINE and tui.MINE and sitecustomize.__file__.startswith({str(tmp_path)!r})\n"
        "from plain import *\n"
    )
    path = f"{tmp_path}{os.pathsep}{HERE / 'apps'}"
    server = serve(["gunicorn", "-b", "127.0.0.1:0", "mine:wsgi"], PYTHONPATH=path)
    assert server.get("/").endswith(b"hello")
    server.stop()
    assert "user sitecustomize" in server.said()
    (ring,) = rings(server.rings)
    assert len(ring.visits()) == 1


@pytest.mark.parametrize("variant", ["sync", "httptools-uvloop"])
def test_a_directory_that_cannot_be_written_is_one_line(serve, variant):
    server = serve(variant, **{layout.ENV_DIR: "/proc/nowhere"})
    assert server.get("/").endswith(b"hello")
    assert server.get("/").endswith(b"hello")
    server.stop()
    lines = [line for line in server.said().splitlines() if "hopscope" in line]
    (line,) = lines
    assert "not recording" in line


def test_no_room_for_a_ring_is_one_line_and_no_file(tmp_path):
    """A limit on the size of files stands in for a full disk: the allocation fails the same way."""

    def small() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))

    code = "import _hopscope_agent.ring as r; r.ring.text('x'); r.ring.text('y'); print('lives on')"
    done = python(["-c", code], tmp_path, preexec_fn=small)
    assert done.stdout == "lives on\n"
    assert done.stderr.count("\n") == 1
    assert "not recording" in done.stderr
    assert list(tmp_path.iterdir()) == []


def python(arguments: list[str], directory, **more) -> subprocess.CompletedProcess[str]:
    environ = {**os.environ, "PYTHONPATH": str(INJECT), layout.ENV_DIR: str(directory)}
    command = [sys.executable, *arguments]
    return subprocess.run(
        command, env=environ, capture_output=True, text=True, timeout=30, check=False, cwd=directory, **more
    )


def test_other_programs_get_no_ring_and_import_little(tmp_path):
    listed = python(["-c", "import sys; print(*sys.modules)"], tmp_path)
    ours = {name for name in listed.stdout.split() if "hopscope" in name}
    assert ours == {"_hopscope_agent", "_hopscope_agent.finder", "_hopscope_agent.start"}
    assert list(tmp_path.iterdir()) == []


def test_isolated_python_runs_as_ever_and_records_nothing(serve):
    command = [sys.executable, "-I", str(BIN / "gunicorn"), *COMMANDS["sync"][1:-1]]
    server = serve([*command, "--pythonpath", str(HERE / "apps"), "plain:wsgi"])
    assert server.get("/").endswith(b"hello")
    assert list(server.rings.iterdir()) == []


def test_an_unknown_version_is_one_line_and_runs(tmp_path):
    code = (
        "import uvicorn; uvicorn.__version__ = '9.9.9'\n"
        "import uvicorn.server, uvicorn.protocols.http.h11_impl as h\n"
        "print(h.H11Protocol.connection_made.__module__, h.H11Protocol.connection_made.__code__.co_filename)"
    )
    done = python(["-c", code], tmp_path)
    assert "h11_impl.py" in done.stdout
    (line,) = done.stderr.splitlines()
    assert "uvicorn 9.9.9" in line
    (ring,) = rings(tmp_path)
    told = [(layout.MARK_NAMES[mark["what"]], ring.text(mark["value"])) for mark in ring.of("MARK")]
    assert ("unsupported", "uvicorn 9.9.9") in told
    assert ("live", "uvicorn.connection") not in told


def test_lanes_and_texts_are_told_again_each_half_round(tmp_path):
    code = """
import _hopscope_agent.layout as layout
layout.CAPACITY = 64
from _hopscope_agent.ring import ring
lane, text = ring.lane("a", layout.LOOP, "a loop"), ring.text("a text")
for n in range(1000):
    ring.open(2, lane, n + 1, 0, 0, 0, 0, 0, 0, b"", b"", text, 0, lane, 1, b"/")
"""
    done = python(["-c", code], tmp_path)
    assert done.stderr == ""
    (ring,) = rings(tmp_path)
    assert ring.header["capacity"] == 64
    assert len(ring.records) == 64
    assert "a text" in ring.texts.values()
    assert ring.of("LANE")


def test_threads_never_share_a_slot(tmp_path):
    code = """
import sys, threading
sys.setswitchinterval(1e-6)
from _hopscope_agent.ring import ring
def write(thread):
    for n in range(5000):
        ring.phase(0, thread, n, 1, 1, 0, ring.text(f"{thread} {n % 50}"), n, n, thread)
threads = [threading.Thread(target=write, args=(t,)) for t in range(1, 5)]
[t.start() for t in threads]; [t.join() for t in threads]
"""
    assert python(["-c", code], tmp_path).stderr == ""
    (ring,) = rings(tmp_path)
    assert [r["seq"] for r in ring.records] == list(range(1, len(ring.records) + 1))
    written = {(p["lane"], p["visit"]) for p in ring.of("PHASE")}
    assert written == set(itertools.product(range(1, 5), range(5000)))
    for phase in ring.of("PHASE"):
        assert ring.text(phase["what"]) == f"{phase['lane']} {phase['visit'] % 50}"


def load(server: Server, answered: list[str], stop: threading.Event, name: int) -> None:
    """Send requests until told to stop or the server is gone; note those whose answer came whole."""
    for number in itertools.count():
        target = f"/{name}-{number}"
        if stop.is_set():
            return
        try:
            if server.get(target).endswith(b"not found"):
                answered.append(target)
        except OSError:
            return


@pytest.mark.parametrize("variant", ["sync", "gthread", "httptools-uvloop", "h11-asyncio"])
@pytest.mark.timeout(300)
def test_a_killed_server_leaves_whole_records(serve, variant):
    """The ring of a server that is killed under load has every request that was answered."""
    chance = random.Random(7)  # a fixed seed
    for _ in range(5 if LONG else 2):
        server, answered, stop = serve(variant), [], threading.Event()
        server.get("/")  # the worker has booted
        clients = [threading.Thread(target=load, args=(server, answered, stop, n)) for n in range(3)]
        for client in clients:
            client.start()
        held = None
        if variant == "gthread":
            held = socket.create_connection(("127.0.0.1", server.port))
            held.sendall(b"GET /sleep HTTP/1.1\r\nHost: test\r\n\r\n")
            time.sleep(0.005)
        else:
            time.sleep(chance.uniform(0.1, 0.4))
        server.kill()
        stop.set()
        for client in clients:
            client.join()
        if held is not None:
            held.close()
        (ring,) = rings(server.rings)
        check_whole(ring, answered)


def check_whole(ring: Ring, answered: list[str]) -> None:
    told = {visit["target"].decode(): visit for visit in ring.visits()}
    assert set(answered) <= set(told)
    for visit in told.values():
        opened, closed = visit["open"], visit["close"]
        assert 0 < opened["taken"] <= opened["parsed"] <= opened["entered"]
        assert opened["lane"]
        assert closed is None or (closed["status"] and closed["end"] >= opened["entered"])
    assert not ring.of("END")
    assert not ring.of("FAULT")


def test_a_sitecustomize_in_the_apps_folder_can_be_imported(serve, tmp_path):
    (tmp_path / "sitecustomize.py").write_text("MINE = True\n")
    (tmp_path / "mine.py").write_text(
        "import sys\nassert 'sitecustomize' not in sys.modules\n"
        "import sitecustomize\nassert sitecustomize.MINE\nfrom plain import *\n"
    )
    server = serve(
        ["gunicorn", "-b", "127.0.0.1:0", "--chdir", str(tmp_path), "mine:wsgi"],
        PYTHONPATH=str(HERE / "apps"),
    )
    assert server.get("/").endswith(b"hello")
    server.stop()
    (ring,) = rings(server.rings)
    assert len(ring.visits()) == 1
