"""What the waterfall says, in English and Korean."""

from __future__ import annotations

from tui.words import Table

WORDS: Table = {
    "title": {
        "en": "timeline {by}  t {t} s  window {window}  1 cell {cell}  ? help",
        "ko": "시간표 {by}  t {t} s  너비 {window}  한 칸 {cell}  ? 도움말",
    },
    "short title": {
        "en": "{by}  t {t} s  1 cell {cell}  ? help",
        "ko": "{by}  t {t} s  한 칸 {cell}  ? 도움말",
    },
    "by lane": {"en": "by lane", "ko": "레인별"},
    "by request": {"en": "by request", "ko": "요청별"},
    "too small": {"en": "make the window larger", "ko": "창을 더 크게 해 주세요"},
    "nothing": {"en": "no request in this window", "ko": "이 시간에는 요청이 없습니다"},
    "no match": {"en": "no request has: {words}", "ko": "이 말에 맞는 요청이 없습니다: {words}"},
    "zoom in": {"en": "too many to tell apart here: zoom in with +", "ko": "너무 많습니다. +로 확대하세요"},
    "counting": {"en": "counting {done:.0%}", "ko": "세는 중 {done:.0%}"},
    "queue": {"en": "queue", "ko": "대기열"},
    "outside": {"en": "outside", "ko": "바깥"},
    "inside": {"en": "inside", "ko": "안쪽"},
    "open": {"en": "open, most {most}", "ko": "진행, 최대 {most}"},
    "marks": {"en": "marks n N", "ko": "표시 n N"},
    "found": {"en": "found n N", "ko": "찾음 n N"},
    "of": {"en": "{first} to {last} of {all}", "ko": "{all}개 중 {first}~{last}"},
    "rows": {"en": "rows {first} to {last} of {all}", "ko": "{all}줄 중 {first}~{last}"},
    "kept": {"en": "filter: {words} ({count})", "ko": "거르기: {words} ({count})"},
    "search": {"en": "search: {words} ({count})", "ko": "찾기: {words} ({count})"},
    "type search": {
        "en": "search /{typed}_  (#7, 5xx, timeout, part of a path, queued > 20ms)",
        "ko": "찾기 /{typed}_  (#7, 5xx, timeout, 경로의 일부, queued > 20ms)",
    },
    "type filter": {
        "en": "show only &{typed}_  (#7, 5xx, timeout, part of a path, queued > 20ms)",
        "ko": "이것만 &{typed}_  (#7, 5xx, timeout, 경로의 일부, queued > 20ms)",
    },
    "no detail": {
        "en": "#{n} is followed now; F2 shows it on the Stage",
        "ko": "이제 #{n}을 따라갑니다. F2를 누르면 무대에서 보입니다",
    },
    "no mark": {"en": "no mark further on", "ko": "그쪽에는 표시가 더 없습니다"},
    "free": {"en": "{lane} is free", "ko": "{lane}: 비어 있음"},
    "nobody's": {"en": "{lane} is held by no request", "ko": "{lane}: 요청 없이 잡혀 있음"},
    "holds": {"en": "{lane} holds {who}", "ko": "{lane}: {who}"},
    "counts": {"en": "{place}: {count}", "ko": "{place}: {count}"},
    "not yet": {"en": "#{n} comes at {at} s: {what}", "ko": "#{n} {at} s에 옴: {what}"},
    "over": {"en": "#{n} {what}, {took}", "ko": "#{n} {what}, {took}"},
    "going": {"en": "#{n} {what}, since {since}: {kind}", "ko": "#{n} {what}, {since} 지남: {kind}"},
    # What marks tell of.
    "refused": {"en": "refused", "ko": "거절됨"},
    "timeout": {"en": "time-out", "ko": "시간 초과"},
    "error": {"en": "error", "ko": "오류"},
    "abandoned": {"en": "abandoned", "ko": "포기됨"},
    "block": {"en": "others wait for this hold", "ko": "이 점유 때문에 다른 요청이 기다림"},
    "retransmission": {"en": "retransmission", "ko": "재전송"},
    "zero window": {"en": "zero window", "ko": "수신 창 0"},
    "fault": {
        "en": "a connection or worker broke off, or frames are lost",
        "ko": "연결이나 워커가 끊김, 또는 유실",
    },
    "matches": {"en": "found", "ko": "찾음"},
    "bookmark": {"en": "bookmark", "ko": "책갈피"},
}
