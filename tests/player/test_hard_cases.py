"""Recordings as hooks write them, and the cases that the reference frames do not show."""

from __future__ import annotations

import dataclasses

import pytest

from tests.player.reference import MS
from tracer.recording import (
    Hop,
    Lane,
    LaneKind,
    Outcome,
    Phase,
    PhaseKind,
    Recording,
    Request,
    Role,
    Rows,
    Visit,
)
from tui.player.chapter import Chapter, Side
from tui.player.grid import BLAME, UNDERLINE, Grid
from tui.player.model import Model
from tui.player.moments import events
from tui.player.playhead import opening
from tui.player.scene import scene
from tui.player.view import View

EPOCH = 1_700_000_000 * 10**9
K = PhaseKind


class Book:
    """Rows as the assembler writes them: client, server, app; times in ms since the first request."""

    def __init__(self, server: str) -> None:
        self.rows = Rows()
        self.rows.hops += [Hop(0, "client", Role.CLIENT), Hop(1, server), Hop(2, "app", Role.APP)]

    def lane(self, label: str, kind: LaneKind, capacity: int = 1, parent: int = -1) -> int:
        self.rows.lanes.append(
            Lane(len(self.rows.lanes), 1, label, kind, capacity, parent, start=EPOCH - 10**9)
        )
        return len(self.rows.lanes) - 1

    def request(self, due: float, end: float = -1, outcome: Outcome = Outcome.OK, status: int = 200) -> int:
        number = len(self.rows.requests)
        self.rows.requests.append(Request(number, _at(due), "GET", "/", status, _at(end), outcome=outcome))
        self.visit(number, 0, due, end)
        return number

    def visit(self, request: int, hop: int, start: float, end: float, parent: int = -1) -> int:
        number = len(self.rows.visits)
        self.rows.visits.append(Visit(number, request, hop, _at(start), parent, end=_at(end)))
        return number

    def phase(self, visit: int, kind: PhaseKind, start: float, end: float, **more) -> None:
        self.rows.phases.append(Phase(visit, kind, _at(start), _at(end), **more))

    def model(self) -> Model:
        side = Side(Recording.of(self.rows), "BLOCKING", "by hand")
        return Model.of(Chapter({"en": "by hand"}, (side, side)))


def _at(ms: float) -> int:
    return -1 if ms == -1 else EPOCH + round(ms * MS)


def draw(model: Model, t: float, size=(80, 24), **view) -> Grid:
    seen = dataclasses.replace(View(5 * MS), **view)
    return scene(model, seen, round(t * MS), size)


def words(grid: Grid) -> set[str]:
    return {hit.words for hit in grid.hits if hit.side != 1}


def row(grid: Grid, start: str) -> str:
    return next(line for line in grid.text().split("\n") if line.startswith(start))[:39]


def sync_worker() -> Book:
    """One worker. #1 is answered at 50 ms, and its worker lingers to 55; #2 comes at 10, waits till then."""
    book = Book("gunicorn")
    arbiter = book.lane("arbiter", LaneKind.POOL, 1)
    worker = book.lane("worker 1", LaneKind.PROCESS, 1, arbiter)
    held = {"lane": worker, "holds": 1}
    for due, begin, wait in ((0, 0.5, 0), (10, 10.5, 44.5)):
        start = begin + wait
        request = book.request(due, start + 49.5)
        book.phase(len(book.rows.visits) - 1, K.TRANSFER, due, begin)
        book.phase(len(book.rows.visits) - 1, K.AWAITING, begin, start + 49.5)
        outer = book.visit(request, 1, begin, start + 54.5, len(book.rows.visits) - 1)
        if wait:
            book.phase(outer, K.QUEUED, begin, start, waits_for=arbiter)
        book.phase(outer, K.RUNNING, start, start + 1, **held)
        book.phase(outer, K.CALLING, start + 1, start + 48)
        book.phase(outer, K.TRANSFER, start + 48, start + 49.5, **held)
        book.phase(outer, K.BLOCKED, start + 49.5, start + 54.5, what="lingering close", **held)
        inner = book.visit(request, 2, start + 1, start + 48, outer)
        book.phase(inner, K.BLOCKED, start + 1, start + 48, what="time.sleep app.py:3", **held)
    return book


def test_a_called_app_sits_in_its_servers_lane():
    grid = draw(sync_worker().model(), 30)
    assert "worker 1 holds #1, BLOCKED: time.sleep app.py:3" in words(grid)
    assert "#2 is the head of the left queue, 1 in it" in words(grid)
    assert "! 1 waits 28 ms for #1: time.sleep app.py:3" in words(grid)
    assert "the line ends at worker 1" in words(grid)


def test_a_worker_that_lingers_keeps_its_seat():
    grid = draw(sync_worker().model(), 53)
    assert "worker 1 holds #1, BLOCKED: lingering close" in words(grid)
    assert row(grid, "done").startswith("done   1  open   1")
    assert "#1 took 50 ms" in words(grid)


