"""What the figures say, in a sentence: made of the numbers, so what they do not show is not said.

A stack *queues* if its requests spent at least a tenth of their time in line. Its lanes are *full* from
90 % held on, *busy* from 70 %. What holds them is named if it is at least half of what does.
"""

from __future__ import annotations

from dataclasses import dataclass

from tracer.analysis.duration import show
from tracer.analysis.hops import HopFigures
from tracer.analysis.latency import SECOND
from tracer.analysis.summary import Summary

QUEUES, FULL, BUSY, MOSTLY, ALIKE = 0.1, 0.9, 0.7, 0.5, 1.1

Told = dict[str, str]
"""Language ("en", "ko") -> what is said."""

_HOLDS = {
    "BLOCKED": ("only waiting (BLOCKED)", "기다리기만 한 시간입니다(BLOCKED)"),
    "RUNNING": ("computing (RUNNING)", "계산한 시간입니다(RUNNING)"),
    "TRANSFER": ("moving bytes (TRANSFER)", "바이트를 옮긴 시간입니다(TRANSFER)"),
}


@dataclass(frozen=True, slots=True)
class Stack:
    """The figures of one stack that its sentence is made of; seconds and shares."""

    name: str
    latency: float | None
    p50: float | None
    p95: float | None
    queued: float | None
    lanes: int
    held: float | None
    holder: str | None
    holder_share: float
    awaiting_share: float

    @classmethod
    def of(cls, summary: Summary, name: str) -> Stack:
        """Take them from a summary; the lanes are those of its most held hop."""
        hop = busiest(summary)
        holder, share = mostly(hop) if hop else (None, 0.0)
        latency = summary.latency_s
        stays = (latency.mean or 0.0) * summary.requests
        awaiting = max((figures.phases_s["AWAITING"] for figures in summary.hops), default=0.0)
        return cls(
            name=name,
            latency=latency.mean,
            p50=latency.p50,
            p95=latency.p95,
            queued=summary.queued_s.mean,
            lanes=hop.lanes if hop else 0,
            held=hop.utilisation if hop else None,
            holder=holder,
            holder_share=share,
            awaiting_share=awaiting / stays if stays else 0.0,
        )

    @property
    def queues(self) -> bool:
        """Say whether requests spent a notable part of their time in line."""
        return bool(self.latency and self.queued and self.queued >= QUEUES * self.latency)


def busiest(summary: Summary) -> HopFigures | None:
    """Give the hop whose lanes are held most; None if no hop has lanes."""
    hops = [hop for hop in summary.hops if hop.utilisation is not None]
    return max(hops, key=lambda hop: hop.utilisation or 0.0, default=None)


def mostly(hop: HopFigures) -> tuple[str | None, float]:
    """Give the kind of phase that most of the holding is made of, if it is half of it, and its share."""
    whole = sum(hop.held_s.values())
    kind = max(hop.held_s, key=lambda kind: hop.held_s[kind])
    share = hop.held_s[kind] / whole if whole else 0.0
    return (kind, share) if share >= MOSTLY and kind in _HOLDS else (None, share)


def saturated(hop: HopFigures) -> Told | None:
    """Say that a hop is a bottleneck, if its lanes are full and visits stood in line for them."""
    line = max([hop.queue_max, *(lane.queue_max for lane in hop.lane_figures)])
    if hop.utilisation is None or hop.utilisation < FULL or not line:
        return None
    en, ko = _held(hop.lanes, hop.utilisation, *mostly(hop))
    return {
        "en": f"{hop.hop} is a bottleneck: {en}, and up to {line} stood in line.",
        "ko": f"{hop.hop}: 병목입니다. {ko}. 줄에는 최대 {line}개가 서 있었습니다.",
    }


def what_happened(left: Summary, right: Summary, names: tuple[str, str]) -> Told:
    """Say what two recordings of the same requests show: who queued, why, and what it cost."""
    sides = Stack.of(left, names[0]), Stack.of(right, names[1])
    parts = [_side(side) for side in sides] + [_cost(*sides)]
    return {
        "en": "; ".join(part["en"] for part in parts) + ".",
        "ko": ". ".join(part["ko"] for part in parts) + ".",
    }


def _side(side: Stack) -> Told:
    if side.latency is None:
        en, ko = "no request was answered", "응답받은 요청이 없습니다"
    elif side.queued is None:
        en, ko = "its source cannot see who stood in line", "줄을 볼 수 없는 기록입니다"
    elif side.queues:
        en, ko = _queueing(side, side.queued, side.queued / side.latency)
    else:
        en, ko = _flowing(side, side.queued)
    return {"en": f"{side.name}: {en}", "ko": f"{side.name}: {ko}"}


def _queueing(side: Stack, queued: float, share: float) -> tuple[str, str]:
    en = f"a request stood in line for {_time(queued)} on average, {share:.0%} of its latency"
    ko = f"요청은 평균 {_time(queued)} 동안 줄을 섰습니다(지연 시간의 {share:.0%})"
    if side.held is None:
        return en, ko
    held_en, held_ko = _held(side.lanes, side.held, side.holder, side.holder_share)
    if side.held >= BUSY:
        return f"{en}, because {held_en}", f"{ko}. {held_ko}"
    return f"{en}, although {held_en}", f"{ko}. 그러나 {held_ko}"


def _flowing(side: Stack, queued: float) -> tuple[str, str]:
    en, ko = f"hardly any line ({_time(queued)} on average)", f"줄이 거의 없었습니다(평균 {_time(queued)})"
    if side.held is None:
        return en, ko
    held_en, held_ko = _held(side.lanes, side.held, None, 0.0)
    if side.awaiting_share >= MOSTLY:
        en, ko = f"{en}, since requests waited outside (AWAITING)", f"{ko}. 요청은 밖에서 기다렸고(AWAITING)"
        return f"{en} and {held_en}", f"{ko}, {held_ko}"
    return f"{en}: {held_en}", f"{ko}. {held_ko}"


def _held(lanes: int, held: float, holder: str | None, share: float) -> tuple[str, str]:
    lane_en = "its only lane was" if lanes == 1 else f"its {lanes} lanes were"
    en = f"{lane_en} held {held:.0%} of the time"
    ko = f"실행 자리 {lanes}개는 시간의 {held:.0%} 동안 잡혀 있었습니다"
    if holder is None:
        return en, ko
    what_en, what_ko = _HOLDS[holder]
    return f"{en}, {share:.0%} of that {what_en}", f"{ko}. 그중 {share:.0%}는 {what_ko}"


def _cost(left: Stack, right: Stack) -> Told:
    if left.p50 is None or right.p50 is None or left.p95 is None or right.p95 is None:
        return {"en": "so there is nothing to compare", "ko": "비교할 것이 없습니다"}
    en = f"median {_time(left.p50)} against {_time(right.p50)}"
    en += f", p95 {_time(left.p95)} against {_time(right.p95)}"
    ko = f"중앙값 {_time(left.p50)} 대 {_time(right.p50)}, p95 {_time(left.p95)} 대 {_time(right.p95)}"
    if max(left.p95, right.p95) < ALIKE * min(left.p95, right.p95):
        en += ": these figures show no difference between the two"
        ko += ". 이 수치로는 둘의 차이가 드러나지 않습니다"
    return {"en": en, "ko": ko}


def _time(seconds: float) -> str:
    return show(seconds * SECOND)
