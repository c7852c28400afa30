"""Firmware of one device: the running image, the one before it, and the way from one to the other.

    upgrade -> VERIFY -> WRITE -> answer -> restart -> BOOT -> START -> running, not committed
                 |         |                             |       |            |
               refused   refused                  the previous image     commit: by itself when it boots or
                                                  is loaded again        has started, by request, or never;
                                                                         else the timer, a power cycle or a
                                                                         crash brings the previous one back

After VAPIX "Firmware management" as the core sheet retells it (4.2 to 4.4), and both manuals, "Upgrade AXIS OS".
Each image has the settings it was left with; one step back is all there is. Hands make a stage fail (`fail_at`) or
last (`hold_at`).
"""

from __future__ import annotations

from dataclasses import replace
from math import ceil
from typing import TYPE_CHECKING, Any

from simulator.device.image_offer import (
    BUSY,
    NO_SUCH_IMAGE,
    NOT_PURGEABLE,
    UNCOMMITTED,
    FirmwareRefused,
    ImageOffer,
    Signature,
)
from simulator.device.image_upload import Image, Stage, Upload
from simulator.device.lifecycle import Activity, Phase, Reset
from simulator.device.model import profile_of
from simulator.device.upgrade_plan import AutoCommit, DefaultMode, Plan
from simulator.journal import Kind

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from simulator.device.device import Device
    from simulator.device.log import Severity

__all__ = ["Firmware", "FirmwareRefused", "Image", "ImageOffer", "Signature", "Stage"]

_STAGE_OF_BOOT = {Phase.BOOTING: Stage.BOOT, Phase.STARTING: Stage.START}


