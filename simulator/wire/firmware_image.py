"""Simulator firmware images: builds right ones and faulty ones, the same bytes for the same arguments.

`image_reader.py` says what is in them and reads them; its names are offered here too.
"""

from __future__ import annotations

import hashlib
import io
import json
import tarfile
import zlib
from dataclasses import replace
from enum import StrEnum

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from simulator.wire.image_reader import (
    INFO,
    SIGNATURE,
    SIGNING_DOMAIN,
    Digest,
    FirmwareImage,
    ImageProduct,
    Signature,
    image_name,
    read_image,
    signing_key,
)

__all__ = ["Fault", "FirmwareImage", "ImageProduct", "Signature", "build_image", "image_name", "read_image"]

BUILD_TIME = 1767225600
"""2026-01-01, for every image, so that the same arguments give the same bytes."""

OLDER_THAN_ALL = "8.40.1"
"""A version below every firmware that is simulated."""
BEYOND_THE_NEXT_STEP = "13.1.1"
"""A version that needs 12.11 first."""


class Fault(StrEnum):
    """What is wrong with an image, and the error code a device answers it with (core sheet 4.2)."""

    NONE = "none"
    WRONG_MODEL = "wrong_model"
    """For another product: 421."""
    BAD_SIGNATURE = "bad_signature"
    """Signed with another key: 415."""
    UNSIGNED = "unsigned"
    """422."""
    UNKNOWN_CERTIFICATE = "unknown_certificate"
    """Signed for a custom domain that the device does not know: 424."""
    TRUNCATED = "truncated"
    """The upload ended early, behind `info.json`: 415."""
    GARBAGE = "garbage"
    """No archive at all: 421, as recorded."""
    DOWNGRADE = "downgrade"
    """Older than what runs, whatever version was asked for: 409 without a hard default."""
    LTS_STEP_MISSING = "lts_step_missing"
    """Beyond the next long-term version, whatever version was asked for: 409, naming it."""


_VERSION_OF = {Fault.DOWNGRADE: OLDER_THAN_ALL, Fault.LTS_STEP_MISSING: BEYOND_THE_NEXT_STEP}


def build_image(
    *,
    product: ImageProduct,
    version: str,
    fault: str = Fault.NONE,
    part_number: str = "",
    payload_size: int = 16384,
) -> bytes:
    """An image for `product` that installs `version`. Raises ValueError for an unknown fault."""
    wrong = Fault(fault)
    shown = _VERSION_OF.get(wrong, version)
    content = [
        ("kernel", _noise("kernel", shown, 1024)),
        (INFO, _info(_product_of(product, wrong), shown, wrong, part_number)),
        ("rootfs", _noise("rootfs", shown, payload_size)),
    ]
    if wrong is not Fault.UNSIGNED:
        content.append((SIGNATURE, _signature(content, wrong)))
    return _spoilt(zlib.compress(_tar(content), wbits=31), wrong)


def _product_of(product: ImageProduct, fault: Fault) -> ImageProduct:
    return replace(product, prod_nbr=f"{product.prod_nbr} Other") if fault is Fault.WRONG_MODEL else product


def _info(product: ImageProduct, version: str, fault: Fault, part_number: str) -> bytes:
    info = {
        "Release": version,
        "BuildNbr": version.rpartition(".")[2],
        "PartNbr": part_number or str(int.from_bytes(_noise("part", version, 3)) % 10_000_000).zfill(7),
        "BuildTime": BUILD_TIME,
        "SigningDomain": "custom" if fault is Fault.UNKNOWN_CERTIFICATE else SIGNING_DOMAIN,
        "UpgradeableFrom": ["12.11"] if fault is Fault.LTS_STEP_MISSING else [],
        "Products": [_entry(product)],
    }
    return json.dumps(info, indent=2).encode()


def _entry(product: ImageProduct) -> dict[str, str]:
    entry = {
        "Brand": product.brand,
        "ProdNbr": product.prod_nbr,
        "HardwareID": product.hardware_id,
        "ProdType": product.prod_type,
        "ProdFullName": product.prod_full_name,
        "ProdShortName": product.prod_short_name,
    }
    return entry | ({"ProdVariant": product.prod_variant} if product.prod_variant else {})


def _signature(content: list[tuple[str, bytes]], fault: Fault) -> bytes:
    digest = Digest()
    for name, data in content:
        digest.begin(name, len(data))
        digest.add(data)
    strangers = fault in (Fault.BAD_SIGNATURE, Fault.UNKNOWN_CERTIFICATE)
    key = Ed25519PrivateKey.from_private_bytes(bytes(32)) if strangers else signing_key()
    return key.sign(digest.value())


def _noise(what: str, version: str, size: int) -> bytes:
    """Bytes that do not compress, as a real file system does not."""
    return hashlib.shake_256(f"{what} {version}".encode()).digest(size)


def _tar(content: list[tuple[str, bytes]]) -> bytes:
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w", format=tarfile.USTAR_FORMAT) as archive:
        for name, data in content:
            member = tarfile.TarInfo(name)
            member.size, member.mtime = len(data), BUILD_TIME
            archive.addfile(member, io.BytesIO(data))
    return file.getvalue()


def _spoilt(image: bytes, fault: Fault) -> bytes:
    if fault is Fault.TRUNCATED:
        return image[: len(image) * 3 // 4]
    if fault is Fault.GARBAGE:
        return _noise("garbage", str(len(image)), len(image))
    return image
