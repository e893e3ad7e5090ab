"""Whatever was done to a `.trace`, reading it gives one clear sentence, or the recording; nothing else."""

from __future__ import annotations

import io
import os
import random
import struct
import zipfile
import zlib

import hard_cases
import numpy as np
import pytest

from tracer.recording import TABLES, Recording, TraceError, container
from tracer.recording.nouns import columns
from tracer.recording.sealed import load, save, verify

TIMES = 4000 if os.environ.get("HOPSCOPE_LONG") else 400


@pytest.fixture(scope="module")
def whole(tmp_path_factory) -> bytes:
    path = tmp_path_factory.mktemp("damage") / "a.trace"
    save(hard_cases.sync_workers_under_an_arbiter().recording(), path)
    return path.read_bytes()


def touch(recording: Recording) -> None:
    """Read every column and text, and check."""
    for name in TABLES:
        for column in columns(TABLES[name]):
            getattr(getattr(recording, name), column).tolist()
    list(recording.texts)
    recording.check()


def sentence(path, read=load) -> str:
    with pytest.raises(TraceError) as told:
        touch(read(path))
    said = str(told.value)
    assert said.startswith(f"{path}: ")
    assert "\n" not in said
    assert len(said.removeprefix(f"{path}: ").split("; ")) == 2  # what; what to do
    return said.removeprefix(f"{path}: ")


@pytest.fixture
def damaged(tmp_path, whole):
    """Write a changed copy: `damaged(bytes)`, or by replacing members: `damaged({"lanes/hop.npy": data})`."""

    def write(change):
        path = tmp_path / "damaged.trace"
        path.write_bytes(change if isinstance(change, bytes) else repacked(whole, change))
        return path

    return write


def repacked(whole: bytes, change: dict) -> bytes:
    box = memoryview(whole)
    members = {name: box[m.offset : m.offset + m.size] for name, m in container.directory(box).items()}
    members |= change
    out = io.BytesIO()
    container.write(out, ((name, [data]) for name, data in members.items() if data is not None))
    return out.getvalue()


def npy(values) -> bytes:
    out = io.BytesIO()
    np.save(out, values)
    return out.getvalue()


def head(whole: bytes, old: str, new: str) -> dict:
    with zipfile.ZipFile(io.BytesIO(whole)) as box:
        said = box.read("meta.json").decode()
    assert old in said
    return {"meta.json": said.replace(old, new).encode()}


def column(whole: bytes, name: str) -> np.ndarray:
    with np.load(io.BytesIO(whole)) as arrays:
        return arrays[name]


def test_no_trace_at_all(damaged):
    assert sentence(damaged(b"GET / HTTP/1.1\r\n")).startswith("is not a trace, it does not begin like one")
    assert sentence(damaged(b"")) == "is empty; give a file that ends in .trace"
    assert sentence(damaged(b"PK\3\4")).startswith("the directory at its end is missing, so it was cut off")


def test_another_zip(damaged):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as box:
        box.writestr("a.txt", "a")
    assert "directory at its end is missing" in sentence(damaged(out.getvalue()))
    out = io.BytesIO()
    container.write(out, [("a.txt", [b"a"])])
    assert sentence(damaged(out.getvalue())).startswith("is a zip and not a trace, it has no meta.json")


def test_a_path_that_cannot_be_read(tmp_path):
    os.mkfifo(tmp_path / "fifo")
    (tmp_path / "loop").symlink_to("loop")
    assert sentence(tmp_path / "none.trace") == "cannot read it, no such file or directory; check the path"
    assert sentence(tmp_path) == "is a directory; give a .trace file"
    assert sentence(tmp_path / "fifo") == "is no ordinary file; give a .trace file"
    assert sentence(tmp_path / "loop").startswith("cannot read it, too many levels of symbolic links")


