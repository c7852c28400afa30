"""A firmware image on its way from an upload to the device, and the older CGI that takes one (core sheet 4.2).

The upload's request stays open until the image is checked and written, and is then answered with the outcome;
the device restarts after that. A client that goes away does not stop the upgrade.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from simulator.device.image_offer import FirmwareRefused, ImageOffer, Signature
from simulator.errors import MalformedMessage
from simulator.face.exchange import Answer, Held, Reply, form_fields
from simulator.face.vapix.call import Call, Route
from simulator.wire.firmware_image import read_image
from simulator.wire.http.multipart import Part, boundary_of, parts

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import BinaryIO

LARGEST_IMAGE = 1 << 29
"""Bytes; real images are 60 to 250 MB (core sheet 4.3)."""

Outcome = str | FirmwareRefused
"""The version that was installed, or why none was."""

_TYPES = {"normal": "none", "factorydefault": "hard"}
"""`type` of firmwareupgrade.cgi to the factory default mode."""


def is_multipart(call: Call) -> bool:
    """Whether the body is a multipart message."""
    return call.request.head.headers.get("content-type", "").lower().startswith("multipart/")


def uploaded_parts(call: Call) -> list[Part]:
    """The parts of the upload, in order; none where there is no upload. Raises MalformedMessage."""
    if call.request.upload is None or not is_multipart(call):
        return []
    return list(parts(call.request.upload, boundary_of(call.request.head.headers.get("content-type", ""))))


def offer_of(file: BinaryIO) -> ImageOffer:
    """What a file says of itself; a file that is no image offers nothing."""
    try:
        image = read_image(file)
    except MalformedMessage:
        return ImageOffer()
    return ImageOffer(
        version=image.version,
        part_number=image.part_number,
        products=tuple((product.prod_nbr, product.hardware_id) for product in image.products),
        signature=Signature(image.signature.value),
        complete=image.complete,
        upgradeable_from=image.upgradeable_from,
    )


def upgrading(call: Call, image: Part, wishes: dict[str, str], worded: Callable[[Outcome], Answer]) -> Held:
    """Begin the upgrade when the server waits for the answer, and word the answer when the device is done."""
    offer = offer_of(image.open())

    def start(deliver: Callable[[Answer], None]) -> Callable[[], None]:
        waiting = True

        def done(outcome: Outcome) -> None:
            _audit(call, outcome)
            if waiting:
                deliver(worded(outcome))

        def gone() -> None:
            nonlocal waiting
            waiting = False

        try:
            call.device.firmware.upgrade(offer, done=done, **wishes)
        except FirmwareRefused as refused:
            done(refused)
        return gone

    return Held(start)


def _audit(call: Call, outcome: Outcome) -> None:
    """Success as the recorded entry words it; of a failure the words are ours."""
    result = "failed" if isinstance(outcome, FirmwareRefused) else "completed"
    call.device.logs.audit("fwmgr", "Entity Management", f"Upgrade {result} ({outcome}).")


def firmware_upgrade(call: Call) -> Reply:
    """firmwareupgrade.cgi: one file part, `type=normal` (default) or `factorydefault` in the query.

    Obsolete, still sent by tools. It answers plain text, whose wording is not known [guess].
    """
    mode = _TYPES.get(form_fields(call.request.head.query).get("type", "normal"))
    try:
        sent = uploaded_parts(call)
    except MalformedMessage:
        sent = []
    if mode is None or not sent:
        return _text("Error: no firmware file or unknown type\n")
    return upgrading(call, sent[0], {"factory_default": mode}, _worded)


def _worded(outcome: Outcome) -> Answer:
    return _text(f"Error: {outcome}\n" if isinstance(outcome, FirmwareRefused) else f"Upgraded to {outcome}\nOK\n")


def _text(text: str) -> Answer:
    return Answer(body=text.encode())


ROUTES = (
    Route(
        ("/axis-cgi/firmwareupgrade.cgi",),
        firmware_upgrade,
        methods=("POST",),
        body_limit=LARGEST_IMAGE,
        spool=True,
    ),
)
