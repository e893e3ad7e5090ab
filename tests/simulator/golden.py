"""What the shipped scenarios' recordings are, to the byte.

`python -m tests.simulator.golden` writes them anew.
"""

from __future__ import annotations

import hashlib
import json
import tempfile
from pathlib import Path

from simulator.scenario import simulate
from simulator.toml import read_scenario
from tests.simulator.shipped import SHIPPED
from tracer.recording.sealed import save

GOLDEN = Path(__file__).with_name("golden.json")


def digests(engine: str = "plain") -> dict[str, dict[str, str]]:
    """Run every scenario that ships; give the SHA-256 of each stack's `.trace`."""
    found: dict[str, dict[str, str]] = {}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "it.trace"
        for scenario in map(read_scenario, SHIPPED):
            found[scenario.name] = {}
            for result in simulate(scenario, record=True, engine=engine):
                assert result.recording is not None
                save(result.recording, path)
                digest = hashlib.sha256(path.read_bytes()).hexdigest()
                found[scenario.name][result.stack] = digest
    return found


if __name__ == "__main__":
    GOLDEN.write_text(json.dumps(digests(), indent=1) + "\n")
