"""An image on its way into a device: checked, then written, while the upload request is open (core sheet 4.4)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from simulator.device.image_offer import INTERNAL, INVALID, FirmwareRefused, Installed, refusal
from simulator.device.lifecycle import Activity
from simulator.device.upgrade_plan import DefaultMode
from simulator.journal import Kind

if TYPE_CHECKING:
    from collections.abc import Callable

    from simulator.clock import Timer
    from simulator.device.device import Device, Settings
    from simulator.device.image_offer import ImageOffer
    from simulator.device.upgrade_plan import Plan


class Stage(StrEnum):
    """The parts of an upgrade that hands can hold or make fail."""

    VERIFY = "verify"
    """The image is checked; the upload request is open."""
    WRITE = "write"
    """The image is written to the other partition; the upload request is open."""
    BOOT = "boot"
    """The new image boots: no network."""
    START = "start"
    """The new image starts its services: not ready."""


@dataclass(frozen=True, slots=True)
class Image:
    """An installed image, and the settings as they were when the device last left it."""

    version: str
    part_number: str
    settings: Settings | None = None


class Upload:
    """One upgrade from its first check to its answer: `done` is called once, or never where all is lost."""

    def __init__(
        self, device: Device, offer: ImageOffer, plan: Plan, done: Callable[[str | FirmwareRefused], None]
    ) -> None:
        self._device = device
        self._offer = offer
        self._plan = plan
        self._done = done
        self._held = False
        self.stage = Stage.VERIFY
        self._timer: Timer = self._begin(Stage.VERIFY, device.profile.quirks.upgrade_verify_seconds)

    def release(self) -> None:
        """Go on, if hands have held this stage."""
        if self._held:
            self._stage_over()

    def abandon(self) -> None:
        """Power or the system is gone; nobody is left to answer."""
        self._timer.cancel()
        self._note("upgrade interrupted", stage=self.stage.value)

    def _begin(self, stage: Stage, seconds: float) -> Timer:
        self.stage = stage
        self._note("upgrade", stage=stage.value)
        return self._device.world.clock.call_later(seconds, self._stage_over)

    def _stage_over(self) -> None:
        self._held = self._device.firmware.hold_at is self.stage
        if self._held:
            self._note("upgrade held", stage=self.stage.value)
        elif self.stage is Stage.VERIFY:
            self._verified()
        else:
            self._written()

    def _verified(self) -> None:
        fails = self._device.firmware.strikes(Stage.VERIFY)
        refused = FirmwareRefused(*INVALID) if fails else self._refusal()
        if refused is not None:
            self._give_up(refused)
        else:
            self._timer = self._begin(Stage.WRITE, self._device.profile.quirks.upgrade_write_seconds)

    def _refusal(self) -> FirmwareRefused | None:
        profile, firmware = self._device.profile, self._device.firmware
        installed = Installed(
            product=profile.product.prod_nbr,
            hardware=profile.product.hardware_id,
            version=firmware.running.version,
            revoked=firmware.revoked,
            missing_step_code=profile.quirks.missing_lts_code,
        )
        return refusal(self._offer, installed, hard=self._plan.default is DefaultMode.HARD)

    def _give_up(self, refused: FirmwareRefused) -> None:
        self._device.firmware.refused()
        self._note("upgrade refused", code=refused.code, text=refused.text)
        self._device.logs.system("fwmgr", "ERR", f"Upgrade failed: {refused.text}")
        self._done(refused)

    def _written(self) -> None:
        if self._device.firmware.strikes(Stage.WRITE):
            self._give_up(FirmwareRefused(*INTERNAL))
            return
        self._device.firmware.written(Image(self._offer.version, self._offer.part_number), self._plan)
        self._note("upgrade written")
        self._done(self._offer.version)
        self._device.lifecycle.restart("upgrade", activity=Activity.UPGRADING)

    def _note(self, what: str, **data: Any) -> None:
        self._device.note(Kind.STATE, what, version=self._offer.version, **data)
