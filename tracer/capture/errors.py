"""What is said about a capture that cannot be read, or not whole: one sentence, with the place."""

from __future__ import annotations

NOWHERE = -1


class CaptureError(Exception):
    """A fault of a capture file, as one sentence.

    It is raised where nothing can be read (no such file, not a capture), and listed in
    `Capture.faults` where the rest was read all the same. `frame` is the number of the frame that was
    due (frames count from 1), `offset` the byte in the file, of a compressed file in what it unpacks
    to; -1: none.
    """

    def __init__(self, file: str, why: str, frame: int = NOWHERE, offset: int = NOWHERE) -> None:
        self.file, self.why, self.frame, self.offset = file, why, frame, offset
        super().__init__(f"{file}: {self._place()}{why}")

    def _place(self) -> str:
        places = []
        if self.frame != NOWHERE:
            places.append(f"frame {self.frame}")
        if self.offset != NOWHERE:
            places.append(f"byte {self.offset}")
        return f"{', '.join(places)}: " if places else ""


class SourceError(Exception):
    """The bytes end or break below the capture format (a cut .gz, a read error); the text says why."""
