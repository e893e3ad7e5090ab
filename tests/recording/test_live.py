"""A recording is read while it grows, goes on where it was left, and becomes a `.trace`."""

from __future__ import annotations

import json
import multiprocessing
import os
import random
import signal
import time
from dataclasses import replace
from pathlib import Path

import facts
import hard_cases
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from random_rows import CHANCE, LONG, rows

from tracer.recording import Recording, Rows, TraceError
from tracer.recording.live import (
    LiveWriter,
    is_being_written,
    open_recording,
    part_of,
    read_cursor,
    read_live,
    reopen,
)
from tracer.recording.nouns import TABLES, Outcome
from tracer.recording.part import FILES
from tracer.recording.rows import Hop, Lane, Phase, Request, Visit
from tracer.recording.sealed import load, save

META = {"source": "hook", "clocks": [{"name": "m", "offset_ns": 0, "uncertainty_ns": 0}]}


def parts_of(made: Rows, chance: random.Random, pieces: int) -> list[Rows]:
    """Deal rows out, in their order, to some pieces."""
    dealt = [Rows() for _ in range(pieces)]
    for name in TABLES:
        told = getattr(made, name)
        cuts = [0, *sorted(chance.randint(0, len(told)) for _ in range(pieces - 1)), len(told)]
        for piece, begin, end in zip(dealt, cuts, cuts[1:], strict=False):
            getattr(piece, name).extend(told[begin:end])
    return dealt


@settings(CHANCE, max_examples=200 if LONG else 30)  # each makes some 60 files
@given(made=rows(), chance=st.randoms(use_true_random=False), pieces=st.integers(1, 4), again=st.booleans())
def test_rows_told_piece_by_piece_give_the_same_recording(tmp_path_factory, made, chance, pieces, again):
    path = tmp_path_factory.mktemp("live") / "a.trace"
    writer = LiveWriter(path, META)
    *final, still_open = parts_of(made, chance, pieces)
    for piece in final:
        writer.append(piece)
        if chance.random() < 0.5:
            writer.commit(Rows(), {"told": 1})
        if again and chance.random() < 0.5:  # what is committed survives, what is not is told again
            writer.commit(Rows(), {})
            writer.close()
            writer = reopen(path)
    writer.commit(still_open, {"told": "all"})
    assert read_cursor(path) == {"told": "all"}
    told = Recording.of(made, META)
    assert facts.same(read_live(path), replace(told, meta={**META, "live": True}))
    assert writer.seal() == path
    save(told, path.with_name("b.trace"))
    assert path.read_bytes() == path.with_name("b.trace").read_bytes()
    assert not part_of(path).exists()


# One request after the other: its rows are open at one commit and final at the next.


def server(upto: int) -> Rows:
    return Rows([Hop(0, "gunicorn")], [Lane(0, 0, "worker 1", start=0)]) if upto == 0 else Rows()


def request(number: int, *, done: bool) -> Rows:
    start, end = number * 10, number * 10 + 9 if done else -1
    outcome = Outcome.OK if done else Outcome.OPEN
    made = Rows(requests=[Request(number, start, "GET", f"/{number}", end=end, outcome=outcome)])
    made.visits.append(Visit(1000 + number, number, 0, start, answered=end, end=end, outcome=outcome))
    made.phases.append(Phase(1000 + number, 1, start, end, 0, 1, what=f"view {number % 7}"))
    return made


def write(path: Path, first: int, count: int, *, seal: bool = False, pause: float = 0.0) -> None:
    writer = LiveWriter(path, META) if first == 0 else reopen(path)
    for number in range(first, first + count):
        writer.append(server(number))
        if number:
            writer.append(request(number - 1, done=True))
        if number % 3 == 0:
            writer.commit(request(number, done=False), {"open": number})
        time.sleep(pause)
    writer.commit(request(first + count - 1, done=False), {"open": first + count - 1})
    if seal:
        writer.seal()
    writer.close()


def is_prefix(recording: Recording, open_number: int | None = None) -> int:
    """Hold a recording against what `write` writes; give the number of the open request."""
    last = len(recording.requests.start) - 1
    if last < 0:
        return -1
    assert open_number in (None, last)
    assert recording.requests.start.tolist() == [n * 10 for n in range(last + 1)]
    assert [recording.text(t) for t in recording.requests.target] == [f"/{n}" for n in range(last + 1)]
    assert [recording.text(t) for t in recording.phases.what] == [f"view {n % 7}" for n in range(last + 1)]
    assert (recording.requests.outcome == Outcome.OPEN).tolist() == [False] * last + [True]
    assert recording.check() == []
    return last


def in_another_process(*args, **more) -> multiprocessing.Process:
    process = multiprocessing.get_context("fork").Process(target=write, args=args, kwargs=more)
    process.start()
    return process


def until_there(path: Path) -> None:
    deadline = time.monotonic() + 30
    while not (part_of(path) / "commit.json").exists() and not path.exists():
        assert time.monotonic() < deadline
        time.sleep(0.001)


