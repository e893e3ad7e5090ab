"""The same seed gives the same bytes: on every Python of the matrix, on every machine, from either engine."""

from __future__ import annotations

import json

from tests.simulator.golden import GOLDEN, digests

WHY = "if the models or the format were meant to change: python -m tests.simulator.golden"


def test_recordings_are_the_same_to_the_byte():
    assert digests() == json.loads(GOLDEN.read_text()), WHY


def test_compiled_recordings_are_the_same_to_the_byte(compiled_engine):
    assert digests(compiled_engine) == json.loads(GOLDEN.read_text()), WHY
