"""A term, read from its file in `terms/`: one TOML file a term, the same keys in each.

`kind` keeps apart what is easily mixed up: a wire protocol is bytes between processes, a calling
convention objects within one, a program runs, a library or framework is imported by one that does.
"""

from __future__ import annotations

import difflib
import tomllib
from dataclasses import dataclass
from functools import cache
from importlib import resources
from importlib.resources.abc import Traversable

LANGUAGES = ("en", "ko")

KINDS = {
    "wire protocol": "전송 프로토콜",
    "calling convention": "파이썬 호출 규약",
    "program": "프로그램",
    "kind of program": "프로그램의 종류",
    "library": "라이브러리",
    "framework": "프레임워크",
}

ORDER = (
    *("cgi", "fastcgi", "mod_python", "wsgi", "uwsgi-server", "uwsgi", "asgi"),
    *("web-server", "apache", "iis", "nginx", "was", "gunicorn", "uvicorn"),
    *("httptools", "uvloop", "libuv", "fastapi", "starlette", "django", "flask"),
)
"""The order of the Korean page that the project grew from."""


@dataclass(frozen=True, slots=True)
class Seed:
    """What that glossary said of the term, and the correction by language; none where nothing is wrong."""

    said: str
    correction: dict[str, str]


@dataclass(frozen=True, slots=True)
class Term:
    """One term. `place` names the stages of the path that it stands at, `lab` the lab that shows it."""

    id: str
    name: str
    long: str
    kind: str
    place: tuple[str, ...]
    aliases: tuple[str, ...]
    lab: str | None
    short: dict[str, str]
    text: dict[str, str]
    seed: Seed
    seen: dict[str, str | dict[str, str]]
    """How it is simulated, traced, decoded and shown in a lab: by what, or by language why it cannot be."""

    def kind_in(self, language: str) -> str:
        """Say what kind of thing it is."""
        return KINDS[self.kind] if language == "ko" else self.kind


@cache
def terms() -> tuple[Term, ...]:
    """Read every term, in their order."""
    folder = resources.files("tracer.glossary") / "terms"
    return tuple(_read(name, folder / f"{name}.toml") for name in ORDER)


def find(word: str) -> tuple[Term, ...]:
    """Give the terms that a word names: as it is written, else in any case (uWSGI is not uwsgi)."""
    exact = tuple(term for term in terms() if word in (term.name, term.id))
    if exact:
        return exact[:1]
    folded = word.casefold().replace("_", " ")
    return tuple(term for term in terms() if folded in _names(term))


def near(word: str) -> str | None:
    """Give the name nearest to a word that names nothing."""
    names = {name: term.name for term in terms() for name in _names(term)}
    found = difflib.get_close_matches(word.casefold(), names, n=1, cutoff=0.5)
    return names[found[0]] if found else None


def _names(term: Term) -> set[str]:
    names = (term.name, term.id, term.long, *term.aliases)
    return {name.casefold().replace("_", " ") for name in names if name}


def _read(name: str, file: Traversable) -> Term:
    table = tomllib.loads(file.read_text(encoding="utf-8"))
    seed = table["seed"]
    return Term(
        id=name,
        name=table["name"],
        long=table.get("long", ""),
        kind=table["kind"],
        place=tuple(table["place"]),
        aliases=tuple(table.get("aliases", ())),
        lab=table.get("lab"),
        short=table["short"],
        text={language: " ".join(table["text"][language].split()) for language in LANGUAGES},
        seen={"lab": table.get("lab", ""), **table["seen"]},
        seed=Seed(seed["said"], {language: seed[language] for language in LANGUAGES if language in seed}),
    )
