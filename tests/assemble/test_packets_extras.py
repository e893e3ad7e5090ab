"""Without the extra `captures` a capture gives what can be read without it, and says what cannot."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

WITHOUT = """
import sys
for name in ("hpack", "hyperframe", "wsproto", "cryptography", "scapy", "asyncssh"):
    sys.modules[name] = None  # importing it fails, as it does where it is not installed
from tracer.cli.main import main
sys.exit(main())
"""


def requests(name):
    run = subprocess.run(
        [sys.executable, "-c", WITHOUT, "requests", f"sample:{name}", "--format", "jsonl"],
        capture_output=True,
        text=True,
        timeout=100,
    )
    assert run.returncode == 0, run.stderr
    return [json.loads(line) for line in run.stdout.splitlines()], run.stderr.splitlines()


@pytest.mark.parametrize(
    ("sample", "protocol", "package"),
    [("http2-h2c", "http2", "hpack"), ("websocket", "websocket", "wsproto")],
)
def test_one_sentence_and_the_rest(sample, protocol, package):
    found, said = requests(sample)
    assert said == [
        f"tracer: connections of {protocol} are not read: "
        f"it is read by {package}: pip install 'hopscope[captures]'"
    ]
    assert len(found) >= 3
    assert {hop["protocol"] for one in found for hop in one["hops"]} <= {"http/1.1", "websocket"}
    assert sum(one["outcome"] == "ok" for one in found) >= len(found) - 1
