"""Reads a sample by the two layers below the assembler: what exchanges were on which connection."""

from __future__ import annotations

import json
from collections import defaultdict
from pathlib import Path
from typing import Any, NamedTuple

import captures
from tracer import capture, wire
from tracer.wire import REQUEST, RESPONSE, Head

FOLDER = Path(captures.__file__).parent
NAMES = sorted({path.parent.name for path in FOLDER.glob("*/capture.*")})


class Seen(NamedTuple):
    """One exchange; status None: no answer began; size None: it was not whole."""

    method: str
    target: str
    status: int | None
    size: int | None
    remote_port: int | None = None


class Step(NamedTuple):
    """What happens to a connection at once: bytes, bytes that are missing, or (neither) its end."""

    time: int
    direction: int
    data: bytes = b""
    gap: int = 0


class Talk:
    """One connection of a capture: fed to the decoders as it was captured."""

    def __init__(self, connection: capture.Connection) -> None:
        self.about = connection
        self.wire = wire.Connection(lost=not connection.opened)
        self.messages: list[wire.Message] = []

    def take(self, steps: list[Step]) -> None:
        """Feed what was seen, in the order in which it was."""
        for step in sorted(steps, key=lambda step: step.time):
            kind = REQUEST if step.direction == capture.TO_SERVER else RESPONSE
            if step.gap:
                self.messages += self.wire.gap(kind, step.gap)
            elif step.data:
                self.messages += self.wire.feed(kind, step.data)
            else:
                self.close()

    def close(self) -> None:
        """End both directions."""
        for kind in (REQUEST, RESPONSE):
            self.messages += self.wire.close(kind)

    def exchanges(self) -> list[Seen]:
        """Join requests and answers as the decoder says; answers to nothing are left out."""
        heads = [message for message in self.messages if isinstance(message, Head) and not message.interim]
        answers = {head.exchange: head for head in heads if head.kind == RESPONSE}
        sizes = {
            end.exchange: end.size
            for end in self.messages
            if isinstance(end, wire.End) and end.kind == RESPONSE and end.complete
        }
        return [
            self._seen(head, answers.get(head.exchange), sizes.get(head.exchange))
            for head in heads
            if head.kind == REQUEST
        ]

    def _seen(self, asked: Head, answer: Head | None, size: int | None) -> Seen:
        status = answer.status if answer else None
        remote = asked.variable("REMOTE_PORT")
        whole = size if status not in {None, 101} else None
        return Seen(asked.method, asked.target, status, whole, int(remote) if remote else None)


def steps(events: list[capture.Event]) -> dict[int, list[Step]]:
    """Cut the events of one chunk into steps, by connection.

    Within a chunk a connection's bytes to the server are told before those to the client. That an answer
    came before a request, and so is not its answer, only the times say.
    """
    cut: dict[int, list[Step]] = defaultdict(list)
    latest: dict[tuple[int, int], int] = {}
    for event in events:
        number, way = event.connection.id, (event.connection.id, event.direction)
        for step in _cut(event):
            latest[way] = max(step.time, latest.get(way, 0))  # who waits for a hole waits
            cut[number].append(step._replace(time=latest[way]))
    return cut


def _cut(event: capture.Event) -> list[Step]:
    if isinstance(event, capture.Gap):
        return [Step(event.time, event.direction, b"", event.length)]
    if isinstance(event, capture.Data):
        pairs = zip(event.times.tolist(), event.pieces, strict=True)
        return [Step(time, event.direction, bytes(piece)) for time, piece in pairs]
    return [Step(event.time, event.direction)] if event.kind is capture.NoteKind.CLOSED else []


def read(path: Path) -> tuple[list[Talk], list[str]]:
    """Give the connections of a capture in the order of their first frames, and what was wrong with it."""
    talks: dict[int, Talk] = {}
    file = capture.Capture(str(path))
    for events in capture.connections(file):
        talks |= {e.connection.id: Talk(e.connection) for e in events if e.connection.id not in talks}
        for number, each in steps(events).items():
            talks[number].take(each)
    for talk in talks.values():
        talk.close()
    return [talks[number] for number in sorted(talks)], [str(fault) for fault in file.faults]


def expected(folder: Path) -> dict[str, Any]:
    """Give the expected.json of a folder."""
    return json.loads((folder / "expected.json").read_text())


def by_connection(talks: list[Talk]) -> dict[tuple[int, int], list[Seen]]:
    """Give the exchanges of each (server port, client port), one connection after another."""
    told = defaultdict(list)
    for talk in talks:
        told[talk.about.server_port, talk.about.client_port] += talk.exchanges()
    return {ports: seen for ports, seen in told.items() if seen}
