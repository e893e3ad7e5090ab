"""Frames a second through each layer of tracer.capture, on a synthetic keep-alive HTTP capture.

200,000 frames of 8 kept connections (request, acknowledgement, answer, acknowledgement), as many of short
connections, ten frames each, and as many of nginx before gunicorn, whose hops are joined by request ids.
Rounds are interleaved with the peers: tshark printing the fields of HTTP, which stands beside
`tracer requests --format csv`, and scapy, which only reads the first frames: it is slow.
Frames a CPU second, the median of the rounds and the lowest and highest. Peak memory is that of processes
of their own, on the capture and on one four times as long.
"""

from __future__ import annotations

import argparse
import resource
import shutil
import statistics
import struct
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

from tracer.capture import Capture, Data, Dissector, PcapWriter, Streams

FRAMES = 200_000
SCAPY_FRAMES = 5_000
ROUNDS = 3
OURS, PEER = "tracer requests --format csv", "tshark, HTTP fields"
START = 1_700_000_000_000_000_000
ACK, SYN, FIN = 16, 2, 1
ASK = b"GET /item/%06d HTTP/1.1\r\nHost: example\r\nAccept: */*\r\n\r\n"
ANSWER = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 60\r\n\r\n" + b"x" * 60
ETHERNET = b"\2" * 12 + b"\x08\x00"


FORWARDED = (
    b"GET /item/%06d HTTP/1.1\r\nHost: example\r\nX-Request-ID: %032x\r\nX-Forwarded-For: 10.0.0.1\r\n"
    b"Accept: */*\r\n\r\n"
)
BY = {80: b"nginx", 8000: b"gunicorn"}


def answer(port: int) -> bytes:
    """Give the answer of the server on a port."""
    return ANSWER.replace(b"\r\n", b"\r\nServer: " + BY[port] + b"\r\n", 1)


def frame(port: int, way: int, seq: int, ack: int, flags: int, payload: bytes, server: int = 80) -> bytes:
    """Make a frame between 10.0.0.1:port and 10.0.0.2:80, or 10.0.0.2:port and 10.0.0.3:server."""
    ports = (port, server) if way == 0 else (server, port)
    first = 1 if server == 80 else 2
    hosts = (first, first + 1) if way == 0 else (first + 1, first)
    ends = b"".join(b"\x0a\0\0" + bytes([host]) for host in hosts)
    ip = struct.pack(">BBHHHBBH", 0x45, 0, 40 + len(payload), 0, 0x4000, 64, 6, 0) + ends
    return ETHERNET + ip + struct.pack(">HHIIHHI", *ports, seq, ack, 5 << 12 | flags, 500, 0) + payload


def turns(port: int, count: int) -> Iterator[bytes]:
    """Open a connection, ask and answer `count` times, close it."""
    seq, ack = 1, 1
    yield frame(port, 0, 0, 0, SYN, b"")
    yield frame(port, 1, 0, 1, SYN | ACK, b"")
    yield frame(port, 0, 1, 1, ACK, b"")
    for number in range(count):
        ask = ASK % number
        yield frame(port, 0, seq, ack, ACK, ask)
        seq += len(ask)
        yield frame(port, 1, ack, seq, ACK, b"")
        yield frame(port, 1, ack, seq, ACK, ANSWER)
        ack += len(ANSWER)
        yield frame(port, 0, seq, ack, ACK, b"")
    yield frame(port, 0, seq, ack, FIN | ACK, b"")
    yield frame(port, 1, ack, seq + 1, FIN | ACK, b"")
    yield frame(port, 0, seq + 1, ack + 1, ACK, b"")


