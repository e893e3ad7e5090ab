"""What `tracer doctor` looks at of captures: each program is tried on loopback."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.util import find_spec

from tracer.cli.checks import NOTE, OK, Check

NOTHING = "less 1"
"""A filter that no packet passes."""
WORTH = {
    "tcpdump": "`tracer record` takes it first; apt install tcpdump",
    "dumpcap": "only needed where tcpdump is not; apt install wireshark-common",
    "scapy": "only needed where neither of them is; pip install 'hopscope[captures]'",
}


def capture_checks() -> Iterator[Check]:
    """Try each program that can capture."""
    return map(_tried, WORTH)


def _tried(program: str) -> Check:
    from tracer.capture.live import LiveError, Wish, found, open_tap

    if not (find_spec("scapy") if program == "scapy" else found(program)):
        return Check("capture", f"by {program}", NOTE, "not found", WORTH[program])
    try:
        tap = open_tap(Wish("lo", NOTHING), (program,))
    except LiveError as error:
        return Check("capture", f"by {program}", NOTE, "may not capture here", str(error))
    tap.stop()
    why = tap.close()
    return Check("capture", f"by {program}", NOTE if why else OK, why or "captures on lo")
