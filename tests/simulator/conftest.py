"""What the simulator's tests share: which engines there are."""

from __future__ import annotations

import importlib.util
import os

import pytest

HAS_NUMBA = importlib.util.find_spec("numba") is not None


@pytest.fixture(scope="session")
def compiled_engine():
    """The name of the compiled engine; without numba the test is skipped, in CI it fails."""
    if not HAS_NUMBA and not os.environ.get("CI"):
        pytest.skip("numba is not installed")
    return "compiled"


@pytest.fixture(scope="session")
def fastest():
    """The compiled engine if numba is there, else the plain one: their results are the same."""
    return "compiled" if HAS_NUMBA else "plain"
