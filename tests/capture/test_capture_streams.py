"""Layer 3: connections, told case by case; each is read with and without the short cut, in small chunks."""

from __future__ import annotations

import pytest
from capture_files import pcap
from capture_packets import ACK, CLIENT, FIN, MS, RST, SERVER, START, SYN, Talk, ethernet, frame, ipv4, tcp

from tracer.capture import (
    TO_CLIENT,
    TO_SERVER,
    Capture,
    Data,
    Dissector,
    End,
    Gap,
    NoteKind,
    Streams,
    Why,
)

ASK, ANSWER = b"GET / HTTP/1.1\r\n\r\n", b"HTTP/1.1 200 OK\r\n\r\n"


def run(path, chunk, short_cuts=True):
    """Read a file; give {connection id: (its facts, [events as plain tuples])}."""
    dissector, streams = Dissector(), Streams()
    streams.short_cuts = short_cuts
    events = []
    for records in Capture(str(path), chunk=chunk):
        events += streams.feed(dissector(records))
    events += streams.finish()
    return told(events)


def told(events):
    """Turn events into plain values: bytes with their frames, gaps and notes."""
    seen = {}
    for event in events:
        c = event.connection
        facts = seen.setdefault(c.id, {"name": c.name(), "opened": c.opened, 0: [], 1: [], "notes": []})
        if isinstance(event, Data):
            begin = event.offset
            for piece, end, number, time in zip(
                event.pieces, event.ends, event.frames, event.times, strict=True
            ):
                assert len(piece) == end - begin
                facts[event.direction].append((begin, bytes(piece), int(number), int(time)))
                begin = int(end)
            assert event.join() == b"".join(event.pieces)
            assert event.piece(event.offset) == 0
            assert event.piece(begin - 1) == len(event.pieces) - 1
        elif isinstance(event, Gap):
            facts[event.direction].append((event.offset, event.length, event.why, event.frame))
        else:
            facts["notes"].append((event.kind, event.direction, event.frame, event.value))
    return seen


@pytest.fixture
def read(tmp_path):
    """Read frames in every way there is; they must not differ."""

    def read(frames, step=MS, **options):
        path = tmp_path / "x.pcap"
        path.write_bytes(pcap(frames, step=step, **options))
        whole = run(path, 1 << 22)
        few = 1 + path.stat().st_size // 300
        for chunk, short in ((1 << 22, False), (20 * few, True), (20 * few, False), (few, True)):
            assert normal(run(path, chunk, short)) == normal(whole)
        return list(whole.values())

    return read


def normal(seen):
    """Take out what chunks may change: in how many parts a gap is told."""
    return {number: {**facts, 0: merged(facts[0]), 1: merged(facts[1])} for number, facts in seen.items()}


def merged(flow):
    """Put gaps that follow each other together."""
    out = []
    for item in flow:
        last = out[-1] if out else item
        both_gaps = isinstance(last[1], int) and isinstance(item[1], int)
        if out and both_gaps and last[0] + last[1] == item[0] and last[2] is item[2]:
            out[-1] = (last[0], last[1] + item[1], *last[2:])
        else:
            out.append(item)
    return out


def content(facts, way):
    return b"".join(item[1] for item in facts[way])


def kinds(facts):
    return [kind for kind, *_ in facts["notes"]]


def test_a_connection_from_its_first_frame_to_its_last(read):
    talk = Talk().open().send(0, ASK).send(1).send(1, ANSWER).send(0).close()
    (facts,) = read(talk.frames)
    assert facts["name"] == "10.0.0.1:40112 > 10.0.0.2:80"
    assert facts["opened"]
    assert facts[TO_SERVER] == [(0, ASK, 4, START + 3 * MS)]
    assert facts[TO_CLIENT] == [(0, ANSWER, 6, START + 5 * MS)]
    assert facts["notes"] == [
        (NoteKind.OPENED, 0, 1, -1),
        (NoteKind.SYN, 0, 1, -1),
        (NoteKind.SYN, 1, 2, -1),
        (NoteKind.FIN, 0, 8, -1),
        (NoteKind.FIN, 1, 9, -1),
        (NoteKind.CLOSED, 1, 9, End.FIN),
    ]


def test_a_long_keep_alive_connection(read):
    talk = Talk(seq=2**32 - 500, ack=2**32 - 2000).open()
    for number in range(150):
        talk.send(0, b"ask %d." % number).send(1, b"answer %d." % number)
    (facts,) = read(talk.close().frames)
    assert content(facts, 0) == b"".join(b"ask %d." % n for n in range(150))
    assert content(facts, 1) == b"".join(b"answer %d." % n for n in range(150))
    assert [item[2] for item in facts[0]] == list(range(4, 304, 2))
    assert kinds(facts).count(NoteKind.RETRANSMISSION) == 0


