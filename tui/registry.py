"""The registry: every screen of the app, in the order of its keys. A screen is one file in `tui/screens`."""

from __future__ import annotations

from dataclasses import dataclass

from tui.words import Texts


@dataclass(frozen=True, slots=True)
class Entry:
    """A screen: its name, the key that opens it from everywhere, its title, and where its class is."""

    name: str  # the scope of its keys in `tui.keymap`
    key: str  # Textual's name: "f2"
    title: Texts
    screen: str  # "package.module:Class", imported when the screen is first opened


SCREENS = (
    Entry("stage", "f2", {"en": "Stage", "ko": "무대"}, "tui.screens.stage:StageScreen"),
    Entry("timeline", "f3", {"en": "Timeline", "ko": "시간표"}, "tui.screens.timeline:TimelineScreen"),
    Entry("requests", "f4", {"en": "Requests", "ko": "요청 표"}, "tui.screens.requests:RequestsScreen"),
    Entry("statistics", "f6", {"en": "Statistics", "ko": "통계"}, "tui.screens.statistics:StatisticsScreen"),
    Entry("whatif", "f7", {"en": "What-if", "ko": "만약에"}, "tui.screens.whatif:WhatIfScreen"),
)

BY_NAME = {entry.name: entry for entry in SCREENS}
"""Name -> entry."""
