"""The Timeline's picture: goldens for a person to read, and that what is drawn is what the recording says."""

from __future__ import annotations

import re
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.cells import cell_len

import captures
from tests.player.chapters import FRAMES, chapter
from tests.player.reference import MS
from tracer.recording import PhaseKind, Recording
from tui.player.chapter import Chapter, Side
from tui.player.glyphs import NARROW
from tui.player.model import Model
from tui.player.moment import Moment
from tui.player.waterfall import moves
from tui.player.waterfall.cover import SORTS, Spans, cover, edges_of
from tui.player.waterfall.density import Density
from tui.player.waterfall.fall import Fall
from tui.player.waterfall.look import Look
from tui.player.waterfall.matching import matching
from tui.player.waterfall.plan import plan_of
from tui.player.waterfall.scene import scene
from tui.player.waterfall.words import WORDS

DEMO = Path(captures.__file__).parent / "demo"
NAMES = ("waits", "computing", "freeze", "thousand")
FALLS = {name: Fall(Model.of(chapter(name))) for name in NAMES}
SEEN = {
    "timeline_freeze_by_lane": (("freeze", Look(t=250 * MS), (80, 24)), "en"),
    "timeline_freeze_by_request": (("freeze", Look(t=250 * MS, by="request", request=8), (100, 30)), "en"),
    "timeline_waits_zoomed_ko": (
        ("waits", Look(t=100 * MS, window=(80 * MS, 140 * MS), followed=2), (80, 24)),
        "ko",
    ),
}


def drawn(name: str, look: Look, size=(80, 24), language="en"):
    return scene(FALLS[name], look, size, language)


@pytest.mark.parametrize("name", SEEN)
def test_a_picture_is_as_it_was_looked_at(name):
    asked, language = SEEN[name]
    assert drawn(*asked, language).text() + "\n" == (FRAMES / f"{name}.txt").read_text("utf-8")


sizes = st.tuples(st.integers(10, 230), st.integers(5, 70))
looks = st.builds(
    Look,
    t=st.integers(0, 900).map(lambda t: t * MS),
    window=st.none() | st.tuples(st.integers(0, 10**8), st.integers(10**8 + 1, 5 * 10**8)),
    by=st.sampled_from(["lane", "request"]),
    show=st.sampled_from(["both", "left", "right"]),
    side=st.sampled_from([0, 1]),
    row=st.integers(0, 9),
    request=st.integers(0, 20),
    followed=st.none() | st.integers(0, 20),
    search=st.sampled_from(["", "#3", "nowhere"]),
    kept=st.sampled_from(["", "#7", "nowhere"]),
    typing=st.sampled_from(["", "search", "filter"]),
    typed=st.sampled_from(["", "경로"]),
    bookmarks=st.sampled_from([(), (100 * MS,)]),
    glyphs=st.sampled_from(["narrow", "ascii"]),
)


@settings(max_examples=80, deadline=None)
@given(st.sampled_from(NAMES), looks, sizes, st.sampled_from(["en", "ko"]))
def test_every_line_is_as_wide_as_the_screen(name, look, size, language):
    grid = drawn(name, look, size, language)
    lines = grid.text().split("\n")
    assert len(lines) == size[1] and {cell_len(line) for line in lines} == {size[0]}
    assert all(hit.column + hit.width <= size[0] and 0 <= hit.row < size[1] for hit in grid.hits)


spans = st.lists(
    st.tuples(st.integers(-1, 3), st.integers(0, SORTS - 1), st.integers(-50, 150), st.integers(-50, 150)),
    max_size=30,
)


