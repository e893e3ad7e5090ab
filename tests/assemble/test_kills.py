"""Server or collector is killed under load: what a client saw answered is there, the rest is open."""

from __future__ import annotations

import signal

import pytest
from live_servers import Crowd, kill, recorded, said, tracer

from tracer.assemble.collector import FINISHED
from tracer.assemble.recover import _replayed, recovered, seal_left
from tracer.observe.processes import tree
from tracer.recording import MarkKind, Outcome, Rows, TraceError
from tracer.recording.live import LiveWriter, open_recording

NAMES = ("sync", "httptools", "gthread", "h11")
ROUNDS = [0, 1, 2, *(pytest.param(number, marks=pytest.mark.long) for number in range(3, 20))]


def outcomes(recording) -> dict[str, Outcome]:
    """Target -> outcome of the crowd's requests, each of which was sent once."""
    requests = recording.requests
    targets = [recording.text(number) for number in requests.target]
    return {
        target: Outcome(outcome)
        for target, outcome in zip(targets, requests.outcome, strict=True)
        if target != "/ready"
    }


def assert_whole(recording, answered: set[str]) -> dict[str, Outcome]:
    assert [str(violation) for violation in recording.check()] == []
    told = outcomes(recording)
    assert answered - set(told) == set()
    assert {told[target] for target in answered} <= {Outcome.OK, Outcome.OPEN}
    return told


@pytest.mark.parametrize("round_", ROUNDS)
def test_a_killed_server_leaves_a_whole_recording(tmp_path, round_):
    with recorded(NAMES[round_ % 4], tmp_path) as (process, port):
        crowd = Crowd(port)
        crowd.wait(10)
        crowd.hold(tmp_path)
        crowd.wait(10 + round_)
        for pid in tree(process.pid)[1:]:
            kill(pid)
        answered = crowd.stop()
        assert process.wait(20) == 128 + signal.SIGKILL, said(tmp_path)
    told = assert_whole(open_recording(tmp_path / "out.trace"), answered)
    unanswered = {outcome for target, outcome in told.items() if target not in answered}
    # A server may have written an answer that was never read: it died between write and FIN.
    assert unanswered <= {Outcome.OPEN, Outcome.OK, Outcome.ABANDONED}
    assert told["/hold"] == Outcome.OPEN


@pytest.mark.parametrize("round_", ROUNDS)
def test_a_killed_collector_leaves_a_part_that_reads_and_seals(tmp_path, round_):
    with recorded(NAMES[round_ % 4], tmp_path) as (process, port):
        crowd = Crowd(port)
        crowd.hold(tmp_path)
        crowd.wait(20 + 3 * round_)
        servers = tree(process.pid)[1:]
        kill(process.pid)
        process.wait()
        crowd.wait(20)
        for pid in servers:
            kill(pid)
        answered = crowd.stop()
        part = tmp_path / "out.trace.part"
        told = assert_whole(recovered(part), answered)
        assert told["/hold"] == Outcome.OPEN
        assert (part / "rings").is_dir()  # reading changes nothing
        seal = tracer("collect", str(part), folder=tmp_path)
        assert seal.wait(30) == 0, said(tmp_path)
    assert not part.exists()
    assert assert_whole(open_recording(tmp_path / "out.trace"), answered) == told


def test_a_killed_worker_leaves_its_request_open(tmp_path):
    with recorded("sync", tmp_path) as (process, port):
        crowd = Crowd(port)
        crowd.hold(tmp_path)
        crowd.wait(10)
        kill(int((tmp_path / "held").read_text()))
        crowd.wait(20)
        answered = crowd.stop()
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) == 0, said(tmp_path)
    recording = open_recording(tmp_path / "out.trace")
    told = assert_whole(recording, answered)
    assert [target for target, outcome in told.items() if outcome == Outcome.OPEN] == ["/hold"]
    assert MarkKind.WORKER_KILLED in recording.marks.kind


def test_what_was_killed_while_it_sealed_seals_again(tmp_path):
    """The last commit holds all rows; the rings have nothing to add to it."""
    with recorded("sync", tmp_path) as (process, port):
        crowd = Crowd(port)
        crowd.wait(10)
        servers = tree(process.pid)[1:]
        kill(process.pid)
        for pid in servers:
            kill(pid)
        answered = crowd.stop()
        process.wait()
    part = tmp_path / "out.trace.part"
    writer = LiveWriter.reopen(part)
    _, rows = _replayed(part)
    writer.append(rows)
    writer.commit(Rows(), FINISHED)
    writer.close()
    assert_whole(recovered(part), answered)
    assert_whole(open_recording(seal_left(part)), answered)


def test_what_cannot_be_sealed_is_left_as_it_is(tmp_path):
    """Sealed elsewhere since its own disk is full: nothing may be written beside it."""
    with recorded("sync", tmp_path) as (process, port):
        crowd = Crowd(port)
        crowd.wait(10)
        servers = tree(process.pid)[1:]
        kill(process.pid)
        for pid in servers:
            kill(pid)
        answered = crowd.stop()
        process.wait()
    part = tmp_path / "out.trace.part"
    before = {path: path.read_bytes() for path in part.iterdir() if path.is_file()}
    with pytest.raises(TraceError, match="no such file or directory"):
        seal_left(part, tmp_path / "nowhere" / "other.trace")
    assert {path: path.read_bytes() for path in part.iterdir() if path.is_file()} == before
    assert_whole(open_recording(seal_left(part, tmp_path / "other.trace")), answered)
    assert not part.exists()
