"""Sheets written column by column are what csv.reader reads, and what csv.writer would write."""

from __future__ import annotations

import csv
import io

from hypothesis import given
from hypothesis import strategies as st

from tracer.cli import formats

CELLS = st.one_of(st.none(), st.integers(), st.floats(0, 1), st.text(alphabet='ab",\n é', max_size=6))


@given(st.lists(st.tuples(st.integers(), CELLS, st.text(alphabet='a,"', max_size=3)), max_size=8))
def test_a_sheet_is_as_csv_writes_it(rows):
    stream, expected = io.StringIO(), io.StringIO()
    before, formats.sys.stdout = formats.sys.stdout, stream
    try:
        formats.write_rows(("one", "two", "three"), [rows, []])
    finally:
        formats.sys.stdout = before
    sheet = csv.writer(expected, lineterminator="\n")
    sheet.writerows([("one", "two", "three"), *rows])
    assert stream.getvalue() == expected.getvalue()
