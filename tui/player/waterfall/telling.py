"""Telling: one sentence about what stands under the playhead in the chosen row."""

from __future__ import annotations

import numpy as np

from tracer.recording import Outcome
from tui.player.stack import Stack
from tui.player.steps import FOREVER
from tui.player.waterfall.cover import IDLE
from tui.player.waterfall.fall import Fall
from tui.player.waterfall.innermost import spans_of
from tui.player.waterfall.look import Look
from tui.player.waterfall.notable import LETTERS
from tui.player.waterfall.words import WORDS
from tui.player.words import kind_word
from tui.words import say


def length(ns: int) -> str:
    """Write a length of time with a unit that suits it: `612 ms`, `3.4 us`, `1.25 s`."""
    for size, unit in ((10**9, "s"), (10**6, "ms"), (10**3, "us")):
        if ns >= size:
            return f"{ns / size:.3g} {unit}" if ns < 1000 * size else f"{ns // size} {unit}"
    return f"{ns} ns"


def telling(fall: Fall, look: Look, language: str) -> str:
    """Give the sentence: what was said last, a mark, or what the chosen row shows at the playhead."""
    if look.said:
        return look.said
    row = _of_request(fall, look, language) if look.by == "request" else _of_row(fall, look, language)
    return " ".join(part for part in (_of_mark(fall, look, language), row) if part)


def _of_mark(fall: Fall, look: Look, language: str) -> str:
    marks = fall.notable(look)
    place = marks.at(look.t)
    if place is None:
        return ""
    letter, request = chr(int(marks.letters[place])), int(marks.requests[place])
    who = f" #{request + 1}" if request >= 0 else ""
    return f"{letter} {say(WORDS, language, LETTERS[letter])}{who}."


def _of_row(fall: Fall, look: Look, language: str) -> str:
    """Say who holds the chosen lane, or who is counted in the chosen row."""
    places, stack = fall.places[look.side], fall.stack(look.side)
    if not places.rows:
        return ""
    place = places.rows[min(look.row, len(places.rows) - 1)]
    ids = stack.blocks.alive(look.t + stack.origin)
    ids = ids[places.spans(ids, None).row == places.rows.index(place)]
    who = [_who(stack, phase, language) for phase in ids[:3].tolist()]
    if place.lane < 0:
        name = " ".join(part for part in (place.hop, say(WORDS, language, place.noun)) if part)
        more = f" +{len(ids) - 3}" if len(ids) > 3 else ""
        return f"{say(WORDS, language, 'counts', place=name, count=len(ids))}  {', '.join(who)}{more}"
    lane = stack.tree.label(place.lane)
    if not len(ids):
        return say(WORDS, language, "free", lane=lane)
    held = stack.recording.phases.visit[ids].max(initial=-1) >= 0
    return say(WORDS, language, "holds" if held else "nobody's", lane=lane, who=", ".join(who))


def _who(stack: Stack, phase: int, language: str) -> str:
    phases, visits = stack.recording.phases, stack.recording.visits
    visit, what = int(phases.visit[phase]), stack.what(phase)
    if visit < 0:
        return what
    end = int(phases.end[phase])
    took = f" {length(end - int(phases.start[phase]))}" if end >= 0 else ""
    said = f"#{int(visits.request[visit]) + 1} {kind_word(language, int(phases.kind[phase]))}{took}"
    return f"{said}: {what}" if what else said


def what_of(stack: Stack, request: int) -> str:
    """Give what a request asked for: `GET /item/7`."""
    requests, text = stack.recording.requests, stack.recording.text
    return f"{text(int(requests.method[request]))} {text(int(requests.target[request]))}".strip()


def _of_request(fall: Fall, look: Look, language: str) -> str:
    stack, n = fall.stack(look.side), look.request
    if not 0 <= n < len(stack.due):
        return ""
    what, due, ended = what_of(stack, n), int(stack.due[n]), int(stack.ended[n])
    if look.t < due:
        return say(WORDS, language, "not yet", n=n + 1, what=what, at=f"{due / 1e9:.3f}")
    status = int(stack.recording.requests.status[n])
    how = Outcome(int(stack.recording.requests.outcome[n])).name.lower()
    if look.t >= ended:
        took = f"{length(ended - due)}, {how}{f' {status}' if status > 0 else ''}"
        return say(WORDS, language, "over", n=n + 1, what=what, took=took)
    kind = _kind_at(stack, n, look.t)
    word = kind_word(language, kind) if 0 <= kind < IDLE else "-"
    since = length(look.t - due) + (f" / {length(ended - due)}" if ended < FOREVER else "")
    return say(WORDS, language, "going", n=n + 1, what=what, since=since, kind=word)


def _kind_at(stack: Stack, request: int, t: int) -> int:
    """Give the kind of the innermost phase of a request at a time, -1 for none."""
    spans = spans_of(stack, np.array([request]), (t, t + 1))
    if spans is None:
        return -1
    now = np.flatnonzero((spans.start <= t) & (spans.end > t))
    return int(spans.sort[now[0]]) if len(now) else -1
