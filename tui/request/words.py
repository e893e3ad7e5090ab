"""What the detail of a request says, in English and Korean."""

from __future__ import annotations

from tui.words import Table

WORDS: Table = {
    "title": {"en": "request {id}", "ko": "요청 {id}"},
    "of": {"en": "of {total:,}", "ko": "전체 {total:,}"},
    "help": {"en": "? help", "ko": "? 도움말"},
    "took": {"en": "took {ms} ms", "ko": "{ms} ms 걸림"},
    "open": {"en": "open for {ms} ms", "ko": "{ms} ms째 안 끝남"},
    "due": {"en": "due at {ms} ms", "ko": "시각 {ms} ms"},
    "bytes": {"en": "{i} in, {o} out", "ko": "받음 {i}, 보냄 {o}"},
    "time": {"en": "Time", "ko": "시간"},
    "ladder": {"en": "Ladder", "ko": "사다리"},
    "waits": {"en": "Waits", "ko": "기다림"},
    "packets": {"en": "Packets", "ko": "패킷"},
    "where": {"en": "where its time went", "ko": "시간을 쓴 곳"},
    "whole": {"en": "the whole", "ko": "모두"},
    "nobody": {"en": "nobody tells", "ko": "알 수 없음"},
    "after": {"en": "{hop} went on for {ms} ms after the end", "ko": "{hop} 끝난 뒤 {ms} ms 더 일함"},
    "client": {"en": "client", "ko": "요청자"},
    "for whom": {"en": "it waited {ms} ms in line, for:", "ko": "줄에서 {ms} ms 기다림, 까닭:"},
    "no line": {"en": "it never waited in line", "ko": "줄에서 기다린 적 없음"},
    "unseen line": {
        "en": "packets and logs do not show who waits in line; record the server with tracer run",
        "ko": "패킷과 로그에는 줄이 보이지 않습니다. tracer run 으로 서버를 기록하세요",
    },
    "wake-up": {
        "en": "nobody: the lane was free, it had to wake up",
        "ko": "없음: 레인이 비어 있었고 깨어나는 중",
    },
    "idle": {"en": "no request", "ko": "요청 없음"},
    "behind": {
        "en": "{count} requests waited behind it, {ms} ms in all:",
        "ko": "뒤에서 기다린 요청 {count}개, 모두 {ms} ms:",
    },
    "one behind": {"en": "1 request waited behind it, {ms} ms:", "ko": "뒤에서 기다린 요청 1개, {ms} ms:"},
    "none behind": {"en": "nobody waited for it", "ko": "이 요청을 기다린 요청 없음"},
    "working": {"en": "looking ...", "ko": "찾는 중 ..."},
    "no packets": {
        "en": "this recording is not of packets; open a .pcap, or capture with tracer record",
        "ko": "패킷 기록이 아닙니다. .pcap 을 열거나 tracer record 로 잡으세요",
    },
    "none found": {
        "en": "the capture has no packet of it any more",
        "ko": "캡처에 그 패킷이 없습니다",
    },
    "packet": {"en": "packet {n} of {total}", "ko": "패킷 {n}/{total}"},
    "curl": {"en": "copied: {text}", "ko": "복사함: {text}"},
    "text": {"en": "copied {lines} lines of text", "ko": "글 {lines}줄 복사함"},
    "no request": {"en": "there is no request in this recording", "ko": "이 기록에는 요청이 없습니다"},
}
