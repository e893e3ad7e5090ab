"""Words: what is said on a screen, in English and Korean. Each screen keeps one table of them.

A table is key -> language -> a `str.format` template. Korean particles that depend on the last letter of
what is filled in (을/를, 이/가) are avoided by the way a template is put.
"""

from __future__ import annotations

from collections.abc import Mapping

LANGUAGES = {"en": "English", "ko": "한국어"}
"""What `--lang` chooses from, and what each calls itself."""

Texts = Mapping[str, str]
"""Language -> words."""

Table = Mapping[str, Texts]
"""Key -> language -> template."""


def said(texts: Texts, language: str) -> str:
    """Choose the words of a language; English where it has none, else whatever there is."""
    return texts.get(language) or texts.get("en") or next(iter(texts.values()), "")


def say(table: Table, language: str, key: str, /, **values: object) -> str:
    """Fill in the template of a key."""
    return said(table[key], language).format(**values)
