"""What the table of requests says, in English and Korean."""

from __future__ import annotations

from tui.words import Table

WORDS: Table = {
    "title": {"en": "requests", "ko": "요청 표"},
    "all": {"en": "{total:,} requests", "ko": "요청 {total:,}개"},
    "some": {"en": "{count:,} of {total:,} requests", "ko": "요청 {total:,}개 중 {count:,}개"},
    "groups": {"en": "{count:,} groups by {by}", "ko": "{by} 묶음 {count:,}개"},
    "path": {"en": "path", "ko": "경로"},
    "status": {"en": "status", "ko": "상태"},
    "hop": {"en": "hop", "ko": "홉"},
    "help": {"en": "? help", "ko": "? 도움말"},
    "filter": {"en": "/ filters", "ko": "/ 거르기"},
    "error at": {"en": "column {column}: {why}", "ko": "{column}번째 글자: {why}"},
    "typing": {"en": "Enter keeps it  Tab completes  Esc leaves it", "ko": "Enter 적용  Tab 완성  Esc 취소"},
    "do filter": {"en": "filtering", "ko": "거르는 중"},
    "do sort": {"en": "sorting", "ko": "정렬 중"},
    "do group": {"en": "putting together", "ko": "묶는 중"},
    "do columns": {"en": "making columns", "ko": "열을 만드는 중"},
    "progress": {"en": "{what} {percent:.0f} %  Esc ends it", "ko": "{what} {percent:.0f} %  Esc 그만두기"},
    "none": {"en": "no request fits this filter; Esc takes it off", "ko": "맞는 요청 없음. Esc 거르기 끄기"},
    "empty": {"en": "there is no request in this recording", "ko": "이 기록에는 요청이 없습니다"},
    "of hop": {"en": "by hop: counts and times of visits, start to last byte", "ko": "홉별: 방문 수와 시간"},
    "of request": {
        "en": "p50, p95, max: latency of answered requests",
        "ko": "p50, p95, 최대: 응답된 요청의 지연",
    },
    "choose": {"en": " Columns", "ko": " 열"},
    "choosing": {"en": "space shows or hides  Esc closes", "ko": "space 보이기, 숨기기  Esc 닫기"},
    "row": {"en": "request {id}", "ko": "요청 {id}"},
}
