"""Recordings become chapters: by what they say, else by what is in them."""

from __future__ import annotations

from dataclasses import replace

import pytest
from waits import asynchronous, blocking

from tui.chapters import ChapterError, Named, chapters, side_of


def test_the_recordings_of_these_tests_are_sound():
    assert blocking().check() == []
    assert asynchronous().check() == []


def told(**fields):
    return {"chapter": {"number": 1, "of": 2, "title": {"en": "waiting", "ko": "기다림"}} | fields}


def test_recordings_that_say_nothing_are_named_by_their_lanes():
    (chapter,) = chapters([Named("a", blocking()), Named("b", asynchronous())])
    assert [(side.kind, side.label) for side in chapter.sides] == [
        ("BLOCKING", "gunicorn, 2 workers"),
        ("ASYNC", "uvicorn, 1 loop"),
    ]
    assert chapter.title == {"en": "waits"}


def test_one_with_a_chapter_and_one_without_stand_side_by_side():
    (chapter,) = chapters(
        [
            Named("a", replace(blocking(), meta=told(side="right", label="the demo's"))),
            Named("b", replace(asynchronous(), meta={})),
        ]
    )
    assert chapter.sides[0].label == "the demo's"
    assert len(chapter.sides) == 2


def test_two_recordings_are_titled_by_both():
    pair = [Named("a", blocking(meta={"title": "mine"})), Named("b", asynchronous(meta={"title": "yours"}))]
    assert chapters(pair)[0].title == {"en": "mine | yours"}


def test_threads_of_a_worker_are_the_lanes_that_execute():
    from tracer.recording import Hop, Lane, LaneKind, Recording, Role, Rows

    rows = Rows(hops=[Hop(0, "client", Role.CLIENT), Hop(1, "gunicorn")])
    rows.lanes = [Lane(0, 1, "worker 1"), Lane(1, 1, "pool", LaneKind.POOL, 4, 0)]
    rows.lanes += [Lane(n + 2, 1, f"thread {n}", LaneKind.THREAD, 1, 1) for n in range(4)]
    side = side_of(Recording.of(rows))
    assert (side.kind, side.label) == ("BLOCKING", "gunicorn, 4 threads")
    rows.lanes.append(Lane(8, 1, "accepting thread", LaneKind.THREAD))
    assert side_of(Recording.of(rows)).label == "gunicorn, 4 threads"
    rows.lanes.append(Lane(9, 1, "loop", LaneKind.LOOP))
    assert side_of(Recording.of(rows)).label == "gunicorn, 1 loop"


def test_an_empty_recording_has_a_side_too():
    from tracer.recording import Recording, Rows

    assert side_of(Recording.of(Rows())).label == "0 requests"


def test_files_are_grouped_by_chapter_and_stand_by_side():
    steps = [{"at": 98, "en": "then", "ko": "그때"}, {"at": 20, "en": "first"}]
    right = Named("r", asynchronous(meta=told(side="right", kind="ASYNC", label="uvicorn, mine")))
    left = Named("l", blocking(meta=told(side="left", steps=steps)))
    second = Named("s", blocking(meta=told(number=2, side="left", title={"en": "computing"})))
    first, last = chapters([second, right, left])
    assert [side.label for side in first.sides] == ["gunicorn, 2 workers", "uvicorn, mine"]
    assert [(step.at, step.text["en"]) for step in first.steps] == [(20, "first"), (98, "then")]
    assert (first.title["ko"], first.number, first.of, last.number) == ("기다림", 1, 2, 2)
    assert len(last.sides) == 1


@pytest.mark.parametrize(
    "metas",
    [
        [told(side="left"), told(side="left")],
        [told(side="middle")],
        [told(number=0)],
        [told(number="one")],
        [told(steps=[{"en": "no instant"}])],
        [told(steps=5)],
        [{"chapter": 7}],
        [told(), {}, {}],
        [{}, {}, {}],
    ],
)
def test_what_does_not_go_together_is_a_sentence(metas):
    with pytest.raises(ChapterError, match=r"^[^\n]+$"):
        chapters([Named(f"f{n}.trace", blocking(2, meta=meta)) for n, meta in enumerate(metas)])
