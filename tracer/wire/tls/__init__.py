"""TLS 1.2 and 1.3 as an observer reads it: records, handshakes, and what is inside where keys are known.

`Keys.read(path)` reads a key log (SSLKEYLOGFILE); `tracer.wire.Connection(keys=keys)` does the rest: the
messages inside come with the places of their records in the stream, `Connection.tls` tells what was agreed
on. Records and handshakes need nothing; decrypting needs `cryptography`, of the extra `captures`.
"""

from tracer.wire.tls.keys import KeyLogError, Keys
from tracer.wire.tls.session import Session

__all__ = ["KeyLogError", "Keys", "Session"]
