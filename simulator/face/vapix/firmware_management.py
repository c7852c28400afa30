"""firmwaremanagement.cgi: status, upgrade, commit, rollback and their companions (core sheet 4.2).

All methods are JSON; `upgrade` is multipart/form-data with the JSON first and the image second, whatever the parts
are called. The upload's request stays open until the image is checked and written (core sheet 4.4, phase 2).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from simulator.device.image_offer import FirmwareRefused
from simulator.errors import MalformedMessage
from simulator.face.exchange import Answer, Reply
from simulator.face.vapix.call import Call, Route
from simulator.face.vapix.envelope import PRETTY, Invocation, Json, JsonService, Method
from simulator.face.vapix.fault import FIRMWARE, ApiError
from simulator.face.vapix.firmware_upload import LARGEST_IMAGE, Outcome, is_multipart, upgrading, uploaded_parts

if TYPE_CHECKING:
    from collections.abc import Callable

LARGEST_REQUEST = 1 << 16
"""Bytes of the JSON."""

_UPGRADE_PARAMS = {
    "factoryDefaultMode": "factory_default",
    "autoCommit": "auto_commit",
    "autoRollback": "auto_rollback",
}


def status(asked: Invocation) -> Json:
    _only(asked)
    return asked.call.device.firmware.status()


def commit(asked: Invocation) -> Json:
    return _without_params(asked, asked.call.device.firmware.commit)


def purge(asked: Invocation) -> Json:
    return _without_params(asked, asked.call.device.firmware.purge)


def stop_auto(asked: Invocation) -> Json:
    return _without_params(asked, asked.call.device.firmware.stop_auto)


def rollback(asked: Invocation) -> Json:
    return _without_params(asked, asked.call.device.firmware.rollback)


def reboot(asked: Invocation) -> Json:
    return _without_params(asked, asked.call.device.firmware.reboot)


def factory_default(asked: Invocation) -> Json:
    """`soft`, which is the default, or `hard`."""
    _only(asked, "factoryDefaultMode")
    mode, firmware = asked.text("factoryDefaultMode", "soft"), asked.call.device.firmware
    return _done(lambda: firmware.factory_default(mode))


def _without_params(asked: Invocation, act: Callable[[], None]) -> Json:
    _only(asked)
    return _done(act)


def _done(act: Callable[[], None]) -> Json:
    try:
        act()
    except FirmwareRefused as refused:
        raise ApiError(refused.code, refused.text) from None
    return {}


def _only(asked: Invocation, *known: str) -> None:
    """Unknown parameters are an error; unknown members beside `params` are not (core sheet 4.2)."""
    for name in asked.params:
        if name not in known:
            raise asked.invalid(name[:64])


def upgrade(asked: Invocation) -> Reply:
    """Hand the image, which is the second part, to the device and wait for what it says."""
    _only(asked, *_UPGRADE_PARAMS)
    wishes = {ours: asked.text(theirs) for theirs, ours in _UPGRADE_PARAMS.items() if theirs in asked.params}
    sent = uploaded_parts(asked.call)
    if len(sent) < 2:
        raise asked.missing("file")
    return upgrading(asked.call, sent[1], wishes, lambda outcome: _worded(asked, outcome))


def _worded(asked: Invocation, outcome: Outcome) -> Answer:
    if isinstance(outcome, FirmwareRefused):
        return asked.failure(ApiError(outcome.code, outcome.text))
    return asked.answer({"firmwareVersion": outcome})


def firmware_management(call: Call) -> Reply:
    """Take the JSON out of whatever carries it; what cannot be read is answered as broken JSON."""
    upload = call.request.upload
    try:
        if upload is not None and is_multipart(call):
            sent = uploaded_parts(call)
            call.request.body = sent[0].read(LARGEST_REQUEST) if sent else b""
        elif upload is not None:
            call.request.body = upload.read(LARGEST_REQUEST)
    except MalformedMessage:
        call.request.body = b""
    return SERVICE(call)


SERVICE = JsonService(
    "fwmgr",
    FIRMWARE,
    {
        "status": Method(status),
        "upgrade": Method(upgrade),
        "commit": Method(commit),
        "rollback": Method(rollback),
        "purge": Method(purge),
        "factoryDefault": Method(factory_default),
        "stopAuto": Method(stop_auto),
        "reboot": Method(reboot),
    },
    writing=PRETTY,
)


ROUTES = (
    Route(
        ("/axis-cgi/firmwaremanagement.cgi",),
        firmware_management,
        methods=("POST",),
        api="fwmgr",
        service=SERVICE,
        body_limit=LARGEST_IMAGE,
        spool=True,
    ),
)
