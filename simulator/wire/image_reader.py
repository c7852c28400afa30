"""Reads simulator firmware images: what is in one, and whether it may be trusted.

The form is that of AXIS OS images before 13 (core sheet 4.3): a tar archive under gzip whose second member is
`info.json` with `Release`, `BuildNbr`, `PartNbr`, `BuildTime`, `SigningDomain`, `UpgradeableFrom` and `Products`,
so that clients that look into an image find what they look for. The rest is the simulator's: a tiny payload and a
member `signature`, Ed25519 over the SHA-256 of all other members. `firmware_image.py` builds them.

The key is published, here, on purpose: the signature lets a scenario offer an unsigned, a wrongly signed and a
damaged image. It protects nothing.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from typing import TYPE_CHECKING, Any, BinaryIO

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from simulator.errors import MalformedMessage
from simulator.wire.image_archive import Archive

if TYPE_CHECKING:
    from simulator.wire.image_archive import Member

INFO = "info.json"
SIGNATURE = "signature"
SIGNING_DOMAIN = "axis-fleet-simulator"
"""The domain whose certificate the simulated devices have."""

LARGEST_INFO = 1 << 16
LONGEST_TEXT = 200
MOST_ENTRIES = 64

PUBLISHED_TEST_KEY = hashlib.sha256(b"published test key of the axis fleet simulator").digest()
"""The private key. Anybody can sign with it, and is meant to."""


class Signature(StrEnum):
    """What the check of the signature found."""

    VALID = "valid"
    MISSING = "missing"
    WRONG = "wrong"
    """Made with another key or over other content."""
    UNKNOWN = "unknown"
    """The signing domain is one whose certificate the device does not have."""


@dataclass(frozen=True, slots=True)
class ImageProduct:
    """One entry of `Products`."""

    prod_nbr: str
    hardware_id: str
    prod_type: str = ""
    prod_variant: str = ""
    brand: str = "AXIS"

    @property
    def prod_short_name(self) -> str:
        return f"{self.brand} {self.prod_nbr}"

    @property
    def prod_full_name(self) -> str:
        return f"{self.prod_short_name} {self.prod_type}".rstrip()


@dataclass(frozen=True, slots=True)
class FirmwareImage:
    """What an image says of itself, and what reading it found."""

    version: str
    """`Release`, as `12.9.57`."""
    build_number: str
    part_number: str
    build_time: int
    """Seconds since 1970."""
    signing_domain: str
    upgradeable_from: tuple[str, ...]
    products: tuple[ImageProduct, ...]
    signature: Signature = Signature.MISSING
    damage: str = ""
    """What is wrong with the part behind `info.json`, or empty."""

    @property
    def complete(self) -> bool:
        return not self.damage


def image_name(prod_nbr: str, version: str) -> str:
    """`C1410_Mk_II_12_9_57.bin`: the file name that real images have (core sheet 4.3)."""
    return f"{prod_nbr.replace(' ', '_')}_{version.replace('.', '_')}.bin"


@cache
def signing_key() -> Ed25519PrivateKey:
    """The published test key."""
    return Ed25519PrivateKey.from_private_bytes(PUBLISHED_TEST_KEY)


def read_image(file: BinaryIO) -> FirmwareImage:
    """Read an image from its beginning, as a stream: a few KiB of it at a time are in memory.

    Damage behind `info.json` is told in the answer, because a device can still say whose image it is. Raises
    MalformedMessage where not even that much can be read.
    """
    reading = _Reading(Archive(file))
    try:
        reading.run()
    except MalformedMessage as bad:
        if reading.info is None:
            raise
        return _image(reading.info, Signature.MISSING, str(bad))
    if reading.info is None:
        raise MalformedMessage("the archive has no info.json")
    return _image(reading.info, _checked(reading, reading.info), "")


class Digest:
    """SHA-256 over the name, size and content of every member but the signature, in order."""

    def __init__(self) -> None:
        self._hash = hashlib.sha256()

    def begin(self, name: str, size: int) -> None:
        self._hash.update(f"{name}\0{size}\0".encode())

    def add(self, content: bytes) -> None:
        self._hash.update(content)

    def value(self) -> bytes:
        return self._hash.digest()


class _Reading:
    """One walk through an archive."""

    def __init__(self, archive: Archive) -> None:
        self._archive = archive
        self._seen: list[str] = []
        self.digest = Digest()
        self.info: dict[str, Any] | None = None
        self.signature: bytes | None = None

    def run(self) -> None:
        for member in self._archive.members():
            if member.name in self._seen:
                raise MalformedMessage(f"two members named {member.name}")
            self._seen.append(member.name)
            if (len(self._seen) == 2) != (member.name == INFO):
                raise MalformedMessage(f"{INFO} is not the second member")
            self._take(member)

    def _take(self, member: Member) -> None:
        if member.name == SIGNATURE:
            self.signature = self._whole(member, 256)
            return
        self.digest.begin(member.name, member.size)
        if member.name == INFO:
            text = self._whole(member, LARGEST_INFO)
            self.digest.add(text)
            self.info = _parsed(text)
        else:
            for chunk in self._archive.content():
                self.digest.add(chunk)

    def _whole(self, member: Member, limit: int) -> bytes:
        if member.size > limit:
            raise MalformedMessage(f"{member.name} has more than {limit} bytes")
        return b"".join(self._archive.content())


def _checked(reading: _Reading, info: dict[str, Any]) -> Signature:
    if reading.signature is None:
        return Signature.MISSING
    if info["SigningDomain"] != SIGNING_DOMAIN:
        return Signature.UNKNOWN
    try:
        signing_key().public_key().verify(reading.signature, reading.digest.value())
    except InvalidSignature:
        return Signature.WRONG
    return Signature.VALID


def _parsed(text: bytes) -> dict[str, Any]:
    """The fields of `info.json`, each of the right type and of sane length. Raises MalformedMessage."""
    try:
        raw = json.loads(text)
    except (ValueError, RecursionError):
        raise MalformedMessage(f"{INFO} is no JSON") from None
    if not isinstance(raw, dict):
        raise MalformedMessage(f"{INFO} is no object")
    info: dict[str, Any] = {key: _text(raw, key) for key in ("Release", "BuildNbr", "PartNbr", "SigningDomain")}
    info["BuildTime"] = _number(raw, "BuildTime")
    info["UpgradeableFrom"] = tuple(_entry(entry) for entry in _list(raw, "UpgradeableFrom", needed=False))
    info["Products"] = tuple(_product(entry) for entry in _list(raw, "Products", needed=True))
    return info


def _product(raw: object) -> ImageProduct:
    if not isinstance(raw, dict):
        raise MalformedMessage(f"a product in {INFO} is no object")
    variant = _text(raw, "ProdVariant") if "ProdVariant" in raw else ""
    return ImageProduct(
        _text(raw, "ProdNbr"), _text(raw, "HardwareID"), _text(raw, "ProdType"), variant, _text(raw, "Brand")
    )


def _text(raw: dict[str, Any], key: str) -> str:
    return _entry(raw.get(key), key)


def _entry(value: object, key: str = "an entry") -> str:
    if not isinstance(value, str) or len(value) > LONGEST_TEXT or not value.isprintable():
        raise MalformedMessage(f"{key} in {INFO} is no text of at most {LONGEST_TEXT} characters")
    return value


def _number(raw: dict[str, Any], key: str) -> int:
    value = raw.get(key)
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value < 1 << 40:
        raise MalformedMessage(f"{key} in {INFO} is no time")
    return value


def _list(raw: dict[str, Any], key: str, *, needed: bool) -> list[object]:
    value = raw.get(key, None if needed else [])
    if not isinstance(value, list) or len(value) > MOST_ENTRIES:
        raise MalformedMessage(f"{key} in {INFO} is no list of at most {MOST_ENTRIES} entries")
    return value


def _image(info: dict[str, Any], signature: Signature, damage: str) -> FirmwareImage:
    return FirmwareImage(
        version=info["Release"],
        build_number=info["BuildNbr"],
        part_number=info["PartNbr"],
        build_time=info["BuildTime"],
        signing_domain=info["SigningDomain"],
        upgradeable_from=info["UpgradeableFrom"],
        products=info["Products"],
        signature=signature,
        damage=damage,
    )
