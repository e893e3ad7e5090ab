"""The Request detail: where its time went, its ladder, who waited for whom, its packets."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from textual import events
from textual.worker import get_current_worker

from tracer.analysis.blame_request import RequestBlame, blame_request
from tui.player.canvas import Canvas
from tui.player.grid import Grid
from tui.player.stack import Stack
from tui.request.copied import curl
from tui.request.draw import as_text, detail
from tui.request.ladder import arrows
from tui.request.packets import Packet, Wanted, lines
from tui.request.spent import spent
from tui.request.story import Story, story
from tui.request.told import Told
from tui.request.view import TABS, View, next_tab, opened, turned
from tui.request.waits_tab import wait_lines
from tui.request.words import WORDS
from tui.screens.base import GridScreen, Shell
from tui.snapshot import Place, Snapshot
from tui.words import say

_Key = tuple[int, int, int]  # chapter, side, request


class DetailScreen(GridScreen):
    """One request; what its waits and packets are is found by a thread, when their tab is first opened."""

    NAME = "detail"

    def __init__(self, snapshot: Snapshot, shell: Shell) -> None:
        super().__init__(snapshot, shell)
        self.state = View()
        self._story: tuple[_Key, Story] | None = None
        self._blame: dict[_Key, RequestBlame] = {}
        self._packets: dict[_Key, tuple[Packet, ...]] = {}
        self._faults: dict[_Key, str] = {}
        self._asked: set[tuple[str, _Key]] = set()
        self.arrive(snapshot)

    @property
    def key(self) -> _Key:
        """Which request is shown."""
        return self.state.chapter, self.state.side, self.state.request

    def stack(self) -> Stack:
        """Give the stack that it is of."""
        stacks = self.snapshot.deck.stage(self.state.chapter).model.stacks
        return stacks[min(self.state.side, len(stacks) - 1)]

    def told(self) -> Told:
        """Give what is known of it by now."""
        stack = self.stack()
        if self._story is None or self._story[0] != self.key:
            self._story = (self.key, story(stack.recording, self.state.request))
        return Told(
            self._story[1],
            len(stack.due),
            stack.label,
            self._blame.get(self.key),
            stack.recording.meta.get("source") in ("packets", "log"),
            self._packets.get(self.key),
            self._faults.get(self.key, ""),
        )

    def grid(self, width: int, height: int) -> Grid:
        """Draw the tab that is chosen."""
        language = self.snapshot.options.language
        if not len(self.stack().due):
            canvas = Canvas(width, height)
            canvas.put(0, 0, say(WORDS, language, "no request"))
            return canvas.freeze()
        self._ask()
        return detail(self.told(), self.state, (width, height), language, self.snapshot.options.glyphs)

    # What a worker finds.

    def _ask(self) -> None:
        wish = (self.state.tab, self.key)
        if self.state.tab not in ("waits", "packets") or wish in self._asked:
            return
        self._asked.add(wish)
        told, recording = self.told().story, self.stack().recording
        work = self._find_blame if self.state.tab == "waits" else self._find_packets
        self.run_worker(lambda: work(wish[1], told, recording), thread=True, group=self.state.tab)

    def _find_blame(self, key: _Key, told: Story, recording: Any) -> None:
        found = blame_request(recording, told.id)
        self.app.call_from_thread(self._found, self._blame, key, found)

    def _find_packets(self, key: _Key, told: Story, recording: Any) -> None:
        dissect, worker = self.snapshot.services.dissect, get_current_worker()
        fault, found = "", ()
        if dissect is None or told.frames is None:
            fault = say(WORDS, self.snapshot.options.language, "no packets")
        else:
            try:
                found = tuple(dissect(recording, wanted(told)))
            except LookupError as error:
                fault = str(error.args[0])
        if worker.is_cancelled:
            return
        if fault:
            self.app.call_from_thread(self._found, self._faults, key, fault)
        self.app.call_from_thread(self._found, self._packets, key, found)

    def _found(self, where: dict[_Key, Any], key: _Key, found: Any) -> None:
        where[key] = found
        self.draw_soon()

    # Where the person is.

    def arrive(self, snapshot: Snapshot) -> None:
        """Show the request that another screen was at."""
        super().arrive(snapshot)
        place = snapshot.place
        before = (self.state.chapter, self.state.side)
        self.state = replace(self.state, chapter=place.chapter, side=place.side, said="")
        request = place.request if place.request is not None else self.state.request
        if before != (place.chapter, place.side) and place.request is None:
            request = 0
        self.state = opened(self.state, request, len(self.stack().due))

    def place(self) -> Place:
        """Say which request is shown."""
        stack, before = self.stack(), self.snapshot.place
        if not len(stack.due):
            return before
        same = before.request == self.state.request and before.side == self.state.side
        t = before.t if same else int(stack.due[self.state.request])
        return Place(self.state.chapter, t, self.state.side, self.state.request, before.lane)

    def remember(self) -> dict[str, Any]:
        """Tell the tab."""
        return {"tab": self.state.tab}

    def recall(self, told: dict[str, Any]) -> None:
        """Open the same tab."""
        if told.get("tab") in TABS:
            self.state = turned(self.state, told["tab"])

    # Keys.

    def become(self, after: View) -> None:
        """Go on with another view."""
        self.state = after
        self.draw_soon()

    def act(self, action: str) -> None:
        """Do one of the detail's actions."""
        view, total, language = self.state, len(self.stack().due), self.snapshot.options.language
        if action == "to_table":
            self.shell.ask("open requests")
        elif not total:
            return
        elif action.startswith("tab_"):
            self.become(turned(view, TABS[int(action[4:]) - 1]))
        elif action in ("tabs_on", "tabs_back"):
            self.become(next_tab(view, 1 if action == "tabs_on" else -1))
        elif action in ("line_down", "line_up"):
            self._step(1 if action == "line_down" else -1)
        elif action in ("lines_down", "lines_up"):
            self._step(10 if action == "lines_down" else -10)
        elif action in ("request_on", "request_back"):
            self.become(opened(view, view.request + (1 if action == "request_on" else -1), total))
        elif action in ("packet_on", "packet_back"):
            self._packet(view.packet + (1 if action == "packet_on" else -1))
        elif action == "copy_curl":
            text = curl(self.told().story)
            self._copy(text, say(WORDS, language, "curl", text=text))
        elif action == "copy_text":
            text = as_text(self.told(), language)
            self._copy(text, say(WORDS, language, "text", lines=text.count("\n")))
        elif action == "open_waiter":
            self._open_waiter()

    def _lines(self) -> int:
        """Say how many lines the cursor of this tab can stand on."""
        told = self.told()
        if self.state.tab == "packets":
            packets = told.packets or ()
            return len(lines(packets[self.state.packet])) if packets else 0
        if self.state.tab == "waits":
            return len(wait_lines(told, "en"))
        return len(arrows(told.story)) if self.state.tab == "ladder" else len(spent(told.story))

    def _step(self, by: int) -> None:
        cursor = max(0, min(self.state.cursor + by, self._lines() - 1))
        self.become(replace(self.state, cursor=cursor, said=""))

    def _packet(self, number: int) -> None:
        packets = self.told().packets or ()
        if packets and 0 <= number < len(packets):
            self.become(replace(self.state, packet=number, cursor=0, said=""))

    def _copy(self, text: str, said: str) -> None:
        """Hand a text to the terminal's clipboard (OSC 52), and say so."""
        self.app.copy_to_clipboard(text)
        self.become(replace(self.state, said=said))

    def _open_waiter(self) -> None:
        """Open the request that the line under the cursor is about."""
        if self.state.tab != "waits":
            return
        made = wait_lines(self.told(), "en")
        request = made[min(self.state.cursor, len(made) - 1)][2]
        if request is not None:
            self.become(opened(self.state, request, len(self.stack().due)))

    # Mouse.

    def on_mouse_up(self, event: events.MouseUp) -> None:
        """Click a tab, a packet, a field, or a request."""
        if self.close_overlays() or self.canvas.grid is None:
            return
        hit = self.canvas.grid.at(event.y, event.x)
        if hit is None:
            return
        if hit.noun == "tab":
            self.become(turned(self.state, TABS[hit.id]))
        elif hit.noun == "packet":
            self._packet(hit.id)
        elif hit.noun == "field":
            self.become(replace(self.state, cursor=hit.id))
        elif hit.noun == "request":
            self.become(opened(self.state, hit.id, len(self.stack().due)))

    def on_mouse_scroll_up(self) -> None:
        """A line up."""
        self._step(-1)

    def on_mouse_scroll_down(self) -> None:
        """A line down."""
        self._step(1)


def wanted(told: Story) -> Wanted:
    """Say which packets are the request's: those of its connections, while it lasted."""
    assert told.frames is not None
    found = [(visit.src, visit.dst, visit.protocol) for visit in told.visits if visit.src and visit.dst]
    found.sort(key=lambda one: one[2] == "")  # the protocol is known to the server's visit
    mine = {(src, dst): (src, dst, protocol) for src, dst, protocol in reversed(found)}
    return Wanted(*told.frames, tuple(mine.values()))