def test_times_since_the_epoch_play_from_zero():
    model = sync_worker().model()
    assert model.end == round((55 + 54.5) * MS)
    assert opening(model).cell == 2 * MS


def test_a_request_on_the_wire_stands_behind_the_queue():
    grid = draw(sync_worker().model(), 10.2)
    assert row(grid, "queue").startswith("queue 0+1")
    assert "#2?" in row(grid, "queue")
    assert "#2 is sent, no server has taken it up" in words(grid)


@pytest.mark.parametrize(
    ("outcome", "letter"),
    [(Outcome.REFUSED, "x"), (Outcome.TIMEOUT, "t"), (Outcome.ABANDONED, "a"), (Outcome.ERROR, "e")],
)
def test_bad_ends_leave_a_letter(outcome, letter):
    book = Book("gunicorn")
    book.lane("worker 1", LaneKind.PROCESS)
    book.request(0, 20, outcome, -1)
    book.request(10, 30)
    model = book.model()
    grid = draw(model, 25)
    assert "x 1" in row(grid, "done") and "done   0" in row(grid, "done")
    foot = grid.text().split("\n")[13]
    assert foot[9] == letter
    assert f"«{letter}1" in row(grid, "client")
    marked = {event.letter for event in events(model)} - {""}
    assert marked == ({letter} if letter != "a" else set())


def test_a_worker_that_serves_nobody_any_more():
    book = Book("gunicorn")
    worker = book.lane("worker 1", LaneKind.PROCESS)
    request = book.request(0, 20, Outcome.TIMEOUT, -1)
    visit = book.visit(request, 1, 1, 90, 0)
    book.phase(visit, K.BLOCKED, 1, 90, lane=worker, holds=1)
    model = book.model()
    assert "[#1 ▐]" in row(draw(model, 10), "worker 1")
    assert "[(1 ▐]" in row(draw(model, 40), "worker 1")


def test_what_waits_outside_for_nobody_any_more():
    book = Book("uvicorn")
    book.lane("loop", LaneKind.LOOP)
    visit = book.visit(book.request(0, 20, Outcome.TIMEOUT, -1), 1, 1, 90, 0)
    book.phase(visit, K.AWAITING, 1, 90)
    model = book.model()
    assert "#1◦" in row(draw(model, 10), "outside")
    assert "(1◦" in row(draw(model, 40), "outside")


def test_who_holds_a_thread_of_a_pool_is_not_called_outside():
    book = Book("uvicorn")
    book.lane("loop", LaneKind.LOOP)
    pool = book.lane("pool", LaneKind.POOL, 40)
    visit = book.visit(book.request(0, 90), 1, 1, 90)
    book.phase(visit, K.BLOCKED, 1, 89, lane=pool, holds=1)
    assert "#1▐" in row(draw(book.model(), 10), "in pool")
    book.phase(visit, K.AWAITING, 89, 90)  # its answer goes back to the loop
    assert "#1▐" in row(draw(book.model(), 10), "out+pool")


def test_a_lane_held_by_no_request():
    book = Book("httpd")
    worker = book.lane("worker 1", LaneKind.PROCESS)
    book.request(0, 20)
    book.phase(-1, K.BLOCKED, 30, 90, lane=worker, holds=1, what="keep-alive")
    grid = draw(book.model(), 60)
    assert "[ ~  ]" in row(grid, "worker 1") and "~~~~~[" in row(grid, "worker 1")
    assert "worker 1 is held by no request" in words(grid)


def many_workers(count: int) -> Book:
    book = Book("gunicorn")
    arbiter = book.lane("arbiter", LaneKind.POOL, count)
    for n in range(count):
        lane = book.lane(f"worker {n + 1}", LaneKind.PROCESS, 1, arbiter)
        visit = book.visit(book.request(n, 200), 1, n, 200)
        book.phase(visit, K.BLOCKED, n, 200, lane=lane, holds=1)
    visit = book.visit(book.request(100, 210), 1, 100, 210)
    book.phase(visit, K.QUEUED, 100, 200, waits_for=arbiter)
    book.phase(visit, K.RUNNING, 200, 210, lane=lane, holds=1)
    return book


def test_lanes_without_a_row_share_a_map():
    grid = draw(many_workers(12).model(), 150)
    said = words(grid)
    assert "rest: 10 of 10 held" in said
    assert "! 1 waits: #1 #2 .. hold all 12 workers" in said
    rows = [line[:39] for line in grid.text().split("\n")[4:7]]
    assert sum("[" in one for one in rows) == 2
    assert rows[2].split() == ["rest", "▐" * 10, "<+"]


