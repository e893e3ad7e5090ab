"""What is said of an expression, in English and Korean: why it cannot be read, and what may stand where."""

from __future__ import annotations

WORDS = {
    "open quote": {"en": "the quote {sign} is not closed", "ko": "따옴표 {sign} 가 닫히지 않았습니다"},
    "sign": {
        "en": "{sign} means nothing here; {hint}",
        "ko": "{sign} 는 여기서 뜻이 없습니다. {hint}",
    },
    "write": {"en": "write {this}", "ko": "대신 쓸 것: {this}"},
    "quotes": {"en": "texts with signs in them stand in quotes", "ko": "기호가 든 글은 따옴표 안에 쓰세요"},
    "missing": {"en": "something is missing; {next}", "ko": "무언가 빠졌습니다. {next}"},
    "misplaced": {"en": "{word} cannot stand here; {next}", "ko": "{word} 는 여기 올 수 없습니다. {next}"},
    "stray bracket": {
        "en": "a bracket is closed that was never opened",
        "ko": "연 적이 없는 괄호를 닫았습니다",
    },
    "open bracket": {"en": "this bracket is not closed", "ko": "이 괄호가 닫히지 않았습니다"},
    "deep": {
        "en": "more than {most} brackets and nots stand in each other",
        "ko": "괄호와 not 이 {most} 겹이 넘습니다",
    },
    "no field": {
        "en": "there is no field {name}; {meant}there is {all}",
        "ko": "{name} 이라는 항목은 없습니다. {meant}있는 것: {all}",
    },
    "meant": {"en": "did you mean {name}? ", "ko": "혹시 {name}? "},
    "wrong operator": {
        "en": "{field} is {kind} and takes {all} or in, not {sign}",
        "ko": "{field} 항목은 {kind}: 쓸 수 있는 것은 {all} in 이고 {sign} 는 아닙니다",
    },
    "wants": {"en": "{field} is {kind}, {example}", "ko": "{field} 항목은 {kind}: {example}"},
    "not of kind": {
        "en": "{text} is not {kind}: write one {example}",
        "ko": "{text}: {kind} 아님, {example}",
    },
    "too much": {"en": "{text} is more than any column holds", "ko": "{text}: 담을 수 없이 큰 수입니다"},
    "no choice": {
        "en": "there is no {field} {text}; there is {all}",
        "ko": "{field} 항목에 {text} 값은 없습니다. 있는 것: {all}",
    },
    "no regex": {
        "en": "{text} is no regular expression: {why}",
        "ko": "{text}: 정규 표현식이 아닙니다 ({why})",
    },
    "unknown": {
        "en": "what is unknown can only be asked for by = and !=",
        "ko": "unknown 은 = 와 != 로만 물을 수 있습니다",
    },
    "next joint": {"en": "next comes and, or, or nothing", "ko": "다음은 and, or 또는 끝입니다"},
    "next closing": {
        "en": "next comes and, or, or a closing bracket",
        "ko": "다음은 and, or 또는 닫는 괄호입니다",
    },
    "next in": {"en": "after {field} not comes in", "ko": "{field} not 다음은 in 입니다"},
    "next field": {"en": "next comes a field, such as {some}", "ko": "다음은 항목입니다. 예: {some}"},
    "next operator": {"en": "after {field} comes {all} or in", "ko": "{field} 다음은 {all} in 입니다"},
    "next members": {
        "en": "after in come values in brackets: in (1, 2)",
        "ko": "in 다음은 괄호 안의 값들입니다: in (1, 2)",
    },
    "next member": {
        "en": "next comes a comma or a closing bracket",
        "ko": "다음은 쉼표 또는 닫는 괄호입니다",
    },
    "next value": {"en": "next comes {kind}, {example}", "ko": "다음은 {kind}: {example}"},
    "number": {"en": "a number", "ko": "수"},
    "duration": {"en": "a duration", "ko": "시간"},
    "size": {"en": "a size", "ko": "크기"},
    "share": {"en": "a share", "ko": "비율"},
    "text": {"en": "a text", "ko": "글"},
    "number example": {"en": "such as 500", "ko": "예: 500"},
    "duration example": {"en": "such as 250us, 5ms, 1.5s or 2m", "ko": "예: 250us, 5ms, 1.5s, 2m"},
    "size example": {"en": "such as 512B, 20kB or 4MiB", "ko": "예: 512B, 20kB, 4MiB"},
    "share example": {"en": "such as 0.9 or 90%", "ko": "예: 0.9, 90%"},
    "text example": {"en": 'such as "/item"', "ko": '예: "/item"'},
    "of id": {"en": "the request's number, from 0", "ko": "요청 번호, 0부터"},
    "of method": {"en": "GET, POST and so on", "ko": "GET, POST 등"},
    "of path": {"en": "the target up to its question mark", "ko": "물음표 앞까지의 대상"},
    "of target": {"en": "the target, as it was asked for", "ko": "요청한 그대로의 대상"},
    "of status": {"en": "of the answer", "ko": "응답의 상태 코드"},
    "of outcome": {"en": "how it ended for the client", "ko": "클라이언트가 본 결과"},
    "of latency": {"en": "from when it was due to its end", "ko": "보낼 때부터 끝날 때까지"},
    "of start": {"en": "when it was due, since the first request was", "ko": "첫 요청부터 시작까지"},
    "of end": {"en": "when it ended, since the first request was due", "ko": "첫 요청부터 끝까지"},
    "of queued": {"en": "time in line, over all its visits", "ko": "줄에서 기다린 시간, 방문 모두"},
    "of running": {"en": "time computing", "ko": "계산한 시간"},
    "of blocked": {"en": "time waiting outside, a lane held", "ko": "레인을 잡고 기다린 시간"},
    "of awaiting": {"en": "time waiting outside, no lane held", "ko": "레인을 놓고 기다린 시간"},
    "of transfer": {"en": "time moving bytes", "ko": "바이트를 옮긴 시간"},
    "of unseen": {"en": "time of which the source saw nothing", "ko": "보이지 않은 시간"},
    "of bytes_in": {"en": "of the request's body", "ko": "요청 본문의 크기"},
    "of bytes_out": {"en": "of the answer's body", "ko": "응답 본문의 크기"},
    "of visits": {"en": "how many visits, the client's left out", "ko": "방문 수, 클라이언트 제외"},
    "of hop": {"en": "a hop that it visited", "ko": "들른 홉"},
    "of lane": {"en": "the first lane that a visit held", "ko": "방문이 처음 잡은 레인"},
    "of protocol": {"en": "spoken to a hop: http/1.1, h2, wsgi", "ko": "홉과의 프로토콜: http/1.1, h2, wsgi"},
    "of attempt": {"en": "of a visit; from 2 on it is a retry", "ko": "시도, 2부터 재시도"},
    "of match": {"en": "by what a visit was joined", "ko": "무엇으로 이어졌는지"},
    "of confidence": {"en": "of that join", "ko": "그 이음의 확실함"},
    "of what": {"en": "what a phase did: time.sleep app.py:17", "ko": "한 일: time.sleep app.py:17"},
}
"""Key -> language -> template."""


def say(language: str, key: str, /, **values: object) -> str:
    """Fill in a template; a value that is a `Said` is said in the same language."""
    told = {name: value(language) if isinstance(value, Said) else value for name, value in values.items()}
    texts = WORDS[key]
    return texts.get(language, texts["en"]).format(**told)


class Said:
    """Words to be said in whatever language is asked for."""

    def __init__(self, key: str, /, **values: object) -> None:
        self.key, self.values = key, values

    def __call__(self, language: str = "en") -> str:
        """Say it."""
        return say(language, self.key, **self.values)