@pytest.mark.parametrize(
    "name", ["", ".", "/", "..", ".part", "none.trace", "none.trace.part", "\0", "x" * 300, "/dev/null/x"]
)
def test_a_name_of_no_trace(tmp_path, monkeypatch, name):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(TraceError) as told:
        Recording.open(name)
    assert len(str(told.value).split("; ")) == 2


@pytest.mark.parametrize("name", ["", ".", "/", "there", "none/a.trace", "x" * 300])
def test_a_name_that_cannot_be_written(tmp_path, monkeypatch, name):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "there").mkdir()
    recording = hard_cases.gevent().recording()
    with pytest.raises(TraceError) as told:
        save(recording, name)
    assert len(str(told.value).split("; ")) == 2
    assert os.listdir(tmp_path) == ["there"]


def test_a_file_of_somebody_else(damaged, whole):
    path = damaged(whole)
    path.chmod(0)
    me = os.geteuid()
    try:
        if me == 0:
            os.seteuid(65534)  # root is refused nothing
        said = sentence(path)
    finally:
        os.seteuid(me)
    assert said == "cannot read it, permission denied; check who owns it, or work as that user"


def test_a_newer_version(damaged, whole):
    said = sentence(damaged(head(whole, '"version": 1', '"version": 2')))
    assert said == "is of format 2, and this hopscope reads up to 1; upgrade hopscope"


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('"version": 1', '"version": 0'),
        ('"version": 1', '"version": "1"'),
        ('"version": 1', '"version": true'),
        ('"hops": 3', '"hops": -3'),
        ('"hops": 3', '"hops": 3.0'),
        ('"hops": 3', '"hop": 3'),
        ('"phases": 24', '"phases": 99999999999999999999'),
        ('"texts": [', '"texts": [1, '),
        ('"meta": {', '"meat": {'),
        ('"format": "hopscope trace"', '"format": "else"'),
        ("{", "["),
        ('"rows": {', '"rows": [], "r": {'),
    ],
)
def test_a_head_that_does_not_say_what_it_must(damaged, whole, old, new):
    sentence(damaged(head(whole, old, new)))


def test_columns_of_another_length_or_type(damaged, whole):
    start = column(whole, "phases/start")
    shorter, narrow = npy(start[:-1]), npy(start.astype("<i4"))
    for data in (shorter, narrow, npy(start.reshape(2, -1)), npy(start.astype(">i8")), b"", npy(start)[:-1]):
        said = sentence(damaged({"phases/start.npy": data}))
        assert said.startswith("its member 'phases/start.npy' is not 24 values of type '<i8'")
    assert sentence(damaged({"phases/start.npy": None})).startswith(
        "its member 'phases/start.npy' is missing"
    )
    assert sentence(damaged(head(whole, '"phases": 24', '"phases": 25'))).startswith("its member 'phases/")


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("phases/lane", 6, "phases.lane of row 2 is 6, outside the 6 lanes"),
        ("phases/lane", -2, "phases.lane of row 2 is -2, outside the 6 lanes"),
        ("phases/visit", 9, "phases.visit of row 2 is 9, outside the 9 visits"),
        ("phases/what", 99, "outside the"),
        ("phases/kind", 7, "phases.kind of row 2 is 7, which is no PhaseKind"),
        ("phases/holds", 3, "and can be 0 or 1"),
        ("visits/request", -1, "visits.request of row 2 is -1, outside the 3 requests"),
        ("visits/parent", 2, "visits.parent leads from row 2 round in a circle"),
        ("lanes/kind", -1, "which is no LaneKind"),
    ],
)
def test_numbers_that_point_outside(damaged, whole, name, value, says):
    values = column(whole, name).copy()
    values[2] = value
    assert says in sentence(damaged({f"{name}.npy": npy(values)}))


def test_a_column_stored_once_that_points_outside(damaged, whole):
    assert "row 0 is 7" in sentence(damaged({"visits/outcome.npy": npy(np.array([7], "i1"))}))
    assert "round in a circle" in sentence(damaged({"visits/parent.npy": npy(np.array([3], "<i4"))}))


