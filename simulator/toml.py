"""A scenario as TOML: see `docs/reference/scenario.md`. What is wrong is told with key, value and line."""

from __future__ import annotations

import difflib
import re
import tomllib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any

from simulator.compiler import Change
from simulator.lines import line_of
from simulator.scenario import Scenario
from simulator.settings import key_of, put
from simulator.stack import (
    SERVERS,
    App,
    Endpoint,
    Hop,
    Service,
    Stack,
    Step,
    call,
    cpu,
    parallel,
    wait,
)
from simulator.validity import (
    InvalidError,
    check_distribution,
    check_duration,
    check_number,
    check_one_of,
    check_text,
    check_whole,
    written,
)
from simulator.workload import Closed, Open, Replay, Workload

Table = dict[str, Any]
TIMES = ("timeout", "boot", "keepalive_timeout", "overhead", "duration", "backoff")
TOP = ("name", "seed", "workload", "hop", "machine", "endpoint", "service", "event", "stack")


class ScenarioError(ValueError):
    """A scenario that cannot be read, in one sentence."""


def read_scenario(path: Path, settings: Iterable[str] = ()) -> Scenario:
    """Read a scenario file, with `KEY=VALUE` settings put over it; raise ScenarioError."""
    return parse_scenario(text_of(path), settings, str(path))


def text_of(path: Path) -> str:
    """Read the text of a scenario file; raise ScenarioError."""
    try:
        return path.read_text("utf-8")
    except OSError as error:
        raise ScenarioError(f"{path}: {error.strerror}") from None
    except UnicodeDecodeError:
        raise ScenarioError(f"{path}: is not UTF-8 text") from None


def parse_scenario(text: str, settings: Iterable[str] = (), source: str = "scenario") -> Scenario:
    """Read a scenario from text; raise ScenarioError."""
    try:
        top = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ScenarioError(f"{source}: {error}") from None
    except RecursionError:
        raise ScenarioError(f"{source}: is nested too deeply") from None
    settings = list(settings)
    try:
        for setting in settings:
            put(top, setting)
        return scenario_of(top)
    except InvalidError as error:
        line = error.line
        if error.key not in map(key_of, settings):
            line = line_of(text, error.place, error.key, written(error.value))
        raise ScenarioError(f"{source}: {error.at('', line)}") from None


def scenario_of(top: Table) -> Scenario:
    """Turn a parsed scenario into a checked one."""
    _known(top, TOP, "")
    return Scenario(
        tuple(_stacks(top)),
        _workload(top.get("workload", {})),
        check_whole("seed", top.get("seed", 1), 0, 2**62),
        check_text("name", top.get("name", "scenario")),
        tuple(_change(table, f"event {i}") for i, table in enumerate(_tables(top, "event"), 1)),
    )


def _stacks(top: Table) -> Iterator[Stack]:
    """Give the stacks under [[stack]], or the one that the file itself is."""
    if "stack" not in top:
        yield _stack(top, top, "", str(top.get("name", "stack")))
    elif "hop" in top:
        raise InvalidError("hop", "…", "with [[stack]] tables hops stand under them, as [[stack.hop]]")
    seen: set[str] = set()
    for i, table in enumerate(_tables(top, "stack"), 1):
        name = check_text("name", table.get("name", f"stack {i}"), f"stack {i}")
        if name in seen:
            raise InvalidError("name", name, "is there twice; give another name", f"stack {i}")
        seen.add(name)
        yield _stack(table, top, f"stack {i}, ", name)


def _tables(table: Table, key: str) -> list[Table]:
    value = table.get(key, [])
    if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
        raise InvalidError(key, value, f"must be written as [[{key}]] tables")
    return value


def _known(table: Mapping[str, Any], keys: Iterable[str], place: str) -> None:
    keys = sorted(keys)
    for key, value in table.items():
        if key not in keys:
            near = difflib.get_close_matches(key, keys, n=1)
            meant = f"did you mean {near[0]}? " if near else ""
            raise InvalidError(key, value, f"there is no such key; {meant}there is {', '.join(keys)}", place)


