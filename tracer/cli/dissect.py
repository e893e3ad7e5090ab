"""Reads the packets of a request anew, and has scapy decode them: what the app's detail shows."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from tui.request.packets import Field, Layer, Packet, Wanted

if TYPE_CHECKING:
    from tracer.recording import Recording

MOST = 2_000  # packets of one request
_LONGEST = 120  # characters of a value


def dissected(recording: Recording, wanted: Wanted) -> list[Packet]:
    """Give the packets, decoded. LookupError, a sentence: they cannot be read again."""
    path = recording.meta.get("opened_from")
    if not isinstance(path, str):
        raise LookupError("its packets cannot be read again: open the capture itself, as a file")
    try:
        import scapy.layers.inet6
        import scapy.layers.l2  # noqa: F401
    except ModuleNotFoundError:
        raise LookupError("this needs scapy: pip install 'hopscope[captures]'") from None
    return list(_packets(path, wanted))


def _packets(path: str, wanted: Wanted) -> Iterator[Packet]:
    from tracer.capture import Capture, CaptureError

    count = 0
    try:
        for records in Capture(path):
            for row in range(len(records)):
                frame = int(records.frame[row])
                if frame > wanted.last:
                    return
                if frame < wanted.first or count >= MOST:
                    continue
                data = bytes(records.packet(row))
                found = _decoded(frame, int(records.time[row]), data, int(records.link[row]), wanted)
                if found is not None:
                    count += 1
                    yield found
    except CaptureError as error:
        raise LookupError(str(error)) from None


def _decoded(frame: int, time: int, data: bytes, link: int, wanted: Wanted) -> Packet | None:
    """Decode a packet of one of the connections; None: it is of none. To look for ports first is cheap."""
    if not any(ports in data for src, dst, _ in wanted.connections for ports in _ports(src, dst)):
        return None
    from scapy.config import conf
    from scapy.layers.inet import TCP

    whole = conf.l2types.num2layer.get(link, conf.raw_layer)(data)
    if TCP not in whole:
        return None
    inner = whole[TCP].underlayer
    ends = [f"[{ip}]:{port}" if ":" in ip else f"{ip}:{port}" for ip, port in _ends(inner, whole[TCP])]
    protocol = next((p for src, dst, p in wanted.connections if {src, dst} == set(ends)), None)
    if protocol is None:
        return None
    words = f"{whole[TCP].flags or ''} {len(bytes(whole[TCP].payload))} B"
    return Packet(frame, time, data, ends[0], ends[1], words, tuple(_layers(whole, data, protocol)))


def _ports(src: str, dst: str) -> tuple[bytes, bytes]:
    a, b = (int(end.rpartition(":")[2]) for end in (src, dst))
    return struct.pack(">HH", a, b), struct.pack(">HH", b, a)


def _ends(ip: Any, tcp: Any) -> tuple[tuple[str, int], tuple[str, int]]:
    return (ip.src, tcp.sport), (ip.dst, tcp.dport)


def _layers(whole: Any, data: bytes, protocol: str) -> Iterator[Layer]:
    """Give the layers up to TCP as scapy has them, then the payload by the connection's protocol."""
    from scapy.layers.inet import TCP

    offset, layer = 0, whole
    while True:
        size = len(layer) - len(layer.payload)
        yield Layer(str(layer.name), offset, offset + size, tuple(_fields(layer, offset, size)))
        offset += size
        if isinstance(layer, TCP):
            break
        layer = layer.payload
    payload = data[offset : offset + len(layer.payload)]
    if payload:
        yield from _payload(payload, offset, protocol)


def _fields(layer: Any, offset: int, size: int) -> Iterator[Field]:
    """Give the fields of a layer, each with its bytes: as they are built, field after field.

    Bits that share a byte share its place. A layer that comes out otherwise than it went in has one for all.
    """
    _, built = layer.build_ps(internal=1)
    parts = next(fields for one, fields in built if one is layer)
    exact = sum(len(raw) for _, _, raw in parts) == size
    at, pending = offset, []
    for field, said, raw in parts:
        pending.append((field.name, _short(said)))
        if raw or not exact:
            end = at + len(raw)
            for name, value in pending:
                yield Field(name, value, at if exact else offset, end if exact else offset + size)
            at, pending = end, []
    for name, value in pending:
        yield Field(name, value, at, at)


def _short(said: Any) -> str:
    text = str(said)
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "..."


def _payload(data: bytes, offset: int, protocol: str) -> Iterator[Layer]:
    from tracer.wire import scapy_layers

    layers = {"uwsgi": scapy_layers.UWSGI, "fastcgi": scapy_layers.FastCGI, "scgi": scapy_layers.SCGI}
    if protocol in layers:
        layer = layers[protocol](data)
        while layer.name not in ("NoPayload", "Raw"):
            size = len(layer) - len(layer.payload)
            yield Layer(str(layer.name), offset, offset + size, tuple(_fields(layer, offset, size)))
            offset, layer = offset + size, layer.payload
        data = bytes(layer)
    elif protocol.startswith("http/1") and _is_head(data):
        head, _, rest = data.partition(b"\r\n\r\n")
        yield from _head(head, offset)
        offset, data = offset + len(data) - len(rest), rest
    if data:
        yield Layer("bytes", offset, offset + len(data), ())


def _is_head(data: bytes) -> bool:
    first = data.split(b"\r\n", 1)[0]
    return first.startswith(b"HTTP/1.") or first.rpartition(b" ")[2].startswith(b"HTTP/1.")


def _head(head: bytes, offset: int) -> Iterator[Layer]:
    """Give the start line and the fields of an HTTP/1 message, a line each."""
    fields, at = [], offset
    for number, line in enumerate(head.split(b"\r\n")):
        name, _, value = line.partition(b":") if number else (b"start line", b"", line)
        said = value.strip().decode("latin-1")
        fields.append(Field(name.decode("latin-1"), _short(said), at, at + len(line)))
        at += len(line) + 2
    yield Layer("HTTP", offset, offset + len(head), tuple(fields))
