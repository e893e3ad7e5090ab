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
    plays: bool = True  # it shows recordings, and has nothing to show without one


SCREENS = (
    Entry("stage", "f2", {"en": "Stage", "ko": "무대"}, "tui.screens.stage:StageScreen"),
    Entry("timeline", "f3", {"en": "Timeline", "ko": "시간표"}, "tui.screens.timeline:TimelineScreen"),
    Entry("requests", "f4", {"en": "Requests", "ko": "요청 표"}, "tui.screens.requests:RequestsScreen"),
    Entry("detail", "f5", {"en": "Request", "ko": "요청 하나"}, "tui.screens.detail:DetailScreen"),
    Entry("statistics", "f6", {"en": "Statistics", "ko": "통계"}, "tui.screens.statistics:StatisticsScreen"),
    Entry("whatif", "f7", {"en": "What-if", "ko": "만약에"}, "tui.screens.whatif:WhatIfScreen"),
    Entry("live", "f8", {"en": "Live", "ko": "실시간"}, "tui.screens.live:LiveScreen"),
    Entry(
        "glossary", "f9", {"en": "Terms", "ko": "용어"}, "tui.screens.glossary:GlossaryScreen", plays=False
    ),
    Entry("home", "f10", {"en": "Home", "ko": "처음"}, "tui.screens.home:HomeScreen", plays=False),
    Entry("lab", "f12", {"en": "Labs", "ko": "실습"}, "tui.screens.lab:LabScreen", plays=False),
)

BY_NAME = {entry.name: entry for entry in SCREENS}
"""Name -> entry."""