@settings(max_examples=200, deadline=None)
@given(spans, st.integers(0, 60), st.integers(40, 90), st.integers(1, 40))
def test_cover_adds_up_each_ns(given_spans, start, length, cells):
    columns = zip(*given_spans, strict=True) if given_spans else [[]] * 4
    made = Spans(*(np.array(column, np.int64) for column in columns))
    edges = edges_of((start, start + length), cells)
    expected = np.zeros((4, SORTS, cells), np.int64)
    for row, sort, first, last in given_spans:
        for t in range(max(first, start), min(last, start + length)):
            if row >= 0:
                expected[row, sort, np.searchsorted(edges, t, "right") - 1] += 1
    assert np.array_equal(cover(made, edges, 4), expected)


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(NAMES), st.integers(0, 900_000), st.booleans())
def test_a_seat_shows_who_holds_it_at_that_time(name, us, backwards):
    """Zoomed to cells of 100 ns, forwards or backwards: the glyph is that of the phase alive then."""
    fall, t = FALLS[name], us * 1000
    look = Look(t=0)
    for step in (t, fall.model.end, t) if backwards else (t,):
        look = moves.seek(fall, look, min(step, fall.model.end))
    look = replace(look, window=(look.t, look.t + 6400))
    grid = drawn(name, look)
    for side, first, rows in plan_of(look, fall.wanted, 80, 24).bands:
        stack, places = fall.stack(side), fall.places[side]
        for n, place in enumerate(places.rows[:rows]):
            said = grid.lines[first + n]
            shown = "".join(span.text for span in said)[16]
            now = stack.blocks.alive(look.t + stack.origin)
            phases = stack.recording.phases
            if place.lane >= 0:
                held = [int(p) for p in now if phases.lane[p] == place.lane and phases.holds[p] == 1]
                many = int(stack.recording.lanes.capacity[place.lane]) != 1
                assert shown == (
                    "¦" if not held else digit(len(held)) if many else NARROW.kinds[phases.kind[held[0]]]
                )
            else:
                kind = {"queue": PhaseKind.QUEUED, "outside": PhaseKind.AWAITING}[place.noun]
                served = ~stack.client_hops[stack.recording.visits.hop[phases.visit[now]]]
                count = int(((phases.kind[now] == kind) & (phases.holds[now] == 0) & served).sum())
                assert shown == (digit(count) if count else "¦")


def digit(count: int) -> str:
    return str(count) if count < 10 else "+"


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(NAMES), st.integers(0, 900_000))
def test_a_request_shows_where_it_is_at_that_time(name, us):
    fall = FALLS[name]
    t = min(us * 1000, fall.model.end - 1)
    grid = drawn(name, Look(t=t, by="request", window=(t, t + 6400)))
    for side, stack in enumerate(fall.model.stacks):
        phases, requests = Moment(stack, t).innermost
        kinds = dict(zip(requests.tolist(), stack.recording.phases.kind[phases].tolist(), strict=True))
        for hit in grid.hits:
            if hit.noun == "request" and hit.side == side and hit.id in kinds:
                shown = "".join(span.text for span in grid.lines[hit.row])[16]
                assert shown == NARROW.kinds[kinds[hit.id]]


@settings(max_examples=30, deadline=None)
@given(st.sampled_from(NAMES), st.integers(0, 400), st.integers(100, 500))
def test_density_is_the_cover_of_all_phases(name, start, length):
    fall = Fall(FALLS[name].model)
    assert list(fall.count(0, ""))
    density = fall.densities[0, ""]
    window = (start * MS, (start + length) * MS)
    assert isinstance(density, Density)
    near, lengths = density.cover(window, 60)
    exact = cover(fall.spans(0, "", window), edges_of(window, 60), len(fall.places[0].rows))
    assert (np.abs(near - exact) <= 3 * density.bin * 1000).all() and (lengths > 0).all()
    whole, _ = density.cover((0, fall.stack(0).end), 1)
    alone = cover(fall.spans(0, "", (0, fall.stack(0).end)), edges_of((0, fall.stack(0).end), 1), len(whole))
    assert np.array_equal(whole, alone)


