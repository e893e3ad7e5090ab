"""Rows that Hypothesis makes up: every reference leads somewhere, all else is whatever fits the columns."""

from __future__ import annotations

import os

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from tracer.recording import Hop, Lane, Mark, Phase, Request, Rows, Visit
from tracer.recording.nouns import Evidence, LaneKind, MarkKind, Match, Outcome, PhaseKind, Role

LONG = bool(os.environ.get("HOPSCOPE_LONG"))
CHANCE = settings(
    max_examples=1000 if LONG else 40,
    derandomize=not LONG,  # the same slice each time
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)

TIME = st.integers(-1, 2**62)
SMALL = st.integers(-1, 2**15 - 1)
NUMBER = st.integers(-1, 2**31 - 1)
TEXT = st.none() | st.text(max_size=8)


def one_of(ids: list[int], *, known: bool = False) -> st.SearchStrategy[int]:
    choices = [st.sampled_from(ids)] if ids else []
    return st.one_of(*choices) if known else st.one_of(st.just(-1), *choices)


def ids(most: int) -> st.SearchStrategy[list[int]]:
    return st.lists(st.integers(0, 2**40), unique=True, max_size=most)


@st.composite
def rows(draw) -> Rows:
    made = Rows()
    hops, lanes, requests, visits = (draw(ids(most)) for most in (4, 6, 5, 8))
    lanes, visits = lanes if hops else [], visits if hops and requests else []
    for i in hops:
        made.hops.append(draw(st.builds(Hop, st.just(i), st.text(), st.sampled_from(Role), TEXT, TEXT)))
    for n, i in enumerate(lanes):
        parent = one_of(lanes[:n])
        fields = {"hop": one_of(hops, known=True), "label": st.text(), "kind": st.sampled_from(LaneKind)}
        fields |= {"capacity": NUMBER, "parent": parent, "pid": NUMBER, "tid": TIME, "src": TEXT, "dst": TEXT}
        made.lanes.append(draw(st.builds(Lane, st.just(i), **fields, start=TIME, end=TIME)))
    for i in requests:
        fields = {"start": TIME, "method": TEXT, "target": TEXT, "status": SMALL, "end": TIME}
        fields |= {"bytes_in": TIME, "bytes_out": TIME, "outcome": st.sampled_from(Outcome)}
        made.requests.append(draw(st.builds(Request, st.just(i), **fields)))
    for n, i in enumerate(visits):
        fields = {"request": one_of(requests, known=True), "hop": one_of(hops, known=True), "start": TIME}
        fields |= {
            "parent": one_of(visits[:n]),
            "attempt": SMALL,
            "connection": one_of(lanes),
            "stream": NUMBER,
        }
        fields |= {"protocol": TEXT, "status": SMALL, "outcome": st.sampled_from(Outcome)}
        fields |= {"detached": st.sampled_from((0, 1)), "first_byte": TIME, "answered": TIME, "end": TIME}
        fields |= {"match": st.sampled_from(Match), "confidence": st.integers(-1, 10_000)}
        made.visits.append(draw(st.builds(Visit, st.just(i), **fields)))
    frames = {"first_frame": NUMBER, "last_frame": NUMBER, "evidence": st.sampled_from(Evidence)}
    phase = {"visit": one_of(visits), "kind": st.sampled_from(PhaseKind), "start": TIME, "end": TIME}
    phase |= {"lane": one_of(lanes), "holds": st.sampled_from((0, 1)), "waits_for": one_of(lanes)}
    made.phases = draw(st.lists(st.builds(Phase, **phase, **frames, cpu_ns=TIME, what=TEXT), max_size=12))
    mark = {"time": TIME, "kind": st.sampled_from(MarkKind), "request": one_of(requests)}
    mark |= {"visit": one_of(visits), "lane": one_of(lanes), "value": TIME}
    made.marks = draw(st.lists(st.builds(Mark, **mark, **frames), max_size=6))
    return made
