"""What the Stage says, in English and Korean. Names of phase kinds (RUNNING) and of lanes stay."""

from __future__ import annotations

from tracer.recording import LaneKind, PhaseKind
from tui.words import Table, say

WORDS: Table = {
    "too small": {"en": "make the window larger", "ko": "창을 더 크게 해 주세요"},
    "play": {"en": "PLAY", "ko": "재생"},
    "pause": {"en": "PAUSE", "ko": "멈춤"},
    "clock": {
        "en": "{state}  t {t:.3f} s  {speed}  1 cell {cell}  ? help",
        "ko": "{state}  t {t:.3f} s  {speed}  한 칸 {cell}  ? 도움말",
    },
    # Labels of places: eight columns at most.
    "client": {"en": "client", "ko": "요청자"},
    "queue": {"en": "queue", "ko": "대기열"},
    "q": {"en": "q", "ko": "줄"},
    "outside": {"en": "outside", "ko": "바깥"},
    "inside": {"en": "inside", "ko": "안쪽"},
    "in pool": {"en": "in pool", "ko": "풀 안"},
    "out+pool": {"en": "out+pool", "ko": "바깥+풀"},
    "latency": {"en": "latency", "ko": "지연"},
    "load": {"en": "load", "ko": "부하"},
    "rest": {"en": "rest", "ko": "나머지"},
    # The client's row.
    "going": {"en": "#{n} is on its way in", "ko": "#{n} 들어오는 중"},
    "coming": {"en": "#{n} is on its way out", "ko": "#{n} 나가는 중"},
    "connections": {"en": "{all} conn, {idle} idle", "ko": "연결 {all}, 유휴 {idle}"},
    # The queue.
    "left": {"en": "left ", "ko": "왼쪽 "},
    "right": {"en": "right ", "ko": "오른쪽 "},
    "in queue": {"en": "the {where}queue: {count} wait", "ko": "{where}대기열: {count}개 대기"},
    "sent": {"en": "#{n} is sent, no server has taken it up", "ko": "#{n} 보냈으나 받은 서버가 아직 없음"},
    "head": {
        "en": "#{n} is the head of the {where}queue, {many} in it",
        "ko": "#{n} {where}대기열의 맨 앞, 모두 {many}개",
    },
    "number": {
        "en": "#{n} is number {place} in the {where}queue, {many} in it",
        "ko": "#{n} {where}대기열의 {place}번째, 모두 {many}개",
    },
    "line": {"en": "the line ends at {lanes}", "ko": "줄의 끝: {lanes}"},
    "and": {"en": " and ", "ko": ", "},
    "no line": {"en": "the line ends nowhere: wake-up", "ko": "줄의 끝이 없음: 깨어나는 중"},
    # Lanes.
    "free": {"en": "{lane} is free", "ko": "{lane}: 비어 있음"},
    "nobody's": {"en": "{lane} is held by no request", "ko": "{lane}: 요청 없이 잡혀 있음"},
    "holds": {"en": "{lane} holds #{n}, {kind}", "ko": "{lane}: #{n} 점유, {kind}"},
    "the lane": {"en": "the {lane}", "ko": "{lane}"},
    "map": {"en": "{lane}: {busy} of {all} held", "ko": "{lane}: {all}개 중 {busy}개 점유"},
    "hop": {"en": "queue {queue:>2}  held {held:>3} %", "ko": "대기 {queue:>2}  점유 {held:>3} %"},
    # Outside.
    "is outside": {"en": "#{n} is outside, {kind}", "ko": "#{n} 바깥, {kind}"},
    "is inside": {"en": "#{n} is inside, {kind}", "ko": "#{n} 안쪽, {kind}"},
    "is in pool": {"en": "#{n} is in the pool, {kind}", "ko": "#{n} 풀 안, {kind}"},
    "are outside": {"en": "{count} are outside", "ko": "바깥에 {count}개"},
    "are inside": {"en": "{count} are inside", "ko": "안쪽에 {count}개"},
    "are in pool": {"en": "{count} are in the pool", "ko": "풀 안에 {count}개"},
    "are out+pool": {"en": "{count} are outside or in the pool", "ko": "바깥이나 풀 안에 {count}개"},
    "stack outside": {"en": "the {where}stack: {count} are outside", "ko": "{where}바깥에 {count}개"},
    # Who waits for whom.
    "wake-up": {
        "en": "! {many:,} {wait}: the lane is free, wake-up",
        "ko": "! {many:,}개 대기: 레인은 비어 있고 깨어나는 중",
    },
    "why": {"en": "! {many:,} {wait}: {who}", "ko": "! {many:,}개 대기: {who}"},
    "for": {
        "en": "! {many:,} {wait} {ms} ms for {who}: {what}",
        "ko": "! {many:,}개 대기, {who} {ms} ms째: {what}",
    },
    "computes": {"en": "{who} computes on the {lane}", "ko": "{who} {lane}에서 계산 중"},
    "holds the": {"en": "{who} holds the {lane}", "ko": "{who} {lane} 점유 중"},
    "compute": {"en": "{who} compute", "ko": "{who} 계산 중"},
    "hold some": {"en": "{who} hold {count} {lane}s", "ko": "{who} {lane} {count}개 점유"},
    "hold both": {"en": "{who} hold both {lane}s", "ko": "{who} {lane} 둘 다 점유"},
    "hold all": {"en": "{who} hold all {count} {lane}s", "ko": "{who} {lane} {count}개 모두 점유"},
    "nobody": {"en": "nobody", "ko": "없음"},
    # The latency strip and the figures.
    "took": {"en": "#{n} took {ms} ms", "ko": "#{n} {ms} ms 걸림"},
    "is open": {"en": "#{n} is open since {ms} ms", "ko": "#{n} {ms} ms째 진행 중"},
    "figures": {
        "en": "done {done:>3}  open {open:>3}  held {held:>3} %  x {failed}",
        "ko": "완료 {done:>3}  진행 {open:>3}  점유 {held:>3} %  x {failed}",
    },
    "answers": {"en": "answers {rate}/s", "ko": "응답 {rate}/s"},
    "error": {"en": "error", "ko": "오류"},
    "timeout": {"en": "timeout", "ko": "시간초과"},
    "refused": {"en": "refused", "ko": "거부"},
    "abandoned": {"en": "abandoned", "ko": "포기"},
    # The panel and the waterfall.
    "made others wait": {"en": "made others wait", "ko": "남을 기다리게 한 요청"},
    "nobody so far": {"en": "nobody so far", "ko": "아직 없음"},
    # Moments on the ruler.
    "drained": {"en": "drained", "ko": "모두 끝남"},
    "first queueing": {"en": "first queueing", "ko": "처음으로 줄이 생김"},
    "queue maximum": {"en": "queue maximum, {n}", "ko": "가장 긴 줄, {n}개"},
    "a hold": {"en": "a hold that delays others", "ko": "남을 늦추는 점유"},
    "a long hold": {"en": "a hold that delays many", "ko": "여럿을 늦추는 점유"},
    "release": {"en": "its release", "ko": "점유가 풀림"},
    "ended": {"en": "#{n}: {how}", "ko": "#{n}: {how}"},
    "bookmark": {"en": "bookmark", "ko": "책갈피"},
    "follow": {"en": "follow #{n}", "ko": "따라갈 번호 #{n}"},
}

