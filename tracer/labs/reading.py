"""Reads a lab's TOML file; what is wrong with it is told with file, line, key and what is allowed."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from simulator.toml import scenario_of
from simulator.validity import InvalidError, check_number, check_one_of, check_text, check_whole
from tracer.labs.lab import LANGUAGES, MEASURES, Lab, Lesson, Load, Run, Step, Told

Table = dict[str, Any]
CATALOGUE = Path(__file__).parent / "catalogue"
LONGEST = 60.0  # seconds that all runs of a lab may send for
SCENARIO = ("hop", "endpoint", "service", "machine", "event", "workload")
_KEYS = {
    "": ("name", "number", "terms", "needs", "title", "about", "sentence", "load", "run", "step", "lesson"),
    "load": ("rate", "requests", "paths", "arrivals", "keepalive", "timeout"),
    "run": ("name", "label", "command", "front", "stalled", "bare", "load", *SCENARIO),
    "step": ("say", "ask", "choices", "right", "show"),
    "lesson": ("measure", "of", "against", "at_least", "path", "reason"),
}


class LabError(Exception):
    """A lab that cannot be read or run, in one sentence."""


def read_lab(path: Path) -> Lab:
    """Read a lab file. Raises LabError."""
    try:
        text = path.read_text("utf-8")
        return _lab(tomllib.loads(text), path.stem)
    except OSError as error:
        raise LabError(f"{path}: {error.strerror}") from None
    except UnicodeDecodeError:
        raise LabError(f"{path}: is not UTF-8 text") from None
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise LabError(f"{path}: {error}") from None
    except InvalidError as error:
        raise LabError(f"{path}: {error.at('', line_of(text, error.place, error.key))}") from None


def shipped() -> list[Lab]:
    """Read the labs that ship, in their order."""
    return sorted((read_lab(path) for path in CATALOGUE.glob("*.toml")), key=lambda lab: lab.number)


def _lab(table: Table, stem: str) -> Lab:
    _known(table, "", "")
    load = _load(_one(table, "load", ""), "load", None)
    runs = tuple(_run(run, f"run {i}", load) for i, run in enumerate(_many(table, "run"), 1))
    if not runs:
        raise InvalidError("run", "none", "there must be at least one [[run]]")
    names = [run.name for run in runs]
    whole = sum(run.load.seconds for run in runs)
    if whole > LONGEST:
        raise InvalidError("requests", f"{whole:.0f} s in all", f"a lab may send for {LONGEST:.0f} s at most")
    return Lab(
        name=check_text("name", table.get("name", stem)),
        number=check_whole("number", table.get("number", 99), 1, 999),
        terms=_words(table, "terms", ""),
        needs=_words(table, "needs", ""),
        title=_told(table, "title", ""),
        about=_told(table, "about", ""),
        sentence=_told(table, "sentence", ""),
        runs=runs,
        steps=tuple(_step(step, f"step {i}", names) for i, step in enumerate(_many(table, "step"), 1)),
        lesson=_lesson(_one(table, "lesson", ""), names),
    )


def _load(table: Table, place: str, base: Load | None) -> Load:
    """Read a load; what a run's own leaves out is as the lab's."""
    _known(table, "load", place)

    def get(key: str, default: Any) -> Any:
        return table.get(key, default if base is None else getattr(base, key))

    def made() -> Load:
        return Load(
            rate=check_number("rate", get("rate", None), 0.1, 100_000),
            requests=check_whole("requests", get("requests", None), 1, 1_000_000),
            paths=_paths(get("paths", ["/"])),
            arrivals=check_one_of("arrivals", get("arrivals", "poisson"), ("poisson", "constant")),
            keepalive=check_one_of("keepalive", get("keepalive", True), (True, False)),
            timeout=check_number("timeout", get("timeout", 10.0), 0.01, 60),
        )

    return _at(place, made)  # type: ignore[no-any-return]


def _paths(value: Any) -> tuple[str, ...]:
    if (
        not isinstance(value, list | tuple)
        or not value
        or not all(str(path).startswith("/") for path in value)
    ):
        raise InvalidError("paths", value, 'must be a list of paths, such as ["/", "/item"]')
    return tuple(map(str, value))


def _run(table: Table, place: str, base: Load) -> Run:
    _known(table, "run", place)
    name = _at(place, lambda: check_text("name", table.get("name")))
    load = _load(_one(table, "load", place), place, base) if "load" in table else base
    scenario = {key: table[key] for key in SCENARIO if key in table}
    if not scenario.get("hop"):
        raise InvalidError("hop", "none", "a run needs at least one [[run.hop]] to be simulated", place)
    run = Run(
        name=name,
        label=_told(table, "label", place),
        load=load,
        command=_words(table, "command", place),
        front=table.get("front"),
        stalled=_at(place, lambda: check_whole("stalled", table.get("stalled", 0), 0, 1000)),
        bare=_at(place, lambda: check_one_of("bare", table.get("bare", False), (True, False))),
        scenario=scenario,
    )
    if run.front not in (None, "nginx"):
        raise InvalidError("front", run.front, "must be nginx, or left out", place)
    _at(place, lambda: scenario_of(scenario_table(run, name)))
    return run


def scenario_table(run: Run, title: str) -> Table:
    """Write a run as a scenario of the simulator, sent the run's load."""
    load = run.load
    workload: Table = {
        "rate": load.rate,
        "requests": load.requests,
        "arrivals": load.arrivals,
        "keepalive": load.keepalive,
        "timeout": f"{round(load.timeout * 1000)}ms",
    }
    given = run.scenario.get("workload", {})
    return {"name": title, **run.scenario, "workload": {**workload, **given}}


