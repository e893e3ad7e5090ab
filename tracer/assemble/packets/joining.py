"""Of the stays that may be the parent of one, the likeliest, and how sure that is.

A confidence of SURE or more is published only where nothing else could have been meant: one candidate is
left by what cannot be otherwise (ids, target, time), it is known to hand requests on, its answer is the
same, and no other stay claims it. Everything below is an estimate.
"""

from __future__ import annotations

from collections.abc import Callable

from tracer.assemble.packets.listeners import APP_SERVERS, GATEWAYS, PROXIES
from tracer.assemble.packets.stay import GATEWAY_TIMEOUT, Stay
from tracer.recording import CERTAIN, Match, Outcome

SURE = 9_500
BASE = {
    Match.REMOTE_PORT: CERTAIN,
    Match.REQUEST_ID: CERTAIN,
    Match.TRACEPARENT: 9_900,
    Match.URL: 9_700,
    Match.ORDER: 8_000,
}
"""Confidence in 1/10,000 where one candidate is left."""
LIKELY, CLAIMED_TWICE = 9_000, 6_000

Fits = Callable[[Stay, Stay], bool]


def join(child: Stay, parent: Stay, match: Match, confidence: int) -> None:
    """Make a stay the child of another."""
    child.parent, child.match, child.confidence = parent, match, confidence
    parent.children.append(child)
    parent.talk.listener.calls = True


def decide(child: Stay) -> None:
    """Join a stay to the likeliest of its candidates, if any is left."""
    match, left = _by(child)
    if match in (Match.URL, Match.ORDER):
        left = [one for one in left if _proxied(one, child) and _contains(one, child)]
    if not left:
        return
    left = _narrowed(left, child, (_same_target, _contains))
    several = len(left) > 1
    left = _narrowed(left, child, (_same_agent, _same_answer))
    parent = min(left, key=lambda one: (len(one.children), one.start.frame, one.id))
    confidence = BASE[match] if len(left) == 1 else 5_000 + 4_000 // len(left)
    if several or not _hands_on(match, parent, child):
        confidence = min(confidence, LIKELY)
    join(child, parent, match, min(confidence, _claims(child, parent, match)))


def _by(child: Stay) -> tuple[Match, list[Stay]]:
    """Say by what it is joined, and which candidates that leaves; ids of answers are known by now."""
    if child.by == Match.REMOTE_PORT:
        found = [one for one in child.maybe if _is_peer(one, child)]
        if found:
            return child.by, found
    own = child.identity
    if own.ids and (found := [one for one in child.maybe if one.identity.ids & own.ids]):
        return Match.REQUEST_ID, found
    if own.trace and (found := [one for one in child.maybe if one.identity.trace == own.trace]):
        return Match.TRACEPARENT, found
    if not child.protocol:
        return Match.NONE, []  # TLS that stays closed: nothing says what it is
    if found := [one for one in child.maybe if _same_target(one, child)]:
        return Match.URL, found
    return Match.ORDER, child.maybe if child.by is Match.ORDER else []


def _is_peer(parent: Stay, child: Stay) -> bool:
    assert child.identity.peer is not None
    host, port = child.identity.peer
    return any(port == p and host in (None, h) for h, p in parent.talk.peers)


def _narrowed(left: list[Stay], child: Stay, filters: tuple[Fits, ...]) -> list[Stay]:
    """Leave those that fit, filter by filter, as long as any do."""
    for fits in filters:
        if len(left) > 1:
            left = [one for one in left if fits(one, child)] or left
    return left


def _same_target(parent: Stay, child: Stay) -> bool:
    return parent.method == child.method and parent.target == child.target


def _contains(parent: Stay, child: Stay) -> bool:
    """Whether the parent was not over before the child began to answer; one that gave up lets it run on."""
    if parent.end is None or parent.gave_up:
        return True
    return parent.end.frame >= (child.first or child.head).frame


def _same_agent(parent: Stay, child: Stay) -> bool:
    return parent.identity.agent == child.identity.agent


def _same_answer(parent: Stay, child: Stay) -> bool:
    if parent.outcome in (Outcome.ABANDONED, Outcome.OPEN) or parent.status == GATEWAY_TIMEOUT:
        return True  # what the child answered did not come there
    sizes = parent.bytes_out == child.bytes_out or parent.encoded or parent.method == "HEAD"
    return parent.status == child.status and sizes


def _proxied(parent: Stay, child: Stay) -> bool:
    """Whether the parent may have handed the child's request on, rather than a client asked them both."""
    if child.identity.forwarded:
        return parent.protocol not in GATEWAYS
    runs_apps = parent.protocol in GATEWAYS or parent.talk.listener.product in APP_SERVERS
    return not runs_apps


def _hands_on(match: Match, parent: Stay, child: Stay) -> bool:
    """Whether it is beyond doubt that the parent's hop sends requests such as the child."""
    if match is Match.REMOTE_PORT:
        return True
    proxy = parent.talk.listener.product in PROXIES
    if match in (Match.REQUEST_ID, Match.TRACEPARENT):
        elsewhere = child.talk.connection.client != parent.talk.connection.client
        return proxy or child.identity.forwarded or elsewhere
    ids_differ = bool(parent.identity.ids and child.identity.ids)
    here = child.talk.connection.client == parent.talk.listener.host
    return proxy and (here or child.identity.forwarded) and _same_answer(parent, child) and not ids_differ


def _claims(child: Stay, parent: Stay, match: Match) -> int:
    """Lower what was joined by its URL where two claim one parent, and none of them is a retry."""
    if match not in (Match.URL, Match.ORDER):
        return CERTAIN
    limit = CERTAIN
    for other in parent.children:
        if not (_failed(other) or _failed(child)):
            limit = CLAIMED_TWICE
            if other.match in (Match.URL, Match.ORDER):
                other.confidence = min(other.confidence, CLAIMED_TWICE)
    return limit


def _failed(stay: Stay) -> bool:
    return stay.broken or stay.status >= 500
