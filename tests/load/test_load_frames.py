from __future__ import annotations

from dataclasses import fields

from hypothesis import given
from hypothesis import strategies as st

from tracer.load import Exchange, Progress, frames

NUMBER = st.integers(-(1 << 63), (1 << 63) - 1)
KINDS = {"int": NUMBER, "str": st.text(), "str | None": st.none() | st.text()}
IDS = {"trace_id": st.binary(min_size=16, max_size=16), "span_id": st.binary(min_size=8, max_size=8)}
KNOWN = {f.name: KINDS[f.type] for f in fields(Exchange) if f.name not in IDS}
EXCHANGES = st.builds(Exchange, **KNOWN, **IDS)


@given(st.lists(EXCHANGES, max_size=4), st.integers(1, 50))
def test_frames_undo_themselves_however_they_arrive(exchanges, step):
    progress = Progress(9, due=3, outcomes=[1, 2, 0, 0, 0, 0])
    data = b"".join(
        [*map(frames.exchange_frame, exchanges), frames.progress_frame(progress), frames.frame(frames.END)]
    )
    got, buffer = [], bytearray()
    for at in range(0, len(data), step):
        buffer += data[at : at + step]
        got += frames.whole(buffer)
    assert [frames.exchange(body) for kind, body in got if kind == frames.EXCHANGE] == exchanges
    assert [kind for kind, _ in got[-2:]] == [frames.PROGRESS, frames.END]
    assert frames.progress(got[-2][1]) == progress
    assert not buffer


def test_a_torn_frame_stays_in_the_buffer():
    frame = frames.frame(frames.FAILURE, b"why")
    buffer = bytearray(frame + frame[:-1])
    assert list(frames.whole(buffer)) == [(frames.FAILURE, b"why")]
    assert buffer == frame[:-1]
