"""The columns that the table can show: width, side, and whether they have to be worked out first."""

from __future__ import annotations

from dataclasses import dataclass

from tui.words import Texts


@dataclass(frozen=True, slots=True)
class Shown:
    """A column. `dear`: it takes a look at all phases or visits, so a worker makes it."""

    name: str  # of the field in the filter language
    title: Texts
    width: int  # columns of the terminal; 0: what the others leave
    left: bool = False
    dear: bool = False


SHOWN = (
    Shown("id", {"en": "id", "ko": "번호"}, 8),
    Shown("start", {"en": "due at", "ko": "시각"}, 9),
    Shown("method", {"en": "method", "ko": "메서드"}, 7, left=True),
    Shown("path", {"en": "path", "ko": "경로"}, 0, left=True),
    Shown("target", {"en": "target", "ko": "대상"}, 0, left=True),
    Shown("status", {"en": "status", "ko": "상태"}, 6),
    Shown("outcome", {"en": "outcome", "ko": "결과"}, 9, left=True),
    Shown("latency", {"en": "latency", "ko": "지연"}, 8),
    Shown("queued", {"en": "queued", "ko": "대기"}, 8, dear=True),
    Shown("running", {"en": "running", "ko": "계산"}, 8, dear=True),
    Shown("blocked", {"en": "blocked", "ko": "막힘"}, 8, dear=True),
    Shown("awaiting", {"en": "awaiting", "ko": "바깥"}, 8, dear=True),
    Shown("transfer", {"en": "transfer", "ko": "전송"}, 8, dear=True),
    Shown("unseen", {"en": "unseen", "ko": "안 보임"}, 8, dear=True),
    Shown("bytes_in", {"en": "in", "ko": "받음"}, 8),
    Shown("bytes_out", {"en": "out", "ko": "보냄"}, 8),
    Shown("visits", {"en": "visits", "ko": "방문"}, 6, dear=True),
    Shown("hop", {"en": "hops", "ko": "홉"}, 24, left=True, dear=True),
)

BY_NAME = {column.name: column for column in SHOWN}
"""Name -> column."""

DEFAULT = ("id", "start", "method", "path", "status", "outcome", "latency", "queued")

GROUPED = (
    Shown("key", {"en": "", "ko": ""}, 0, left=True),
    Shown("count", {"en": "requests", "ko": "요청"}, 10),
    Shown("share", {"en": "share", "ko": "비율"}, 6),
    Shown("bad", {"en": "bad", "ko": "실패"}, 8),
    Shown("p50", {"en": "p50", "ko": "p50"}, 8),
    Shown("p95", {"en": "p95", "ko": "p95"}, 8),
    Shown("max", {"en": "max", "ko": "최대"}, 8),
)
"""The columns of groups."""

GROUPS = ("", "path", "status", "hop")
"""By what requests can be put together; "": not at all."""
