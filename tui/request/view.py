"""What is seen of a request, as one frozen value."""

from __future__ import annotations

from dataclasses import dataclass, replace

TABS = ("time", "ladder", "waits", "packets")


@dataclass(frozen=True, slots=True)
class View:
    """`cursor` is the line chosen in the tab: of packets it is the field; `packet` is which of them."""

    chapter: int = 0
    side: int = 0
    request: int = 0
    tab: str = "time"
    cursor: int = 0
    packet: int = 0
    said: str = ""  # what was just copied


def turned(view: View, tab: str) -> View:
    """Show another tab."""
    return replace(view, tab=tab, cursor=0, said="")


def next_tab(view: View, step: int) -> View:
    """Show the tab beside this one."""
    return turned(view, TABS[(TABS.index(view.tab) + step) % len(TABS)])


def opened(view: View, request: int, total: int) -> View:
    """Show another request, in the same tab."""
    request = max(0, min(request, total - 1))
    return view if request == view.request else replace(view, request=request, cursor=0, packet=0, said="")
