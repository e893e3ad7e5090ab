"""What is told about the two recordings of a scene: sentences made of what they show, at its instants.

Every number is read from the recordings. Where they do not show what the scene was made to show (a machine
with one core, a server that was slow to start), the sentence says what they do show.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tracer.labs.demo import SCENES, WAIT_MS, WORK_MS, Scene, Stack
from tracer.labs.moments import Moments
from tracer.recording import Recording

Told = dict[str, Any]
"""{"at": ns since the start, "en": …, "ko": …}; a text has at most two lines of 76 columns."""


def narrate(scene: str, left: Recording, right: Recording) -> list[Told]:
    """Tell a scene of the demo, "waiting" or "computing", in order of time."""
    tell = {"waiting": _waiting, "computing": _computing}[scene]
    steps = [step(Moments.of(left), Moments.of(right)) for step in tell]
    return sorted(steps, key=lambda step: int(step["at"]))


def chapter(scene: Scene, stack: Stack, side: str, left: Recording, right: Recording) -> dict[str, Any]:
    """Say which place in the demo one of the two recordings has: what `meta["chapter"]` holds."""
    return {
        "number": SCENES.index(scene) + 1,
        "of": len(SCENES),
        "title": scene.title,
        "side": side,
        "kind": stack.kind,
        "label": stack.label,
        "steps": narrate(scene.name, left, right),
    }


def _told(at: int, en: str, ko: str) -> Told:
    return {"at": at, "en": en, "ko": ko}


def _arrival(left: Moments, right: Moments) -> Told:
    at = min(left.first_start, right.first_start) + 20_000_000
    return _told(
        at,
        f"Request #1 arrives. Both servers start it, and in both it waits\n{WAIT_MS} ms for the database.",
        f"요청 #1이 도착합니다. 두 서버 모두 바로 시작하고\n데이터베이스를 {WAIT_MS} ms 기다립니다.",
    )


def _line_begins(left: Moments, right: Moments) -> Told:
    at = left.line_of(2)
    if at is None:
        return _told(right.first_start + 60_000_000, *_NO_LINE)
    waiting, holding = _names(left.queued(at)), _names(left.held(at))
    waiting_ko, holding_ko = _names(left.queued(at), " ", "-"), _names(left.held(at), " ", "-")
    return _told(
        at,
        f"On the left {waiting} cannot start: {holding} wait IN the workers.\n"
        "On the right they wait OUTSIDE, so the loop takes the next one.",
        f"왼쪽: {holding_ko} 요청이 워커 안에서 기다려 {waiting_ko} 요청은 시작하지 못합니다.\n"
        "오른쪽: 루프 밖에서 기다리므로 루프는 다음 요청을 받습니다.",
    )


_NO_LINE = (
    "Nobody stands in line on the left: at this rate its workers keep up.",
    "왼쪽에 줄이 없습니다. 이 속도라면 워커로 충분합니다.",
)


def _line_longest(left: Moments, right: Moments) -> Told:
    at, number = left.longest
    outside = right.outside(at)
    return _told(
        at,
        f"{number} stand in line on the left: each worker is held by one that only waits.\n"
        f"On the right {outside} wait at once, outside; in line: {right.line_at(at)}.",
        f"왼쪽 줄에 {number}개. 워커마다 기다리기만 하는 요청이 앉아 있습니다.\n"
        f"오른쪽은 밖에서 {outside}개가 함께 기다립니다. 줄에는 {right.line_at(at)}개.",
    )


def _waited(left: Moments, right: Moments) -> Told:
    p50, most, held = f"{right.p50:.0f}", f"{right.max:.0f}", f"{right.held_share:.0%}"
    lawn_en = f"Right: p50 {p50}, max {most} ms; the loop was held {held}."
    lawn_ko = f"오른쪽: p50 {p50}, 최대 {most} ms. 루프가 잡혀 있던 시간은 {held}."
    return _told(
        max(left.end, right.end),
        f"Same requests. Left: p50 {left.p50:.0f}, max {left.max:.0f} ms, {_later_en(left)}.\n{lawn_en}",
        f"같은 요청. 왼쪽: p50 {left.p50:.0f}, 최대 {left.max:.0f} ms. {_later_ko(left)}\n{lawn_ko}",
    )


def _later_en(side: Moments) -> str:
    return "the later, the longer" if side.grows else "no line grew"


def _later_ko(side: Moments) -> str:
    return "늦게 올수록 오래 섭니다." if side.grows else "줄이 자라지 않았습니다."


def _work_arrives(left: Moments, right: Moments) -> Told:
    return _told(
        min(left.first_start, right.first_start) + 20_000_000,
        f"Now each request computes, about {WORK_MS} ms of CPU time, and waits for nobody.",
        f"이번에는 요청마다 CPU로 약 {WORK_MS} ms를 계산합니다. 기다릴 것이 없습니다.",
    )


def _both_queue(left: Moments, right: Moments) -> Told:
    at, number = right.longest
    return _told(
        at,
        "Nobody waits outside: all compute. The loop does one request at a time:\n"
        f"{number} stand in line for it, {left.line_at(at)} for the two workers.",
        "밖에서 기다리는 요청이 없습니다. 루프는 한 번에 하나만 계산합니다:\n"
        f"루프 앞에 {number}개, 두 워커 앞에 {left.line_at(at)}개가 서 있습니다.",
    )


def _computed(left: Moments, right: Moments) -> Told:
    en, ko = _VERDICT[right.p50 > 1.1 * left.p50]
    lefts, rights = (
        f"p50 {left.p50:.0f}, max {left.max:.0f} ms",
        f"p50 {right.p50:.0f}, max {right.max:.0f} ms",
    )
    return _told(
        max(left.end, right.end),
        f"Left: {lefts}. Right: {rights}.\n{en}",
        f"왼쪽: {lefts}. 오른쪽: {rights}.\n{ko}",
    )


_VERDICT = {
    True: (
        "Async overlaps waiting, not computing: a loop is one core, two workers two.",
        "비동기는 기다림을 겹칠 뿐, 계산은 겹치지 못합니다. 루프는 코어 하나입니다.",
    ),
    False: (
        "Async overlaps waiting, not computing; here the workers had no core more.",
        "비동기는 기다림을 겹칠 뿐입니다. 여기서는 워커도 코어를 더 못 얻었습니다.",
    ),
}

_Step = Callable[[Moments, Moments], Told]
_waiting: tuple[_Step, ...] = (_arrival, _line_begins, _line_longest, _waited)
_computing: tuple[_Step, ...] = (_work_arrives, _both_queue, _computed)


def _names(requests: list[int], joint: str = " and ", span: str = " to ") -> str:
    """Write "#1 and #2", or "#1 to #8" where there are more than three."""
    names = [f"#{number}" for number in requests]
    return joint.join(names) if len(names) <= 3 else f"{names[0]}{span}{names[-1]}"
