"""A command is started with the agent in it; signals reach it once, and its exit code comes back."""

from __future__ import annotations

import os
import pty
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tracer.observe.launch import INJECT, Launch, LaunchError, environment
from tracer.observe.processes import listening, lives, tree

CHILD = """
import os, signal, sys, time
count = 0
def note(number, frame):
    global count
    count += 1
    os.write(1, b"got %d\\n" % number)
for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
    signal.signal(number, note)
os.write(1, b"ready\\n")
end = time.monotonic() + float(sys.argv[1])
while time.monotonic() < end:
    time.sleep(0.01)
os.write(1, b"count %d\\n" % count)
sys.exit(7)
"""
PARENT = """
import sys
from pathlib import Path
from tracer.observe.launch import Launch
with Launch(sys.argv[2:], Path(sys.argv[1])) as launch:
    while not launch.wait(0.05):
        pass
print("code", launch.code, flush=True)
"""


def test_the_environment_is_the_agent_s_and_nothing_else(tmp_path):
    env = environment(tmp_path, {"PATH": "/bin", "PYTHONPATH": "/mine"})
    assert env == {"PATH": "/bin", "PYTHONPATH": f"{INJECT}:/mine", "HOPSCOPE_RINGS": str(tmp_path)}
    assert environment(tmp_path, {})["PYTHONPATH"] == str(INJECT)
    assert (INJECT / "sitecustomize.py").is_file()


@pytest.mark.parametrize(
    ("program", "code"),
    [("raise SystemExit(3)", 3), ("import os; os.kill(os.getpid(), 9)", 137), ("", 0)],
)
def test_the_exit_code_is_the_child_s(tmp_path, program, code):
    with Launch([sys.executable, "-c", program], tmp_path) as launch:
        while not launch.wait(5):
            pass
    assert launch.code == code


@pytest.mark.parametrize(
    ("command", "says"),
    [("no-such-command", "there is no command 'no-such-command'"), ("/etc/passwd", "no executable file")],
)
def test_what_cannot_be_started_is_told_in_a_sentence(tmp_path, command, says):
    with pytest.raises(LaunchError, match=says):
        Launch([command], tmp_path)
    assert signal.SIGINT not in signal.pthread_sigmask(signal.SIG_BLOCK, set())


def test_the_child_is_ended_with_us(tmp_path):
    with Launch([sys.executable, "-c", "import time; time.sleep(60)"], tmp_path) as launch:
        pid = launch.pid
    assert not lives(pid, time.monotonic_ns())
    assert signal.SIGTERM not in signal.pthread_sigmask(signal.SIG_BLOCK, set())


def test_a_kill_takes_what_the_command_started(tmp_path):
    with Launch(["sh", "-c", "trap '' TERM; sleep 60 & wait; wait; wait"], tmp_path) as launch:
        until = time.monotonic() + 20
        while len(pids := tree(launch.pid)) < 2 and time.monotonic() < until:
            time.sleep(0.01)
        launch.kill()
        while not launch.wait(0.1) and time.monotonic() < until:
            pass
    try:
        assert len(pids) == 2
        assert launch.code == 137
        while lives(pids[1], time.monotonic_ns()) and time.monotonic() < until:
            time.sleep(0.01)
        assert not lives(pids[1], time.monotonic_ns())
    finally:
        for pid in pids[1:]:
            if lives(pid, time.monotonic_ns()):
                os.kill(pid, signal.SIGKILL)


def family(tmp_path: Path, seconds: float) -> list[str]:
    return [sys.executable, "-c", PARENT, str(tmp_path), sys.executable, "-c", CHILD, str(seconds)]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_for_us_is_passed_on_once(tmp_path, number):
    process = subprocess.Popen(family(tmp_path, 1), stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout.readline() == "ready\n"
        process.send_signal(number)
        rest = process.communicate(timeout=20)[0]
    finally:
        process.kill()
        process.wait()
    assert rest.splitlines() == [f"got {int(number)}", "count 1", "code 7"]


BUSY = "import threading, time\nthreading.Thread(target=time.sleep, args=(60,), daemon=True).start()\n"
THREADED = BUSY + PARENT.replace("launch.wait(0.05)", "(time.sleep(0.2), launch.wait(0.001))[1]")


def test_a_signal_that_another_thread_gets_is_passed_on_once(tmp_path):
    """Threads that were there before do not block it."""
    command = family(tmp_path, 1.5)
    command[2] = THREADED
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stdin=subprocess.DEVNULL, text=True)
    try:
        assert process.stdout.readline() == "ready\n"
        time.sleep(0.1)
        process.send_signal(signal.SIGINT)
        rest = process.communicate(timeout=20)[0]
    finally:
        process.kill()
        process.wait()
    assert rest.splitlines() == ["got 2", "count 1", "code 7"]


def test_the_third_signal_kills(tmp_path):
    process = subprocess.Popen(family(tmp_path, 60), stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout.readline() == "ready\n"
        for _ in range(3):
            process.send_signal(signal.SIGTERM)
            time.sleep(0.3)
        rest = process.communicate(timeout=20)[0]
    finally:
        process.kill()
        process.wait()
    assert rest.splitlines() == ["got 15", "got 15", "code 137"]


def test_ctrl_c_at_a_terminal_reaches_the_child_once(tmp_path):
    pid, terminal = pty.fork()
    if pid == 0:
        os.execv(sys.executable, family(tmp_path, 1))
    said = b""
    try:
        while b"ready" not in said:
            said += os.read(terminal, 1000)
        os.write(terminal, b"\x03")
        while b"code 7" not in said:
            said += os.read(terminal, 1000)
    finally:
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
        os.close(terminal)
    assert b"got 2\r\ncount 1\r\ncode 7" in said.replace(b"^C", b"")


def test_where_a_process_tree_listens():
    make = "s = socket.create_server(('', 0)); print(s.getsockname()[1], flush=True)"
    program = f"import socket, time; {make}; time.sleep(60)"
    shell = f'{sys.executable} -c "{program}" & wait'
    process = subprocess.Popen(["bash", "-c", shell], stdout=subprocess.PIPE, text=True)
    try:
        port = int(process.stdout.readline())
        assert listening(tree(process.pid)) == [("127.0.0.1", port)]
    finally:
        for pid in reversed(tree(process.pid)):
            os.kill(pid, signal.SIGKILL)
        process.wait()
        process.stdout.close()


def test_who_lives():
    child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    try:
        assert lives(child.pid, time.monotonic_ns())
        assert not lives(child.pid, 1)  # a process of this number that was there at boot is another
    finally:
        child.kill()
        time.sleep(0.05)
        assert not lives(child.pid, time.monotonic_ns())  # a zombie
        child.wait()
    assert not lives(child.pid, time.monotonic_ns())
