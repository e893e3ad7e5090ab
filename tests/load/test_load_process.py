from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time

import pytest
from load_servers import request, scripted
from test_load_client import OK, check, keeping

from tracer.load import LoadError, LoadProcess, Plan, constant, run_in_process
from tracer.recording import Outcome


def test_a_process_gives_what_a_run_gives():
    exchanges, seen = [], []
    with scripted(keeping()) as url:
        plan = Plan.of(url, constant(500, 0.5), paths=["/a", "/한"])
        progress = run_in_process(plan, exchanges.append, on_progress=lambda now: seen.append(now.finished))
    check(plan, exchanges)
    assert {each.outcome for each in exchanges} == {Outcome.OK}
    assert (progress.finished, progress.outcomes[Outcome.OK]) == (250, 250)
    assert seen == sorted(seen)
    assert seen[-1] == 250


def test_stop_gives_what_is_in_flight_as_open():
    stop = threading.Event()

    def script(connection, number):
        request(connection)
        stop.set()
        connection.recv(1)

    exchanges = []
    with scripted(script) as url:
        progress = run_in_process(Plan.of(url, [0, 0, 60_000_000_000]), exchanges.append, stop=stop)
    assert [each.outcome for each in exchanges] == [Outcome.OPEN, Outcome.OPEN]
    assert (progress.due, progress.planned) == (2, 3)


def test_a_host_that_is_not_there_is_told_across_the_pipe():
    with pytest.raises(LoadError, match="cannot find the host"):
        run_in_process(Plan.of("http://nowhere.invalid/", [0]), lambda exchange: None)


def test_a_killed_process_is_told_in_a_sentence():
    with scripted(lambda connection, number: time.sleep(0.5)) as url, LoadProcess(Plan.of(url, [0])) as load:
        os.kill(load.pid, signal.SIGKILL)
        with pytest.raises(LoadError, match="ended in the middle of its load, with code -9"):
            while not load.done:
                load.take(1)


def test_close_leaves_no_process_behind():
    with scripted(keeping()) as url, LoadProcess(Plan.of(url, constant(100, 60))) as load:
        while not load.take(1):
            pass
    with pytest.raises(ProcessLookupError):
        os.kill(load.pid, 0)


def test_a_reader_that_sleeps_neither_delays_nor_loses():
    exchanges = []
    with scripted(keeping()) as url:
        plan = Plan.of(url + "/" + "x" * 1000, constant(500, 1))  # more than a pipe holds
        with LoadProcess(plan) as load:
            time.sleep(2)
            while not load.done:
                exchanges += load.take(1)
    check(plan, exchanges)


PARENT = """
import sys, time
from tracer.load import LoadProcess, Plan, constant
load = LoadProcess(Plan.of(sys.argv[1], constant(100, 60)))
while not load.take(1):
    pass
print(load.pid, flush=True)
time.sleep(60)
"""


def test_the_load_ends_when_its_parent_is_killed():
    with scripted(keeping()) as url:
        parent = subprocess.Popen([sys.executable, "-c", PARENT, url], stdout=subprocess.PIPE, text=True)
        try:
            child = int(parent.stdout.readline())
        finally:
            parent.kill()
            parent.communicate()
        deadline = time.monotonic() + 10
        while running(child):
            assert time.monotonic() < deadline, "the load outlives its parent"
            time.sleep(0.02)


def running(pid):
    """Tell whether a process runs; a zombie, left to an init that does not reap, does not."""
    try:
        with open(f"/proc/{pid}/stat") as stat:
            return stat.read().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_requests_reach_the_server_with_their_ids():
    heads, exchanges = [], []

    def script(connection, number):
        while head := request(connection):
            heads.append(head.decode())
            connection.sendall(OK)

    with scripted(script) as url:
        run_in_process(Plan.of(url, [0] * 5), exchanges.append)
    for each in exchanges:
        assert sum(f"00-{each.trace_id.hex()}-{each.span_id.hex()}-01" in head for head in heads) == 1
