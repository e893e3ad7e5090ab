"""Whom the Stage names at an instant is whom `tracer blame` blames for it: one rule, told twice."""

from __future__ import annotations

import numpy as np
import pytest

import captures
from tracer.analysis.blame_causes import Waiters, follow
from tracer.analysis.window import horizon, phase_ends
from tracer.recording import PhaseKind, Recording
from tui.player.blame import culprits
from tui.player.moment import Moment
from tui.player.stack import Stack


@pytest.mark.parametrize("name", ["waiting-gunicorn", "computing-uvicorn"])
def test_the_stage_names_whom_the_command_blames(name):
    recording = Recording.open(f"{captures.__path__[0]}/demo/{name}.trace")
    stack, seen = Stack(recording), 0
    rng = np.random.default_rng(7)
    for time in rng.integers(0, stack.end, 300).tolist():
        moment = Moment(stack, time)
        queue = moment.queue[0]
        if not len(queue):
            continue
        named = {one.phase for one in culprits(moment)}
        assert named == blamed(recording, queue, time + stack.origin)
        seen += bool(named)
    assert seen > 5


def blamed(recording, queue, now):
    """Let the sweep share one ns of those who stand in line."""
    assert (recording.phases.kind[queue] == PhaseKind.QUEUED).all()
    count = len(queue)
    lanes = recording.phases.waits_for[queue].astype(np.int64)
    one = np.full(count, now)
    waiters = Waiters(queue, lanes, one, one + 1, np.zeros(count, np.int64))
    return set(follow(recording, waiters, phase_ends(recording, horizon(recording))).causes.phase.tolist())
