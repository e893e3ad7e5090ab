"""Rings by hand: a short text a record, as the hard cases of the house are told, times in microseconds."""

from __future__ import annotations

import numpy as np

from tracer.agent import layout
from tracer.assemble.assembler import Assembler
from tracer.observe.records import decode, pack
from tracer.observe.rings import Batch, Identity
from tracer.recording import Evidence, PhaseKind, Recording, Rows

US = 1000
KINDS = {kind.name[0]: int(kind) for kind in PhaseKind}  # Q R B A C T U
SYNC, GTHREAD, UVICORN = "gunicorn sync", "gunicorn gthread", "uvicorn"


class Ring:
    """Writes the ring of one process. Lanes are numbered in order, from 1; so are visits and texts."""

    def __init__(self, server: str, pid: int = 7) -> None:
        self.identity = Identity(f"{pid}.ring", pid, 1, 0, US, US, server, "1.0")
        self.slots: list[bytes] = []
        self.texts: dict[str, int] = {}
        self.lanes = 0
        self.sent = 0

    def put(self, kind: int, **fields) -> None:
        self.slots.append(pack(kind, len(self.slots) + 1, **fields))

    def text(self, text: str) -> int:
        if text not in self.texts:
            self.texts[text] = len(self.texts) + 1
            self.put(layout.TEXT, visit=self.texts[text], length=len(text), text=text.encode())
        return self.texts[text]

    def lane(
        self, kind: int, label: str, *, parent: int = 0, capacity: int = 1, arbiter: int = 0, start: int = 2
    ) -> int:
        self.lanes += 1
        self.put(
            layout.LANE, lane=self.lanes, lane_kind=kind, parent=parent, capacity=capacity, start=start * US,
            exclusive=capacity == 1, label=label.encode(),
            parent_pid=1 if arbiter else 0, parent_capacity=arbiter,
        )  # fmt: skip
        return self.lanes

    def conn(self, number: int, at: int, peer: str = "127.0.0.1:4000") -> None:
        self.put(layout.CONN, visit=number, accepted=at * US, peer=peer.encode(), local=b"127.0.0.1:80")

    def open(self, visit: int, lane: int, *times: int, **fields) -> None:
        """`times` in us: arrived (0: not known), taken, parsed, entered."""
        names = {"method": self.text("GET"), "protocol": self.text("http/1.1")}
        target = f"/item/{visit}".encode()
        names |= dict(zip(("arrived", "taken", "parsed", "entered"), (t * US for t in times), strict=True))
        fields = {"flags": layout.WSGI, "target": target, "length": len(target), **names, **fields}
        self.put(layout.OPEN, visit=visit, lane=lane, **fields)

    def phase(
        self, visit: int, lane: int, text: str, *, app: bool = True, queue: int = 0, cpu: int = -1
    ) -> None:
        """`text`: kind, start, end and what; Q and A hold nothing."""
        kind, start, end, *what = text.split(maxsplit=3)
        self.put(
            layout.PHASE, visit=visit, lane=lane, flags=layout.APP if app else 0, phase=KINDS[kind],
            holds=int(kind not in "QA"), waits_for=queue, what=self.text(what[0]) if what else 0,
            start=int(start) * US, end=int(end) * US, cpu=cpu * US if cpu >= 0 else -1,
        )  # fmt: skip

    def close(
        self, visit: int, left: int, answered: int, end: int, *, cpu: int = -1, process: int = -1, **fields
    ) -> None:
        times = {"left": left, "responded": left, "first_byte": answered, "last_write": answered}
        times |= {"answered": answered, "end": end}
        spent = {"cpu": cpu * US if cpu >= 0 else -1, "process_cpu": process * US if process >= 0 else -1}
        told = {name: time * US for name, time in (times | times_of(fields)).items()}
        self.put(layout.CLOSE, visit=visit, **{"status": 200, **fields, **told, **spent})

    def batch(self, *, ended: bool = False, alive: int = 0) -> Batch:
        """Give what was not given yet."""
        slots = np.frombuffer(b"".join(self.slots[self.sent :]), np.uint8).reshape(-1, layout.SLOT)
        self.sent = len(self.slots)
        return Batch(self.identity, decode(slots), len(self.slots) + 1, alive=alive * US, ended=ended)


def times_of(fields: dict) -> dict:
    return {name: fields[name] for name in ("first_byte", "last_write") if name in fields}


def recording(*parts: Rows) -> Recording:
    """Join rows, and hold them to the invariants."""
    rows = Rows()
    for part in parts:
        for name in ("hops", "lanes", "requests", "visits", "phases", "marks"):
            getattr(rows, name).extend(getattr(part, name))
    made = Recording.of(
        rows, {"source": "hook", "clocks": [{"name": "m", "offset_ns": 0, "uncertainty_ns": 0}]}
    )
    violations = [str(violation) for violation in made.check()]
    assert not violations, violations
    return made


def assembled(*rings: Ring, exchanges=(), ended: bool = False) -> Recording:
    """Assemble all at once."""
    assembler = Assembler(0, client=bool(exchanges))
    for exchange in exchanges:
        assembler.exchange(exchange)
    for ring in rings:
        assembler.records(ring.batch(ended=ended))
    return recording(assembler.finish())


def story(made: Recording, hop: str, target: str | None = None) -> str:
    """Tell the phases of a visit: `QUEUED 10-20 for arbiter, BLOCKED 20-90 on worker 1 'time.sleep'`."""
    requests = [made.text(number) for number in made.requests.target]
    wanted = requests.index(target) if target else 0
    hops = [made.text(number) for number in made.hops.name]
    visits = [
        n for n, (r, h) in enumerate(zip(made.visits.request, made.visits.hop, strict=True))
        if r == wanted and hops[h] == hop
    ]  # fmt: skip
    return ", ".join(_phase(made, n) for n, v in enumerate(made.phases.visit) if v in visits)


def idle(made: Recording) -> str:
    """Tell the phases of no visit."""
    return ", ".join(_phase(made, n) for n, v in enumerate(made.phases.visit) if v < 0)


def _phase(made: Recording, row: int) -> str:
    p = made.phases
    end = "" if p.end[row] < 0 else p.end[row] // US
    text = f"{PhaseKind(p.kind[row]).name} {p.start[row] // US}-{end}"
    if p.waits_for[row] >= 0:
        text += f" for {made.text(made.lanes.label[p.waits_for[row]])}"
    if p.holds[row]:
        text += f" on {made.text(made.lanes.label[p.lane[row]])}"
    if p.what[row] >= 0:
        text += f" '{made.text(p.what[row])}'"
    return text + (" (inferred)" if p.evidence[row] == Evidence.INFERRED else "")
