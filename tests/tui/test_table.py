"""The table without a terminal: order, groups, cells and pictures are what a plain reading gives."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.many import many
from tracer.analysis.summary import summarise
from tracer.analysis.where import Columns, complete, mask, parse
from tracer.analysis.where.errors import WhereError
from tui.table import order
from tui.table.cells import cells
from tui.table.draw import HEAD, Sheet, Typed, make, room, table
from tui.table.fields import BY_NAME, SHOWN
from tui.table.groups import grouped
from tui.table.line import Line
from tui.table.order import Cancelled, Rows, arranged, sort_keys
from tui.table.view import View, move, retold, scroll, sorted_by, told
from tui.table.view import grouped as regrouped
from tui.table.words import WORDS
from tui.widths import width_of

RECORDING = many(700, paths=30)
COLUMNS = Columns(RECORDING)


def quiet(what, share):
    assert 0 <= share <= 1


@pytest.mark.parametrize("down", [False, True])
@pytest.mark.parametrize("name", [one.name for one in SHOWN])
def test_rows_stand_in_order(name, down, monkeypatch):
    whole = arranged(COLUMNS, parse("id >= 10"), name, down, quiet)
    keys = sort_keys(COLUMNS, name)
    wanted = sorted(range(10, 700), key=lambda one: -keys[one] if down else keys[one])
    assert list(whole.some(0, 1000)) == wanted
    monkeypatch.setattr(order, "PIECE", 50)  # the same, sorted in pieces
    assert list(arranged(COLUMNS, parse("id >= 10"), name, down, quiet).some(0, 1000)) == wanted


def test_paths_are_sorted_by_their_letters():
    rows = arranged(COLUMNS, parse(""), "path", False, quiet).some(0, 700)
    said = [text for text, _ in cells(COLUMNS, "path", rows, ready=True)]
    assert said == sorted(said)


def test_what_is_cancelled_ends():
    def tell(what, share):
        if share > 0:
            raise Cancelled

    with pytest.raises(Cancelled):
        arranged(COLUMNS, parse(""), "latency", False, tell)


@pytest.mark.parametrize("where", ["", "status = 200"])
def test_groups_by_path_agree_with_the_summary(where):
    rows = arranged(COLUMNS, parse(where), "id", False, quiet)
    groups = grouped(COLUMNS, rows, "path", "p95", True, quiet)
    assert sum(groups.count.tolist()) == len(rows)
    assert list(groups.p95) == sorted(groups.p95, reverse=True)
    for n in (0, len(groups) - 1):
        asked = f'path = "{groups.key[n]}"' + (f" and {where}" if where else "")
        summary = summarise(RECORDING, mask(parse(asked), COLUMNS))
        assert summary.requests == groups.count[n]
        assert summary.latency_s.p50 == pytest.approx(groups.p50[n] / 1e9)
        assert summary.latency_s.p95 == pytest.approx(groups.p95[n] / 1e9)
        assert summary.outcomes["error"] == groups.bad[n]


def test_groups_by_hop_count_visits():
    groups = grouped(COLUMNS, Rows(700), "hop", "key", False, quiet)
    assert dict(zip(groups.key, groups.count.tolist(), strict=True)) == {"gunicorn": 700, "app": 700}
    app = RECORDING.visits.hop == 2
    took = (RECORDING.visits.answered - RECORDING.visits.start)[app]
    assert groups.p50[groups.key.index("app")] == np.percentile(took, 50)


def test_groups_by_status():
    groups = grouped(COLUMNS, Rows(700), "status", "key", False, quiet)
    found, counts = np.unique(RECORDING.requests.status, return_counts=True)
    assert groups.key == [str(one) for one in found.tolist()]
    assert groups.count.tolist() == counts.tolist()


def draw(view=None, typed=None, size=(80, 24), language="en", sheet=None):
    return table(sheet or Sheet(COLUMNS, "gunicorn", Rows(700)), view or View(), typed, size, language)


@pytest.mark.parametrize("language", ["en", "ko"])
@pytest.mark.parametrize("size", [(80, 24), (100, 30), (60, 16), (200, 60)])
def test_every_line_is_as_wide_as_the_screen(size, language):
    view = View(shown=tuple(one.name for one in SHOWN), line=Line.of("stat"), where="x")
    typed = Typed(None, complete("stat", 4, COLUMNS, language))
    for one in (View(), view, View(choosing=2), View(group="path")):
        groups = grouped(COLUMNS, Rows(700), "path", "count", True, quiet) if one.group else None
        sheet = Sheet(COLUMNS, "gunicorn", Rows(700), groups)
        grid = draw(one, typed if one.line else None, size, language, sheet)
        assert [sum(width_of(span.text) for span in line) for line in grid.lines] == [size[0]] * size[1]


def test_a_page_reads_only_the_rows_that_are_seen(monkeypatch):
    seen = []
    real = Rows.some
    monkeypatch.setattr(Rows, "some", lambda rows, a, b: seen.append((a, b)) or real(rows, a, b))
    draw(View(cursor=300, top=290))
    assert seen == [(290, 290 + room(24))]


def test_the_row_of_a_request():
    make(COLUMNS, "queued")
    line = draw(View(cursor=5)).text().splitlines()[HEAD + 5].split()
    request = RECORDING.requests
    assert line[0] == "5"
    assert line[3] == RECORDING.text(request.method[5]) or line[3] in ("GET", "POST")
    assert str(request.status[5]) in line
    took = (request.end[5] - request.start[5]) / 1e6
    assert f"{took:.1f}" in line


def test_an_error_is_pointed_at():
    text = "status >= 5x and id = 1"
    with pytest.raises(WhereError) as raised:
        parse(text)
    grid = draw(View(line=Line.of(text)), Typed(raised.value, complete(text, len(text))))
    lines = grid.text().splitlines()
    assert lines[1][lines[2].index("^") :].startswith("5x")
    assert "5x is not a number" in lines[2]


def test_a_cursor_stays_on_the_screen():
    view = move(View(), 500, 700, 19)
    assert (view.cursor, view.top) == (500, 482)
    assert move(view, 5000, 700, 19).cursor == 699
    assert scroll(view, 1000, 700, 19).top == 700 - 19
    assert scroll(view, -1000, 700, 19) == move(View(), 18, 700, 19)
    assert move(View(), 3, 0, 19).cursor == 0


def test_sorting_twice_turns_round():
    once = sorted_by(View(), 6)
    assert (once.sort, once.down) == ("outcome", False) or once.down
    assert sorted_by(once, 6).down is not once.down
    assert sorted_by(regrouped(View(), "path"), 4).group_sort == "p50"


def test_what_is_remembered_is_found_again():
    view = View(shown=("id", "hop"), sort="latency", down=True, where="id > 3", group="hop", cursor=7, top=3)
    assert retold(View(), told(view)) == view
    assert retold(View(), {"shown": ["x"], "sort": 3, "group": "y", "cursor": -2, "where": 5}) == View()


@settings(max_examples=200, deadline=None, derandomize=True)
@given(
    st.lists(
        st.sampled_from(["left", "right", "home", "end", "backspace", "delete", "ctrl+w", "a", "한", " "])
    )
)
def test_a_line_is_edited_as_a_plain_list(keys):
    line, text, cursor = Line(), "", 0
    for key in keys:
        character = key if len(key) == 1 else None
        line = line.press(key, character) or line
        if character:
            text, cursor = text[:cursor] + character + text[cursor:], cursor + 1
        elif key in ("left", "right"):
            cursor = max(0, min(len(text), cursor + (1 if key == "right" else -1)))
        elif key in ("home", "end"):
            cursor = 0 if key == "home" else len(text)
        elif key == "backspace" and cursor:
            text, cursor = text[: cursor - 1] + text[cursor:], cursor - 1
        elif key == "delete":
            text = text[:cursor] + text[cursor + 1 :]
        elif key == "ctrl+w":
            before = text[:cursor].rstrip()
            cut = before.rfind(" ") + 1
            text, cursor = text[:cut] + text[cursor:], cut
        assert (line.text, line.cursor) == (text, cursor)


def test_every_word_is_there_in_both_languages():
    assert all(set(texts) == {"en", "ko"} for texts in WORDS.values())
    assert all(set(column.title) == {"en", "ko"} for column in BY_NAME.values())
