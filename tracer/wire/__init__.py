"""Protocol decoders without I/O: bytes in, messages out, each with its offsets in the stream.

`Connection` takes both directions of one connection and finds out what is spoken; the modules `http1`,
`http2`, `websocket`, `uwsgi`, `fastcgi`, `scgi`, `cgi` and `proxy_protocol` decode one protocol each, `tls`
looks into what is encrypted.
Imports nothing of ours; `http2`, `websocket` and `tls` need the extra `captures`, imported when first used.
"""

from tracer.wire.connection import Connection
from tracer.wire.decoder import Decoder
from tracer.wire.detect import UNKNOWN, detect
from tracer.wire.message import (
    REQUEST,
    RESPONSE,
    Body,
    End,
    Head,
    Kind,
    Message,
    Note,
    Pairs,
    Proxy,
    Switch,
    WireError,
)

__all__ = [
    "REQUEST",
    "RESPONSE",
    "UNKNOWN",
    "Body",
    "Connection",
    "Decoder",
    "End",
    "Head",
    "Kind",
    "Message",
    "Note",
    "Pairs",
    "Proxy",
    "Switch",
    "WireError",
    "detect",
]
