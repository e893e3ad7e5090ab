"""What is seen of the table, as one frozen value; keys and mouse make another one of it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from tui.table.fields import BY_NAME, DEFAULT, GROUPED, GROUPS, SHOWN
from tui.table.line import Line

_ASCENDING = ("id", "start", "method", "path", "target", "outcome", "key", "hop")


@dataclass(frozen=True, slots=True)
class View:
    """Rows go by their place in what is filtered and sorted; `focus` is the place of a column."""

    chapter: int = 0
    side: int = 0
    cursor: int = 0
    top: int = 0
    focus: int = 0
    shown: tuple[str, ...] = DEFAULT
    sort: str = "id"
    down: bool = False
    group: str = ""
    group_sort: str = "count"
    group_down: bool = True
    where: str = ""
    line: Line | None = None  # the filter, while it is typed
    tried: str = ""  # what of it could be read last: that is shown meanwhile
    choice: int = 0  # which completion
    choosing: int | None = None  # which column, while columns are chosen

    @property
    def fields(self) -> tuple[str, ...]:
        """The names of the columns that stand there."""
        return tuple(column.name for column in GROUPED) if self.group else self.shown

    @property
    def order(self) -> tuple[str, bool]:
        """By which column rows are sorted, and whether the greatest comes first."""
        return (self.group_sort, self.group_down) if self.group else (self.sort, self.down)


def move(view: View, to: int, count: int, room: int) -> View:
    """Put the cursor on a row, of `count`, and scroll so that it is seen; `room` rows are."""
    cursor = max(0, min(to, count - 1))
    top = min(max(view.top, cursor - room + 1), cursor)
    return replace(view, cursor=cursor, top=max(0, min(top, count - room)))


def scroll(view: View, by: int, count: int, room: int) -> View:
    """Scroll, and take the cursor along where it would leave the screen."""
    top = max(0, min(view.top + by, count - room))
    return replace(view, top=top, cursor=max(top, min(view.cursor, top + room - 1, max(count - 1, 0))))


def focused(view: View, by: int) -> View:
    """Focus on another column."""
    return replace(view, focus=max(0, min(view.focus + by, len(view.fields) - 1)))


def sorted_by(view: View, place: int) -> View:
    """Sort by a column; by the same once more: the other way. Times and counts begin with the greatest."""
    if not 0 <= place < len(view.fields):
        return view
    name = view.fields[place]
    before, down = view.order
    down = not down if name == before else name not in _ASCENDING
    view = replace(view, focus=place, cursor=0, top=0)
    return (
        replace(view, group_sort=name, group_down=down) if view.group else replace(view, sort=name, down=down)
    )


def grouped(view: View, group: str | None = None) -> View:
    """Put together by the next thing there is, or by the one given."""
    group = GROUPS[(GROUPS.index(view.group) + 1) % len(GROUPS)] if group is None else group
    return replace(view, group=group, cursor=0, top=0, focus=0)


def toggled(view: View) -> View:
    """Show or hide the column that is chosen; one stays."""
    name = SHOWN[view.choosing or 0].name
    if name in view.shown:
        kept = tuple(one for one in view.shown if one != name)
        return replace(view, shown=kept or view.shown, focus=0)
    wanted = {*view.shown, name}
    return replace(view, shown=tuple(one.name for one in SHOWN if one.name in wanted))


def told(view: View) -> dict[str, Any]:
    """Say in words of JSON what should be found again."""
    return {
        "side": view.side,
        "shown": list(view.shown),
        "sort": view.sort,
        "down": view.down,
        "group": view.group,
        "where": view.where,
        "cursor": view.cursor,
        "top": view.top,
    }


def retold(view: View, told_: dict[str, Any]) -> View:
    """Take up what `told` said; what does not fit is passed over."""
    shown = tuple(one for one in told_.get("shown", ()) if one in BY_NAME)
    sort, group, where = told_.get("sort"), told_.get("group"), told_.get("where")
    numbers = {
        name: told_[name]
        for name in ("side", "cursor", "top")
        if type(told_.get(name)) is int and told_[name] >= 0
    }
    return replace(
        view,
        shown=shown or view.shown,
        sort=sort if sort in BY_NAME else view.sort,
        down=told_.get("down") is True,
        group=group if group in GROUPS else "",
        where=where if isinstance(where, str) else "",
        **numbers,
    )
