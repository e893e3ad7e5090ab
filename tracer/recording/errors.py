"""What goes wrong with recordings on disk, each told in one sentence."""

from __future__ import annotations

from pathlib import Path


class TraceError(Exception):
    """A recording cannot be read or written: where, what is wrong with it, and what to do."""

    def __init__(self, path: Path | str, what: str, do: str) -> None:
        super().__init__(f"{path}: {' '.join(what.split())}; {do}")
        self.path = Path(path)

    @classmethod
    def of(cls, path: Path | str, error: OSError, doing: str) -> TraceError:
        """Tell what the operating system said while `doing` ("read", "write") something at `path`."""
        said = (error.strerror or str(error)).lower()
        return cls(
            path, f"cannot {doing} it, {said}", _REMEDIES.get(type(error), "check the path and the disk")
        )


_REMEDIES = {
    FileNotFoundError: "check the path",
    PermissionError: "check who owns it, or work as that user",
    IsADirectoryError: "give a .trace file, or the .trace.part of a recording that still goes on",
    NotADirectoryError: "check the path",
    FileExistsError: "give another name, or overwrite it with --force",
}
