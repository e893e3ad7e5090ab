"""The detail of a request without a terminal: times add up, arrows, waits and bytes are those recorded."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path

import pytest
from waits import asynchronous, blocking

from tests.many import many
from tracer.analysis.blame import blame
from tracer.analysis.blame_request import blame_request
from tracer.cli.dissect import dissected
from tracer.cli.inputs import opened
from tracer.cli.tui import read
from tracer.recording import Role
from tracer.recording.nouns import PRECEDENCE
from tui.player.grid import FOLLOW
from tui.request.copied import curl
from tui.request.draw import as_text, detail
from tui.request.ladder import arrows, lifelines
from tui.request.packets import lines
from tui.request.spent import rounded, segments, spent
from tui.request.story import story
from tui.request.told import Told, micros
from tui.request.view import TABS, View, next_tab
from tui.request.words import WORDS
from tui.screens.detail import wanted
from tui.widths import width_of

sys.path.insert(0, str(Path(__file__).parent.parent / "recording"))

import hard_cases

CASES = [case().recording() for case in hard_cases.TABLE]
MADE = [blocking(), asynchronous(), many(20, paths=5), *CASES]
SAMPLE = "sample:nginx-uwsgi"


def each_story():
    for recording in MADE:
        for request in range(len(recording.requests.start)):
            yield recording, story(recording, request)


def test_every_ns_is_told_once():
    for recording, told in each_story():
        ended = int(recording.requests.end[told.id])
        if ended >= 0:
            assert told.length == ended - recording.requests.start[told.id]
        assert sum(one.ns for one in spent(told)) == told.length
        assert sum(one.us for one in spent(told)) == (told.length + 500) // 1000


def test_the_innermost_visit_speaks():
    for _, told in each_story():
        for start, end, visit, phase in segments(told):
            now = [
                (one.depth, -PRECEDENCE.index(p.kind), one.id)
                for one in told.visits
                for p in one.phases
                if p.start <= start and end <= p.end and p.end > p.start
            ]
            if visit is None:
                assert not now
            else:
                assert (visit.depth, -PRECEDENCE.index(phase.kind)) == max(now)[:2]


def test_rounding_keeps_the_sum():
    assert rounded([400, 400, 400]) == [1, 0, 0]
    assert rounded([1999, 1]) == [2, 0]
    assert rounded([]) == []
    assert micros(1_234_567) == "1,234.567"


def test_a_story_has_the_visits_and_phases_of_its_request():
    for recording, told in each_story():
        mine = (recording.visits.request == told.id).nonzero()[0].tolist()
        assert sorted(visit.id for visit in told.visits) == mine
        for visit in told.visits:
            assert len(visit.phases) == (recording.phases.visit == visit.id).sum()
            if visit.parent >= 0:
                assert told.visits[visit.parent].id == recording.visits.parent[visit.id]


def test_each_visit_is_an_arrow_and_its_answer_another():
    for recording, told in each_story():
        made = arrows(told)
        served = [visit for visit in told.visits if visit.role != Role.CLIENT]
        assert len(made) == len(served) + sum(visit.answered is not None for visit in served)
        assert [arrow.time for arrow in made] == sorted(arrow.time for arrow in made)
        assert {hop for arrow in made for hop in (arrow.origin, arrow.target)} <= set(lifelines(told))
        assert len(recording.hops.name) >= len(told.hops)


def test_who_waited_for_whom_is_the_same_from_both_ends():
    recording = blocking()
    every = [blame_request(recording, request) for request in range(len(recording.requests.start))]
    for request, found in enumerate(every):
        assert sum(cause.delay for cause in found.causes) + found.unknown == found.queued
        for cause in found.causes:
            assert request in every[cause.request].behind
    whole = blame(recording)
    assert sum(found.queued for found in every) == pytest.approx(whole.delay_s * 1e9)
    assert sum(found.cost for found in every) == pytest.approx(
        sum(c.delay_s for c in whole.culprits) * 1e9, abs=99
    )


def test_nobody_waits_for_a_request_of_a_free_loop():
    found = blame_request(many(1), 0)
    assert (found.behind, found.cost) == ((), 0)


def test_curl_names_what_was_asked_for():
    recording = opened(SAMPLE)
    assert curl(story(recording, 1)) == "curl -i http://127.0.0.1:8080/item/30"
    posted = story(many(1), 0)
    assert shlex.split(curl(posted)) == ["curl", "-i", "-X", "POST", f"http://localhost{posted.target}"]


@pytest.fixture(scope="module")
def captured():
    """A request of a capture: what is told of it, with its packets."""
    recording = read([SAMPLE])[0].sides[0].recording
    told = story(recording, 1)
    return Told(told, 48, "nginx", None, True, tuple(dissected(recording, wanted(told))))


def test_packets_are_those_of_the_requests_connections(captured):
    ends = {frozenset((packet.source, packet.target)) for packet in captured.packets}
    assert ends == {frozenset(one[:2]) for one in wanted(captured.story).connections}
    first, last = captured.story.frames
    assert captured.packets[0].frame == first
    assert all(first <= packet.frame <= last for packet in captured.packets)


def test_fields_are_read_from_the_bytes_that_they_name(captured):
    asked = captured.packets[0]
    fields = {text: asked.data[start:end] for _, text, start, end in lines(asked)}
    assert fields["start line: GET /item/30 HTTP/1.1"] == b"GET /item/30 HTTP/1.1"
    assert fields["Host: shop.test"] == b"Host: shop.test"
    assert fields["sport: 46377"] == (46377).to_bytes(2, "big")
    assert fields["src: 127.0.0.1"] == bytes([127, 0, 0, 1])
    uwsgi = next(packet for packet in captured.packets if any(one.name == "uwsgi" for one in packet.layers))
    size = next(line for line in lines(uwsgi) if line[1].startswith("datasize"))
    assert int.from_bytes(uwsgi.data[size[2] : size[3]], "little") == int(size[1].split(": ")[1])


def test_the_field_under_the_cursor_is_lit_in_the_hex(captured):
    made = lines(captured.packets[0])
    cursor = next(n for n, line in enumerate(made) if line[1] == "Host: shop.test")
    grid = detail(captured, View(request=1, tab="packets", cursor=cursor), (100, 30), "en")
    lit = [span.text for line in grid.lines for span in line if span.style & FOLLOW]
    told = "".join(part for part in lit if len(part) == 2).lower()
    assert bytes.fromhex(told).startswith(b"Host: shop")


def test_what_is_no_capture_says_so():
    with pytest.raises(LookupError, match="cannot be read again"):
        dissected(blocking(), wanted(story(opened(SAMPLE), 1)))


@pytest.mark.parametrize("language", ["en", "ko"])
@pytest.mark.parametrize("size", [(80, 24), (100, 30), (60, 16), (140, 40)])
@pytest.mark.parametrize("tab", TABS)
def test_every_line_is_as_wide_as_the_screen(tab, size, language, captured):
    recordings = [
        Told(story(one, 0), 9, "x", blame_request(one, 0)) for one in MADE if len(one.requests.start)
    ]
    for told in (captured, *recordings):
        grid = detail(told, View(tab=tab), size, language)
        assert [sum(width_of(span.text) for span in line) for line in grid.lines] == [size[0]] * size[1]


def test_kinds_are_told_by_glyph_and_word_not_colour_alone():
    grid = detail(Told(story(blocking(), 5), 16, "x"), View(), (80, 24), "en").text()
    assert "▐ blocked" in grid
    assert "░ queued" in grid
    line = next(line for line in grid.splitlines() if "▐ blocked" in line)
    assert "98.000" in line
    assert any("the whole" in line and "182.000" in line for line in grid.splitlines())


def test_text_says_what_the_screen_says():
    told = Told(story(blocking(), 5), 16, "x", blame_request(blocking(), 5))
    text = as_text(told, "en")
    assert "98.000 ms  gunicorn blocked" in text
    assert "client > gunicorn  GET" in text
    assert "it waited 80.000 ms in line" in text


def test_tabs_go_round():
    view = View()
    for _ in TABS:
        view = next_tab(view, 1)
    assert view.tab == TABS[0]
    assert next_tab(view, -1).tab == TABS[-1]


def test_every_word_is_there_in_both_languages():
    assert all(set(texts) == {"en", "ko"} for texts in WORDS.values())