@pytest.mark.parametrize("turn", range(100 if LONG else 10))
def test_a_killed_writer_leaves_a_prefix_that_can_go_on(tmp_path, turn):
    path = tmp_path / "a.trace"
    process = in_another_process(path, 0, 10**6)
    try:
        until_there(path)
        time.sleep(random.Random(turn).uniform(0, 0.15))
    finally:
        os.kill(process.pid, signal.SIGKILL)
        process.join()
    assert not is_being_written(path)
    last = is_prefix(read_live(path), read_cursor(path).get("open"))
    sizes = {name: (part_of(path) / name).stat().st_size for name in FILES}
    if last < 0:
        return
    write(path, last + 1, 5, seal=True)
    assert any(sizes.values())
    assert is_prefix(load(path)) == last + 5


def test_a_reader_sees_a_prefix_at_any_moment_and_across_the_sealing(tmp_path):
    path = tmp_path / "a.trace"
    process = in_another_process(path, 0, 600, seal=True, pause=0.0005)
    seen = []
    try:
        until_there(path)
        while process.is_alive() or not seen:
            seen.append(is_prefix(open_recording(path)))
    finally:
        process.kill()
        process.join()
    assert seen == sorted(seen)
    assert len(set(seen)) > 3
    assert is_prefix(open_recording(path)) == 599
    assert "live" not in open_recording(path).meta


def test_what_was_appended_counts_from_the_next_commit_on(tmp_path):
    with LiveWriter(tmp_path / "a.trace", META) as writer:
        writer.append(server(0))
        writer.append(request(0, done=True))
        assert len(read_live(tmp_path / "a.trace").requests.start) == 0
        writer.commit(request(1, done=False), {})
        assert is_prefix(read_live(tmp_path / "a.trace")) == 1
        writer.append(request(1, done=True))
        writer.commit(Rows(), {})
        assert read_live(tmp_path / "a.trace").requests.end.tolist() == [9, 19]


def test_an_uncommitted_tail_is_cut_off(tmp_path):
    path = tmp_path / "a.trace"
    write(path, 0, 4)
    for number, name in enumerate(FILES):
        with (part_of(path) / name).open("ab") as file:
            file.write(bytes(number))  # torn anywhere
    assert is_prefix(read_live(path)) == 3
    write(path, 4, 4, seal=True)
    assert is_prefix(load(path)) == 7


def test_a_part_is_read_by_either_name_and_says_that_it_is_live(tmp_path):
    path = tmp_path / "a.trace"
    write(path, 0, 2)
    for name in (path, str(path), part_of(path)):
        assert Recording.open(name).meta == {**META, "live": True}
    reopen(path).seal()
    for name in (path, part_of(path)):
        assert Recording.open(name).meta == META


def test_meta_may_change_until_the_last_commit(tmp_path):
    with LiveWriter(tmp_path / "a.trace", META) as writer:
        writer.meta["title"] = "late"
        writer.commit(Rows(), {})
        assert load(writer.seal()).meta["title"] == "late"


def test_only_the_owner_may_read_it(tmp_path):
    write(tmp_path / "a.trace", 0, 1)
    assert part_of(tmp_path / "a.trace").stat().st_mode & 0o777 == 0o700


def test_a_folder_of_somebody_else_is_not_overwritten(tmp_path):
    precious = tmp_path / "a.trace.part" / "precious"
    precious.parent.mkdir()
    precious.write_text("mine")
    with pytest.raises(TraceError, match="holds what is no recording"):
        LiveWriter(tmp_path / "a.trace", META, overwrite=True)
    assert precious.read_text() == "mine"


def test_what_is_there_is_not_overwritten_unless_asked(tmp_path):
    path = tmp_path / "a.trace"
    write(path, 0, 3)
    with pytest.raises(
        TraceError, match=r"a\.trace\.part: is there already; give another name, or overwrite"
    ):
        LiveWriter(path, META)
    reopen(path).seal()
    with pytest.raises(TraceError, match=r"a\.trace: is there already"):
        LiveWriter(path, META)
    assert is_prefix(load(path)) == 2
    with LiveWriter(path, META, overwrite=True):
        assert len(Recording.open(path).requests.start) == 0
    LiveWriter(path, META, overwrite=True).seal()
    assert os.listdir(tmp_path) == ["a.trace"]


def test_one_writer_at_a_time(tmp_path):
    path = tmp_path / "a.trace"
    with LiveWriter(path, META):
        for again in (lambda: reopen(path), lambda: LiveWriter(path, META, overwrite=True)):
            with pytest.raises(TraceError, match="is being written by another process"):
                again()
        assert is_being_written(path)
    assert not is_being_written(path)
    reopen(path).seal()
    assert not is_being_written(path)


def test_sealing_takes_no_name_that_is_taken_meanwhile(tmp_path):
    path = tmp_path / "a.trace"
    write(path, 0, 2)
    path.write_text("mine")
    with reopen(path) as writer, pytest.raises(TraceError, match="is there already; move it away"):
        writer.seal()
    assert path.read_text() == "mine"
    path.unlink()
    assert is_prefix(load(reopen(path).seal())) == 1