class Firmware:
    """The two partitions of a device. A new one runs its profile's version, committed, with nothing beside it."""

    def __init__(self, device: Device) -> None:
        self._device = device
        self.running = Image(device.profile.firmware, device.profile.product.part_number)
        self.previous: Image | None = None
        self.committed = True
        self.last_upgrade_at: datetime | None = None
        self.last_upgrade_failed = False
        """The last upgrade was refused, or gave way to the previous image by itself; the status LED shows it. True
        until the next upgrade or the next boot that is no part of it."""
        self.fail_at: Stage | None = None
        """Where the next upgrade fails; None again once it has."""
        self.hold_at: Stage | None = None
        """The stage that does not end before `release`: of an upgrade, and BOOT and START of any boot."""
        self.revoked: frozenset[str] = frozenset()
        """Versions that the running firmware knows as revoked."""
        self._upload: Upload | None = None
        self._written: tuple[Image, Plan] | None = None
        self._plan: Plan | None = None
        self._pick: Activity = Activity.NONE
        self._going_back = False
        self._failed = False
        self._boot_held = False
        self._rollback_due: float | None = None

    # ---- what a client asks for

    @property
    def uploading(self) -> bool:
        """An image is being checked or written: other requests are refused as busy."""
        return self._upload is not None

    @property
    def stage(self) -> Stage | None:
        """Where an upgrade is: VERIFY and WRITE by its request, BOOT and START until the new image runs."""
        if self._upload is not None:
            return self._upload.stage
        lifecycle = self._device.lifecycle
        return _STAGE_OF_BOOT.get(lifecycle.phase) if lifecycle.activity is Activity.UPGRADING else None

    def upgrade(
        self,
        offer: ImageOffer,
        *,
        done: Callable[[str | FirmwareRefused], None],
        factory_default: str = "none",
        auto_commit: str = "default",
        auto_rollback: str = "default",
    ) -> None:
        """Check and write an image, call `done` with its version or the refusal, and restart into it.

        Raises FirmwareRefused at once for a value that is unknown (400), while busy (423) and while the running
        firmware is not committed (412). `done` is never called where power or the system is lost on the way.
        From here on the previous image is gone, even if the upgrade fails.
        """
        plan = Plan.of(
            factory_default, auto_commit, auto_rollback, self._device.profile.quirks.autorollback_minutes
        )
        self._not_busy()
        if not self.committed:
            raise FirmwareRefused(*UNCOMMITTED)
        self.previous = None
        self.last_upgrade_failed = False
        self._device.lifecycle.activity = Activity.UPGRADING
        self._upload = Upload(self._device, offer, plan, done)

    def commit(self) -> None:
        """Keep the running image: no automatic way back. Nothing for a committed one. Raises FirmwareRefused."""
        self._not_busy()
        self._commit("request")
        self._conclude()

    def rollback(self) -> None:
        """Restart into the previous image and its settings, committed or not. Raises FirmwareRefused."""
        self._not_busy()
        if self.previous is None:
            raise FirmwareRefused(*NO_SUCH_IMAGE)
        self._go_back("rollback")

    def purge(self) -> None:
        """Forget the previous image. Raises FirmwareRefused while the running one is not committed (412)."""
        self._not_busy()
        if not self.committed:
            raise FirmwareRefused(*NOT_PURGEABLE)
        self.previous = None

    def stop_auto(self) -> None:
        """Stop the rollback timer; commits nothing. Raises FirmwareRefused."""
        self._not_busy()
        self._rollback_due = None

    def factory_default(self, mode: str = "soft") -> None:
        """Restart into factory state, `soft` or `hard`. Raises FirmwareRefused for another mode or while busy."""
        self._not_busy()
        hard = DefaultMode.named(mode, (DefaultMode.SOFT, DefaultMode.HARD)) is DefaultMode.HARD
        self._device.lifecycle.factory_default(hard=hard)

    def reboot(self) -> None:
        """Restart the running image; a pending rollback stays pending. Raises FirmwareRefused."""
        self._not_busy()
        self._device.lifecycle.restart("reboot")

    def time_to_rollback(self) -> int | None:
        """Seconds until the previous image comes back by itself, or None."""
        if self._rollback_due is None:
            return None
        return max(0, ceil(self._rollback_due - self._device.world.clock.now()))

    def status(self) -> dict[str, Any]:
        """The `data` of method `status`, keys as the device has them (`isCommited` is its spelling)."""
        data: dict[str, Any] = {
            "activeFirmwareVersion": self.running.version,
            "activeFirmwarePart": self.running.part_number,
        }
        if self.previous is not None:
            data |= self._status_of_previous(self.previous)
        if self._device.lifecycle.last_reset is Reset.CRASH:
            data["resetSource"] = "crash"  # the only value that is recorded; what it says else is unknown
        return data

    def _status_of_previous(self, previous: Image) -> dict[str, Any]:
        data: dict[str, Any] = {"inactiveFirmwareVersion": previous.version, "isCommited": self.committed}
        if not self.committed and self._plan is not None and self._plan.auto_commit is AutoCommit.STARTED:
            data["pendingCommit"] = "started"
        left = self.time_to_rollback()
        if left is not None:
            data["timeToRollback"] = left
        if self.last_upgrade_at is not None:
            data["lastUpgradeAt"] = self.last_upgrade_at.isoformat(timespec="seconds")
        return data

    def _not_busy(self) -> None:
        if self.uploading or self._device.lifecycle.phase is not Phase.RUNNING:
            raise FirmwareRefused(*BUSY)

    # ---- the image that comes in

    def strikes(self, stage: Stage) -> bool:
        """Whether hands want `stage` to fail; said once."""
        fails = self.fail_at is stage
        if fails:
            self.fail_at = None
        return fails

    def refused(self) -> None:
        """The upgrade is over before the answer; the old image runs on."""
        self._upload = None
        self._device.lifecycle.activity = Activity.NONE
        self.last_upgrade_failed = True

    def written(self, image: Image, plan: Plan) -> None:
        """The image is on the other partition: the next orderly restart takes it."""
        self._upload = None
        self._written = (image, plan)

    def release(self) -> None:
        """Let the stage that `hold_at` names end, now if it is waiting to."""
        self.hold_at = None
        if self._upload is not None:
            self._upload.release()
        elif self._boot_held:
            self._boot_held = False
            self._device.lifecycle.resume()

    def interrupted(self) -> None:
        """Power, or the system that was writing, is gone: a half-written image is no image."""
        upload, self._upload = self._upload, None
        self._boot_held = False
        if upload is not None:
            upload.abandon()

    # ---- what the boot loader asks

    def pick(self, reset: Reset) -> Activity:
        """Decide which image this boot takes; `load` does it. Only an orderly restart keeps an uncommitted one."""
        self.last_upgrade_failed, self._failed = self._failed, False
        if self._written is not None and reset is Reset.RESTART:
            self._pick = Activity.UPGRADING
        elif self.previous is not None and (self._going_back or self._lost(reset)):
            self._pick = Activity.ROLLING_BACK
        else:
            self._pick = Activity.NONE
            self._written = None
        self._going_back = False
        return self._pick

    def _lost(self, reset: Reset) -> bool:
        return not self.committed and reset is not Reset.RESTART

    def load(self) -> None:
        """Make the picked image the running one, with the settings that belong to it."""
        if self._pick is Activity.UPGRADING and self._written is not None:
            image, plan = self._written
            self._written = None
            self._load_new(image, plan)
        elif self._pick is Activity.ROLLING_BACK and self.previous is not None:
            self._load_previous(self.previous)

    def _load_new(self, image: Image, plan: Plan) -> None:
        self.previous = replace(self.running, settings=self._device.save_settings())
        self.running = image
        self.committed = False
        self._plan = plan
        self.last_upgrade_at = self._device.time.local()
        self._log("NOTICE", f"Running {image.version}, upgraded from {self.previous.version}")
        self._device.install(profile_of(self._device.profile.model, image.version))
        if plan.default is not DefaultMode.NONE:
            self._device.lifecycle.clear_settings(hard=plan.default is DefaultMode.HARD)
        if plan.auto_commit is AutoCommit.BOOT:
            self._commit("boot")

    def _load_previous(self, image: Image) -> None:
        self._note("rolled back", version=image.version, left=self.running.version)
        self._log("WARNING", f"Running {image.version}, rolled back from {self.running.version}")
        self.running, self.previous = replace(image, settings=None), None
        self.committed = True
        self._plan = self._rollback_due = None
        self._device.install(profile_of(self._device.profile.model, image.version))
        if image.settings is not None:
            self._device.restore_settings(image.settings)

    def passes(self, phase: Phase) -> bool:
        """Whether this boot may leave `phase`; if not, the firmware goes on with it or begins another."""
        stage = _STAGE_OF_BOOT[phase]
        if self.hold_at is stage:
            self._boot_held = True
            self._note("boot held", stage=stage.value)
            return False
        if self._device.lifecycle.activity is Activity.UPGRADING and self.strikes(stage):
            self._failed = True
            self._going_back = True
            self._note("image does not start", stage=stage.value, version=self.running.version)
            self._device.lifecycle.boot_again()
            return False
        return True

    def started(self) -> None:
        """The system runs: what was to happen after the start of this image does."""
        plan = self._plan
        if plan is not None and not self.committed:
            if plan.auto_commit is AutoCommit.STARTED:
                self._commit("started")
            else:
                self._watch_rollback(plan)
        self._conclude()

    def _conclude(self) -> None:
        """The upgrade is over once it is committed. From one that cleared the settings there is no way back."""
        if self._plan is not None and self.committed:
            if self._plan.default is not DefaultMode.NONE:
                self.previous = None
            self._plan = None

    def defaulted(self) -> None:
        """Settings go to factory state: the way back is closed, unless a rollback timer runs (core sheet 4.2)."""
        if self.committed or self._rollback_due is None:
            self._commit("factory default")
            self.previous = self._plan = None

    # ---- committed, or not yet

    def _commit(self, why: str) -> None:
        if not self.committed:
            self.committed = True
            self._rollback_due = None
            self._note("committed", version=self.running.version, why=why)
            self._log("INFO", f"Firmware {self.running.version} committed ({why})")

    def _watch_rollback(self, plan: Plan) -> None:
        """Count from the end of the first boot; a restart in between neither stops nor lengthens it."""
        clock = self._device.world.clock
        if plan.rollback_seconds is not None:
            self._rollback_due = clock.now() + plan.rollback_seconds
            self._plan = replace(plan, rollback_seconds=None)
        if self._rollback_due is not None:
            clock.call_at(self._rollback_due, self._rollback_timer)

    def _rollback_timer(self) -> None:
        due = self._rollback_due
        if due is not None and due <= self._device.world.clock.now():
            self._go_back("not committed in time")

    def _go_back(self, reason: str) -> None:
        if self._device.lifecycle.restart(reason, activity=Activity.ROLLING_BACK):
            self._going_back = True
            self._failed = reason != "rollback"

    def _note(self, what: str, **data: Any) -> None:
        self._device.note(Kind.STATE, what, **data)

    def _log(self, severity: Severity, text: str) -> None:
        """What the system log says of it; the words are a guess."""
        self._device.logs.system("fwmgr", severity, text)
