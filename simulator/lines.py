"""Where in a scenario's text a key stands, for the sentence that says what is wrong with it."""

from __future__ import annotations

import re

NOUNS = "hop|endpoint|service|event|workload|machine|stack"


def line_of(text: str, place: str, key: str, value: str) -> int | None:
    """Find the line of a key: in the table that the place names, best where it has that value.

    A key that is missing is told by the first line of its table.
    """
    lines = [line.split("#")[0] for line in text.splitlines()]
    named = re.search(rf"(?:stack (\d+), )?({NOUNS})(?: (\d+))?", place)
    start = 0
    if named:
        start = _header(lines, named[2], int(named[3] or 1), int(named[1]) if named[1] else None)
    elif key in NOUNS.split("|"):
        start = _header(lines, key, 1, None) % max(len(lines), 1)
    found = _lines_with(lines, start, key)
    exact = [i for i in found if value in lines[i]]
    if found:
        return (exact or found)[0] + 1
    return start + 1 if (named or start) and start < len(lines) else None


def _lines_with(lines: list[str], start: int, key: str) -> list[int]:
    """List the lines from a table's head to the next one that set a key."""
    found = []
    for i in range(start, len(lines)):
        if i > start and lines[i].lstrip().startswith("[") and "=" not in lines[i]:
            break
        if re.search(rf"(?<![\w.-])\"?{re.escape(key)}\"?\s*=", lines[i]):
            found.append(i)
    return found


def _header(lines: list[str], noun: str, number: int, stack: int | None) -> int:
    """Find the line of the n-th table of a name, inside the stack that is meant; the end if there is none."""
    stacks = seen = 0
    for i, line in enumerate(lines):
        head = re.match(r"\s*\[\[?\s*(?:(stack)\s*\.\s*)?(\w+)\s*\]", line)
        if not head:
            continue
        if head[2] == "stack" and not head[1]:
            stacks += 1
            seen = 0 if noun != "stack" else seen
        if head[2] == noun and (stack is None or stacks == stack):
            seen += 1
            if seen == number:
                return i
    return len(lines)