_KINDS = {
    PhaseKind.QUEUED: {"en": "queued", "ko": "줄 섬"},
    PhaseKind.RUNNING: {"en": "running", "ko": "계산"},
    PhaseKind.BLOCKED: {"en": "blocked", "ko": "점유 대기"},
    PhaseKind.AWAITING: {"en": "awaiting", "ko": "바깥 대기"},
    PhaseKind.CALLING: {"en": "calling", "ko": "호출"},
    PhaseKind.TRANSFER: {"en": "transfer", "ko": "전송"},
    PhaseKind.UNSEEN: {"en": "unseen", "ko": "안 보임"},
}

_LANES = {
    LaneKind.PROCESS: {"en": "worker", "ko": "워커"},
    LaneKind.THREAD: {"en": "thread", "ko": "스레드"},
    LaneKind.POOL: {"en": "pool", "ko": "풀"},
    LaneKind.LOOP: {"en": "loop", "ko": "루프"},
    LaneKind.GREENLET_HUB: {"en": "hub", "ko": "허브"},
    LaneKind.LOCK: {"en": "lock", "ko": "락"},
    LaneKind.CONNECTION: {"en": "connection", "ko": "연결"},
}
_LANE = {"en": "lane", "ko": "레인"}


def told(language: str, key: str, /, **values: object) -> str:
    """Say something of the table."""
    return say(WORDS, language, key, **values)


def kind_word(language: str, kind: int) -> str:
    """Give the everyday word for a phase's kind."""
    return _KINDS[PhaseKind(kind)][language if language == "ko" else "en"]


def lane_word(language: str, kind: int | None) -> str:
    """Give the noun for a lane of a kind, or for lanes of several."""
    words = _LANE if kind is None else _LANES[LaneKind(kind)]
    return words[language if language == "ko" else "en"]
