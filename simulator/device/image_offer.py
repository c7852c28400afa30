"""A firmware image as it is offered to a device, and why a device refuses it.

`device/` knows no file format: who reads the bytes (a face, with `wire/firmware_image.py`) says what they hold.
Codes are those of firmwaremanagement.cgi (core sheet 4.2). The texts of 404, 409, 412 (purge) and 421 are recorded
from devices; of the others only the meaning is documented, and the words are ours.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

from simulator.errors import FleetError

LONG_TERM_TRACKS = ((8, 40), (9, 80), (10, 12), (11, 11), (12, 11))
"""Major and minor of the long-term support versions: 2018, 2020, 2022, 2024, 2026 (core sheet 4.3)."""

STEPS_REQUIRED_SINCE = (12, 6)
"""From this version on every long-term version in between must be installed first (I/O module manual, Upgrade)."""

NO_SUCH_IMAGE = (404, "No old firmware exists.")
DOWNGRADE = (409, "Downgrade is only allowed if factoryDefault=hard is set.")
REVOKED = (410, "Firmware version is revoked.")
UNCOMMITTED = (412, "Current firmware is not committed.")
NOT_PURGEABLE = (412, "Current firmware is not active.")
INVALID = (415, "Firmware image is invalid.")
MISMATCH = (421, "Firmware image does not match this device.")
UNSIGNED = (422, "Firmware image is not signed.")
BUSY = (423, "Busy with another firmware request.")
UNKNOWN_CERTIFICATE = (424, "Firmware image refers to an unknown custom firmware certificate.")
INTERNAL = (500, "Unexpected internal error.")


class FirmwareRefused(FleetError):
    """A firmware request the device does not do. `code` and `text` are what firmwaremanagement.cgi answers."""

    def __init__(self, code: int, text: str) -> None:
        super().__init__(text)
        self.code = code
        self.text = text


class Signature(StrEnum):
    """What the check of an image's signature found."""

    VALID = "valid"
    MISSING = "missing"
    WRONG = "wrong"
    """Made by another key, or over other content."""
    UNKNOWN = "unknown"
    """Made under a custom firmware certificate that this device does not have."""


@dataclass(frozen=True, slots=True)
class ImageOffer:
    """What an uploaded file says of itself. The defaults are those of a file that is no image at all."""

    version: str = ""
    part_number: str = ""
    products: tuple[tuple[str, str], ...] = ()
    """Product number and hardware id of each product it is for; an empty hardware id means any."""
    signature: Signature = Signature.MISSING
    complete: bool = False
    """Everything that the image should contain arrived undamaged."""
    upgradeable_from: tuple[str, ...] = ()
    """Versions or tracks (`11.11`) from which the image may be installed; empty where it does not say."""

    def fits(self, product: str, hardware: str) -> bool:
        return any(number == product and hardware_id in ("", hardware) for number, hardware_id in self.products)


def version_numbers(version: str) -> tuple[int, ...]:
    """`12.9.57` as numbers that compare. Raises ValueError for anything else than 2 to 5 dotted numbers."""
    if not re.fullmatch(r"\d{1,6}(\.\d{1,6}){1,4}", version, re.ASCII):
        raise ValueError(f"{version!r} is no AXIS OS version")
    return tuple(int(part) for part in version.split("."))


def missing_step(running: str, target: str) -> str:
    """The first long-term version that an upgrade would skip, as `11.11`, or empty."""
    old, new = version_numbers(running)[:2], version_numbers(target)[:2]
    if new < STEPS_REQUIRED_SINCE:
        return ""
    skipped = [track for track in LONG_TERM_TRACKS if old < track < new]
    return f"{skipped[0][0]}.{skipped[0][1]}" if skipped else ""


@dataclass(frozen=True, slots=True)
class Installed:
    """What an offered image is held against: the device and the firmware that checks."""

    product: str
    hardware: str
    version: str
    revoked: frozenset[str]
    missing_step_code: int
    """How this firmware answers a skipped long-term version: it has no documented code of its own."""


def refusal(offer: ImageOffer, installed: Installed, *, hard: bool) -> FirmwareRefused | None:
    """Why a device does not install `offer`, or None. `hard`: all settings go, so a downgrade is allowed.

    A file of garbage is answered as an image of another product is (recorded on 10.12, 11.11 and 12.9).
    """
    if not offer.fits(installed.product, installed.hardware):
        return FirmwareRefused(*MISMATCH)
    return _damage(offer) or _wrong_version(offer, installed, hard)


def _damage(offer: ImageOffer) -> FirmwareRefused | None:
    if not offer.complete or offer.signature is Signature.WRONG or not _is_version(offer.version):
        return FirmwareRefused(*INVALID)
    if offer.signature is Signature.MISSING:
        return FirmwareRefused(*UNSIGNED)
    if offer.signature is Signature.UNKNOWN:
        return FirmwareRefused(*UNKNOWN_CERTIFICATE)
    return None


def _wrong_version(offer: ImageOffer, installed: Installed, hard: bool) -> FirmwareRefused | None:
    running, code = installed.version, installed.missing_step_code
    if offer.version in installed.revoked:
        return FirmwareRefused(*REVOKED)
    if version_numbers(offer.version) < version_numbers(running):
        return None if hard else FirmwareRefused(*DOWNGRADE)
    step = missing_step(running, offer.version)
    if step:
        return FirmwareRefused(code, f"AXIS OS {step} must be installed before {offer.version}.")
    if not _listed(offer.upgradeable_from, running):
        return FirmwareRefused(code, f"{offer.version} cannot be installed over {running}.")
    return None


def _is_version(version: str) -> bool:
    try:
        version_numbers(version)
    except ValueError:
        return False
    return True


def _listed(allowed: tuple[str, ...], running: str) -> bool:
    return not allowed or any(running == entry or running.startswith(f"{entry}.") for entry in allowed)