def test_texts_that_end_outside(damaged, whole):
    ends = column(whole, "texts/ends")
    for change in (ends + 1, ends - ends[0] - 1, ends[::-1]):
        said = sentence(damaged({"texts/ends.npy": npy(np.ascontiguousarray(change))}))
        assert said.startswith("its texts end outside the place where they are kept")


def test_more_members_do_not_matter(damaged, whole):
    touch(load(damaged({"phases/color.npy": npy(np.arange(3))})))


def test_a_file_cut_anywhere_in_its_parts(damaged, whole):
    members = container.directory(memoryview(whole)).values()
    edges = {edge for m in members for edge in (m.offset, m.offset + m.size, m.offset + m.size // 2)}
    cuts = {edge + by for edge in edges for by in (-1, 0, 1)} | {len(whole) - by for by in range(1, 120)}
    for cut in sorted(cuts - {len(whole)}):
        said = sentence(damaged(whole[:cut]))
        assert said.startswith(("the directory at its end", "is not a trace", "is empty"))


def test_a_file_that_goes_on_after_its_end(damaged, whole):
    assert sentence(damaged(whole + b"\0")).startswith("the directory at its end is missing")
    assert sentence(damaged(whole + whole)).startswith("the directory at its end is damaged")


def test_any_byte_changed_is_read_or_told(damaged, whole):
    chance = random.Random(20)
    told = 0
    for _ in range(TIMES):
        data = bytearray(whole)
        for _ in range(chance.choice((1, 1, 2, 8))):
            place = chance.randrange(len(data))
            data[place] = chance.choice((0, 0xFF, 0x80, data[place] ^ 1 << chance.randrange(8)))
        path = damaged(bytes(data))
        try:
            touch(load(path))
        except TraceError:
            told += 1
    assert 0 < told < TIMES  # both happen, or this says nothing


def test_values_out_of_their_mind_are_read_or_told(damaged, whole):
    """Whole columns of chance, in a box that is sound: the directory and the sums say nothing."""
    chance = np.random.default_rng(7)
    names = [f"{name}/{c}" for name in TABLES for c in columns(TABLES[name])] + ["texts/ends", "texts/blob"]
    for turn in range(TIMES // 2):
        name = names[turn % len(names)]
        values = column(whole, name)
        low, high = (
            (-3, 12) if chance.random() < 0.7 else (np.iinfo(values.dtype).min, np.iinfo(values.dtype).max)
        )
        if values.dtype == np.uint8:
            low, high = 0, 255
        changed = chance.integers(low, high, len(values), endpoint=True).astype(values.dtype)
        path = damaged({f"{name}.npy": npy(changed)})
        try:
            touch(load(path))
        except TraceError as error:
            assert "\n" not in str(error)


def test_verify_finds_any_byte_changed_in_the_values(damaged, whole):
    touch(verify(damaged(whole)))
    member = container.directory(memoryview(whole))["phases/start.npy"]
    data = bytearray(whole)
    data[member.offset + member.size - 8] ^= 1
    path = damaged(bytes(data))
    touch(load(path))  # opening does not read it all
    assert sentence(path, verify).startswith("its member 'phases/start.npy' was changed after it was written")


def test_a_directory_that_leads_far_outside(damaged, whole):
    """The end record says where the directory is; numbers of 64 bits do not lead out of the file."""
    begin = len(whole) - container.TAIL
    for place in (24, 32, 40, 48):
        for number in (0, 1, 2**31, 2**63, 2**64 - 1):
            data = bytearray(whole)
            struct.pack_into("<Q", data, begin + place, number)
            assert sentence(damaged(bytes(data))).startswith("the directory at its end is damaged")


def test_the_sums_are_those_of_zip(whole):
    for member in container.directory(memoryview(whole)).values():
        assert member.crc == zlib.crc32(whole[member.offset : member.offset + member.size])
