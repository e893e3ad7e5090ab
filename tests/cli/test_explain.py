"""`tracer explain` as a user runs it: pages in both languages, records for programs, one sentence if not."""

from __future__ import annotations

import csv
import io
import json

import pytest

from tracer.glossary import terms


@pytest.mark.parametrize("language", ["en", "ko"])
def test_a_page_says_all_of_it(tracer, language):
    said = " ".join(tracer("explain", "uvloop", "--lang", language, COLUMNS="200").stdout.split())
    term = next(term for term in terms() if term.name == "uvloop")
    assert term.kind_in(language) in said
    for part in (term.text[language], term.seed.said, term.seed.correction[language]):
        assert part.split()[0] in said
        assert part.split()[-1] in said
    assert "=> ├" in said


def test_the_list_has_every_term(tracer):
    printed = tracer("explain", COLUMNS="120").stdout
    assert all(term.name in printed and term.short["en"] in printed for term in terms())


def test_programs_get_records(tracer):
    one = json.loads(tracer("explain", "web", "server", "--format", "json").stdout)
    assert (one["term"], one["place"], one["lang"]) == ("web server", ["server"], "en")
    every = [json.loads(line) for line in tracer("explain", "--format", "jsonl").stdout.splitlines()]
    assert [record["term"] for record in every] == [term.name for term in terms()]
    rows = list(csv.DictReader(io.StringIO(tracer("explain", "--format", "csv", "--lang", "ko").stdout)))
    assert len(rows) == len(terms())
    assert rows[0]["lang"] == "ko"


def test_a_word_that_is_none_is_told_in_one_sentence(tracer):
    run = tracer("explain", "gunikorn")
    assert (run.returncode, run.stdout) == (2, "")
    assert run.stderr == (
        "tracer: 'gunikorn' is no term of the glossary; did you mean gunicorn? `tracer explain` lists them\n"
    )


def test_it_fits_eighty_columns(tracer):
    from rich.cells import cell_len

    for language in ("en", "ko"):
        for words in ((), ("asgi",), ("was",)):
            printed = tracer("explain", *words, "--lang", language, COLUMNS="80").stdout
            assert max(cell_len(line) for line in printed.splitlines()) <= 80
