"""Live: the Stage on a recording that goes on, its playhead glued to now.

A thread asks the feed, builds what the Stage needs of the latest requests, and sends it as one frozen value.
Paused, the picture stands still and the thread goes on counting: nothing is lost, the file has it all.
"""

from __future__ import annotations

from dataclasses import replace
from threading import Event

from tracer.recording import TraceError
from tui.chapters import side_of
from tui.live import Feed, Glimpse
from tui.player.canvas import Canvas, columns, fit
from tui.player.chapter import Chapter
from tui.player.grid import BOLD, Grid, Ink, Span
from tui.screens.base import Shell
from tui.screens.stage import StageScreen
from tui.show import Show, look, seek
from tui.snapshot import Snapshot
from tui.stagecraft import Stagecraft, stage_of
from tui.widths import fitted
from tui.words import Table, say

PAUSE = 0.25  # seconds between two looks: as often as a collector commits
WORDS: Table = {
    "live": {"en": "LIVE", "ko": "실시간"},
    "paused": {
        "en": "PAUSED {seconds:.0f} s behind, {requests} requests since",
        "ko": "멈춤: {seconds:.0f}초 뒤짐, 그사이 요청 {requests}개",
    },
    "ended": {"en": "ENDED, all is in {name}", "ko": "끝남, 전부 {name}에 있음"},
    "waiting": {"en": "waiting for the first request", "ko": "첫 요청을 기다리는 중"},
    "total": {"en": "{total} requests", "ko": "요청 {total}개"},
    "dropped": {"en": "{dropped} older ones only in the file", "ko": "오래된 {dropped}개는 파일에만"},
    "output": {"en": "output: {output}", "ko": "출력: {output}"},
    "nothing": {
        "en": "nothing is recorded here now: tracer run --live -- COMMAND",
        "ko": "지금 기록 중인 것이 없습니다: tracer run --live -- COMMAND",
    },
}


