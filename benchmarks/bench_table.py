"""The table of requests: opening it, a page down and a sort, of a million requests and more; CPU ms.

A page is the whole way from the key to the painted strips, at 100x30. The peer is Textual's own DataTable,
filled with the same cells, of a hundredth of the requests.
"""

from __future__ import annotations

import asyncio
import statistics
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from textual.app import App, ComposeResult
from textual.widgets import DataTable

from tests.many import many
from tracer.analysis.where import Columns, parse
from tui.table.cells import cells
from tui.table.draw import Sheet, make, room, table
from tui.table.fields import DEFAULT
from tui.table.order import Rows, arranged
from tui.table.view import View, move
from tui.themes import THEMES
from tui.widgets.paint import strip

SIZE = (100, 30)
PEER = 10_000


def cpu_ms(work: Callable[[], object]) -> float:
    """Measure the CPU of one call, in ms."""
    begin = time.process_time()
    work()
    return (time.process_time() - begin) * 1e3


def paint(sheet: Sheet, view: View) -> None:
    """Draw a page and turn it into strips."""
    grid = table(sheet, view, None, SIZE, "en")
    for line in grid.lines:
        strip(THEMES["dark"], line, SIZE[0])


def pages(sheet: Sheet) -> list[float]:
    """Page down a hundred times."""
    view, taken = View(), []
    for _ in range(100):
        view = move(replace(view), view.cursor + room(SIZE[1]), sheet.count, room(SIZE[1]))
        taken.append(cpu_ms(lambda view=view: paint(sheet, view)))  # type: ignore[misc]
    return taken


def ours(requests: int) -> None:
    """Measure our table."""
    recording = many(requests)
    columns = Columns(recording)
    sheet = Sheet(columns, "gunicorn", Rows(requests))
    print(f"{requests:>10,} requests: opens in {cpu_ms(lambda: paint(sheet, View())):.1f} ms", end=", ")
    print(f"the column `queued` in {cpu_ms(lambda: make(columns, 'queued')):.0f}", end=", ")
    taken = pages(sheet)
    print(f"a page in {statistics.median(taken):.2f} (most {max(taken):.2f})", end=", ")
    took = cpu_ms(lambda: arranged(columns, parse(""), "latency", True, lambda *_: None))
    print(f"sorted by latency in {took:.0f}")


class Peer(App[None]):
    """Textual's DataTable with the same cells."""

    def __init__(self, rows: list[tuple[str, ...]]) -> None:
        super().__init__()
        self.rows = rows

    def compose(self) -> ComposeResult:
        """Give the table."""
        yield DataTable()

    def on_mount(self) -> None:
        """Fill it."""
        found = self.query_one(DataTable)
        found.add_columns(*DEFAULT)
        found.add_rows(self.rows)


async def peer() -> None:
    """Measure DataTable: until its first frame stands."""
    recording = many(PEER)
    columns = Columns(recording)
    make(columns, "queued")
    ids = Rows(PEER).some(0, PEER)
    rows = list(
        zip(*([text for text, _ in cells(columns, name, ids, True)] for name in DEFAULT), strict=True)
    )
    begin = time.process_time()
    async with Peer(rows).run_test(size=SIZE) as pilot:
        await pilot.pause()
        print(
            f"{PEER:>10,} rows of Textual's DataTable: opens in {(time.process_time() - begin) * 1e3:.0f} ms"
        )


def main() -> None:
    """Print a line each."""
    for requests in (PEER, 1_000_000, 10_000_000) if "--long" in sys.argv else (PEER, 1_000_000):
        ours(requests)
    asyncio.run(peer())


if __name__ == "__main__":
    main()
