"""The filter language: it finds what a plain reading of the records finds; errors show the place."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest
from handmade import loop, packets, workers
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.many import many
from tracer.analysis.listing import records
from tracer.analysis.where import Columns, WhereError, complete, mask, parse
from tracer.analysis.where.fields import BY_NAME, FIELDS, Kind
from tracer.analysis.where.words import WORDS
from tracer.recording import Outcome, PhaseKind, Recording, Role, Rows
from tracer.recording.rows import Request

sys.path.insert(0, str(Path(__file__).parent.parent / "recording"))

import hard_cases

MADE = [
    workers([(n, 3 + n % 5) for n in range(40)]),
    loop([(n, 7) for n in range(20)]),
    packets(),
    many(300, paths=40),
    *(case().recording() for case in hard_cases.TABLE),
]


def facts(recording: Recording) -> list[dict[str, list[object]]]:
    """Give for each request field -> its values, by plain loops over the records and the phases."""
    made = []
    first = min((int(one) for one in recording.requests.start), default=0)
    for record in records(recording):
        hops = record["hops"]
        start, end = record["start_ns"], record["end_ns"]
        queued = [hop["queued_ns"] for hop in hops if hop["queued_ns"] is not None]
        told = {name: [record[name]] for name in ("id", "method", "target", "status", "outcome")}
        told["path"] = [_path(record["target"])]
        told["latency"] = [None if start is None or end is None else end - start]
        told["start"], told["end"] = [start - first], [None if end is None else end - first]
        told["queued"] = [sum(queued) if queued else None]
        told["bytes_in"], told["bytes_out"] = [record["request_body_bytes"]], [record["response_body_bytes"]]
        told["visits"] = [len(hops)]
        for name in ("hop", "lane", "protocol", "attempt", "match", "confidence"):
            told[name] = [hop[name] for hop in hops]
        made.append(told | _phases(recording, record["id"]))
    return made


def _path(target):
    return None if target is None else re.sub(r"^[A-Za-z][\w+.-]*://[^/?#]*", "", re.split("[?#]", target)[0])


def _phases(recording, request):
    sums, whats = dict.fromkeys(PhaseKind, 0), []
    phases, visits = recording.phases, recording.visits
    for row, visit in enumerate(phases.visit.tolist()):
        if visit < 0 or visits.request[visit] != request:
            continue
        if recording.hops.role[visits.hop[visit]] == Role.CLIENT:
            continue
        kind, end = PhaseKind(int(phases.kind[row])), int(phases.end[row])
        known = sums[kind] is not None and end >= 0
        sums[kind] = sums[kind] + end - int(phases.start[row]) if known else None
        whats.append(recording.text(phases.what[row]) if phases.what[row] >= 0 else None)
    unseen = sums[PhaseKind.UNSEEN]
    told = {"what": whats, "unseen": [unseen]}
    for kind in (PhaseKind.RUNNING, PhaseKind.BLOCKED, PhaseKind.AWAITING, PhaseKind.TRANSFER):
        told[kind.name.lower()] = [None if sums[kind] == 0 and unseen != 0 else sums[kind]]
    return told


FACTS = [facts(recording) for recording in MADE]


@st.composite
def comparisons(draw, values):
    """Give (text, what it means: facts of a request -> bool); values are such as the recording has."""
    field = draw(st.sampled_from(FIELDS))
    have = st.sampled_from(values[field.name]) if values[field.name] else st.nothing()
    if field.kind is Kind.TEXT:
        return draw(texts(field, have | st.sampled_from(field.choices or ("/item", "GET", "zz"))))
    number = draw(have | st.integers(0, 10**9))
    scaled, written = _number(field, number)
    sign = draw(st.sampled_from(("=", "!=", "<", "<=", ">", ">=")))
    means = {
        "=": lambda one: one == scaled,
        "<": lambda one: one is not None and one < scaled,
        "<=": lambda one: one is not None and one <= scaled,
        ">": lambda one: one is not None and one > scaled,
        ">=": lambda one: one is not None and one >= scaled,
    }
    if sign == "!=":
        return f"{field.name} != {written}", lambda told: not any(one == scaled for one in told[field.name])
    return f"{field.name}{sign}{written}", lambda told: any(map(means[sign], told[field.name]))


def _number(field, number):
    if field.kind is Kind.SHARE:
        part = number if isinstance(number, float) else number % 10_000 / 10_000
        return part, f"{part:.4f}"
    return number, {Kind.DURATION: f"{number}ns", Kind.SIZE: f"{number}B"}.get(field.kind, str(number))


@st.composite
def texts(draw, field, have):
    name = field.name
    sign = draw(st.sampled_from(("=", "!=", "~", "!~", "in", "not in", "= unknown", "!= unknown")))
    if sign.endswith("unknown"):
        wanted = sign[0] == "="
        return f"{name} {sign}", lambda told: any(one is None for one in told[name]) is wanted
    one = draw(have)
    if sign in ("~", "!~"):
        pattern = draw(st.sampled_from((re.escape(one), one[:3], f"^{re.escape(one[:2])}", "[0-9]$")))
        written = pattern.replace('"', '\\"')
        found = re.compile(written).search
        return (
            f'{name} {sign} "{written}"',
            lambda told: any(value is not None and found(value) for value in told[name]) is (sign == "~"),
        )
    many_ = draw(st.lists(have, min_size=1, max_size=3)) if "in" in sign else [one]
    quoted = ", ".join('"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"' for value in many_)
    values = f"({quoted})" if "in" in sign else quoted
    return (
        f"{name} {sign} {values}",
        lambda told: any(value in many_ for value in told[name]) is (sign in ("=", "in")),
    )


def expressions(values):
    def joined(parts):
        return st.one_of(
            st.tuples(parts, parts).map(
                lambda two: (f"{two[0][0]} and {two[1][0]}", lambda told: two[0][1](told) and two[1][1](told))
            ),
            st.tuples(parts, parts).map(
                lambda two: (f"({two[0][0]}) or {two[1][0]}", lambda told: two[0][1](told) or two[1][1](told))
            ),
            parts.map(lambda one: (f"not ({one[0]})", lambda told: not one[1](told))),
        ).map(lambda made: (f"({made[0]})", made[1]))

    return st.recursive(comparisons(values), joined, max_leaves=6)


def _values(told):
    found = {field.name: [] for field in FIELDS}
    for request in told:
        for name, values in request.items():
            found[name] += [value for value in values if value is not None]
    return {name: list(dict.fromkeys(values)) for name, values in found.items()}


VALUES = [_values(told) for told in FACTS]


@settings(max_examples=300, deadline=None, derandomize=True)
@given(st.data())
def test_a_filter_finds_what_a_plain_reading_finds(data):
    number = data.draw(st.integers(0, len(MADE) - 1))
    text, means = data.draw(expressions(VALUES[number]))
    found = mask(parse(text), Columns(MADE[number])).tolist()
    assert found == [means(told) for told in FACTS[number]], text


def test_each_field_has_values_in_some_recording():
    """Else the test above would compare nothing with nothing."""
    for name in BY_NAME:
        assert any(values[name] for values in VALUES), name


def test_a_selection_is_listed_as_in_the_whole():
    recording = many(300, paths=40)
    chosen = mask(parse("status >= 500 or id < 3"), Columns(recording))
    wanted = [record for record in records(recording) if chosen[record["id"]]]
    assert 3 < len(wanted) < 100
    assert list(records(recording, piece=4, chosen=chosen)) == wanted


def targets(*given_: str) -> Recording:
    rows = Rows(
        requests=[Request(n, n, "GET", target, outcome=Outcome.OK) for n, target in enumerate(given_)]
    )
    return Recording.of(rows, {"source": "hook"})


@pytest.mark.parametrize(
    ("expression", "wanted"),
    [
        ('path = "/a"', {0, 1, 3}),
        ('path ~ "x"', {4}),
        ('target ~ "x=1"', {1, 3}),
        ('path = ""', {5}),
        ('path ~ "항목"', {6}),
        ('target = "/say\\"hi\\""', {7}),
        (r"path ~ '^/it.m/\d+$'", {8}),
        ("path !~ a", {4, 5, 6, 8}),
    ],
)
def test_paths(expression, wanted):
    asked = [
        "/a",
        "/a?x=1",
        "/b/a",
        "http://host:80/a?x=1#f",
        "/x",
        "http://host?x=2",
        "/항목/1",
        '/say"hi"',
        "/item/77",
    ]
    found = mask(parse(expression), Columns(targets(*asked)))
    assert set(found.nonzero()[0].tolist()) == wanted


@pytest.mark.parametrize(
    ("text", "under", "says"),
    [
        ("queued > 20", "20", "20 is not a duration: write one such as 250us"),
        ("stats >= 500", "stats", "did you mean status?"),
        ("status >= ", "", "something is missing; next comes a number, such as 500"),
        ("status ~ 5", "~", "status is a number and takes = != < <= > >= or in, not ~"),
        ("path > 5", ">", "path is a text and takes = != ~ !~ or in, not >"),
        ("outcome = erorr", "erorr", "there is ok, error, timeout, refused, abandoned, open"),
        ("(id = 1 or id = 2", "(", "this bracket is not closed"),
        ("id = 1)", ")", "never opened"),
        ("id = 1 id = 2", "id", "next comes and, or, or nothing"),
        ('path = "/a', '"/a', 'the quote " is not closed'),
        ("id = 1 && id = 2", "&", "write and"),
        ('path ~ "("', '"("', "no regular expression"),
        ("id in 5", "5", "values in brackets"),
        ("id in (5 6)", "6", "a comma or a closing bracket"),
        ("latency < unknown", "unknown", "by = and !="),
        ("not", "", "next comes a field, such as path"),
        ("bytes_out > 10kb", "10kb", "512B, 20kB or 4MiB"),
        ("id > 99999999999999999999", "99999999999999999999", "more than any column holds"),
        ("(" * 200 + "id = 1", "(", "more than 100"),
    ],
)
def test_errors_point_at_the_place(text, under, says):
    with pytest.raises(WhereError) as raised:
        parse(text)
    error = raised.value
    assert text[slice(*error.span)] == under
    assert says in str(error)
    assert error.why("ko") != error.why("en")
    assert error.picture()[1] == " " * error.span[0] + "^" * max(1, len(under))


def test_carets_stand_under_wide_letters():
    with pytest.raises(WhereError) as raised:
        parse('path = "항목" 또는')
    assert raised.value.picture()[1] == " " * len('path = "xxxx" ') + "^^^^"


@given(st.text(alphabet="id=<>!~ ()\"'andortin5ms/,.\\é한\n", max_size=30))
@settings(max_examples=500, deadline=None, derandomize=True)
def test_any_text_is_read_or_told_where_it_is_wrong(text):
    try:
        tree = parse(text)
    except WhereError as error:
        assert 0 <= error.span[0] <= error.span[1] <= len(text)
    else:
        mask(tree, Columns(MADE[0]))
    complete(text, len(text))


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("", "id"),
        ("st", "status"),
        ("status ", "="),
        ("status >= 500 ", "and"),
        ("status >= 500 and que", "queued"),
        ("outcome = e", "error"),
        ("outcome in (ok, ", "error"),
        ("(status = 500 ", "and"),
        ("queued > ", "1ms"),
        ("hop = ", "gunicorn"),
        ('path ~ "/it', '"/item/'),
        ("method = P", "POST"),
        ("status = ", "200"),
        ("status > 5 or not ", "id"),
    ],
)
def test_completion(text, first):
    recording = many(300, paths=1)
    completion = complete(text, len(text), Columns(recording))
    offered = [one.text for one in completion.candidates]
    assert any(one.startswith(first) for one in offered[:2]), offered
    for one in completion.candidates[:3]:  # each leads on: what is wrong then, if anything, comes after it
        after = text[: completion.start] + one.text + " "
        try:
            parse(after)
        except WhereError as error:
            assert error.span[0] >= len(after.rstrip()) or error.why.key == "open bracket"


def test_everything_is_said_in_both_languages():
    for key, texts_ in WORDS.items():
        assert set(texts_) == {"en", "ko"}, key
        assert set(re.findall(r"{(\w+)}", texts_["en"])) == set(re.findall(r"{(\w+)}", texts_["ko"])), key
