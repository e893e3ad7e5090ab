"""Durations: what is read, what is refused, and that what is shown reads back as the same to three digits."""

from __future__ import annotations

import argparse

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracer.cli import duration


@pytest.mark.parametrize(
    ("text", "ns"),
    [
        ("250us", 250_000),
        ("250µs", 250_000),
        ("5ms", 5_000_000),
        ("1.5s", 1_500_000_000),
        ("2m", 120_000_000_000),
        ("1h", 3_600_000_000_000),
        (".5s", 500_000_000),
        (" 0.1ms ", 100_000),
        ("7 ns", 7),
        ("0.1s", 100_000_000),
    ],
)
def test_reads(text, ns):
    assert duration.parse(text) == ns


@pytest.mark.parametrize(
    "text", ["", "5", "ms", "5 m s", "-5ms", "1e3s", "5MS", "1,5s", "٣s", "nan s", "9" * 20 + "h"]
)
def test_refuses_in_words(text):
    with pytest.raises(ValueError, match=r"is not a duration; write 250us|longer than"):
        duration.parse(text)
    with pytest.raises(argparse.ArgumentTypeError):
        duration.argument(text)


@pytest.mark.parametrize(
    ("ns", "text"),
    [
        (0, "0 ns"),
        (999, "999 ns"),
        (1000, "1.00 us"),
        (250_000, "250 us"),
        (999_400, "999 us"),
        (999_600, "1.00 ms"),
        (4_870_000_000, "4.87 s"),
        (12_300_000, "12.3 ms"),
        (250_000_000_000, "250 s"),
        (1_234_000_000_000, "1234 s"),
    ],
)
def test_shows(ns, text):
    assert duration.show(ns) == text


@given(st.integers(0, 10**15))
def test_what_is_shown_reads_back(ns):
    assert abs(duration.parse(duration.show(ns)) - ns) <= max(1, 0.005 * ns)
