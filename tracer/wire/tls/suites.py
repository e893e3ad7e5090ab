"""The cipher suites of TLS that authenticate what they encrypt (AEAD), by their IANA numbers."""

from __future__ import annotations

from typing import NamedTuple

GCM, CCM, CCM_8, CHACHA = "AES-GCM", "AES-CCM", "AES-CCM-8", "ChaCha20-Poly1305"


class Suite(NamedTuple):
    """What a suite says of keys and tags; sizes in bytes."""

    number: int
    aead: str
    key: int
    hash: str  # of HKDF or the PRF, as hashlib names it

    @property
    def tag(self) -> int:
        """Bytes of the tag behind the ciphertext."""
        return 8 if self.aead == CCM_8 else 16

    @property
    def salt(self) -> int:
        """Bytes of a nonce that TLS 1.2 takes from the key block; the rest stands in each record."""
        return 12 if self.aead == CHACHA else 4

    @property
    def explicit(self) -> int:
        """Bytes of a nonce that stand in each record of TLS 1.2."""
        return 12 - self.salt


_AES_128_GCM = (0x009C, 0x009E, 0x00A0, 0x00A2, 0x00A4, 0x00A6, 0x00A8, 0x00AA, 0x00AC)
_AES_128_GCM_EC = (0xC02B, 0xC02D, 0xC02F, 0xC031, 0xD001)
_CHACHA = range(0xCCA8, 0xCCAF)
_CCM_128, _CCM_256 = (0xC09C, 0xC09E, 0xC0A4, 0xC0A6, 0xC0AC), (0xC09D, 0xC09F, 0xC0A5, 0xC0A7, 0xC0AD)
_CCM_8_128, _CCM_8_256 = (0xC0A0, 0xC0A2, 0xC0A8, 0xC0AA, 0xC0AE), (0xC0A1, 0xC0A3, 0xC0A9, 0xC0AB, 0xC0AF)


def _table() -> dict[int, Suite]:
    rows = [
        Suite(0x1301, GCM, 16, "sha256"),
        Suite(0x1302, GCM, 32, "sha384"),
        Suite(0x1303, CHACHA, 32, "sha256"),
        Suite(0x1304, CCM, 16, "sha256"),
        Suite(0x1305, CCM_8, 16, "sha256"),
        Suite(0xD003, CCM_8, 16, "sha256"),
        Suite(0xD005, CCM, 16, "sha256"),
    ]
    for number in (*_AES_128_GCM, *_AES_128_GCM_EC):  # the one with AES-256 has the next number
        rows += [Suite(number, GCM, 16, "sha256"), Suite(number + 1, GCM, 32, "sha384")]
    rows += [Suite(number, CHACHA, 32, "sha256") for number in _CHACHA]
    for numbers, aead, key in (
        *((_CCM_128, CCM, 16), (_CCM_256, CCM, 32)),
        *((_CCM_8_128, CCM_8, 16), (_CCM_8_256, CCM_8, 32)),
    ):
        rows += [Suite(number, aead, key, "sha256") for number in numbers]
    return {row.number: row for row in rows}


SUITES = _table()
"""Number -> suite. Others (CBC, RC4, ARIA, Camellia) are named by their number and not decrypted."""
