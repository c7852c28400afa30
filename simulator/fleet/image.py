"""Firmware images for a device on the bench, and for `axsim firmware build`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from simulator.errors import UnknownTarget
from simulator.wire.firmware_image import Fault, ImageProduct, build_image

if TYPE_CHECKING:
    from simulator.device.profile import Product

FAULTS = {
    "right": Fault.NONE,
    "wrong-model": Fault.WRONG_MODEL,
    "bad-signature": Fault.BAD_SIGNATURE,
    "unsigned": Fault.UNSIGNED,
    "unknown-certificate": Fault.UNKNOWN_CERTIFICATE,
    "truncated": Fault.TRUNCATED,
    "garbage": Fault.GARBAGE,
    "downgrade": Fault.DOWNGRADE,
    "lts-step-missing": Fault.LTS_STEP_MISSING,
}
"""Kinds of image as actions and the command line name them."""


def image_for(product: Product, running: str, kind: str, version: str = "") -> bytes:
    """An image of that kind for this product; by default it installs the version after the running one.

    Raises UnknownTarget for an unknown kind.
    """
    if kind not in FAULTS:
        raise UnknownTarget("kind of image", kind, FAULTS)
    label = ImageProduct(
        brand=product.brand,
        prod_nbr=product.prod_nbr,
        hardware_id=product.hardware_id,
        prod_type=product.prod_type,
    )
    return build_image(product=label, version=version or next_version(running), fault=FAULTS[kind])


def next_version(running: str) -> str:
    """The next build of the same track: 12.9.57 -> 12.9.58."""
    track, _, build = running.rpartition(".")
    return f"{track}.{int(build) + 1}"