def _step(table: Table, place: str, runs: list[str]) -> Step:
    _known(table, "step", place)
    choices = tuple(_language(one, "choices", place) for one in table.get("choices", []))
    right = _at(place, lambda: check_whole("right", table.get("right", 1), 1, max(len(choices), 1)))
    ask = _told(table, "ask", place) if "ask" in table else None
    if bool(ask) != bool(choices):
        raise InvalidError("ask", ask, "a question needs choices, and choices a question", place)
    show = _words(table, "show", place)
    for name in show:
        _run_name("show", name, runs, place)
    return Step(_told(table, "say", place), ask, choices, right - 1, show)


def _lesson(table: Table, runs: list[str]) -> Lesson:
    _known(table, "lesson", "lesson")
    of, against = (_run_name(key, table.get(key), runs, "lesson") for key in ("of", "against"))
    return Lesson(
        measure=_at("lesson", lambda: check_one_of("measure", table.get("measure"), tuple(MEASURES))),
        of=of,
        against=against,
        at_least=_at("lesson", lambda: check_number("at_least", table.get("at_least"), 0.01, 1e6)),
        path=table.get("path"),
        reason=_told(table, "reason", "lesson") if "reason" in table else None,
    )


def _run_name(key: str, name: Any, runs: list[str], place: str) -> str:
    if name not in runs:
        raise InvalidError(key, name, f"must name a run; there is {', '.join(runs)}", place)
    return str(name)


def _told(table: Table, key: str, place: str) -> Told:
    return _language(table.get(key), key, place)


def _language(value: Any, key: str, place: str) -> Told:
    """Check a text in every language; line breaks of the file are spaces."""
    if not isinstance(value, dict) or not all(isinstance(value.get(name), str) for name in LANGUAGES):
        raise InvalidError(key, value, 'must be a text in both languages: {en = "…", ko = "…"}', place)
    _only(value, LANGUAGES, key, place)
    return {name: " ".join(value[name].split()) for name in LANGUAGES}


def _words(table: Table, key: str, place: str) -> tuple[str, ...]:
    value = table.get(key, [])
    if not isinstance(value, list) or not all(isinstance(word, str) for word in value):
        raise InvalidError(key, value, 'must be a list of words, such as ["a", "b"]', place)
    return tuple(value)


def _many(table: Table, key: str) -> list[Table]:
    value = table.get(key, [])
    if not isinstance(value, list) or not all(isinstance(one, dict) for one in value):
        raise InvalidError(key, value, f"must be written as [[{key}]] tables")
    return value


def _one(table: Table, key: str, place: str) -> Table:
    value = table.get(key, {})
    if not isinstance(value, dict):
        raise InvalidError(key, value, f"must be written as a [{key}] table", place)
    return value


def _known(table: Table, kind: str, place: str) -> None:
    _only(table, _KEYS[kind], "", place)


def _only(table: Table, keys: Iterable[str], inside: str, place: str) -> None:
    import difflib

    allowed = sorted(keys)
    for key, value in table.items():
        if key not in allowed:
            near = difflib.get_close_matches(key, allowed, n=1)
            meant = f"did you mean {near[0]}? " if near else ""
            where = f"{inside}.{key}" if inside else key
            raise InvalidError(
                where, value, f"there is no such key; {meant}there is {', '.join(allowed)}", place
            )


def _at(place: str, make: Callable[[], Any]) -> Any:
    try:
        return make()
    except InvalidError as error:
        inner = f"{place}, {error.place}" if error.place and error.place != place else place
        raise InvalidError(error.key, error.value, error.allowed, inner) from None


def line_of(text: str, place: str, key: str) -> int | None:
    """Find the line of a key below the tables that a place names: `run 2, hop 1 (nginx)`."""
    lines, at = text.splitlines(), 0
    for part in place.split(", "):
        named = re.match(r"(\w+)(?: (\d+))?", part)
        if named:
            at = _header(lines, at, named[1], int(named[2] or 1))
    last = re.escape(key.rpartition(".")[2])
    for i in range(at, len(lines)):
        if re.search(rf"(?<![\w.-])\"?{last}\"?\s*=", lines[i].split("#")[0]):
            return i + 1
    return at + 1 if place and at < len(lines) else None


def _header(lines: list[str], start: int, noun: str, number: int) -> int:
    """Find the n-th table of a name from a line on; the line itself if there is none."""
    seen = 0
    for i in range(start, len(lines)):
        if re.match(rf"\s*\[\[?\s*(?:\w+\s*\.\s*)*{noun}\s*\]", lines[i]):
            seen += 1
            if seen == number:
                return i
    return start