def test_out_of_order_and_retransmitted(read):
    talk = Talk().open()
    talk.send(0, b"cc", at=4).send(0, b"aa").send(0, b"aa", at=-2).send(0, b"bbcc").send(1)
    (facts,) = read(talk.frames)
    assert [item[:3] for item in facts[0]] == [(0, b"aa", 5), (2, b"bb", 7), (4, b"cc", 4)]
    again = [note for note in facts["notes"] if note[0] is NoteKind.RETRANSMISSION]
    assert again == [(NoteKind.RETRANSMISSION, 0, 6, 2), (NoteKind.RETRANSMISSION, 0, 7, 2)]


def test_bytes_that_the_capture_lost_become_a_gap_one_second_after_they_were_acked(read):
    talk = Talk().open().send(0, b"aaa")
    talk.frames.append(frame(CLIENT, SERVER, talk.seq[0] + 5, 9001, ACK, b"ccc"))
    talk.seq[0] += 8
    for _ in range(15):
        talk.send(1, b"x").send(0)
    (facts,) = read(talk.frames, step=100 * MS)
    assert [item[:3] for item in facts[0]] == [(0, b"aaa", 4), (3, 5, Why.LOST), (8, b"ccc", 5)]


def test_a_gap_at_the_end_of_the_file_and_at_a_reset(read):
    for last in ([], [frame(SERVER, CLIENT, 9001, 0, RST)]):
        talk = Talk().open().send(0, b"aaa").send(0, b"ccc", at=5)
        (facts,) = read(talk.frames + last)
        assert [item[:3] for item in facts[0]] == [(0, b"aaa", 4), (3, 5, Why.LOST), (8, b"ccc", 5)]


def test_a_gap_before_the_fin(read):
    talk = Talk().open().send(0, b"aaa")
    talk.seq[0] += 7
    talk.send(0, flags=FIN | ACK).send(1, flags=FIN | ACK).send(0)
    other = Talk(("10.0.0.3", 5000)).open().frames
    (facts, _) = read(talk.frames + other, step=4000 * MS)
    assert [item[:3] for item in facts[0]] == [(0, b"aaa", 4), (3, 7, Why.LOST)]
    assert facts["notes"][-1][0] is NoteKind.CLOSED


def test_the_snap_length_makes_gaps_and_what_follows_is_read(read):
    talk = Talk().open().send(0, b"a" * 100).send(0, b"b" * 10).send(0, b"c" * 100).close()
    (facts,) = read(talk.frames, snap=54 + 30)
    assert [item[:3] for item in facts[0]] == [
        (0, b"a" * 30, 4),
        (30, 70, Why.SNAPPED),
        (100, b"b" * 10, 5),
        (110, b"c" * 30, 6),
        (140, 70, Why.SNAPPED),
    ]
    assert facts["notes"][-1] == (NoteKind.CLOSED, 1, 8, End.FIN)


def test_headers_only(read):
    talk = Talk().open().send(0, b"a" * 100).send(0, b"b" * 10).close()
    (facts,) = read(talk.frames, snap=54)
    assert normal({1: facts})[1][0] == [(0, 110, Why.SNAPPED, 4)]


def test_open_before_the_capture_began(read):
    talk = Talk().send(1).send(0, ASK).send(1, ANSWER)
    (facts,) = read(talk.frames)
    assert not facts["opened"]
    assert facts["name"] == "10.0.0.1:40112 > 10.0.0.2:80"
    assert (content(facts, 0), content(facts, 1)) == (ASK, ANSWER)
    (facts,) = read(Talk().send(1, ANSWER).frames)
    assert content(facts, 1) == ANSWER, "the lower port serves, whoever speaks first"


def test_acks_resets_and_fins_alone_are_no_connection(read):
    talk = Talk().send(0).send(1).send(0, flags=FIN | ACK).send(1, flags=RST)
    assert read(talk.frames) == []


@pytest.mark.parametrize("ended", ["fin", "reset", "open"])
@pytest.mark.parametrize("seq", [777_000_000, 1500])
def test_a_4_tuple_used_again(read, ended, seq):
    one = Talk().open().send(0, b"one")
    if ended == "fin":
        one.close()
    if ended == "reset":
        one.send(1, flags=RST)
    two = Talk(seq=seq, ack=4000).open().send(0, b"two").send(1, b"2")
    first, second = read(one.frames + two.frames)
    assert (content(first, 0), content(second, 0), content(second, 1)) == (b"one", b"two", b"2")
    assert first["notes"][-1][3] == {"fin": End.FIN, "reset": End.RESET, "open": End.REUSED}[ended]


def test_a_4_tuple_used_again_whose_syn_was_missed(read):
    one = Talk().open().send(0, b"one").close()
    two = Talk(seq=1 << 28, ack=1 << 29).send(0, b"two").send(1, b"2")
    first, second = read(one.frames + two.frames)
    assert (content(first, 0), content(second, 0), content(second, 1)) == (b"one", b"two", b"2")
    assert not second["opened"]


