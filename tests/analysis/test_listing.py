"""The rows of a CSV are the records, flat."""

from __future__ import annotations

from handmade import loop, packets, workers

from tracer.analysis.listing import FLAT_FIELDS, flat, records, rows


def test_rows_are_the_records():
    for recording in (workers([(0, 100), (10, 100)], title=None), loop([(0, 5)], title="x"), packets()):
        wanted = [tuple(row.get(name) for name in FLAT_FIELDS) for r in records(recording) for row in flat(r)]
        for piece in (1, 3, 10_000):
            assert [row for part in rows(recording, piece) for row in part] == wanted
