"""Keys of the user-based security model: digests, passwords to keys, privacy (RFC 3414, 3826, 7860; SNMP sheet 2.5)."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

try:
    from cryptography.hazmat.decrepit.ciphers.algorithms import TripleDES
except ImportError:  # cryptography below 43
    from cryptography.hazmat.primitives.ciphers.algorithms import TripleDES
try:
    from cryptography.hazmat.decrepit.ciphers.modes import CFB
except ImportError:  # cryptography below 47
    from cryptography.hazmat.primitives.ciphers.modes import CFB

if TYPE_CHECKING:
    from collections.abc import Callable

    from cryptography.hazmat.primitives.ciphers import CipherAlgorithm

from simulator.errors import MalformedMessage

STRETCHED: Final = 1 << 20
"""Bytes of repeated password that make a key."""
SALT: Final = 8
_DES_BLOCK: Final = 8
_AES_BLOCK: Final = 16
_SHORT: Final = 96
"""Bytes that are encrypted block by block sooner than by a cipher made for them."""
_INNER: Final = bytes(octet ^ 0x36 for octet in range(256))
_OUTER: Final = bytes(octet ^ 0x5C for octet in range(256))
_REMEMBERED: Final = 512


class Digest(StrEnum):
    """Authentication protocols, by the name of their hash."""

    MD5 = "md5"
    SHA1 = "sha1"
    SHA224 = "sha224"
    SHA256 = "sha256"
    SHA384 = "sha384"
    SHA512 = "sha512"

    @property
    def mac_size(self) -> int:
        """Octets of `msgAuthenticationParameters`."""
        return MAC_SIZES[self]


MAC_SIZES: Final = {
    Digest.MD5: 12,
    Digest.SHA1: 12,
    Digest.SHA224: 16,
    Digest.SHA256: 24,
    Digest.SHA384: 32,
    Digest.SHA512: 48,
}


class Privacy(StrEnum):
    """Privacy protocols. Keys beyond the digest's length are extended as Blumenthal's draft does, or as Reeder's."""

    DES = "DES"
    AES128 = "AES-128"
    AES192 = "AES-192"
    AES256 = "AES-256"
    AES192_REEDER = "AES-192-Reeder"
    AES256_REEDER = "AES-256-Reeder"

    @property
    def key_size(self) -> int:
        return _KEY_SIZES[self]


_KEY_SIZES: Final = {
    Privacy.DES: 16,
    Privacy.AES128: 16,
    Privacy.AES192: 24,
    Privacy.AES256: 32,
    Privacy.AES192_REEDER: 24,
    Privacy.AES256_REEDER: 32,
}
_REEDER: Final = frozenset({Privacy.AES192_REEDER, Privacy.AES256_REEDER})


@lru_cache(maxsize=_REMEMBERED)
def password_key(digest: Digest, password: bytes) -> bytes:
    """Ku: costs milliseconds, so that devices with one password share it. Raises ValueError for no password."""
    if not password:
        raise ValueError("a password is not empty")
    whole, rest = divmod(STRETCHED, len(password))
    return hashlib.new(digest.value, password * whole + password[:rest]).digest()


def localized(digest: Digest, key: bytes, engine_id: bytes) -> bytes:
    """Kul: the key for one engine alone."""
    return hashlib.new(digest.value, key + engine_id + key).digest()


def privacy_key(privacy: Privacy, digest: Digest, key: bytes, engine_id: bytes) -> bytes:
    """The localized key, as long as the privacy protocol needs it."""
    while len(key) < privacy.key_size:
        if privacy in _REEDER:
            key += localized(digest, password_key(digest, key), engine_id)
        else:
            key += hashlib.new(digest.value, key).digest()
    return key[: privacy.key_size]


def mac(digest: Digest, key: bytes, whole: bytes) -> bytes:
    """The authentication parameters of a message in which they are zero."""
    inner, outer = _pads(digest, key)
    inner, outer = inner.copy(), outer.copy()
    inner.update(whole)
    outer.update(inner.digest())
    return outer.digest()[: MAC_SIZES[digest]]


