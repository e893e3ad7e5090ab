"""By what the client's half of a request and the server's half are joined."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from tracer.assemble.story import Key, Story
from tracer.load.exchange import Exchange
from tracer.recording import Match

_NOTHING = bytes(16)


def keys_of_exchange(exchange: Exchange) -> list[tuple[Key, Match]]:
    """The traceparent that was sent, then the client's address and the ordinal on its connection."""
    keys: list[tuple[Key, Match]] = []
    if exchange.trace_id != _NOTHING:
        keys.append(((exchange.trace_id, exchange.span_id), Match.TRACEPARENT))
    if exchange.local and exchange.ordinal >= 0:
        keys.append(((exchange.local, exchange.ordinal), Match.CONNECTION_ORDINAL))
    return keys


def keys_of_story(story: Story) -> list[tuple[Key, Match]]:
    """The traceparent that came; only without one the address and the ordinal."""
    opened = story.opened
    if opened.trace_id != _NOTHING:
        return [((opened.trace_id, opened.span_id), Match.TRACEPARENT)]
    return [((story.peer, opened.ordinal), Match.CONNECTION_ORDINAL)] if story.peer else []


def key_of_call(trace_id: bytes, span_id: bytes) -> Key | None:
    """The trace and the parent id that a call is sent with; None without a trace."""
    return (trace_id, span_id) if trace_id != _NOTHING else None


def possible(story: Story, exchange: Exchange) -> bool:
    """Whether the times allow it: an address is used again, and a traceparent can be sent by anybody."""
    return story.seen >= exchange.due and (
        exchange.end < 0 or exchange.status < 0 or story.seen <= exchange.end
    )


def saved_exchange(exchange: Exchange) -> dict[str, Any]:
    """Give it as JSON."""
    return asdict(exchange) | {"trace_id": exchange.trace_id.hex(), "span_id": exchange.span_id.hex()}


def unsaved_exchange(saved: dict[str, Any]) -> Exchange:
    """Undo `saved_exchange`."""
    ids = {name: bytes.fromhex(saved[name]) for name in ("trace_id", "span_id")}
    return Exchange(**saved | ids)
