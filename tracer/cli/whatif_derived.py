"""A scenario like the stack of a recording: its servers by name, as many lanes as it shows."""

from __future__ import annotations

import re
from typing import Any

import numpy as np

from simulator.stack import SERVERS
from tracer.analysis.lanes import executing
from tracer.recording import LaneKind, Recording, Role
from tui.whatif import WhatIfError


def scenario_like(recording: Recording, name: str, cores: int) -> Any:
    """Give the parsed scenario (a tomlkit document). Raises WhatIfError where no server is known."""
    import tomlkit

    hops = [hop for n in range(len(recording.hops.name)) if (hop := _hop(recording, n))]
    # A proxy passes on, so the last hop calls the application.
    serves = [hop for hop in hops if SERVERS[hop["server"]].role == "server"][:1]
    if not serves:
        known = ", ".join(n for n in SERVERS if n != "station")
        raise WhatIfError(
            f"no server of this recording has a model ({known}): open a scenario, "
            "as in `tracer tui SCENARIO.toml`, or `tracer replay FILE --on SCENARIO.toml`"
        )
    proxies = [hop for hop in hops if SERVERS[hop["server"]].role == "proxy"]
    asynchronous = _loops(recording)
    document = {
        "name": f"the requests of {name}",
        "seed": 1,
        "workload": {"kind": "replay", "recording": name},
        "machine": {"cores": cores},
        "hop": [*proxies, *serves],
        "endpoint": [{"path": "/", "handler": "async def" if asynchronous else "def"}],
    }
    return tomlkit.parse(tomlkit.dumps(document))


def _hop(recording: Recording, hop: int) -> dict[str, Any] | None:
    """Tell one hop as a scenario does; None for one that has no model."""
    table = recording.hops
    name = recording.text(int(table.name[hop]))
    server = re.split(r"[ 0-9]", name)[0]
    if table.role[hop] in (Role.CLIENT, Role.APP) or server not in SERVERS or server == "station":
        return None
    kinds = recording.lanes.kind[executing(recording) & (recording.lanes.hop == hop)]
    found: dict[str, Any] = {"server": server} | ({"name": name} if name != server else {})
    return found | _lanes(recording, hop, server, kinds)


def _lanes(recording: Recording, hop: int, server: str, kinds: Any) -> dict[str, Any]:
    """Count workers and threads."""
    loops = int(np.isin(kinds, (LaneKind.LOOP, LaneKind.GREENLET_HUB)).sum())
    threads = int((kinds == LaneKind.THREAD).sum())
    processes = int(((recording.lanes.hop == hop) & (recording.lanes.kind == LaneKind.PROCESS)).sum())
    own = SERVERS[server].__dataclass_fields__
    found: dict[str, Any] = {"workers": max(1, loops or int((kinds == LaneKind.PROCESS).sum()) or processes)}
    if server == "gunicorn":
        found["worker_class"] = _worker_class(recording, hop, kinds)
    if threads and not loops and "threads" in own:
        found["threads"] = max(1, threads // found["workers"])
    return {key: value for key, value in found.items() if key in own}


def _worker_class(recording: Recording, hop: int, kinds: Any) -> str:
    """Choose a worker class by what the server says of itself, else by its lanes."""
    software = recording.text(int(recording.hops.software[hop]))
    for name in ("gthread", "gevent", "sync"):
        if name in software.split():
            return name
    if (kinds == LaneKind.GREENLET_HUB).any():
        return "gevent"
    if (kinds == LaneKind.LOOP).any():
        return "asgi"
    return "gthread" if (kinds == LaneKind.THREAD).any() else "sync"


def _loops(recording: Recording) -> bool:
    return bool((recording.lanes.kind == LaneKind.LOOP).any())
