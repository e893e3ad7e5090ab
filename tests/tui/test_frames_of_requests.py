"""Goldens of the table and the detail, cell by cell: look at each change before it is accepted.

`HOPSCOPE_GOLDENS=write pytest tests/tui/test_frames_of_requests.py` writes them anew.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from waits import blocking

from tracer.analysis.blame_request import blame_request
from tracer.analysis.where import Columns
from tui.request.draw import detail
from tui.request.story import story
from tui.request.told import Told
from tui.request.view import TABS
from tui.request.view import View as DetailView
from tui.table.draw import Sheet, make, table
from tui.table.groups import grouped
from tui.table.order import Rows
from tui.table.view import View

FRAMES = Path(__file__).parent / "frames"
RECORDING = blocking()
SIZES = ((80, 24), (100, 30))


def table_of(size, language, group=""):
    columns = Columns(RECORDING)
    make(columns, "queued")
    rows = Rows(columns.requests)
    groups = grouped(columns, rows, group, "count", True, lambda *_: None) if group else None
    sheet = Sheet(columns, "gunicorn", rows, groups)
    return table(sheet, View(cursor=3, group=group), None, size, language)


def detail_of(size, language, tab):
    told = Told(story(RECORDING, 5), 16, "gunicorn", blame_request(RECORDING, 5), packets=())
    return detail(told, DetailView(request=5, tab=tab), size, language)


@pytest.mark.parametrize("language", ["en", "ko"])
@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("name", ["table", "groups", *TABS])
def test_a_frame_is_as_it_was(name, size, language):
    if name in TABS:
        grid = detail_of(size, language, name)
    else:
        grid = table_of(size, language, "path" if name == "groups" else "")
    text = "\n".join(line.rstrip() for line in grid.text().splitlines()) + "\n"
    file = FRAMES / f"requests-{name}-{size[0]}x{size[1]}-{language}.txt"
    if os.environ.get("HOPSCOPE_GOLDENS") == "write":
        file.write_text(text, encoding="utf-8")
    assert text == file.read_text(encoding="utf-8")