class LiveScreen(StageScreen):
    """Follows a feed; keys of the Stage work upon what stands still."""

    NAME = "live"

    def __init__(self, snapshot: Snapshot, shell: Shell) -> None:
        self._craft: Stagecraft | None = None
        super().__init__(snapshot, shell)
        self.feed: Feed | None = snapshot.services.follow() if snapshot.services.follow else None
        self.glued = True
        self.shown: Glimpse | None = None  # what the picture is of
        self.latest: tuple[Glimpse, Stagecraft] | None = None
        self.ended = False
        self._since = shell.now()  # when the picture was fresh
        self._over = Event()
        self.state = look(self.state, playing=False)

    def stage(self, chapter: int) -> Stagecraft:
        """Give what plays: the latest that was taken."""
        return self._craft or super().stage(chapter)

    def on_mount(self) -> None:
        """Begin to look."""
        if self.feed is not None:
            self.run_worker(self._watch, thread=True, group="live", exit_on_error=True)

    def on_unmount(self) -> None:
        """Look no more."""
        self._over.set()

    def _watch(self) -> None:
        """In a thread: look, until nothing more comes or the screen is gone."""
        feed = self.feed
        while feed is not None and not self._over.is_set() and not feed.ended:
            try:
                glimpse = feed.poll()
            except TraceError as error:
                self.app.call_from_thread(self.shell.fail, error)
                return
            if glimpse is not None:
                self._send(glimpse)
            self._over.wait(PAUSE)
        if self.is_attached:
            self.app.call_later(self._end)

    def _send(self, glimpse: Glimpse) -> None:
        side = side_of(glimpse.recording)
        title = str(glimpse.recording.meta.get("title", "live"))
        craft = stage_of(Chapter({"en": title}, (side,)))
        if self.glued and self.size.width and craft.model.requests:
            # Indexes are made when a frame first asks: here, not on the loop.
            craft.frame(self.state.view, craft.model.end, self._room(), self.snapshot.options.language)
        if self.is_attached:
            self.app.call_later(self.take, glimpse, craft)

    def _room(self) -> tuple[int, int]:
        return self.size.width, max(1, self.size.height - 1)

    def take(self, glimpse: Glimpse, craft: Stagecraft) -> None:
        """Take the latest; show it unless the picture is to stand still."""
        self.latest = glimpse, craft
        if self.glued:
            self._show()
        else:
            self.draw_soon()

    def _show(self) -> None:
        if self.latest is None:
            return
        before, (glimpse, craft) = self.shown, self.latest
        first = before is None
        self.shown, self._craft = glimpse, craft
        self.snapshot.deck.put(0, craft)  # for the other screens
        self._since = self.shell.now()
        show = craft.show_at(craft.model.end, self.snapshot.options) if first else self.state
        followed = show.view.followed
        if followed is not None:
            # It is called by its place among those that are here; the ones before it became fewer.
            followed -= glimpse.dropped - (before.dropped if before else 0)
        kept = followed if followed is not None and followed >= 0 else None
        self.state = look(seek(show, craft.model, craft.model.end), playing=False, followed=kept)
        self.draw_soon()

    def _end(self) -> None:
        self.ended = True
        self.draw_soon()

    def act(self, action: str) -> None:
        """Pause and go on; whatever else moves the playhead pauses first."""
        if action == "hold":
            self.glued = not self.glued
            if self.glued:
                self._show()
        elif action == "end" and not self.ended:
            self.glued = True
            self._show()
        elif action != "play":
            super().act(action)
        self.draw_soon()

    def become(self, after: Show) -> None:
        """Hold the picture as soon as somebody looks elsewhere than at now."""
        if after.t != self.state.t:
            self.glued = False
        super().become(look(after, playing=False))

    def covered(self) -> None:
        """Go on under help and palette."""

    def arrive(self, snapshot: Snapshot) -> None:
        """Take over language and theme; where the other screens are is their own matter."""
        self.snapshot = replace(snapshot, place=self.place())

    def grid(self, width: int, height: int) -> Grid:
        """Draw the Stage, and below it what is followed."""
        above = self._above(width, height - 1)
        style = int(Ink.QUEUE if self.glued else Ink.BLOCK) | BOLD
        line = (Span(fitted(f" {self.footer(width - 2)}", width), style),)
        return Grid(width, height, (*above.lines, line), above.hits)

    def _above(self, width: int, height: int) -> Grid:
        """Draw the Stage, once there is a request that can be on it."""
        craft, language = self.stage(0), self.snapshot.options.language
        if craft.model.requests:
            return craft.frame(self.state.view, self.state.t, (width, height), language)
        canvas = Canvas(width, height)
        canvas.put(0, 0, " hopscope", Ink.TEXT | BOLD)
        if self.feed is not None:
            canvas.put(2, 1, fit(say(WORDS, language, "waiting"), width - 2))
        return canvas.freeze()

    def footer(self, width: int) -> str:
        """Say whether it follows, how far behind it is, what is not here, and where the output goes."""
        language = self.snapshot.options.language
        if self.feed is None:
            return fit(say(WORDS, language, "nothing"), width)
        total = self.latest[0].total if self.latest else 0
        parts = [self._how(language, total), say(WORDS, language, "total", total=total)]
        if self.shown is not None and self.shown.dropped:
            parts.append(say(WORDS, language, "dropped", dropped=self.shown.dropped))
        if self.feed.output:
            parts.append(say(WORDS, language, "output", output=self.feed.output))
        while columns("  ".join(parts)) > width and len(parts) > 2:
            parts.pop(1)
        return fit("  ".join(parts), width)

    def _how(self, language: str, total: int) -> str:
        if not self.glued:
            seconds = (self.shell.now() - self._since) / 1e9
            missed = total - (self.shown.total if self.shown else 0)
            return say(WORDS, language, "paused", seconds=seconds, requests=missed)
        if self.ended and self.feed is not None:
            return say(WORDS, language, "ended", name=self.feed.name)
        return say(WORDS, language, "live")