def test_a_closed_writer_takes_no_more(tmp_path):
    writer = LiveWriter(tmp_path / "a.trace", META)
    writer.close()
    for use in (lambda: writer.append(Rows()), lambda: writer.commit(Rows(), {})):
        with pytest.raises(TraceError, match="takes no more rows"):
            use()


def test_a_disk_that_is_full_loses_nothing_that_was_committed(tmp_path):
    """A limit on the size of files stands in for the disk; it is the same error to the writer."""
    path = tmp_path / "a.trace"
    process = multiprocessing.get_context("fork").Process(target=_write_until_full, args=(path,))
    process.start()
    process.join(60)
    assert process.exitcode == 0
    assert is_prefix(read_live(path)) > 10
    last = is_prefix(read_live(path))
    write(path, last + 1, 2, seal=True)
    assert is_prefix(load(path)) == last + 2


def _write_until_full(path: Path) -> None:
    import resource

    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))
    with pytest.raises(TraceError, match="cannot write it, file too large; check the path and the disk"):
        write(path, 0, 10**5)


@pytest.mark.parametrize("wrong", [{"kind": 9}, {"holds": 2}, {"evidence": -1}, {"start": 2**63}])
def test_rows_that_could_not_be_read_are_refused_and_the_writer_goes_on(tmp_path, wrong):
    with LiveWriter(tmp_path / "a.trace", META) as writer:
        bad = Phase(-1, 1, 0, 5, 0, 1)
        for column, value in wrong.items():
            setattr(bad, column, value)
        with pytest.raises(ValueError, match="phases"):
            writer.append(Rows(phases=[bad]))
        writer.append(server(0))
        writer.append(request(0, done=True))
        writer.commit(request(1, done=False), {})
        assert is_prefix(read_live(tmp_path / "a.trace")) == 1


def sentence(path, read=read_live) -> str:
    with pytest.raises(TraceError) as told:
        read(path)
    said = str(told.value).removeprefix(f"{part_of(path)}: ")
    assert "\n" not in said
    assert len(said.split("; ")) == 2
    return said


@pytest.mark.parametrize("read", [read_live, read_cursor, reopen])
def test_a_part_that_is_none(tmp_path, read):
    path = tmp_path / "a.trace"
    assert "no such file or directory" in sentence(path, read)
    part_of(path).write_text("a file")
    assert "not a directory" in sentence(path, read)
    part_of(path).unlink()
    part_of(path).mkdir()
    assert sentence(path, read) == "its writer ended before it wrote anything; remove it, and record again"


def change_commit(path: Path, **values) -> None:
    file = part_of(path) / "commit.json"
    file.write_text(json.dumps({**json.loads(file.read_text()), **values}))


def test_a_part_of_a_newer_version(tmp_path):
    write(tmp_path / "a.trace", 0, 2)
    change_commit(tmp_path / "a.trace", version=2, more="to say")
    assert "is of live format 2, and this hopscope reads up to 1" in sentence(tmp_path / "a.trace")


@pytest.mark.parametrize(
    "values",
    [
        {"format": "else"},
        {"version": "1"},
        {"counts": {}},
        {"counts": 7},
        {"counts": dict.fromkeys(FILES, -1)},
        {"counts": dict.fromkeys(FILES, "1")},
        {"counts": dict.fromkeys(FILES, 10**15)},
        {"open": {"visits": []}},
        {"open": []},
        {"open": {"visits": {"id": [4]}}},
        {"open": {"phases": {"visit": "x"}}},
        {"meta": 3},
        {"cursor": 3},
        {"more": 1},
    ],
)
def test_a_damaged_commit(tmp_path, values):
    write(tmp_path / "a.trace", 0, 2)
    change_commit(tmp_path / "a.trace", **values)
    assert "damaged" in sentence(tmp_path / "a.trace")


def test_a_file_that_is_shorter_than_was_committed(tmp_path):
    path = tmp_path / "a.trace"
    write(path, 0, 9)
    os.truncate(part_of(path) / "phases.start", 8)
    assert "phases.start has 1 of 8 values" in sentence(path)
    assert "phases.start has 1 of 8 values" in sentence(path, reopen)


def test_any_byte_of_a_part_changed_is_read_or_told(tmp_path):
    path, chance = tmp_path / "a.trace", random.Random(3)
    write(path, 0, 30)
    names = [name for name in (*FILES, "commit.json") if (part_of(path) / name).stat().st_size]
    for _ in range(2000 if LONG else 200):
        file = part_of(path) / chance.choice(names)
        before = file.read_bytes()
        data = bytearray(before)
        data[chance.randrange(len(data))] = chance.choice((0, 0xFF, 0x80, chance.randrange(256)))
        file.write_bytes(data)
        try:
            recording = read_live(path)
            list(recording.texts)
            recording.check()
        except TraceError as error:
            assert "\n" not in str(error)
        file.write_bytes(before)


def test_a_hard_case_is_written_as_it_goes(tmp_path):
    """Told at every instant of it, from its first row to its last, it is sound."""
    story = hard_cases.sync_workers_under_an_arbiter()
    with LiveWriter(tmp_path / "a.trace", story.meta()) as writer:
        writer.commit(story.rows, {})
        assert read_live(tmp_path / "a.trace").check() == []
