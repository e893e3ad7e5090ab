"""Blame in sentences, made of the figures alone."""

from __future__ import annotations

from tracer.analysis.blame import Blame, Culprit
from tracer.analysis.blame_queues import CONNECTIONS, Queue
from tracer.analysis.duration import show

_DOING = {
    "RUNNING": "RUNNING",
    "BLOCKED": "BLOCKED",
    "AWAITING": "AWAITING",
    "TRANSFER": "moving bytes",
    "UNSEEN": "at something not seen",
    "CALLING": "CALLING",
}
FULL = 0.5  # of a queue's delay, from which on it is said that all was held
MATTERS = 0.01  # of all delay, from which on a queue or culprit is told in a sentence


def of_culprit(culprit: Culprit) -> str:
    """Say whom it held up, and how."""
    asked = _requests(culprit.delayed_requests)
    return f"{asked} waited {_s(culprit.delay_s)} in all because {_who(culprit)} {_did(culprit)}"


def _who(culprit: Culprit) -> str:
    if culprit.request is not None:
        return f"request {culprit.request} was"
    if not culprit.requests:
        return "no request's work was"
    return f"{culprit.requests} requests were"


def _did(culprit: Culprit) -> str:
    where = f" on {culprit.lane}" if culprit.lane else ""
    at = f" at {culprit.what}" if culprit.what else ""
    times = f" ({culprit.times} times, {_s(culprit.held_s)})" if culprit.times > 1 else ""
    return f"{_DOING.get(culprit.kind, culprit.kind)}{where}{at}{times}"


def of_queue(queue: Queue) -> str:
    """Say what was waited for, whether it was full, and with what."""
    asked = f"{_requests(queue.delayed_requests)} waited {_s(queue.delay_s)} in all for {_name(queue)}"
    return f"{asked}{_fullness(queue)}{_mostly(queue)}"


def _name(queue: Queue) -> str:
    if queue.lane == CONNECTIONS:
        return f"{queue.hop}'s {queue.lane}, behind others"
    if queue.lane == "arbiter":
        return f"a worker of {queue.hop}: its accept queue"
    return f"{queue.hop}'s {queue.lane}"


def _fullness(queue: Queue) -> str:
    if queue.full_delay_s is None or not queue.delay_s:
        return ""
    share = queue.full_delay_s / queue.delay_s
    if share < FULL:
        return f", {1 - share:.0%} of that while it was not full"
    held = "it was held" if queue.capacity == 1 else f"all {queue.capacity} were held"
    return f", {share:.0%} of that while {held}"


def _mostly(queue: Queue) -> str:
    if queue.mostly_kind is None or queue.mostly_share is None:
        return ""
    at = f" at {queue.mostly_what}" if queue.mostly_what else ""
    doing = _DOING.get(queue.mostly_kind, queue.mostly_kind)
    return f", {queue.mostly_share:.0%} of it behind requests {doing}{at}"


def sentences(told: Blame, most: int = 5) -> list[str]:
    """Tell the queues and the culprits that matter, or that there is none."""
    if not told.delay_s:
        return ["Nobody stood in line."]
    least = MATTERS * told.delay_s
    queues = [of_queue(queue) for queue in told.queues[:most] if queue.delay_s >= least]
    culprits = [of_culprit(culprit) for culprit in told.culprits[:most] if culprit.delay_s >= least]
    rest = []
    if told.wake_up_s >= least:
        rest.append(f"{_s(told.wake_up_s)} of the waiting had no holder: wake-up")
    if told.unknown_s >= least:
        rest.append(f"{_s(told.unknown_s)} of the waiting was for something that is not known")
    return [f"{sentence}." for sentence in (*queues, *culprits, *rest)]


def _requests(count: int) -> str:
    return "1 request" if count == 1 else f"{count} requests"


def _s(seconds: float) -> str:
    return show(seconds * 1e9)