def _stack(table: Table, top: Table, prefix: str, name: str) -> Stack:
    if prefix:
        _known(table, ("name", "hop", "machine", "endpoint", "service"), prefix.rstrip(", "))
    hops = [_hop(hop, f"{prefix}hop {i}") for i, hop in enumerate(_tables(table, "hop"), 1)]
    mine = prefix if "endpoint" in table else ""
    endpoints = _tables(table, "endpoint") or _tables(top, "endpoint")
    services = _tables(table, "service") or _tables(top, "service")
    app = None
    if endpoints:
        app = App(
            *(_endpoint(one, f"{mine}endpoint {i}") for i, one in enumerate(endpoints, 1)),
            services=[_service(one, f"service {i}") for i, one in enumerate(services, 1)],
        )
    own = prefix if "machine" in table else ""
    cores = _cores(table.get("machine", top.get("machine", {})), f"{own}machine")
    return Stack(_numbered(hops), app, cores, name)


def _cores(machine: Any, place: str) -> int | None:
    if not isinstance(machine, dict):
        raise InvalidError("machine", machine, "must be written as a [machine] table")
    _known(machine, ("cores",), place)
    cores = machine.get("cores")
    return None if cores is None else _at(place, lambda: check_whole("cores", cores, 1, 4096))


def _numbered(hops: list[Hop]) -> tuple[Hop, ...]:
    """Give hops that were given no name one of their own: station, station 2."""
    seen: dict[str, int] = {}
    for hop in hops:
        seen[hop.name] = seen.get(hop.name, 0) + 1
        if seen[hop.name] > 1 and hop.name == hop.server:
            object.__setattr__(hop, "name", f"{hop.name} {seen[hop.name]}")
    return tuple(hops)


def _at(place: str, make: Callable[[], Any]) -> Any:
    try:
        return make()
    except InvalidError as error:
        raise error.at(place) from None


def _hop(table: Table, place: str) -> Hop:
    server = table.get("server")
    if not isinstance(server, str) or server not in SERVERS:
        raise InvalidError("server", server, f"must be one of {', '.join(SERVERS)}", place)
    kind = SERVERS[server]
    place = f"{place} ({table.get('name', server)})"
    keys = {key: value for key, value in table.items() if key != "server"}
    _known(keys, [f.name for f in fields(kind)], place)
    return _at(place, lambda: kind(**_checked(keys)))  # type: ignore[no-any-return]


def _checked(keys: Table) -> Table:
    """Check what a file must say in full and Python need not: a name, and times with their unit."""
    if "name" in keys:
        check_text("name", keys["name"])
    return {key: _written(key, value) if key in TIMES else value for key, value in keys.items()}


def _written(key: str, value: Any) -> int:
    """Check a duration in a file: 0, or with a unit (in Python a number is ns)."""
    if isinstance(value, int) and value != 0:
        raise InvalidError(key, value, 'must be a duration with a unit, in quotes, such as "30s"')
    return check_duration(key, value)


def _endpoint(table: Table, place: str) -> Endpoint:
    place = f"{place} ({table.get('path', '/')})"
    _known(table, [f.name for f in fields(Endpoint)], place)
    keys = dict(table)
    keys["steps"] = _at(place, lambda: _steps(table.get("steps", [])))
    if "response" in keys:
        keys["response"] = _at(place, lambda: round(check_amount("response", keys["response"])))
    return _at(place, lambda: Endpoint(**keys))  # type: ignore[no-any-return]


def _steps(steps: Any, key: str = "steps") -> tuple[Step, ...]:
    if not isinstance(steps, list):
        raise InvalidError(key, steps, 'must be a list, such as [{cpu = "2ms"}]')
    return tuple(_step(step) for step in steps)


