"""Captures made by hand, a case each: what they become."""

from __future__ import annotations

import io
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent.parent / "capture"))

from capture_packets import ACK, CLIENT, FIN, MS, RST, SERVER, START, Talk

from tracer.analysis.listing import records
from tracer.assemble.packets import recording_of
from tracer.capture import Capture, PcapWriter
from tracer.recording import LaneKind, MarkKind, PhaseKind
from tracer.wire import uwsgi

GET = b"GET /a HTTP/1.1\r\nHost: h\r\n\r\n"
ANSWER = b"HTTP/1.1 200 OK\r\nServer: gunicorn/23\r\nContent-Length: 5\r\n\r\nhello"
LATE = b"HTTP/1.1 500 Oh\r\nContent-Length: 0\r\n\r\n"


def read(tmp_path, frames, *, every=MS):
    """Write frames, 1 ms apart, and read them; what comes of it must be sound."""
    out = io.BytesIO()
    writer = PcapWriter(out)
    for number, packet in enumerate(frames):
        writer.write(packet, START + number * every)
    path = tmp_path / "made.pcap"
    path.write_bytes(out.getvalue())
    recording = recording_of(Capture(str(path)))
    assert recording.check() == []
    return recording


def listed(recording):
    return list(records(recording))


def phases(recording, visit):
    """Kind, start and end in ms, first and last frame of the phases of a visit."""
    p = recording.phases
    return [
        (PhaseKind(p.kind[row]).name, *((int(t) - START) // MS for t in (p.start[row], p.end[row])),
         int(p.first_frame[row]), int(p.last_frame[row]))
        for row in range(len(p.start)) if p.visit[row] == visit
    ]  # fmt: skip


def marks(recording):
    return [MarkKind(kind).name for kind in recording.marks.kind]


def test_one_exchange(tmp_path):
    talk = Talk().open().send(0, GET[:9]).send(0, GET[9:]).send(1).send(1, ANSWER[:40]).send(1, ANSWER[40:])
    recording = read(tmp_path, talk.close().frames)
    [request] = listed(recording)
    [hop] = request["hops"]
    assert (request["method"], request["target"], request["status"]) == ("GET", "/a", 200)
    assert (request["outcome"], request["request_body_bytes"], request["response_body_bytes"]) == ("ok", 0, 5)
    assert (hop["hop"], hop["protocol"], hop["lane"], hop["match"]) == ("gunicorn", "http/1.1", None, None)
    assert (hop["src"], hop["dst"]) == ("10.0.0.1:40112", "10.0.0.2:80")
    assert hop["queued_ns"] is None
    assert phases(recording, 1) == [
        ("TRANSFER", 3, 4, 4, 5),
        ("UNSEEN", 4, 6, 5, 7),
        ("TRANSFER", 6, 7, 7, 8),
    ]
    assert phases(recording, 0)[1] == ("AWAITING", 4, 6, 5, 7)
    assert recording.text(recording.hops.software[1]) == "gunicorn/23"
    assert recording.lanes.kind.tolist() == [LaneKind.CONNECTION]


def test_pipelining_is_queued_for_the_connection(tmp_path):
    talk = Talk().open().send(0, GET + GET.replace(b"/a", b"/b")).send(1, ANSWER).send(1, ANSWER)
    recording = read(tmp_path, talk.close().frames)
    first, second = listed(recording)
    assert (first["target"], second["target"]) == ("/a", "/b")
    assert (first["hops"][0]["queued_ns"], second["hops"][0]["queued_ns"]) == (None, MS)
    assert [kind for kind, *_ in phases(recording, 3)] == ["QUEUED", "UNSEEN"]


def test_a_proxied_request_awaits_its_upstream(tmp_path):
    """uwsgi parameters name the client's port; the proxy is AWAITING while its upstream visit lasts."""
    front, back = Talk(), Talk((SERVER[0], 50_000), ("10.0.0.3", 9000))
    named = {"REQUEST_METHOD": "GET", "REQUEST_URI": "/a", "REMOTE_ADDR": CLIENT[0], "REMOTE_PORT": "40112"}
    front.open().send(0, GET)
    back.open().send(0, uwsgi.encode(named.items())).send(1, ANSWER)
    frames = [*front.frames, *back.frames]
    sent = len(front.frames)
    front.send(1, ANSWER.replace(b"gunicorn", b"nginx"))
    recording = read(tmp_path, [*frames, *front.frames[sent:]])
    [request] = listed(recording)
    assert [(hop["hop"], hop["match"], hop["confidence"]) for hop in request["hops"]] == [
        ("nginx", None, None),
        ("gunicorn", "remote_port", 1.0),
    ]
    assert [kind for kind, *_ in phases(recording, 1)] == ["UNSEEN", "AWAITING", "UNSEEN"]
    assert phases(recording, 1)[1] == ("AWAITING", 7, 8, 8, 9)


def test_who_ends_a_connection_decides_the_outcome(tmp_path):
    for way, outcome in ((0, "abandoned"), (1, "error")):
        for flags in (RST, FIN | ACK):
            talk = Talk().open().send(0, GET).send(1, ANSWER[:50]).send(way, flags=flags)
            recording = read(tmp_path, talk.send(1 - way, flags=flags).frames)
            [request] = listed(recording)
            assert (request["outcome"], request["end_ns"]) == (
                outcome,
                START + MS * (5 if flags == RST else 6),
            )
            assert marks(recording) == (["RESET"] if flags == RST else [])


def test_what_is_open_at_the_end_is_open(tmp_path):
    recording = read(tmp_path, Talk().open().send(0, GET).frames)
    [request] = listed(recording)
    assert (request["outcome"], request["end_ns"], request["hops"][0]["hop"]) == ("open", None, "http")


def test_an_answer_that_the_capture_lacks(tmp_path):
    talk = Talk().open().send(0, GET).send(1, ANSWER).send(0, GET.replace(b"/a", b"/b")).send(1, LATE)
    frames = talk.close().frames
    recording = read(tmp_path, [packet for number, packet in enumerate(frames) if number != 4])
    first, second = listed(recording)
    assert (first["outcome"], first["status"]) == ("abandoned", None)
    assert (second["target"], second["status"], second["outcome"]) == ("/b", 500, "error")
    assert marks(recording) == ["GAP"]


def test_a_retransmission_is_a_mark_of_its_visit(tmp_path):
    talk = Talk().open().send(0, GET).send(0, GET, at=-len(GET)).send(1, ANSWER)
    recording = read(tmp_path, talk.close().frames)
    assert marks(recording) == ["RETRANSMISSION"]
    assert (recording.marks.visit.tolist(), recording.marks.request.tolist()) == ([1], [0])
    assert recording.marks.first_frame.tolist() == [5]


def test_a_capture_without_requests(tmp_path):
    recording = read(tmp_path, Talk().open().send(0, b"\x00\x01\x02 no protocol").close().frames)
    assert (listed(recording), recording.hops.name.tolist(), recording.lanes.hop.tolist()) == ([], [], [])


@pytest.mark.parametrize("size", [1, 7])
def test_bytes_one_by_one(tmp_path, size):
    talk = Talk().open()
    for way, data in ((0, GET), (1, ANSWER), (0, GET), (1, LATE)):
        for at in range(0, len(data), size):
            talk.send(way, data[at : at + size])
    first, second = listed(read(tmp_path, talk.frames))
    assert (first["status"], second["status"]) == (200, 500)
