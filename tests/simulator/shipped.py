"""The scenarios that ship."""

from __future__ import annotations

from pathlib import Path

import simulator

SHIPPED = sorted((Path(simulator.__file__).parent / "scenarios").glob("*.toml"))
assert SHIPPED
