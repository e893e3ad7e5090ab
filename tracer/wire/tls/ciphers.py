"""Opens the records of one direction: keys from secrets (RFC 8446 section 7, RFC 5246 section 6.3)."""

from __future__ import annotations

import hashlib
import hmac
from typing import Any, Protocol

from tracer.wire.tls.records import APPLICATION_DATA, HEADER, Record
from tracer.wire.tls.suites import CCM, CCM_8, GCM, Suite


class Cipher(Protocol):
    """The keys of one direction, as long as they are not changed."""

    overhead: int
    """Bytes of a record that are not content, its header included."""

    def open(self, record: Record, sequence: int) -> tuple[int, bytes] | None:
        """Give the content type and the content; None: it was not sealed with this key and number."""
        ...


class Cipher12:
    """TLS 1.2: the nonce is a salt and what stands in the record, or counts."""

    def __init__(self, suite: Suite, key: bytes, salt: bytes) -> None:
        self._suite, self._aead, self._salt = suite, aead(suite, key), salt
        self.overhead = HEADER + suite.explicit + suite.tag

    def open(self, record: Record, sequence: int) -> tuple[int, bytes] | None:
        """Open a record."""
        suite = self._suite
        size = len(record.body) - suite.explicit - suite.tag
        if size < 0:
            return None
        explicit, sealed = record.body[: suite.explicit], record.body[suite.explicit :]
        nonce = self._salt + explicit if explicit else _mixed(self._salt, sequence)
        head = (record.type, record.version >> 8, record.version & 255)
        about = sequence.to_bytes(8, "big") + bytes(head) + size.to_bytes(2, "big")
        content = _opened(self._aead, nonce, sealed, about)
        return None if content is None else (record.type, content)


class Cipher13:
    """TLS 1.3: the nonce counts, the content type stands inside, and a key makes the next one."""

    def __init__(self, suite: Suite, secret: bytes) -> None:
        self._suite, self._secret = suite, secret
        self._aead = aead(suite, expand_label(suite.hash, secret, b"key", suite.key))
        self._iv = expand_label(suite.hash, secret, b"iv", 12)
        self.overhead = HEADER + suite.tag + 1

    def open(self, record: Record, sequence: int) -> tuple[int, bytes] | None:
        """Open a record and take its padding off."""
        if record.type != APPLICATION_DATA or len(record.body) <= self._suite.tag:
            return None
        about = b"\x17" + record.version.to_bytes(2, "big") + len(record.body).to_bytes(2, "big")
        padded = _opened(self._aead, _mixed(self._iv, sequence), record.body, about)
        content = (padded or b"").rstrip(b"\0")
        return (content[-1], content[:-1]) if content else None

    def next(self) -> Cipher13:
        """Give the keys after a key update."""
        size = hashlib.new(self._suite.hash).digest_size
        return Cipher13(self._suite, expand_label(self._suite.hash, self._secret, b"traffic upd", size))


def pair12(suite: Suite, master: bytes, client: bytes, server: bytes) -> tuple[Cipher12, Cipher12]:
    """Make the ciphers of both directions from the master secret and the two randoms."""
    size = 2 * (suite.key + suite.salt)
    block = prf(suite.hash, master, b"key expansion" + server + client, size)
    keys, salts = block[: 2 * suite.key], block[2 * suite.key :]
    return (
        Cipher12(suite, keys[: suite.key], salts[: suite.salt]),
        Cipher12(suite, keys[suite.key :], salts[suite.salt :]),
    )


def aead(suite: Suite, key: bytes) -> Any:
    """Make what decrypts; the library is imported when the first record is to be opened."""
    from cryptography.hazmat.primitives.ciphers import aead as library

    if suite.aead == GCM:
        return library.AESGCM(key)
    if suite.aead in (CCM, CCM_8):
        return library.AESCCM(key, suite.tag)
    return library.ChaCha20Poly1305(key)


def expand_label(name: str, secret: bytes, label: bytes, size: int) -> bytes:
    """HKDF-Expand-Label with an empty context."""
    full = b"tls13 " + label
    info = size.to_bytes(2, "big") + bytes([len(full)]) + full + b"\0"
    out, turn, count = b"", b"", 0
    while len(out) < size:
        count += 1
        turn = hmac.digest(secret, turn + info + bytes([count]), name)
        out += turn
    return out[:size]


def prf(name: str, secret: bytes, seed: bytes, size: int) -> bytes:
    """P_hash of TLS 1.2; the label is part of the seed."""
    out, turn = b"", seed
    while len(out) < size:
        turn = hmac.digest(secret, turn, name)
        out += hmac.digest(secret, turn + seed, name)
    return out[:size]


def _mixed(iv: bytes, sequence: int) -> bytes:
    return (int.from_bytes(iv, "big") ^ sequence).to_bytes(12, "big")


def _opened(cipher: Any, nonce: bytes, sealed: bytes, about: bytes) -> bytes | None:
    from cryptography.exceptions import InvalidTag

    try:
        return bytes(cipher.decrypt(nonce, sealed, about))
    except (InvalidTag, ValueError):  # ValueError: shorter than a tag, or longer than CCM's nonce allows
        return None
