"""Capture files for tests: written here, read back, and told apart by what they say."""

from __future__ import annotations

import io

from capture_packets import MS, START

from tracer.capture import Capture, PcapngWriter, PcapWriter, connections


def pcap(frames, *, order="<", ticks=10**9, link=1, snap=1 << 18, step=MS):
    file = io.BytesIO()
    writer = PcapWriter(file, link, order=order, ticks=ticks, snap=snap)
    for number, frame in enumerate(frames):
        writer.write(frame, START + number * step)
    return file.getvalue()


def pcapng(frames, *, order="<", link=1, resolution=9, step=MS):
    file = io.BytesIO()
    writer = PcapngWriter(file, order=order)
    writer.interface(link, "lo", resolution=resolution)
    for number, frame in enumerate(frames):
        writer.write(frame, START + number * step)
    return file.getvalue()


def read(path, **options):
    """Give ([(frame, time, packet bytes, length on the wire), …], [fault sentence, …])."""
    capture = Capture(str(path), **options)
    rows = [
        (int(r.frame[i]), int(r.time[i]), bytes(r.packet(i)), int(r.length[i]))
        for r in capture
        for i in range(len(r))
    ]
    return rows, [str(fault) for fault in capture.faults]


def read_bytes(tmp_path, data, name="x.pcap", **options):
    path = tmp_path / name
    path.write_bytes(data)
    return read(path, **options)


def events_of(tmp_path, data, name="x.pcap", **options):
    path = tmp_path / name
    path.write_bytes(data)
    return [event for batch in connections(Capture(str(path), **options)) for event in batch]
