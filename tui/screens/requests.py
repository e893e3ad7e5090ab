"""The Requests screen: a table of as many requests as there are, filtered, sorted and put together."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, NamedTuple

from textual import events
from textual.worker import Worker, get_current_worker

from tracer.analysis.where import Columns, WhereError, complete, parse
from tracer.analysis.where.completion import written
from tui.player.grid import Grid, Hit
from tui.player.stack import Stack
from tui.pointer import key_of
from tui.screens.base import GridScreen, Shell
from tui.snapshot import Place, Snapshot
from tui.table import view as views
from tui.table.draw import Sheet, Typed, is_ready, make, room, table
from tui.table.fields import BY_NAME, SHOWN
from tui.table.groups import Groups, grouped, nothing
from tui.table.line import Line
from tui.table.order import Cancelled, Rows, arranged
from tui.table.view import View

_WHEEL = 3  # rows


class _Wish(NamedTuple):
    """What the rows depend on."""

    chapter: int
    side: int
    where: str
    sort: str
    down: bool
    group: str
    group_sort: str
    group_down: bool
    dear: tuple[str, ...]


class _Answer(NamedTuple):
    wish: _Wish
    rows: Rows
    groups: Groups | None


class RequestsScreen(GridScreen):
    """Keys and mouse change the view; what takes longer than a frame is done by a worker."""

    NAME = "requests"

    def __init__(self, snapshot: Snapshot, shell: Shell) -> None:
        super().__init__(snapshot, shell)
        self.state = View()
        self._columns: dict[tuple[int, int], Columns] = {}
        self._answer: _Answer | None = None
        self._busy: tuple[str, float] | None = None
        self._worker: Worker[None] | None = None
        self._asked: _Wish | None = None
        self._moved = False  # by the person, since the screen was opened
        self._wanted: int | None = None  # a request to be shown, once the rows are there
        self.arrive(snapshot)

    # What is drawn.

    def grid(self, width: int, height: int) -> Grid:
        """Draw the rows that are seen."""
        self._ask()
        self.state = views.move(self.state, self.state.cursor, self._sheet().count, room(height))
        return table(
            self._sheet(), self.state, self._typed(), (width, height), self.snapshot.options.language
        )

    def stack(self) -> Stack:
        """Give the stack whose requests are shown."""
        stacks = self.snapshot.deck.stage(self.state.chapter).model.stacks
        return stacks[min(self.state.side, len(stacks) - 1)]

    def columns(self) -> Columns:
        """Give the columns of its recording, which are kept once they were made."""
        key = self.state.chapter, self.state.side
        if key not in self._columns:
            self._columns[key] = Columns(self.stack().recording)
        return self._columns[key]

    def rows(self) -> Rows:
        """Give the rows as they are now: all of them until a worker has answered for this side."""
        told = self._answer
        if told is not None and told.wish[:2] == (self.state.chapter, self.state.side):
            return told.rows
        return Rows(self.columns().requests)

    def _sheet(self) -> Sheet:
        stack, told = self.stack(), self._answer
        groups = nothing(self.state.group) if self.state.group else None
        if told and told.rows is self.rows() and told.groups and told.groups.by == self.state.group:
            groups = told.groups
        return Sheet(self.columns(), stack.label, self.rows(), groups, self._busy)

    def _typed(self) -> Typed | None:
        line = self.state.line
        if line is None:
            return None
        language = self.snapshot.options.language
        error = None
        try:
            parse(line.text)
        except WhereError as wrong:
            error = wrong
        return Typed(error, complete(line.text, line.cursor, self.columns(), language))

    # What a worker does.

    def _wish(self) -> _Wish:
        view = self.state
        names = view.shown if not view.group else ()
        dear = tuple(name for name in names if BY_NAME[name].dear)
        where = view.where if view.line is None else view.tried
        return _Wish(
            *(view.chapter, view.side, where, view.sort, view.down),
            *(view.group, view.group_sort, view.group_down, dear),
        )

    def _ask(self) -> None:
        """Have a worker make what is wished for, unless that is there already, or being made."""
        wish = self._wish()
        if wish == self._asked:
            return
        self._asked = wish
        plain = not wish.where and not wish.group and (wish.sort, wish.down) == ("id", False)
        if plain and all(is_ready(self.columns(), name) for name in wish.dear):
            self._settle(_Answer(wish, Rows(self.columns().requests), None))
            return
        columns = self.columns()
        if wish.group:
            self._busy = ("group", 0.0)
        self._worker = self.run_worker(lambda: self._work(wish, columns), thread=True, exclusive=True)

    def _settle(self, answer: _Answer) -> None:
        if self._worker is not None:
            self._worker.cancel()
        self._answer, self._busy, self._worker = answer, None, None

    def _work(self, wish: _Wish, columns: Columns) -> None:
        """Filter, sort, group and make columns, in a thread; tell what was found, and how far it is."""
        worker = get_current_worker()

        def tell(what: str, share: float) -> None:
            if worker.is_cancelled:
                raise Cancelled
            self.app.call_from_thread(self._progress, worker, what, share)

        try:
            rows = arranged(columns, parse(wish.where), wish.sort, wish.down, tell)
            groups = None
            if wish.group:
                groups = grouped(columns, rows, wish.group, wish.group_sort, wish.group_down, tell)
            self.app.call_from_thread(self._arrived, worker, _Answer(wish, rows, groups), bool(wish.dear))
            for place, name in enumerate(wish.dear):
                tell("columns", place / len(wish.dear))
                make(columns, name)
            tell("columns", 1.0)
            self.app.call_from_thread(self._arrived, worker, _Answer(wish, rows, groups), False)
        except Cancelled:
            return

    def _progress(self, worker: Worker[None], what: str, share: float) -> None:
        if worker is self._worker and not worker.is_cancelled:
            self._busy = (what, share)
            self.draw_soon()

    def _arrived(self, worker: Worker[None], answer: _Answer, more: bool) -> None:
        if worker is not self._worker or worker.is_cancelled:
            return
        self._answer = answer
        if not more:
            self._busy = None
        if self._wanted is not None:
            self._go_to(self._wanted)
        self.draw_soon()

    def _end_work(self) -> bool:
        """End what is being done; say whether anything was."""
        if self._worker is None or self._busy is None:
            return False
        self._worker.cancel()
        self._worker, self._busy = None, None
        self.draw_soon()
        return True

    # Where the person is.

    def _request(self) -> int | None:
        """Give the request under the cursor."""
        if self.state.group:
            return None
        ids = self.rows().some(self.state.cursor, self.state.cursor + 1)
        return int(ids[0]) if len(ids) else None

    def _go_to(self, request: int) -> None:
        place = self.rows().place(request)
        if place is not None:
            self.state = views.move(self.state, place, len(self.rows()), room(self.size.height or 24))

    def arrive(self, snapshot: Snapshot) -> None:
        """Show the side, and the request, that another screen was at."""
        super().arrive(snapshot)
        place = snapshot.place
        self._moved = False
        if (place.chapter, place.side) != (self.state.chapter, self.state.side):
            self.state = replace(self.state, chapter=place.chapter, side=place.side, cursor=0, top=0)
        self._wanted = None if self.state.group else place.request
        if self._wanted is not None:
            self._go_to(self._wanted)

    def place(self) -> Place:
        """Say which request the person found; where none was looked for, the place stays what it was."""
        before, request = self.snapshot.place, self._request()
        if not self._moved or request is None:
            return replace(before, chapter=self.state.chapter, side=self.state.side)
        stack = self.stack()
        return Place(self.state.chapter, int(stack.due[request]), self.state.side, request, before.lane)

    def remember(self) -> dict[str, Any]:
        """Tell the columns, the order and the filter."""
        return views.told(self.state)

    def recall(self, told: dict[str, Any]) -> None:
        """Show them again."""
        self.state = views.retold(self.state, told)
        sides = len(self.snapshot.deck.stage(self.state.chapter).model.stacks)
        self.state = replace(self.state, side=min(self.state.side, sides - 1))
        try:
            parse(self.state.where)
        except WhereError:
            self.state = replace(self.state, where="")

    # Keys.

    def become(self, after: View) -> None:
        """Go on with another view."""
        self._wanted = None
        self._moved = self._moved or (after.cursor, after.top) != (self.state.cursor, self.state.top)
        self.state = after
        self.draw_soon()

    def read_key(self, key: str, character: str | None) -> bool:
        """Type the filter, or choose columns, while that is open."""
        if self.state.line is not None:
            self.become(self._type(key, character))
            return True
        if self.state.choosing is not None:
            self.become(_choose(self.state, key))
            return True
        return False

    def _type(self, key: str, character: str | None) -> View:
        view, line = self.state, self.state.line
        assert line is not None
        if key == "escape":
            return replace(view, line=None, choice=0)
        typed = self._typed()
        offered = typed.completion.candidates if typed else ()
        if key in ("down", "up") and offered:
            return replace(view, choice=(view.choice + (1 if key == "down" else -1)) % len(offered))
        if key == "tab" and typed and offered:
            return _tried(view, _completed(line, typed, view.choice))
        if key == "enter":
            if typed and typed.error:  # what cannot be read stays, with what is wrong with it
                return replace(view, line=line.at(typed.error.span[1]))
            return replace(view, where=line.text.strip(), line=None, choice=0, cursor=0, top=0)
        after = line.press(key, character)
        return view if after is None else _tried(view, after)

    def act(self, action: str) -> None:
        """Do one of the table's actions."""
        view, count = self.state, self._sheet().count
        seen = room(self.size.height or 24)
        steps = {"row_down": 1, "row_up": -1, "page_down": seen, "page_up": -seen}
        if action in steps:
            self.become(views.move(view, view.cursor + steps[action], count, seen))
        elif action in ("first_row", "last_row"):
            self.become(views.move(view, 0 if action == "first_row" else count - 1, count, seen))
        elif action in ("column_left", "column_right"):
            self.become(views.focused(view, -1 if action == "column_left" else 1))
        elif action == "sort":
            self.become(views.sorted_by(view, view.focus))
        elif action == "group":
            self.become(views.grouped(view))
        elif action == "filter":
            self.become(replace(view, line=Line.of(view.where), tried=view.where, choice=0))
        elif action == "columns":
            self.become(replace(view, choosing=0))
        elif action == "table_side":
            self._other_side()
        elif action == "leave":
            self._leave()
        elif action == "open":
            self._open()

    def _other_side(self) -> None:
        sides = len(self.snapshot.deck.stage(self.state.chapter).model.stacks)
        self.become(replace(self.state, side=(self.state.side + 1) % sides, cursor=0, top=0))

    def _leave(self) -> None:
        """End what is being done, else ungroup, else take the filter off."""
        if self._end_work():
            return
        if self.state.group:
            self.become(views.grouped(self.state, ""))
        elif self.state.where:
            self.become(replace(self.state, where="", cursor=0, top=0))

    def _open(self) -> None:
        """Open the request, or the requests of the group, under the cursor."""
        groups = self._sheet().groups
        if groups is None:
            self._moved = True
            self.shell.ask("open detail")
        elif len(groups):
            key = groups.key[min(self.state.cursor, len(groups) - 1)]
            value = "unknown" if key is None else key if groups.by == "status" else written(key)
            mine = f"{groups.by} = {value}"
            where = f"({self.state.where}) and {mine}" if self.state.where else mine
            self.become(replace(views.grouped(self.state, ""), where=where))

    # Mouse.

    def _hit(self, event: events.MouseEvent) -> Hit | None:
        grid = self.canvas.grid
        return grid.at(event.y, event.x) if grid is not None else None

    def on_mouse_down(self, event: events.MouseDown) -> None:
        """Begin to drag the bar."""
        hit = self._hit(event)
        if hit is not None and hit.noun == "bar":
            self.canvas.capture_mouse()
            self._drag(event)

    def on_mouse_move(self, event: events.MouseMove) -> None:
        """Drag the bar."""
        if event.button and self.app.mouse_captured is self.canvas:
            self._drag(event)

    def _drag(self, event: events.MouseEvent) -> None:
        height = self.size.height
        seen, count = room(height), self._sheet().count
        line = max(0, min(event.y - 4, seen - 1))
        top = (count - seen) * line // max(seen - 1, 1)
        self.become(views.scroll(self.state, top - self.state.top, count, seen))

    def on_mouse_up(self, event: events.MouseUp) -> None:
        """Click: a row is chosen, a chosen one opened; a title sorts."""
        captured = self.app.mouse_captured is self.canvas
        self.canvas.release_mouse()
        if captured or self.close_overlays():
            return
        if self.state.choosing is not None:
            self._click_chooser(event.y)
            return
        hit = self._hit(event)
        if hit is None:
            return
        if hit.noun in ("request", "group"):
            if hit.id == self.state.cursor and self._moved:
                self.act("open")
            else:
                self.become(views.move(self.state, hit.id, self._sheet().count, room(self.size.height)))
                self._moved = True
        elif hit.noun == "column":
            self.become(views.sorted_by(self.state, hit.id))
        elif hit.noun == "filter" and self.state.line is None:
            self.act("filter")
        elif hit.noun == "completion":
            self.become(replace(self.state, choice=hit.id))
            self.become(self._type("tab", None))
        elif hit.noun == "key":
            self.press(key_of(hit))

    def _click_chooser(self, line: int) -> None:
        place = line - 2
        if 0 <= place < len(SHOWN):
            self.become(views.toggled(replace(self.state, choosing=place)))

    def on_mouse_scroll_up(self) -> None:
        """Scroll up."""
        self.become(views.scroll(self.state, -_WHEEL, self._sheet().count, room(self.size.height)))

    def on_mouse_scroll_down(self) -> None:
        """Scroll down."""
        self.become(views.scroll(self.state, _WHEEL, self._sheet().count, room(self.size.height)))


def _tried(view: View, line: Line) -> View:
    """Go on with another text of the filter; what can be read is shown at once."""
    try:
        parse(line.text)
    except WhereError:
        return replace(view, line=line, choice=0)
    return replace(view, line=line, tried=line.text, choice=0)


def _completed(line: Line, typed: Typed, choice: int) -> Line:
    """Put a completion in place of what was typed of it; a space follows, unless a bracket is opened."""
    completion = typed.completion
    text = completion.candidates[choice % len(completion.candidates)].text
    space = "" if text == "(" or line.text[completion.end : completion.end + 1] == " " else " "
    return line.put(completion.start, completion.end, text + space)


def _choose(view: View, key: str) -> View:
    """Obey a key while columns are chosen."""
    place = view.choosing or 0
    if key in ("escape", "enter", "c"):
        return replace(view, choosing=None)
    if key in ("down", "j", "up", "k"):
        return replace(view, choosing=(place + (1 if key in ("down", "j") else -1)) % len(SHOWN))
    return views.toggled(view) if key in ("space", "x") else view
