"""The glossary: every term of the Korean page it grew from, in both languages, found by its names."""

from __future__ import annotations

from importlib import resources

import pytest

from tracer.glossary import LANGUAGES, find, near, picture, terms
from tracer.glossary.picture import PATH
from tracer.glossary.term import KINDS, ORDER

HEADINGS = (
    *("CGI", "WSGI", "uWSGI", "ASGI", "Web Server", "Web Application Sever", "gunicorn", "uvicorn"),
    *("httptools", "uvloop", "FastAPI", "Starlette"),
)
"""The headings of the Korean page, its spelling kept."""

IN_PASSING = ("FastCGI", "mod_python", "uwsgi", "Apache", "IIS", "nginx", "libuv", "Django", "Flask")


@pytest.mark.parametrize("word", [*HEADINGS, *IN_PASSING])
def test_every_word_of_the_page_is_a_term(word):
    assert len(find(word)) == 1


def test_there_is_no_term_that_the_page_does_not_name():
    named = {term.id for word in (*HEADINGS, *IN_PASSING) for term in find(word)}
    assert named == set(ORDER)


def test_every_file_is_a_term():
    files = {file.name for file in (resources.files("tracer.glossary") / "terms").iterdir()}
    assert files == {f"{name}.toml" for name in ORDER}


@pytest.mark.parametrize("term", terms(), ids=ORDER)
@pytest.mark.parametrize("language", LANGUAGES)
def test_a_term_is_whole_in_both_languages(term, language):
    assert term.kind in KINDS
    assert len(term.text[language]) > 100
    assert 0 < len(term.short[language]) < 60
    assert term.seed.said
    assert not term.seed.correction or term.seed.correction[language]
    korean = any("가" <= char <= "힣" for char in term.text[language] + term.short[language])
    assert korean == (language == "ko")


@pytest.mark.parametrize("term", terms(), ids=ORDER)
def test_the_picture_shows_each_term_where_it_is_named(term):
    assert set(term.place) <= {stage.id for stage in PATH}
    drawn = [label + members for here, label, members in picture(term.place, "en") if here]
    assert len(drawn) == len(term.place)
    assert any(term.name.split()[0].casefold() in line.casefold() for line in drawn) or term.id == "was"


def test_capitals_tell_the_server_from_the_protocol():
    assert [find(word)[0].kind for word in ("uWSGI", "uwsgi")] == ["program", "wire protocol"]
    assert {term.id for term in find("UWSGI")} == {"uwsgi-server", "uwsgi"}


@pytest.mark.parametrize(
    ("word", "name"),
    [("green unicorn", "gunicorn"), ("PEP 3333", "WSGI"), ("WAS", "web application server"),
     ("web_server", "web server"), ("Application Server", "web application server")],
)  # fmt: skip
def test_it_is_found_by_other_names(word, name):
    assert [term.name for term in find(word)] == [name]


def test_the_nearest_name_is_told():
    assert near("wsg") == "WSGI"
    assert near("qqqqqq") is None