@lru_cache(maxsize=_REMEMBERED)
def _pads(digest: Digest, key: bytes) -> tuple[hashlib._Hash, hashlib._Hash]:
    """The two hashes of RFC 2104 after the key: to begin from them is a third of the work of a short HMAC."""
    inner, outer = hashlib.new(digest.value), hashlib.new(digest.value)
    padded = key.ljust(inner.block_size, b"\0")
    inner.update(padded.translate(_INNER))
    outer.update(padded.translate(_OUTER))
    return inner, outer


@dataclass(frozen=True, slots=True)
class Moment:
    """Boots and time of the authoritative engine."""

    boots: int
    time: int

    @property
    def octets(self) -> bytes:
        return self.boots.to_bytes(4, "big") + self.time.to_bytes(4, "big")


def encrypt(privacy: Privacy, key: bytes, moment: Moment, salt: bytes, text: bytes) -> bytes:
    """The cipher text; DES fills the last block up with zeros."""
    if privacy is Privacy.DES:
        encryptor = _des_cipher(key, salt).encryptor()
        return encryptor.update(text + bytes(-len(text) % _DES_BLOCK)) + encryptor.finalize()
    vector = moment.octets + salt
    if len(text) <= _SHORT:
        return _chained(_aes_blocks(key), vector, text)
    encryptor = Cipher(algorithms.AES(key), CFB(vector)).encryptor()
    return encryptor.update(text) + encryptor.finalize()


def decrypt(privacy: Privacy, key: bytes, moment: Moment, salt: bytes, text: bytes) -> bytes:
    """The plain text, which is rubbish under a wrong key. Raises MalformedMessage for a salt or length that cannot be."""
    if len(salt) != SALT:
        raise MalformedMessage(f"salt of {len(salt)} octets")
    if privacy is not Privacy.DES:
        return _unchained(_aes_blocks(key), moment.octets + salt, text)
    if len(text) % _DES_BLOCK:
        raise MalformedMessage("cipher text that is no whole number of blocks")
    decryptor = _des_cipher(key, salt).decryptor()
    return decryptor.update(text) + decryptor.finalize()


# CFB with blocks of 16 octets (RFC 3826 section 3.1.3). To set up a cipher with its vector takes longer than to encrypt a
# short unit, so that one that encrypts single blocks is kept for each key. It has no state, and no end.


@lru_cache(maxsize=_REMEMBERED)
def _aes_blocks(key: bytes) -> Callable[[bytes], bytes]:
    return Cipher(algorithms.AES(key), modes.ECB()).encryptor().update


def _chained(blocks: Callable[[bytes], bytes], vector: bytes, text: bytes) -> bytes:
    found = []
    for at in range(0, len(text), _AES_BLOCK):
        vector = _xor(blocks(vector), text[at : at + _AES_BLOCK])
        found.append(vector)
    return b"".join(found)


def _unchained(blocks: Callable[[bytes], bytes], vector: bytes, text: bytes) -> bytes:
    whole = -len(text) % _AES_BLOCK
    return _xor(blocks((vector + text + bytes(whole))[: len(text) + whole]), text)


def _xor(stream: bytes, text: bytes) -> bytes:
    """As many octets as `text` has."""
    size = len(text)
    return (int.from_bytes(stream[:size], "big") ^ int.from_bytes(text, "big")).to_bytes(size, "big")


def _des_cipher(key: bytes, salt: bytes) -> Cipher[modes.CBC]:
    whitened = bytes(a ^ b for a, b in zip(key[8:16], salt, strict=True))
    return Cipher(_des(key[:8]), modes.CBC(whitened))


def _des(key: bytes) -> CipherAlgorithm:
    """DES is TripleDES with one key three times."""
    return TripleDES(key * 3)
