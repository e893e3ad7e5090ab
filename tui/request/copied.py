"""What is copied: the request as a curl command, and its detail as text."""

from __future__ import annotations

import re
import shlex

from tui.request.story import Story, is_client

_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://")


def curl(story: Story) -> str:
    """Give a command that sends the same request to where it went; what was not recorded is left out."""
    parts = ["curl", "-i"]
    if story.method not in ("", "GET"):
        parts += ["-I"] if story.method == "HEAD" else ["-X", story.method]
    return " ".join(shlex.quote(part) for part in [*parts, url(story)])


def url(story: Story) -> str:
    """Give the URL: of the first connection of a server, else of localhost."""
    if _SCHEME.match(story.target):
        return story.target
    hosts = [visit.dst for visit in story.visits if visit.dst and not is_client(visit)]
    hosts += [visit.dst for visit in story.visits if visit.dst]
    return f"http://{hosts[0] if hosts else 'localhost'}{story.target or '/'}"
