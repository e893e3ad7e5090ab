"""A scenario as TOML: see `docs/reference/scenario.md`. What is wrong is told with key, value and line."""

from __future__ import annotations

import difflib
import re
import tomllib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any

from simulator.compiler import Change
from simulator.scenario import Scenario
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
)
from simulator.workload import Closed, Open, Replay, Workload

Table = dict[str, Any]
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
    try:
        for setting in settings:
            put(top, setting)
        return scenario_of(top)
    except InvalidError as error:
        line = error.line or line_of(text, error.place, error.key)
        raise ScenarioError(f"{source}: {error.at('', line)}") from None


def scenario_of(top: Table) -> Scenario:
    """Turn a parsed scenario into a checked one."""
    _known(top, TOP, "")
    stacks = top.get("stack")
    if stacks is None:
        made = [_stack(top, top, "", str(top.get("name", "stack")))]
    else:
        made = [
            _stack(table, top, f"stack {i}, ", str(table.get("name", f"stack {i}")))
            for i, table in enumerate(_tables(top, "stack"), 1)
        ]
    return Scenario(
        tuple(made),
        _workload(top.get("workload", {})),
        check_whole("seed", top.get("seed", 1), 0, 2**62),
        check_text("name", top.get("name", "scenario")),
        tuple(_change(table, f"event {i}") for i, table in enumerate(_tables(top, "event"), 1)),
    )


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
    endpoints = _tables(table, "endpoint") or _tables(top, "endpoint")
    services = _tables(table, "service") or _tables(top, "service")
    app = None
    if endpoints:
        app = App(
            *(_endpoint(one, f"endpoint {i}") for i, one in enumerate(endpoints, 1)),
            services=[_service(one, f"service {i}") for i, one in enumerate(services, 1)],
        )
    machine = table.get("machine", {})
    if not isinstance(machine, dict):
        raise InvalidError("machine", machine, "must be written as a [machine] table")
    _known(machine, ("cores",), "machine")
    cores = machine.get("cores")
    if cores is not None:
        cores = _at("machine", lambda: check_whole("cores", cores, 1, 4096))
    return Stack(_numbered(hops), app, cores, name)


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
    return _at(place, lambda: kind(**keys))  # type: ignore[no-any-return]


def _endpoint(table: Table, place: str) -> Endpoint:
    place = f"{place} ({table.get('path', '/')})"
    _known(table, [f.name for f in fields(Endpoint)], place)
    keys = dict(table)
    keys["steps"] = _at(place, lambda: _steps(table.get("steps", [])))
    if "response" in keys:
        keys["response"] = _at(place, lambda: round(check_amount("response", keys["response"])))
    return _at(place, lambda: Endpoint(**keys))  # type: ignore[no-any-return]


def _steps(steps: Any) -> tuple[Step, ...]:
    if not isinstance(steps, list):
        raise InvalidError("steps", steps, 'must be a list, such as [{cpu = "2ms"}]')
    return tuple(_step(step) for step in steps)


def _step(step: Any) -> Step:
    if not isinstance(step, dict):
        raise InvalidError("steps", step, 'a step is a table, such as {wait = "5ms"}')
    kinds = [key for key in ("cpu", "wait", "call", "parallel") if key in step]
    if len(kinds) != 1:
        raise InvalidError("steps", step, "a step must have one of cpu, wait, call, parallel")
    kind = kinds[0]
    _known(step, (kind, *{"wait": ("blocking",), "call": ("time",)}.get(kind, ())), "steps")
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
    return parallel(*(_steps(branch) for branch in branches))


def _service(table: Table, place: str) -> Service:
    place = f"{place} ({table.get('name', '?')})"
    _known(table, ("name", "connections"), place)
    return _at(place, lambda: Service(table.get("name", ""), table.get("connections", 10)))  # type: ignore[no-any-return]


def _change(table: Table, place: str) -> Change:
    _known(table, ("at", "hop", "down"), place)

    def make() -> Change:
        down = check_one_of("down", table.get("down", True), (True, False))
        return Change(check_duration("at", table.get("at")), check_text("hop", table.get("hop")), down)

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
    for key in ("duration", "timeout", "backoff"):
        if key in keys:
            keys[key] = check_duration(key, keys[key])
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
        made.append((check_duration("profile", point[0]), check_number("profile", point[1], 0, 1e9)))
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


def put(top: Table, setting: str) -> None:
    """Put `hop.gunicorn.workers=8` over a parsed scenario; raise InvalidError."""
    path, sign, text = setting.partition("=")
    if not sign or not path.strip():
        raise InvalidError("--set", setting, "must be KEY=VALUE, such as hop.gunicorn.workers=8")
    parts = path.strip().split(".")
    table: Any = top
    while len(parts) > 1:
        table, parts = _into(table, parts, setting)
    if not isinstance(table, dict):
        raise InvalidError("--set", setting, "names no key of the scenario")
    table[parts[0]] = value_of(text)


_UNNAMED = {"endpoint": "/"}


def _into(table: Any, parts: list[str], setting: str) -> tuple[Any, list[str]]:
    """Go one step along a setting's path; a list is entered by its item's name."""
    head, rest = parts[0], parts[1:]
    if not isinstance(table, dict):
        raise InvalidError("--set", setting, "names no key of the scenario")
    inner = table.setdefault(head, {}) if head in ("workload", "machine") else table.get(head)
    if isinstance(inner, dict):
        return inner, rest
    if not isinstance(inner, list):
        raise InvalidError("--set", setting, f"there is no [{head}] in the scenario")
    names = [
        str(one.get("name") or one.get("path") or one.get("server") or _UNNAMED.get(head)) for one in inner
    ]
    for item, name in zip(inner, names, strict=True):
        if rest[: name.count(".") + 1] == name.split(".") and len(rest) > name.count(".") + 1:
            return item, rest[name.count(".") + 1 :]
    raise InvalidError("--set", setting, f"there is no such {head}; there is {', '.join(names)}")


def value_of(text: str) -> Any:
    """Read the value of a setting as TOML does; what is none is a text."""
    try:
        return tomllib.loads(f"v = {text.strip()}")["v"]
    except tomllib.TOMLDecodeError:
        return text.strip()


def line_of(text: str, place: str, key: str) -> int | None:
    """Find the line of a key: in the table that the place names, in its n-th occurrence."""
    named = re.search(
        r"(?:stack (\d+), )?(hop|endpoint|service|event|workload|machine|stack)(?: (\d+))?", place
    )
    start, number = 0, int(named[3] or 1) if named else 0
    lines = text.splitlines()
    if named:
        start = _header(lines, named[2], number, int(named[1]) if named[1] else None)
    for i in range(start, len(lines)):
        if i > start and lines[i].lstrip().startswith("[") and "=" not in lines[i].split("#")[0]:
            break
        if re.search(rf"(?<![\w.-])\"?{re.escape(key)}\"?\s*=", lines[i].split("#")[0]):
            return i + 1
    return start + 1 if named and start < len(lines) else None


def _header(lines: list[str], noun: str, number: int, stack: int | None) -> int:
    """Find the line of the n-th table of a name, inside the stack that is meant; the end if there is none."""
    stacks = seen = 0
    for i, line in enumerate(lines):
        head = re.match(r"\s*\[\[?\s*(?:(stack)\s*\.\s*)?(\w+)\s*\]", line)
        if not head:
            continue
        if head[2] == "stack" and not head[1]:
            stacks += 1
            seen = 0 if noun != "stack" else seen
        if head[2] == noun and (stack is None or stacks == stack):
            seen += 1
            if seen == number:
                return i
    return len(lines)
