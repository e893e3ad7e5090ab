"""Matching: which requests the words of a search or a filter mean."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tracer.recording import Outcome, Recording

Mask = NDArray[np.bool_]

_SIGNS = frozenset("=<>~!")


def matching(recording: Recording, words: str) -> Mask:
    """Tell which requests have all the words, shape (requests,); no words mean every request.

    A word is a number (`#7`), a status (`404`, `5xx`), an outcome (`timeout`), or a part of the method or
    target. What has an operator in it is an expression, as the table of requests has them:
    `status >= 500 and queued > 20ms`. Raises WhereError where such a one is wrong.
    """
    if _SIGNS & set(words):
        from tracer.analysis.where import Columns, mask, parse

        return mask(parse(words), Columns(recording))
    found = np.ones(len(recording.requests.start), np.bool_)
    for word in words.lower().split():
        found &= _one(recording, word)
    return found


def problem(words: str) -> str:
    """Say what is wrong with an expression; "" where nothing is."""
    if not _SIGNS & set(words):
        return ""
    from tracer.analysis.where import WhereError, parse

    try:
        parse(words)
    except WhereError as error:
        return str(error)
    return ""


def _one(recording: Recording, word: str) -> Mask:
    requests = recording.requests
    if word[0] == "#" and word[1:].isdecimal():
        return np.equal(np.arange(len(requests.start)), int(word[1:]) - 1)
    found = _named(recording, requests.target, word) | _named(recording, requests.method, word)
    if word.upper() in Outcome.__members__:
        found |= requests.outcome == Outcome[word.upper()]
    if len(word) == 3 and word[0].isdecimal() and word[1:] == "xx":
        found |= requests.status // 100 == int(word[0])
    elif len(word) == 3 and word.isdecimal():
        found |= requests.status == int(word)
    return found


def _named(recording: Recording, column: NDArray[np.int32], word: str) -> Mask:
    """Look through each text once, however many requests have it."""
    texts = np.unique(column)
    hits = [text for text in texts.tolist() if word in recording.text(text).lower()]
    return np.isin(column, hits)
