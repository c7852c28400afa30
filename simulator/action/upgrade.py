"""Firmware upgrades done at the bench, with a simulator image and a scripted end (core sheet 4.2 to 4.4)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal

from simulator.action.action import Action
from simulator.action.kind import Choice, Duration, Text
from simulator.action.target import DeviceTarget, Target
from simulator.errors import FleetError
from simulator.units import Seconds

PHASES = ("verify", "write", "boot", "start")
VERSION = Text(r"\d{1,3}(\.\d{1,5}){1,3}", "firmware version", example="12.10.33")

_Phase = Annotated[
    str,
    Choice(PHASES),
    "verify: image is checked; write: is being stored; boot: down, before ports open; start: up, not ready.",
]


@dataclass(frozen=True, slots=True)
class Upgrade(Action):
    """Upload a firmware image through firmwaremanagement.cgi and see it through, or let it fail.

    Wrong model, bad signature, truncated, downgrade and a skipped LTS version are properties of the image, and the
    device refuses it with the code of the sheet (415, 421, 422, 424 or 409). `fail_at` breaks a good image on its way:
    the device comes back with the firmware it had.
    """

    verb: ClassVar[str] = "upgrade"
    family: ClassVar[str] = "upgrade"
    shorthand: ClassVar[str] = "device"

    device: Annotated[Target, DeviceTarget(), "Device to upgrade."]
    image: Annotated[
        Literal[
            "right", "wrong-model", "bad-signature", "unsigned", "unknown-certificate", "truncated", "garbage",
            "downgrade", "lts-step-missing",
        ],
        "Kind of image.",
    ] = "right"  # fmt: skip
    version: Annotated[str, VERSION, "Version inside the image; by default one that suits the kind of image."] = ""
    fail_at: Annotated[str, Choice(PHASES), "Phase in which the upgrade fails."] = ""
    hold_at: Annotated[str, Choice(PHASES), "Phase in which the upgrade stops until `release`."] = ""
    auto_commit: Annotated[
        Literal["never", "boot", "started", "default"], "When the new firmware commits itself."
    ] = "default"
    auto_rollback: Annotated[
        Seconds | None, Duration(60.0), "Time until an uncommitted firmware goes back, in whole minutes."
    ] = None
    factory_default: Annotated[Literal["none", "soft", "hard"], "What is reset with the upgrade."] = "none"

    def __post_init__(self) -> None:
        if self.auto_rollback is not None and self.auto_rollback % 60:
            raise FleetError("'auto_rollback' takes whole minutes", hint="write for example 10m")
        if self.auto_rollback is not None and self.auto_commit not in {"never", "default"}:
            raise FleetError(
                f"auto_rollback and auto_commit: {self.auto_commit} exclude each other", hint="leave one out"
            )


@dataclass(frozen=True, slots=True)
class Hold(Action):
    """Let the next upgrade of a device, whoever starts it, stop in a phase until `release`."""

    verb: ClassVar[str] = "hold"
    family: ClassVar[str] = "upgrade"
    shorthand: ClassVar[str] = "device"

    device: Annotated[Target, DeviceTarget(), "Device whose upgrade is held."]
    phase: _Phase = "write"


@dataclass(frozen=True, slots=True)
class Release(Action):
    """Let a held upgrade go on."""

    verb: ClassVar[str] = "release"
    family: ClassVar[str] = "upgrade"
    shorthand: ClassVar[str] = "device"

    device: Annotated[Target, DeviceTarget(), "Device whose upgrade goes on."]