def proxied(path: Path, frames: int, *, together: int = 8) -> None:
    """Write a capture of nginx before gunicorn: kept clients, a connection upstream for each request.

    Request ids join them. Of each exchange 12 frames; clients take turns.
    """
    seq, ack = [1] * together, [1] * together
    with path.open("wb") as file:
        writer = PcapWriter(file)
        for number in range(frames // 12):
            client, port = number % together, 1024 + together + number % 50_000
            ask, back = FORWARDED % (number, number), answer(80)
            inner = list(upstream(port, number))
            own = (1024 + client, 0, seq[client], ack[client], ACK, ask)
            seq[client] += len(ask)
            reply = (1024 + client, 1, ack[client], seq[client], ACK, back)
            ack[client] += len(back)
            for place, packet in enumerate([frame(*own), *inner, frame(*reply)]):
                writer.write(packet, START + (number * 12 + place) * 20_000)


def upstream(port: int, number: int) -> Iterator[bytes]:
    """Ask gunicorn once, on a connection of its own."""
    ask, back = FORWARDED % (number, number), answer(8000)
    yield frame(port, 0, 0, 0, SYN, b"", 8000)
    yield frame(port, 1, 0, 1, SYN | ACK, b"", 8000)
    yield frame(port, 0, 1, 1, ACK, b"", 8000)
    yield frame(port, 0, 1, 1, ACK, ask, 8000)
    yield frame(port, 1, 1, 1 + len(ask), ACK, b"", 8000)
    yield frame(port, 1, 1, 1 + len(ask), ACK, back, 8000)
    yield frame(port, 0, 1 + len(ask), 1 + len(back), ACK, b"", 8000)
    yield frame(port, 1, 1 + len(back), 1 + len(ask), FIN | ACK, b"", 8000)
    yield frame(port, 0, 1 + len(ask), 2 + len(back), FIN | ACK, b"", 8000)
    yield frame(port, 1, 2 + len(back), 2 + len(ask), ACK, b"", 8000)


def write(path: Path, frames: int, *, turns_each: int, together: int = 8) -> None:
    """Write a capture of connections with `turns_each` exchanges, `together` at a time."""
    port = 1024
    with path.open("wb") as file:
        writer, number = PcapWriter(file), 0
        while number < frames:
            talks = [turns(1024 + (port + n) % 60_000, turns_each) for n in range(together)]
            port += together
            for group in zip(*talks, strict=True):
                for packet in group:
                    writer.write(packet, START + number * 20_000)
                    number += 1


def layers(path: str, depth: int) -> int:
    """Read a capture through the first `depth` layers; give its frames."""
    dissector, streams, frames = Dissector(), Streams(), 0
    for records in Capture(path):
        frames += len(records)
        if depth > 1:
            segments = dissector(records)
            if depth > 2:
                for event in streams.feed(segments):
                    if isinstance(event, Data):
                        event.join()
    return frames


FIELDS = (
    *("frame.number", "frame.time_epoch", "ip.src", "tcp.srcport", "ip.dst", "tcp.dstport"),
    *("http.request.method", "http.request.uri", "http.response.code", "http.content_length_header"),
)
"""What tshark prints of a request or an answer; `tracer requests` says the same of both in one row."""


def by_tshark(path: str) -> int:
    """Let tshark print the fields of HTTP."""
    options = ["-o", "tcp.reassemble_out_of_order:TRUE", "-Y", "http", "-T", "fields"]
    fields = [word for field in FIELDS for word in ("-e", field)]
    run(["tshark", "-r", path, *options, *fields])
    return FRAMES


def by_requests(path: str) -> int:
    """Run `tracer requests`, start-up and all."""
    run([sys.executable, "-m", "tracer.cli", "requests", path, "--format", "csv"])
    return FRAMES


def run(command: list[str]) -> None:
    """Run a command whose output nobody reads."""
    subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=True)


def by_scapy(path: str) -> int:
    """Let scapy dissect the first frames down to TCP."""
    from scapy.layers.inet import TCP
    from scapy.utils import PcapReader

    with PcapReader(path) as reader:
        for _ in range(SCAPY_FRAMES):
            assert TCP in reader.read_packet()
    return SCAPY_FRAMES


def cpu() -> float:
    """CPU seconds of this process and the children it waited for."""
    used = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(u.ru_utime + u.ru_stime for u in used)


def measure(readers: dict[str, Callable[[str], int]], path: str) -> None:
    """Print frames a CPU second of each reader, rounds interleaved, the first not counted."""
    rates: dict[str, list[float]] = {name: [] for name in readers}
    for number in range(ROUNDS + 1):
        for name, reader in readers.items():
            before = cpu()
            frames = reader(path)
            if number:
                rates[name].append(frames / (cpu() - before) / 1000)
    ratio = statistics.median(rates[OURS]) / statistics.median(rates.get(PEER, rates[OURS]))
    for name, seen in rates.items():
        print(f"  {name:30} {statistics.median(seen):8.0f} k frames/s   [{min(seen):.0f}, {max(seen):.0f}]")
    if PEER in rates:
        print(f"  {OURS} is {ratio:.1f} times as fast as tshark")


def peak(path: str) -> float:
    """Give the peak memory of `tracer requests` on a capture, in MB."""
    code = f"import sys, resource as r; sys.path.insert(0, {str(Path(__file__).parent)!r}); "
    code += "import bench_capture as b; "
    code += "b.by_requests(sys.argv[1]); print(r.getrusage(r.RUSAGE_CHILDREN).ru_maxrss / 1024)"
    return float(subprocess.run([sys.executable, "-c", code, path], capture_output=True, check=True).stdout)


def main() -> None:
    """Write the captures and measure."""
    argparse.ArgumentParser(description=__doc__).parse_args()
    readers: dict[str, Callable[[str], int]] = {
        "records": lambda path: layers(path, 1),
        "records, headers": lambda path: layers(path, 2),
        "records, headers, streams": lambda path: layers(path, 3),
        OURS: by_requests,
        "scapy to TCP": by_scapy,
    }
    if shutil.which("tshark"):
        readers[PEER] = by_tshark
    with tempfile.TemporaryDirectory() as folder:
        kept, short, hops, long = (
            Path(folder) / f"{name}.pcap" for name in ("kept", "short", "hops", "long")
        )
        write(kept, FRAMES, turns_each=(FRAMES // 8 - 6) // 4)
        write(short, FRAMES, turns_each=1)
        proxied(hops, FRAMES)
        write(long, 4 * FRAMES, turns_each=(FRAMES // 2 - 6) // 4)
        shapes = {
            "8 kept connections": kept,
            "20,000 short connections": short,
            "nginx before gunicorn": hops,
        }
        for name, path in shapes.items():
            print(f"{FRAMES} frames, {name}, {path.stat().st_size / 1e6:.0f} MB")
            measure(readers, str(path))
        one, four = peak(str(kept)), peak(str(long))
        print(
            f"peak memory {one:.0f} MB, of four times as much {four:.0f} MB ({100 * (four / one - 1):+.0f} %)"
        )


if __name__ == "__main__":
    main()
