"""Every hard case can be told so that check() finds nothing, in memory and on disk."""

from __future__ import annotations

import hard_cases
import pytest

from tracer.recording import Recording
from tracer.recording.live import LiveWriter
from tracer.recording.sealed import save


@pytest.mark.parametrize("case", hard_cases.TABLE, ids=lambda case: case.__name__)
def test_a_hard_case_is_sound(case):
    assert case().recording().check() == []


@pytest.mark.parametrize("case", hard_cases.TABLE, ids=lambda case: case.__name__)
def test_a_hard_case_is_sound_on_disk(case, tmp_path):
    save(case().recording(), tmp_path / "a.trace")
    assert Recording.open(tmp_path / "a.trace").check() == []


@pytest.mark.parametrize("case", hard_cases.TABLE, ids=lambda case: case.__name__)
def test_a_hard_case_told_live_gives_the_same_bytes(case, tmp_path):
    story = case()
    save(story.recording(), tmp_path / "a.trace")
    with LiveWriter(tmp_path / "b.trace", story.meta()) as writer:
        writer.append(story.rows)
        writer.commit(type(story.rows)(), {})
        assert (tmp_path / "a.trace").read_bytes() == writer.seal().read_bytes()