def test_late_segments_of_a_closed_connection_begin_no_other(read):
    talk = Talk().open().send(0, ASK).close().send(0, ASK, at=-len(ASK) - 1).send(1).send(0)
    (facts,) = read(talk.frames)
    assert content(facts, 0) == ASK


def test_a_syn_sent_twice_is_a_retransmission(read):
    talk = Talk().send(0, flags=SYN).send(0, flags=SYN, at=-1)
    talk.send(1, flags=SYN | ACK).send(1, flags=SYN | ACK, at=-1).send(0, ASK)
    (facts,) = read(talk.frames)
    again = [note for note in facts["notes"] if note[0] is NoteKind.RETRANSMISSION]
    assert again == [(NoteKind.RETRANSMISSION, 0, 2, 0), (NoteKind.RETRANSMISSION, 1, 4, 0)]
    assert content(facts, 0) == ASK


def test_refused(read):
    talk = Talk().send(0, flags=SYN)
    talk.frames.append(frame(SERVER, CLIENT, 0, talk.seq[0], RST | ACK, window=0))
    (facts,) = read(talk.frames)
    assert kinds(facts) == [NoteKind.OPENED, NoteKind.SYN, NoteKind.RESET, NoteKind.CLOSED]
    assert facts["notes"][-1] == (NoteKind.CLOSED, TO_CLIENT, 2, End.RESET)


def test_half_closed(read):
    talk = Talk().open().send(0, ASK, flags=FIN | ACK).send(1).send(1, ANSWER).send(0).send(1, b"more")
    (facts,) = read(talk.frames)
    assert content(facts, 1) == ANSWER + b"more"
    assert NoteKind.CLOSED not in kinds(facts)
    (facts,) = read(talk.send(1, flags=FIN | ACK).frames)
    assert kinds(facts)[-1] is NoteKind.CLOSED


def test_a_zero_window_is_told_when_it_begins(read):
    talk = (
        Talk()
        .open()
        .send(1, b"x")
        .send(0, window=0)
        .send(0, window=0)
        .send(0)
        .send(1, b"y")
        .send(0, window=0)
    )
    (facts,) = read(talk.frames)
    assert [note for note in facts["notes"] if note[0] is NoteKind.ZERO_WINDOW] == [
        (NoteKind.ZERO_WINDOW, 0, 5, -1),
        (NoteKind.ZERO_WINDOW, 0, 9, -1),
    ]


def test_a_keep_alive_probe_is_no_retransmission(read):
    talk = Talk().open().send(0, ASK).send(0, b"\0", at=-1).send(0, at=-1).send(1).send(0, b"next")
    (facts,) = read(talk.frames)
    assert content(facts, 0) == ASK + b"next"
    assert NoteKind.RETRANSMISSION not in kinds(facts)


def test_a_request_sent_byte_by_byte(read):
    talk = Talk().open()
    for number in ASK:
        talk.send(0, bytes([number])).send(1)
    (facts,) = read(talk.frames)
    assert content(facts, 0) == ASK
    assert [item[2] for item in facts[0]] == list(range(4, 4 + 2 * len(ASK), 2))


def test_connections_side_by_side(read):
    talks = [Talk(("10.0.0.1", 50_000 + n), seq=n << 27).open() for n in range(20)]
    frames = [talk.frames[i] for i in range(3) for talk in talks]
    for turn in range(30):
        for n, talk in enumerate(talks):
            talk.frames.clear()
            talk.send(0, b"%d of %d;" % (turn, n)).send(1, b"%d" % turn)
            frames += talk.frames
    seen = read(frames)
    assert len(seen) == 20
    for n, facts in enumerate(seen):
        assert content(facts, 0) == b"".join(b"%d of %d;" % (turn, n) for turn in range(30))


def test_jumbo_segments_and_a_length_of_zero(read):
    talk = Talk().open()
    body = b"j" * 70_000
    talk.frames.append(
        ethernet(ipv4(CLIENT, SERVER, tcp(CLIENT, SERVER, talk.seq[0], 9001, ACK, body), total=0))
    )
    talk.seq[0] += len(body)
    (facts,) = read(talk.send(0, b"!").close().frames)
    assert content(facts, 0) == body + b"!"


def test_what_waits_behind_a_hole_is_bounded(read, monkeypatch):
    from tracer.capture import flow

    monkeypatch.setattr(flow, "MOST_BYTES", 1000)
    talk = Talk().open().send(0, b"a")
    for number in range(30):
        talk.send(0, b"x" * 100, at=10 + 100 * number)
    (facts,) = read(talk.frames)
    assert [item[:2] for item in facts[0]][:3] == [(0, b"a"), (1, 10), (11, b"x" * 100)]
    assert len(facts[0]) == 32
