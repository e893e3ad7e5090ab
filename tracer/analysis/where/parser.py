"""The parser: tokens to tree, by recursive descent; what cannot stand somewhere is told with its place."""

from __future__ import annotations

import difflib
from collections.abc import Callable
from typing import NoReturn

from tracer.analysis.where.errors import NoValueError, WhereError
from tracer.analysis.where.fields import ALIASES, BY_NAME, Field, Kind
from tracer.analysis.where.literals import value
from tracer.analysis.where.tokens import OPERATORS, Token, tokens
from tracer.analysis.where.tree import All, Any, Comparison, Not, Tree, Value
from tracer.analysis.where.words import Said

# What may stand somewhere, for completion: "field", "joint" (and, or), "operator NAME", "value NAME", a sign.
FIELD, JOINT, OPERATOR, VALUE = "field", "joint", "operator", "value"
DEEPEST = 100  # brackets and nots in each other
_TEXT_OPERATORS = ("=", "!=", "~", "!~")
_NUMBER_OPERATORS = ("=", "!=", "<", "<=", ">", ">=")


def parse(text: str) -> Tree:
    """Read an expression; of an empty one everything fits. Raises WhereError."""
    found = tokens(text)
    if found[0].kind == "end":
        return All(())
    return _Parser(text, found).whole()


def operators(field: Field) -> tuple[str, ...]:
    """List the operators that a field takes, `in` left out."""
    return _TEXT_OPERATORS if field.kind is Kind.TEXT else _NUMBER_OPERATORS


class _Parser:
    def __init__(self, text: str, found: list[Token]) -> None:
        self.text, self.tokens, self.place, self.depth = text, found, 0, 0

    @property
    def next(self) -> Token:
        return self.tokens[self.place]

    def take(self) -> Token:
        token = self.next
        self.place += token.kind != "end"
        return token

    def is_keyword(self, word: str) -> bool:
        return self.next.kind == "keyword" and self.next.text == word

    def is_sign(self, sign: str) -> bool:
        return self.next.kind == "sign" and self.next.text == sign

    def fail(self, why: Said, *expected: str, token: Token | None = None) -> NoReturn:
        raise WhereError(self.text, (token or self.next).span, why, expected)

    def misplaced(self, key: str, *expected: str, **values: object) -> NoReturn:
        """Say that this cannot stand here, or is missing, and what comes next."""
        if self.next.kind == "end":
            self.fail(Said("missing", next=Said(key, **values)), *expected)
        self.fail(Said("misplaced", word=self.next.text, next=Said(key, **values)), *expected)

    def whole(self) -> Tree:
        tree = self.either()
        if self.is_sign(")"):
            self.fail(Said("stray bracket"), JOINT)
        if self.next.kind != "end":
            self.misplaced("next joint", JOINT)
        return tree

    def either(self) -> Tree:
        return self.joined("or", lambda: self.joined("and", self.one, All), Any)

    def joined(self, word: str, part: Callable[[], Tree], make: Callable[[tuple[Tree, ...]], Tree]) -> Tree:
        parts = [part()]
        while self.is_keyword(word):
            self.take()
            parts.append(part())
        return parts[0] if len(parts) == 1 else make(tuple(parts))

    def one(self) -> Tree:
        self.depth += 1
        if self.depth > DEEPEST:
            self.fail(Said("deep", most=DEEPEST))
        tree = self.inner()
        self.depth -= 1
        return tree

    def inner(self) -> Tree:
        if self.is_keyword("not"):
            self.take()
            return Not(self.one())
        if not self.is_sign("("):
            return self.comparison()
        opened = self.take()
        tree = self.either()
        if self.next.kind == "end":
            self.fail(Said("open bracket"), JOINT, ")", token=opened)
        if not self.is_sign(")"):
            self.misplaced("next closing", JOINT, ")")
        self.take()
        return tree

    def comparison(self) -> Tree:
        field = self.field()
        if self.is_keyword("not"):
            self.take()
            if not self.is_keyword("in"):
                self.misplaced("next in", "in", field=field.name)
            return Not(self.members(field))
        if self.is_keyword("in"):
            return self.members(field)
        sign = self.operator(field)
        return Comparison(field, sign, (self.value(field, sign),))

    def field(self) -> Field:
        token = self.next
        if token.kind != "word":
            self.misplaced("next field", FIELD, some="path, status, latency, queued")
        name = ALIASES.get(token.text, token.text)
        if name not in BY_NAME:
            near = difflib.get_close_matches(token.text, [*BY_NAME, *ALIASES], n=1)
            meant = Said("meant", name=near[0]) if near else ""
            self.fail(Said("no field", name=repr(token.text), meant=meant, all=", ".join(BY_NAME)), FIELD)
        self.take()
        return BY_NAME[name]

    def operator(self, field: Field) -> str:
        allowed = operators(field)
        token, expected = self.next, f"{OPERATOR} {field.name}"
        if token.kind != "sign" or token.text not in OPERATORS:
            self.misplaced("next operator", expected, field=field.name, all=" ".join(allowed))
        if token.text not in allowed:
            told = {"field": field.name, "kind": field.kind.said, "sign": token.text}
            self.fail(Said("wrong operator", all=" ".join(allowed), **told), expected)
        return self.take().text

    def members(self, field: Field) -> Comparison:
        self.take()
        if not self.is_sign("("):
            self.misplaced("next members", "(")
        opened = self.take()
        values = [self.value(field, "in")]
        while self.is_sign(","):
            self.take()
            values.append(self.value(field, "in"))
        if self.next.kind == "end":
            self.fail(Said("open bracket"), ",", ")", token=opened)
        if not self.is_sign(")"):
            self.misplaced("next member", ",", ")")
        self.take()
        return Comparison(field, "in", tuple(values))

    def value(self, field: Field, operator: str) -> Value:
        token = self.next
        expected = f"{VALUE} {field.name}"
        if token.kind not in ("word", "number", "string"):
            self.misplaced("next value", expected, kind=field.kind.said, example=field.kind.example)
        try:
            found = value(field, operator, token)
        except NoValueError as error:
            self.fail(error.why, expected)
        self.take()
        return found