def test_long_recordings_are_drawn_from_the_density(monkeypatch):
    exact = drawn("waits", Look(t=300 * MS)).text().split("\n")
    monkeypatch.setattr("tui.player.waterfall.fall.DIRECT", 10)
    monkeypatch.setattr("tui.player.waterfall.density.DIRECT", 10)
    fall = Fall(FALLS["waits"].model)
    look = Look(t=300 * MS, counted=0.25)
    before = scene(fall, look, (80, 24), "en").text()
    assert "counting 25%" in before and "▐▐▐" not in before
    assert fall.uncounted("") == [0, 1]
    for side in (0, 1):
        list(fall.count(side, ""))
    after = scene(fall, replace(look, counted=1.0), (80, 24), "en").text().split("\n")
    assert "counting" not in "".join(after)
    assert after[2] == exact[2] and after[5:] == exact[5:]
    assert after[3] == re.sub("#[0-9]+", lambda name: "▐" * len(name[0]), exact[3])


def recording_of(name: str) -> Recording:
    return Recording.open(DEMO / f"{name}.trace")


def test_matching_finds_numbers_states_and_parts_of_paths():
    recording = recording_of("waiting-gunicorn")
    assert matching(recording, "#3").nonzero()[0].tolist() == [2]
    assert matching(recording, "").all() and matching(recording, "GET wait 200 ok 2xx").all()
    assert not matching(recording, "404").any() and not matching(recording, "post").any()
    slow = matching(recording, "queued > 300ms")
    assert 0 < slow.sum() < len(slow)


def test_an_expression_that_is_wrong_says_where_and_stays_to_be_mended():
    fall = FALLS["waits"]
    wrong = moves.typed(fall, Look(typing="filter", typed="status >> 5"), "enter", None)
    assert (wrong.typing, wrong.kept) == ("filter", "") and "column 9" in wrong.said
    assert "column 9" in drawn("waits", wrong).text()
    mended = moves.typed(fall, replace(wrong, typed="latency > 1ms"), "enter", None)
    assert (mended.typing, mended.kept, mended.said) == ("", "latency > 1ms", "")


def test_search_and_filter_keep_their_place():
    fall = FALLS["waits"]
    look = moves.seek(fall, Look(by="request", window=(50 * MS, 300 * MS)), 100 * MS)
    for typed in ("slash", "#", "5"):
        look = (
            moves.act(fall, look, "search", (80, 24), "en")
            if typed == "slash"
            else moves.typed(fall, look, typed, typed)
        )
    searched = moves.typed(fall, look, "enter", None)
    assert (searched.t, searched.window, searched.search) == (100 * MS, (50 * MS, 300 * MS), "#5")
    there = moves.act(fall, searched, "mark_on", (80, 24), "en")
    assert (there.request, there.t) == (4, int(fall.stack(0).due[4]))
    kept = moves.typed(fall, replace(look, typing="filter", typed="#7"), "enter", None)
    assert (kept.t, kept.window, kept.kept, kept.request) == (100 * MS, (50 * MS, 300 * MS), "#7", 6)


def test_marks_are_the_bad_ends_and_the_blocks():
    fall = FALLS["freeze"]
    marks = fall.notable(Look())
    assert (np.diff(marks.times) >= 0).all() and len(marks.times)
    look = moves.act(fall, Look(), "mark_on", (80, 24), "en")
    assert look.t == int(marks.times[0]) and "others wait" in drawn("freeze", look).text()
    back = moves.act(fall, look, "mark_back", (80, 24), "en")
    assert back.said == "no mark further on"


@pytest.mark.parametrize("key", WORDS)
def test_both_languages_say_it(key):
    assert set(WORDS[key]) == {"en", "ko"} and all(WORDS[key].values())


def test_a_recording_of_nothing_has_a_picture():
    from tracer.recording import Rows

    empty = Fall(Model.of(Chapter({"en": "nothing"}, (Side(Recording.of(Rows()), "", "nothing"),))))
    for by in ("lane", "request"):
        assert "nothing" in scene(empty, Look(by=by), (80, 24), "en").text()


if __name__ == "__main__":
    for one, (asked, language) in SEEN.items():
        (FRAMES / f"{one}.txt").write_text(drawn(*asked, language).text() + "\n", "utf-8")
        sys.stdout.write(drawn(*asked, language).text() + "\n\n")