def _step(step: Any) -> Step:
    if not isinstance(step, dict):
        raise InvalidError("steps", step, 'a step is a table, such as {wait = "5ms"}')
    kinds = [key for key in ("cpu", "wait", "call", "parallel") if key in step]
    if len(kinds) != 1:
        raise InvalidError("steps", step, "a step must have one of cpu, wait, call, parallel")
    kind = kinds[0]
    _known(step, (kind, *{"wait": ("blocking",), "call": ("time",)}.get(kind, ())), "")
    if kind == "cpu":
        return cpu(step["cpu"])
    if kind == "wait":
        blocking = check_one_of("blocking", step.get("blocking", False), (True, False))
        return wait(step["wait"], blocking=blocking)
    if kind == "call":
        return call(step["call"], step.get("time", "0"))
    branches = step["parallel"]
    if not isinstance(branches, list):
        raise InvalidError("parallel", branches, "must be a list of lists of steps")
    return parallel(*(_steps(branch, "parallel") for branch in branches))


def _service(table: Table, place: str) -> Service:
    place = f"{place} ({table.get('name', '?')})"
    _known(table, ("name", "connections"), place)
    return _at(place, lambda: Service(table.get("name", ""), table.get("connections", 10)))  # type: ignore[no-any-return]


def _change(table: Table, place: str) -> Change:
    _known(table, ("at", "hop", "down"), place)

    def make() -> Change:
        down = check_one_of("down", table.get("down", True), (True, False))
        return Change(_written("at", table.get("at")), check_text("hop", table.get("hop")), down)

    return _at(place, make)  # type: ignore[no-any-return]


def _workload(table: Any) -> Workload:
    if not isinstance(table, dict):
        raise InvalidError("workload", table, "must be written as a [workload] table")
    keys = dict(table)
    return _at("workload", lambda: _workload_of(keys))  # type: ignore[no-any-return]


def _workload_of(keys: Table) -> Workload:
    kind = check_one_of("kind", keys.pop("kind", "open"), ("open", "closed", "replay"))
    made = {"open": Open, "closed": Closed, "replay": Replay}[kind]
    allowed = [f.name for f in fields(made) if f.name not in ("due", "demands")]
    _known(keys, allowed, "workload")
    if kind == "replay":
        check_text("recording", keys.get("recording"))
    keys = _checked(keys)
    if "keepalive" in keys:
        check_one_of("keepalive", keys["keepalive"], (True, False))
    if "client_speed" in keys:
        keys["client_speed"] = check_amount("client_speed", keys["client_speed"], "/s")
    if "think" in keys:
        keys["think"] = check_distribution("think", keys["think"])
    if "profile" in keys:
        keys["profile"] = _profile(keys["profile"])
    return made(**keys)  # type: ignore[no-any-return]


def _profile(points: Any) -> tuple[tuple[int, float], ...]:
    form = 'must be a list of [time, rate], such as [["0s", 10], ["30s", 80]]'
    if not isinstance(points, list) or not points:
        raise InvalidError("profile", points, form)
    made = []
    for point in points:
        if not isinstance(point, list) or len(point) != 2:
            raise InvalidError("profile", point, form)
        made.append((_written("profile", point[0]), check_number("profile", point[1], 0, 1e9)))
    return tuple(made)


def check_amount(key: str, value: Any, per: str = "") -> float:
    """Check an amount of bytes: 500, "20kB", or with `per`, "20kB/s"."""
    if isinstance(value, int | float) and not isinstance(value, bool) and 0 < value < 1e15:
        return float(value)
    match = (
        re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*(B|kB|MB|GB)" + per, value) if isinstance(value, str) else None
    )
    if match is None or float(match[1]) == 0:
        raise InvalidError(key, value, f"must be an amount above 0, such as 20kB{per}")
    return float(match[1]) * {"B": 1, "kB": 10**3, "MB": 10**6, "GB": 10**9}[match[2]]
