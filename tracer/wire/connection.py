"""Both directions of one connection whose protocol nobody told: detection, PROXY headers, upgrades.

Bytes are fed in the order in which they were seen; what a direction holds until the protocol is known is
bounded. HTTP/2 and WebSocket are imported when a connection speaks them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from tracer.wire import fastcgi, http1, proxy_protocol, scgi, uwsgi
from tracer.wire.decoder import Decoder
from tracer.wire.detect import LIMIT, UNKNOWN, detect
from tracer.wire.exchanges import Exchanges
from tracer.wire.message import REQUEST, RESPONSE, Kind, Message, MissingError, Switch

if TYPE_CHECKING:
    from tracer.wire.http2 import Streams
    from tracer.wire.tls import Keys, Session

Pair = dict[Kind, Decoder]
Offsets = dict[Kind, int]


def _http1(offsets: Offsets, keep: bool, lost: bool) -> Pair:
    exchanges = Exchanges()
    return {
        REQUEST: http1.Requests(exchanges, offset=offsets[REQUEST], keep=keep, lost=lost),
        RESPONSE: http1.Responses(exchanges, offset=offsets[RESPONSE], keep=keep, lost=lost),
    }


def _http2(offsets: Offsets, keep: bool, _lost: bool) -> Pair:
    from tracer.wire import http2

    streams = http2.Streams()
    return {
        REQUEST: http2.Requests(streams, offset=offsets[REQUEST], keep=keep),
        RESPONSE: http2.Responses(streams, offset=offsets[RESPONSE], keep=keep),
    }


def _uwsgi(offsets: Offsets, keep: bool, _lost: bool) -> Pair:
    exchanges = Exchanges()
    return {
        REQUEST: uwsgi.Requests(exchanges, offset=offsets[REQUEST], keep=keep),
        RESPONSE: uwsgi.Responses(exchanges, offset=offsets[RESPONSE], keep=keep),
    }


def _scgi(offsets: Offsets, keep: bool, _lost: bool) -> Pair:
    exchanges = Exchanges()
    return {
        REQUEST: scgi.Requests(exchanges, offset=offsets[REQUEST], keep=keep),
        RESPONSE: scgi.Responses(exchanges, offset=offsets[RESPONSE], keep=keep),
    }


def _fastcgi(offsets: Offsets, keep: bool, _lost: bool) -> Pair:
    ids = fastcgi.Ids()
    return {
        REQUEST: fastcgi.Requests(ids, offset=offsets[REQUEST], keep=keep),
        RESPONSE: fastcgi.Responses(ids, offset=offsets[RESPONSE], keep=keep),
    }


PROTOCOLS: dict[str, Callable[[Offsets, bool, bool], Pair]] = {
    "http1": _http1,
    "http2": _http2,
    "uwsgi": _uwsgi,
    "fastcgi": _fastcgi,
    "scgi": _scgi,
}
"""Protocol name -> what makes the decoders of both directions."""


class Connection:
    """One connection: `feed` either direction, get the messages of both.

    protocol: what is spoken, if known; else it is found out. lost: bytes before the first were not seen
    (the capture began later), so the first message to be recognised is waited for. `protocol` then is None
    (not known yet), a key of PROTOCOLS, "websocket", "tunnel", "tls", another protocol named by Upgrade,
    or UNKNOWN.

    keys: secrets of TLS sessions. Of TLS that they open `protocol` is what is spoken inside, and messages
    have the places of the records that carried them; else the records are told as Notes. `tls` is what is
    known of the session, None where no TLS is spoken. An error of TLS does not end what is told: Notes of
    the records follow it.
    """

    def __init__(
        self,
        protocol: str | None = None,
        *,
        keep: bool = False,
        lost: bool = False,
        keys: Keys | None = None,
    ) -> None:
        self.protocol: str | None = None
        self.keep = keep
        self.tls: Session | None = None
        self._keys = keys
        self._lost = lost
        self._pair: Pair | None = None
        self._proxy: proxy_protocol.Header | None = None
        self._proxied = False
        self._held: dict[Kind, bytearray] = {REQUEST: bytearray(), RESPONSE: bytearray()}
        self._offsets: Offsets = {REQUEST: 0, RESPONSE: 0}  # of held[0], until there is a pair
        self._streams: Streams | None = None  # of HTTP/2 that HTTP/1 was upgraded to
        self._ended: dict[Kind, bool] = {REQUEST: False, RESPONSE: False}
        if protocol:
            self._speak(protocol)

    def feed(self, kind: Kind, data: bytes | bytearray | memoryview) -> list[Message]:
        """Take the next bytes of the client (REQUEST) or the server (RESPONSE)."""
        if self._pair is None:
            return self._look(kind, data)
        out = self._through(kind, data)
        if kind == RESPONSE or self.tls:
            out += self._through(_other(kind), b"")  # requests may have waited for this answer
        return out

    def gap(self, kind: Kind, size: int) -> list[Message]:
        """Be told that the next `size` bytes of a direction are missing."""
        if self._pair is not None:
            return self._followed(kind, self._pair[kind].gap(size))
        self._forget(kind)
        self._offsets[kind] += size
        self._lost = True
        return []

    def close(self, kind: Kind) -> list[Message]:
        """Be told that a direction has ended (FIN, RST or the end of the capture)."""
        if self._ended[kind]:
            return []
        self._ended[kind] = True
        if self._pair is not None:
            out = self._pair[kind].close()
            return out + self._through(_other(kind), b"") if self.tls else out
        return self._proxy.close() if self._proxy and kind == REQUEST else []

    @property
    def resting(self) -> bool:
        """Whether HTTP/1 is spoken, nothing of it is open, and no byte waits to be read."""
        return (
            self.protocol == "http1"
            and self._pair is not None
            and all(d.resting for d in self._pair.values())
        )

    def skip(self, requests: int, responses: int, exchanges: int) -> None:
        """Go past whole exchanges that somebody else has read, while it is resting; sizes are in bytes."""
        assert self._pair is not None
        for kind, size in ((REQUEST, requests), (RESPONSE, responses)):
            self._pair[kind].skip(size)
        decoder = self._pair[REQUEST]
        assert isinstance(decoder, http1.Requests)
        assert decoder.exchanges
        decoder.exchanges.skip(exchanges)

    def waiting(self, kind: Kind) -> int:
        """Give the offset before which no message that is yet to come begins."""
        return self._pair[kind].waiting if self._pair else self._offsets[kind]

    # Until the protocol is known

    def _look(self, kind: Kind, data: bytes | bytearray | memoryview) -> list[Message]:
        if self.protocol is not None:
            self._offsets[kind] += len(data)
            return []
        self._held[kind] += data
        out = self._unwrap() if kind == REQUEST else []
        found = self._detected(kind)
        if found == "proxy" and not self._proxied:  # a second one is not allowed
            self._proxied = True
            self._proxy = proxy_protocol.Header(offset=self._offsets[REQUEST])
            return out + self._look(REQUEST, b"")
        if found == UNKNOWN and self._lost:
            self._forget(kind)
        elif found:
            out += self._speak(found)
        return out

    def _unwrap(self) -> list[Message]:
        """Feed a PROXY header; the bytes after it are looked at as if they were the first."""
        if not self._proxy:
            return []
        out = self._proxy.feed(bytes(self._held[REQUEST]))
        self._offsets[REQUEST] = self._proxy.offset - len(self._proxy.rest)
        self._held[REQUEST] = bytearray(self._proxy.rest)
        if self._proxy.finished:
            broken, self._proxy = self._proxy.error, None
            self.protocol = UNKNOWN if broken else None
        return out

    def _detected(self, kind: Kind) -> str | None:
        if self._proxy or self.protocol:
            return None
        if kind == REQUEST or not self._held[REQUEST]:
            found = detect(bytes(self._held[kind]), kind)
            return "scgi" if found == "cgi" else found
        return UNKNOWN if len(self._held[kind]) > LIMIT else None

    def _speak(self, protocol: str) -> list[Message]:
        self.protocol = protocol
        out: list[Message] = []
        if protocol == "tls" or protocol in PROTOCOLS:
            try:
                self._pair = (
                    self._tls()
                    if protocol == "tls"
                    else PROTOCOLS[protocol](self._offsets, self.keep, self._lost)
                )
            except ImportError as error:
                out.append(_missing(protocol, self._offsets[REQUEST], error))
                self._forget(REQUEST)
                self._forget(RESPONSE)
                return out
            for kind in (REQUEST, RESPONSE):
                out += self.feed(kind, self._held[kind])
                self._held[kind] = bytearray()
        else:
            self._forget(REQUEST)
            self._forget(RESPONSE)
        return out

    def _tls(self) -> Pair:
        from tracer.wire.tls import session, sides

        self.tls = session.Session(self._keys, lambda protocol: Connection(protocol, keep=self.keep))
        requests, responses = sides.pair(self.tls, self._offsets)
        return {REQUEST: requests, RESPONSE: responses}

    def _forget(self, kind: Kind) -> None:
        self._offsets[kind] += len(self._held[kind])
        self._held[kind] = bytearray()

    # Once it is

    def _through(self, kind: Kind, data: bytes | bytearray | memoryview) -> list[Message]:
        assert self._pair is not None
        return self._followed(kind, self._pair[kind].feed(data))

    def _followed(self, kind: Kind, out: list[Message]) -> list[Message]:
        """Go on in the protocol that was switched to, with the bytes that stood behind the switch."""
        if self.tls:
            self.protocol = (self.tls.inside and self.tls.inside.protocol) or "tls"
        elif out and isinstance(out[-1], Switch):
            assert self._pair is not None
            rest = self._pair[kind].rest
            try:
                self._switch(kind, out[-1], self._pair)
            except ImportError as error:
                return [*out, _missing(self.protocol or "", self._pair[kind].offset, error)]
            out += self._through(kind, rest)
        return out

    def _switch(self, kind: Kind, switch: Switch, pair: Pair) -> None:
        """Replace the decoder of one direction; of another protocol it stays, finished, and counts."""
        self.protocol = switch.protocol
        if switch.protocol == "websocket":
            from tracer.wire import websocket

            frames = websocket.Requests if kind == REQUEST else websocket.Responses
            pair[kind] = frames(switch.exchange, offset=switch.start, keep=self.keep)
        elif switch.protocol == "h2c":
            from tracer.wire import http2

            self.protocol = "http2"
            self._streams = self._streams or http2.upgraded(switch.exchange)
            make = http2.Requests if kind == REQUEST else http2.Responses
            pair[kind] = make(self._streams, offset=switch.start, keep=self.keep)


def _missing(protocol: str, offset: int, error: ImportError) -> MissingError:
    return MissingError(protocol, offset, (error.name or str(error)).partition(".")[0])


def _other(kind: Kind) -> Kind:
    return RESPONSE if kind == REQUEST else REQUEST
