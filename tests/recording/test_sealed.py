"""A `.trace` says what was saved, in the same bytes each time, mapped and aligned; or it is not there."""

from __future__ import annotations

import copy
import json
import os
import pickle
import subprocess
import sys
import zipfile
from dataclasses import fields, replace

import facts
import hard_cases
import numpy as np
import pytest
from hypothesis import given
from random_rows import CHANCE, rows

from tracer.recording import TABLES, Recording, TraceError
from tracer.recording.nouns import columns
from tracer.recording.recording import empty
from tracer.recording.sealed import load, save, verify

META = {"source": "hook", "title": "한국어", "clocks": [{"name": "m", "offset_ns": 5, "uncertainty_ns": 0}]}


@CHANCE
@given(made=rows())
def test_what_was_saved_is_read(tmp_path_factory, made):
    path = tmp_path_factory.mktemp("sealed") / "a.trace"
    recording = Recording.of(made, META)
    save(recording, path)
    assert facts.same(load(path), recording)
    assert facts.same(verify(path), recording)


@pytest.fixture
def recording():
    return hard_cases.sync_workers_under_an_arbiter().recording()


@pytest.fixture
def path(tmp_path, recording):
    save(recording, tmp_path / "a.trace")
    return tmp_path / "a.trace"


def test_the_same_recording_gives_the_same_bytes(path, recording):
    first = path.read_bytes()
    meta = dict(reversed(recording.meta.items()))
    save(replace(load(path), meta=meta), path)
    assert path.read_bytes() == first


def test_the_bytes_do_not_depend_on_the_day_or_the_hash_seed(path, tmp_path):
    code = "import sys; from tracer.recording.sealed import *; save(load(sys.argv[1]), sys.argv[2])"
    again = tmp_path / "b.trace"
    env = {**os.environ, "PYTHONHASHSEED": "77", "TZ": "Asia/Seoul"}
    subprocess.run([sys.executable, "-c", code, path, again], env=env, check=True)
    assert again.read_bytes() == path.read_bytes()


def test_it_is_an_uncompressed_zip_that_other_tools_read(path):
    with zipfile.ZipFile(path) as box:
        assert box.testzip() is None
        assert all(info.compress_type == zipfile.ZIP_STORED for info in box.infolist())
        assert json.loads(box.read("meta.json"))["version"] == 1
    with np.load(path) as arrays:
        assert arrays["phases/start"].tolist() == load(path).phases.start.tolist()


def test_columns_are_mapped_aligned_and_read_only(path):
    recording = load(path)
    for name in TABLES:
        for column, dtype in columns(TABLES[name]).items():
            values = getattr(getattr(recording, name), column)
            assert values.dtype == dtype
            assert not values.flags.writeable or not len(values)
            assert not values.flags.owndata or not len(values)
            assert values.ctypes.data % 64 == 0 or not len(values)


def test_a_column_that_says_the_same_throughout_is_stored_once(path):
    with np.load(path) as arrays:
        assert arrays["phases/first_frame"].tolist() == [-1]
    first_frame = load(path).phases.first_frame
    assert first_frame.tolist() == [-1] * len(load(path).phases.start)
    assert first_frame[2:5].tolist() == [-1] * 3


def test_opening_maps_no_column(path):
    phases = load(path).phases
    untouched = [f.name for f in fields(phases) if f.name in type(phases).__mro__[1].__slots__]
    assert len(untouched) == len(fields(phases))
    for name in untouched:  # the slot is empty until it is asked for
        with pytest.raises(AttributeError):
            object.__getattribute__(phases, name)
    assert phases.start is phases.start


def test_a_mapped_table_has_only_its_columns_and_can_be_copied(path, recording):
    read = load(path)
    with pytest.raises(AttributeError):
        read.phases.nothing  # noqa: B018
    with pytest.raises(AttributeError):
        read.texts.nothing  # noqa: B018
    for copied in (copy.copy(read), copy.deepcopy(read), pickle.loads(pickle.dumps(read))):
        assert facts.same(copied, recording)
    assert replace(read.phases, what=read.phases.what + 0).start is read.phases.start


def test_an_empty_recording(tmp_path):
    tables = {name: empty(table) for name, table in TABLES.items()}
    save(Recording(**tables, texts=Recording.of(hard_cases.Story().rows).texts), tmp_path / "e.trace")
    assert len(load(tmp_path / "e.trace").phases.start) == 0
    assert len(load(tmp_path / "e.trace").texts) == 0


def test_only_the_owner_may_read_it(path):
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_write_that_fails_leaves_the_old_file_and_nothing_else(path, recording):
    before = path.read_bytes()
    with pytest.raises(TypeError):
        save(replace(recording, meta={"not": {"json"}}), path)
    assert path.read_bytes() == before
    assert os.listdir(path.parent) == ["a.trace"]


def test_a_recording_that_could_not_be_read_is_not_written(tmp_path, recording):
    lane = recording.phases.lane + 100
    wrong = replace(recording, phases=replace(recording.phases, lane=lane))
    with pytest.raises(
        TraceError, match=r"not written, since phases.lane of row 0 is 99, outside the 6 lanes"
    ):
        save(wrong, tmp_path / "w.trace")
    assert os.listdir(tmp_path) == []


def test_a_directory_that_is_not_there(tmp_path, recording):
    with pytest.raises(
        TraceError, match=r"x/a\.trace: cannot write it, no such file or directory; check the path"
    ):
        save(recording, tmp_path / "x" / "a.trace")
