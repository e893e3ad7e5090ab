"""Which visit's handler sent which other: the caller's ring tells the parent id that each call carries."""

from __future__ import annotations

from collections import defaultdict

from tracer.assemble.keys import key_of_call
from tracer.assemble.story import Key, Story


class Calls:
    """Callers and the visits that came with a traceparent, in whatever order their rings were read."""

    def __init__(self) -> None:
        self._callers: dict[Key, Story] = {}
        self._came: dict[Key, list[Story]] = defaultdict(list)

    def told(self, caller: Story, span: bytes) -> list[Story]:
        """Take a call; give the visits that are here already and are its."""
        key = key_of_call(caller.opened.trace_id, span)
        if key is None or self._callers.get(key) is caller:  # told again, after a restart
            return []
        self._callers[key] = caller
        caller.calls.append(key)
        return [story for story in self._came.get(key, ()) if _can_have_sent(caller, story)]

    def came(self, story: Story) -> Story | None:
        """Take a visit; give its caller, if that is known."""
        key = key_of_call(story.opened.trace_id, story.opened.span_id)
        if key is None:
            return None
        self._came[key].append(story)
        caller = self._callers.get(key)
        return caller if caller is not None and _can_have_sent(caller, story) else None

    def forget(self, story: Story) -> None:
        """A visit is told; what it called is here by now, or somewhere that is not recorded."""
        for key in story.calls:
            self._callers.pop(key, None)
        key = key_of_call(story.opened.trace_id, story.opened.span_id) or ()
        self._came[key] = [other for other in self._came.pop(key, ()) if other is not story]
        if not self._came[key]:
            del self._came[key]


def _can_have_sent(caller: Story, story: Story) -> bool:
    """Whether the times allow it; and nothing is its own caller, however often a parent id comes."""
    above: Story | None = caller
    while above is not None and above is not story:
        above = above.caller
    return above is None and bool(story.seen >= caller.opened.entered)
