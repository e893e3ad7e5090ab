"""`--set KEY=VALUE`: values put over a parsed scenario."""

from __future__ import annotations

import tomllib
from typing import Any

from simulator.validity import InvalidError

Table = dict[str, Any]


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


def key_of(setting: str) -> str:
    """Give the key at the end of a setting: workers of hop.gunicorn.workers=8."""
    return setting.partition("=")[0].rpartition(".")[2].strip()


def value_of(text: str) -> Any:
    """Read the value of a setting as TOML does; what is none is a text."""
    try:
        return tomllib.loads(f"v = {text.strip()}")["v"]
    except tomllib.TOMLDecodeError:
        return text.strip()
