"""A plain reader of ring files for the tests: every valid slot as a dictionary, in order."""

from __future__ import annotations

from pathlib import Path

from tracer.agent import layout

_KINDS = ("LANE", "TEXT", "CONN", "OPEN", "TARGET", "PHASE", "CLOSE", "MARK", "FAULT", "END", "STALL")
KINDS = {getattr(layout, name): name for name in _KINDS}
NAMES = {kind: [n for n, code in fields if not code.endswith("x")] for kind, fields in layout.FIELDS.items()}


class Ring:
    """One process's records."""

    def __init__(self, path: Path) -> None:
        data = path.read_bytes()
        names = [name for name, _ in layout.HEADER_FIELDS]
        self.header = dict(zip(names, layout.header().unpack_from(data), strict=True))
        assert self.header["magic"] == layout.MAGIC
        self.records = sorted(slots(data, self.header["capacity"]), key=lambda record: record["seq"])
        for opened in self.of("OPEN"):
            self._convert(opened)
        self.texts = {r["visit"]: r["text"][: r["length"]].decode() for r in self.of("TEXT")}

    def _convert(self, opened: dict) -> None:
        """A raw stamp of the kernel as CLOCK_MONOTONIC, by the last offset that was told before it."""
        if not opened["flags"] & layout.STAMPED or not opened["arrived"]:
            return
        clock = layout.MARK_NAMES.index("clock")
        told = [m["value"] for m in self.of("MARK") if m["what"] == clock and m["seq"] < opened["seq"]]
        offset = told[-1] if told else self.header["created_wall"] - self.header["created"]
        opened["arrived"] = opened["arrived"] * 1_000_000_000 + opened["nanoseconds"] - offset

    def of(self, kind: str) -> list[dict]:
        return [record for record in self.records if record["kind"] == kind]

    def text(self, number: int) -> str:
        return self.texts[number] if number else ""

    def target(self, opened: dict) -> bytes:
        rest = sorted(
            (r for r in self.of("TARGET") if r["visit"] == opened["visit"]), key=lambda r: r["offset"]
        )
        whole = opened["target"] + b"".join(r["text"][: r["length"]] for r in rest)
        return whole[: opened["length"]]

    def visits(self) -> list[dict]:
        """Each visit's OPEN, CLOSE (or None) and PHASE records, with the target."""
        closed = {r["visit"]: r for r in self.of("CLOSE")}
        found = []
        for opened in self.of("OPEN"):
            number = opened["visit"]
            phases = [r for r in self.of("PHASE") if r["visit"] == number]
            found.append(
                {"open": opened, "close": closed.get(number), "phases": phases, "target": self.target(opened)}
            )
        return found

    def visit(self, target: bytes) -> dict:
        (found,) = (visit for visit in self.visits() if visit["target"] == target)
        return found


def slots(data: bytes, capacity: int):
    """Every slot that has a sequence number, which has to be that of its place."""
    for place in range(capacity):
        offset = layout.HEADER + place * layout.SLOT
        sequence = int.from_bytes(data[offset + layout.SLOT - 8 : offset + layout.SLOT], "little")
        if not sequence:
            continue
        kind = data[offset]
        assert (sequence - 1) % capacity == place
        assert kind in KINDS, f"slot {place} has number {sequence} and kind {kind}"
        record = dict(zip(NAMES[kind], layout.record(kind).unpack_from(data, offset), strict=True))
        yield {**record, "kind": KINDS[kind]}


def rings(directory: Path) -> list[Ring]:
    return [Ring(path) for path in sorted(directory.glob(f"*{layout.SUFFIX}"))]
