"""Faults in the agent's own code: every guarded place of it is listed, and can be made to raise.

A place is a `try` in a function of the agent whose handler calls `fault`. `sitecustomize` of `apps/faulty`
reads this file inside a server, and has the places that HOPSCOPE_TEST_BREAK names raise as soon as they are
reached.
"""

from __future__ import annotations

import ast
import os
import sys
from importlib.machinery import PathFinder
from pathlib import Path

PACKAGE = "_hopscope_agent"
SECRET = "secret of the host"
VARIABLE = "HOPSCOPE_TEST_BREAK"


def guards(tree: ast.AST, inside: str = "") -> list[tuple[str, ast.Try]]:
    """List the guarded places of a module, each with the names of what is around it."""
    found = []
    for node in ast.iter_child_nodes(tree):
        named = isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef))
        name = f"{inside}.{node.name}".strip(".") if named else inside
        if isinstance(node, ast.Try) and any(_calls_fault(handler) for handler in node.handlers):
            found.append((name, node))
        found += guards(node, name)
    return found


def _calls_fault(handler: ast.AST) -> bool:
    calls = (node for node in ast.walk(handler) if isinstance(node, ast.Call))
    return any(isinstance(call.func, ast.Name) and call.func.id == "fault" for call in calls)


def places(module: str, tree: ast.AST) -> list[tuple[str, ast.Try]]:
    """Number the places of each function: "called:Call.out 1"."""
    seen: dict[str, int] = {}
    listed = []
    for name, node in guards(tree):
        seen[name] = seen.get(name, 0) + 1
        listed.append((f"{module}:{name} {seen[name]}", node))
    return listed


def all_places(folder: Path) -> list[str]:
    """List every guarded place of the agent in a folder."""
    listed = []
    for file in sorted(folder.rglob("*.py")):
        module = ".".join(file.relative_to(folder).with_suffix("").parts).removesuffix(".__init__")
        listed += [place for place, _ in places(module, ast.parse(file.read_text()))]
    return listed


def broken(module: str, source: str, wanted: set[str]) -> ast.Module:
    """Parse a module in which the wanted places raise."""
    tree = ast.parse(source)
    for place, node in places(module, tree):
        if place in wanted or "everywhere" in wanted:
            node.body[:0] = ast.parse(f"raise ValueError({SECRET!r})").body
        elif "nowhere" in wanted:
            node.body[:0] = ast.parse(
                f"__import__('sys').modules['hopscope_breaking'].reached({place!r})"
            ).body
    return ast.fix_missing_locations(tree)


def reached(place: str) -> None:
    """Note that a place was reached; for who looks for the request that reaches a new one."""
    if place not in _reached:
        _reached.add(place)
        with Path(os.environ["HOPSCOPE_TEST_REACHED"]).open("a") as file:
            file.write(f"{place}\n")


_reached: set[str] = set()


class Breaker:
    """A meta-path finder that loads the agent with faults in it."""

    def __init__(self, wanted: set[str]) -> None:
        self._wanted = wanted

    def find_spec(self, name: str, path: object = None, target: object = None) -> object:
        if not name.startswith(PACKAGE + "."):
            return None
        spec = PathFinder.find_spec(name, path, target)
        if spec is not None and spec.loader is not None and spec.origin:
            origin, module = spec.origin, name.removeprefix(PACKAGE + ".")
            tree = broken(module, Path(origin).read_text(), self._wanted)
            spec.loader.get_code = lambda _: compile(tree, origin, "exec", dont_inherit=True)
        return spec


def install(wanted: str) -> None:
    """Have the places of a list, with "|" between them, raise in this process."""
    sys.meta_path.insert(0, Breaker(set(wanted.split("|"))))
