"""Firmware upgrades by hand: an administrator uploads an image, right or wrong, and fate may intervene."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

from simulator.device.image_offer import FirmwareRefused
from simulator.device.image_upload import Stage
from simulator.errors import FleetError
from simulator.face.vapix.firmware_upload import offer_of
from simulator.fleet.image import image_for
from simulator.journal import Kind

if TYPE_CHECKING:
    from simulator.action.upgrade import Hold, Release, Upgrade
    from simulator.device.device import Device
    from simulator.fleet.bench import Bench


def upgrade(bench: Bench, action: Upgrade) -> None:
    """Raises FleetError where one of the devices is not running; then none is upgraded.

    A refusal of the device is no error but its answer, and stands in the journal.
    """
    hosts = bench.targets(action.device)
    for host in hosts:
        if not host.device.lifecycle.ready:
            raise FleetError(f"{host.name} is not running, so it takes no upgrade")
    for host in hosts:
        _upgrade(host.device, action)


def _upgrade(device: Device, action: Upgrade) -> None:
    firmware = device.firmware
    firmware.fail_at = Stage(action.fail_at) if action.fail_at else None
    if action.hold_at:  # else what `hold` said stands
        firmware.hold_at = Stage(action.hold_at)
    image = image_for(device.profile.product, device.firmware.running.version, action.image, action.version)
    offer = offer_of(io.BytesIO(image))
    minutes = "default" if action.auto_rollback is None else str(int(action.auto_rollback // 60))
    try:
        firmware.upgrade(
            offer,
            done=lambda _outcome: None,
            factory_default=action.factory_default,
            auto_commit=action.auto_commit,
            auto_rollback=minutes,
        )
    except FirmwareRefused as refused:  # before the image was looked at
        device.note(Kind.STATE, "upgrade refused", version=offer.version, code=refused.code, text=refused.text)


def hold(bench: Bench, action: Hold) -> None:
    for host in bench.targets(action.device):
        host.device.firmware.hold_at = Stage(action.phase)


def release(bench: Bench, action: Release) -> None:
    for host in bench.targets(action.device):
        host.device.firmware.release()
