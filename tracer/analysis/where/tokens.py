"""Tokens: an expression cut into words, operators, values and brackets, each with its place."""

from __future__ import annotations

import re
from typing import NamedTuple

from tracer.analysis.where.errors import WhereError
from tracer.analysis.where.words import Said

OPERATORS = ("=", "!=", "<", "<=", ">", ">=", "~", "!~")
KEYWORDS = ("and", "or", "not", "in")

_TOKEN = re.compile(
    r"""\s*(?:
    (?P<number>\d+(?:\.\d*)?|\.\d+)(?P<unit>%|[A-Za-zµ]*)
  | (?P<string>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')
  | (?P<word>[^\W\d][\w.-]*)
  | (?P<sign><=|>=|!=|!~|==|[=<>~(),])
  | (?P<open>["'].*)
  | (?P<other>\S)
  )""",
    re.VERBOSE | re.DOTALL,
)
_HINTS = {"&": "and", "|": "or", "!": "not, !=, !~"}


class Token(NamedTuple):
    """`text[start:end]`; kind: "number", "string", "word", "keyword", "sign" or "end"."""

    kind: str
    text: str
    start: int
    end: int

    @property
    def span(self) -> tuple[int, int]:
        """Where it stands."""
        return self.start, self.end


def tokens(text: str) -> list[Token]:
    """Cut an expression; the last token is its end. WhereError: a quote is open, or a sign is unknown."""
    found, position = [], 0
    while match := _TOKEN.match(text, position):
        found.append(_token(text, match))
        position = match.end()
    return [*found, Token("end", "", len(text), len(text))]


def _token(text: str, match: re.Match[str]) -> Token:
    kind = match.lastgroup or ""
    kind = "number" if kind == "unit" else kind
    start, end = match.start(kind), match.end()
    if kind == "open":
        raise WhereError(text, (start, end), Said("open quote", sign=text[start]))
    if kind == "other":
        sign = text[start]
        hint = Said("write", this=_HINTS[sign]) if sign in _HINTS else Said("quotes")
        raise WhereError(text, (start, end), Said("sign", sign=repr(sign), hint=hint))
    said = text[start:end]
    if kind == "word" and said.lower() in KEYWORDS:
        return Token("keyword", said.lower(), start, end)
    return Token(kind, "=" if said == "==" else said, start, end)
