"""Writes what a tap gives into a pcapng, whole at any moment: a block at a time, counters last."""

from __future__ import annotations

import time
from typing import BinaryIO

from tracer.capture.capture import Capture
from tracer.capture.errors import CaptureError
from tracer.capture.live import Tap
from tracer.capture.records import Records
from tracer.capture.writer import PcapngWriter


class Recorder:
    """Copies a capture; `packets`, `size` (bytes) and `lost` say how far it is."""

    def __init__(self, tap: Tap, file: BinaryIO) -> None:
        self._tap, self._file = tap, file
        self._writer = PcapngWriter(file)
        self._interfaces = 0
        self.packets = self.size = 0
        self.faults: list[CaptureError] = []

    @property
    def lost(self) -> int | None:
        """Packets that were lost, as far as the capturing program has told."""
        return self._tap.lost()

    def run(self) -> None:
        """Copy until the tap ends. Raises CaptureError if it gave nothing, OSError if writing fails."""
        self._file.flush()
        capture = Capture(self._tap.path)
        for records in capture:
            self._copy(capture, records)
        self.faults = capture.faults

    def finish(self) -> None:
        """Write the counters, once the tap has told its last ones."""
        if self._interfaces and self.lost is not None:
            self._writer.drops(self.lost, time.time_ns())
        self._file.flush()

    def _copy(self, capture: Capture, records: Records) -> None:
        for interface in capture.interfaces[self._interfaces :]:
            self._writer.interface(interface.link, interface.name or "", snap=interface.snap)
            self._interfaces += 1
        columns = (records.time, records.offset, records.captured, records.length, records.interface)
        data = memoryview(records.data)
        for when, start, kept, length, number in zip(*(c.tolist() for c in columns), strict=True):
            self._writer.write(bytes(data[start : start + kept]), max(when, 0), length, number)
        self._file.flush()
        self.packets += len(records)
        self.size += int(records.captured.sum())