def test_threads_stand_by_their_worker_and_say_which():
    book = Book("gunicorn")
    arbiter = book.lane("arbiter", LaneKind.POOL, 4)
    workers = [book.lane(f"worker {n}", LaneKind.PROCESS, 2, arbiter) for n in (1, 2)]
    pools = [book.lane("pool", LaneKind.POOL, 2, worker) for worker in workers]
    threads = [book.lane(f"thread {n}", LaneKind.THREAD, 1, pool) for n in (1, 2) for pool in pools]
    for n, thread in enumerate(threads):
        book.phase(book.visit(book.request(n, 90), 1, n, 90), K.RUNNING, n, 90, lane=thread, holds=1)
    grid = draw(book.model(), 60, (100, 30))
    rows = [line[:8] for line in grid.text().split("\n")[4:8]]
    assert rows == ["w1 thr 1", "w1 thr 2", "w2 thr 1", "w2 thr 2"]
    assert "worker 2 thread 1 holds #2, RUNNING" in words(grid)


def test_loops_of_processes_say_which():
    book = Book("uvicorn")
    processes = [book.lane(f"process {pid}", LaneKind.PROCESS, 0) for pid in (12279, 12280)]
    for n, process in enumerate(processes):
        loop = book.lane("loop 1", LaneKind.LOOP, 1, process)
        book.phase(book.visit(book.request(n, 90), 1, n, 90), K.RUNNING, n, 90, lane=loop, holds=1)
    grid = draw(book.model(), 60)
    assert [line[:9] for line in grid.text().split("\n")[4:6]] == ["p79 loop ", "p80 loop "]
    assert "process 12280 loop 1 holds #2, RUNNING" in words(grid)


def test_the_lane_asked_for_gets_a_row():
    model = many_workers(12).model()
    assert "worker 9" in draw(model, 150, selected=8).text()
    chosen = [line for line in draw(model, 150, selected=8).lines if line[0].text.startswith("worker 9")]
    assert chosen[0][0].style & UNDERLINE
    assert "worker 7" in draw(model, 150, followed=6).text()
    assert "worker 7" not in draw(model, 150).text()
    assert "worker 12" not in draw(model, 150, (100, 30)).text().split("others")[0]


def test_a_taller_screen_has_a_row_for_each_lane():
    text = draw(many_workers(12).model(), 150, (200, 60)).text()
    assert all(f"worker {n}"[:8] in text for n in range(1, 13)) and "others" not in text


def test_blame_follows_a_holder_that_itself_waits():
    """#1 runs and has the lock; #2 has a thread and wants the lock; #3 wants the thread: #1 is to blame."""
    book = Book("gthread")
    process = book.lane("worker 1", LaneKind.PROCESS, 0)
    lock = book.lane("gil", LaneKind.LOCK, 1, process)
    threads = [book.lane(f"thread {n}", LaneKind.THREAD, 1, lock) for n in (1, 2)]
    visits = [book.visit(book.request(n, 100), 1, n, 100) for n in range(3)]
    book.phase(visits[0], K.RUNNING, 0, 100, lane=threads[0], holds=1)
    book.phase(visits[1], K.QUEUED, 1, 100, lane=threads[1], holds=1, waits_for=lock)
    book.phase(visits[2], K.QUEUED, 2, 100, waits_for=threads[1])
    grid = draw(book.model(), 50)
    said = words(grid)
    assert "thread 2 holds #2, QUEUED" in said and "[#2 ░]" in row(grid, "thread 2")
    assert "the line ends at thread 1" in said
    assert "! 1 waits: #1 computes on the thread" in said
    lit = [n for n, line in enumerate(grid.lines) if any(span.style & BLAME for span in line)]
    assert [grid.text().split("\n")[n][:8] for n in lit] == ["thread 1"]


def test_a_followed_request_is_starred_everywhere():
    grid = draw(sync_worker().model(), 30, followed=1)
    assert "*2 -+" in row(grid, "queue")


def test_unseen_requests_stand_inside_with_a_question_mark():
    book = Book("nginx")
    visit = book.visit(book.request(0, 100), 1, 0, 100, 0)
    book.phase(visit, K.UNSEEN, 0, 100)
    assert "#1?" in row(draw(book.model(), 50), "inside")


def test_a_recording_of_nothing_has_a_picture():
    empty = Model.of(Chapter({"en": "nothing"}, (Side(Recording.of(Rows()), "", ""),)))
    assert "p50 -" in scene(empty, opening(empty), 0, (80, 24)).text()
    bare = Model.of(Chapter({"en": "nothing"}, ()))
    for size in ((80, 24), (100, 30), (200, 60)):
        assert scene(bare, opening(bare), 0, size).height == size[1]
        assert scene(empty, opening(empty), 0, size).width == size[0]


def test_too_small_a_window_is_one_sentence():
    model = sync_worker().model()
    assert draw(model, 0, (59, 24)).text().split("\n")[0].rstrip() == "make the window larger"
    assert draw(model, 0, (80, 15)).text().strip() == "make the window larger"
    assert "client" in draw(model, 0, (60, 16)).text()
    grid = scene(model, View(5 * MS), 0, (40, 10), "ko")
    assert grid.text().startswith("창을 더 크게 해 주세요")
