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
    from simulator.fleet.bench import Bench
    from simulator.fleet.host import Host


def upgrade(bench: Bench, action: Upgrade) -> None:
    """Raises FleetError for a device that is not running; a refusal of the device is no error but its answer."""
    for host in bench.targets(action.device):
        _upgrade(host, action)


def _upgrade(host: Host, action: Upgrade) -> None:
    device = host.device
    if not device.lifecycle.ready:
        raise FleetError(f"{host.name} is not running, so it takes no upgrade")
    firmware = device.firmware
    firmware.fail_at = Stage(action.fail_at) if action.fail_at else None
    firmware.hold_at = Stage(action.hold_at) if action.hold_at else None
    image = image_for(device.profile.product, device.firmware.running.version, action.image, action.version)
    minutes = "default" if action.auto_rollback is None else str(int(action.auto_rollback // 60))

    def done(outcome: str | FirmwareRefused) -> None:
        if isinstance(outcome, FirmwareRefused):
            device.note(Kind.STATE, "upgrade refused", code=outcome.code, text=outcome.text)
        else:
            device.note(Kind.STATE, "upgrade accepted", version=outcome)

    try:
        firmware.upgrade(
            offer_of(io.BytesIO(image)),
            done=done,
            factory_default=action.factory_default,
            auto_commit=action.auto_commit,
            auto_rollback=minutes,
        )
    except FirmwareRefused as refused:
        done(refused)


def hold(bench: Bench, action: Hold) -> None:
    for host in bench.targets(action.device):
        host.device.firmware.hold_at = Stage(action.phase)


def release(bench: Bench, action: Release) -> None:
    for host in bench.targets(action.device):
        host.device.firmware.release()
