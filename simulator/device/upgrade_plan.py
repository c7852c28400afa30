"""What a client wants done after an upgrade: settings kept or not, committed when, taken back when.

The three parameters of method `upgrade` and how their defaults depend on each other (core sheet 4.2).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

from simulator.device.image_offer import FirmwareRefused

DEFAULT = "default"
NEVER = "never"


class DefaultMode(StrEnum):
    """What becomes of the settings."""

    NONE = "none"
    SOFT = "soft"
    HARD = "hard"

    @classmethod
    def named(cls, text: str, allowed: tuple[DefaultMode, ...] | None = None) -> DefaultMode:
        """Raises FirmwareRefused (400) for a mode that is not among `allowed`."""
        mode = next((mode for mode in allowed or tuple(cls) if mode.value == text), None)
        if mode is None:
            raise FirmwareRefused(400, f"Invalid value of factoryDefaultMode: {text[:40]}")
        return mode


class AutoCommit(StrEnum):
    """When the new image is committed without being asked."""

    NEVER = "never"
    BOOT = "boot"
    """When it begins to boot."""
    STARTED = "started"
    """When the device has finished booting."""


@dataclass(frozen=True, slots=True)
class Plan:
    """The three wishes, with the defaults settled. `rollback_seconds` is None for never."""

    default: DefaultMode
    auto_commit: AutoCommit
    rollback_seconds: float | None

    @classmethod
    def of(cls, factory_default: str, auto_commit: str, auto_rollback: str, default_minutes: float) -> Plan:
        """Read the parameters as sent. Raises FirmwareRefused (400) for a value the API does not know."""
        default = DefaultMode.named(factory_default)
        return cls(
            default,
            _commit(auto_commit, default, rollback_given=auto_rollback != DEFAULT),
            _rollback(auto_rollback, default_minutes, commit_given=auto_commit != DEFAULT),
        )


def _commit(text: str, default: DefaultMode, *, rollback_given: bool) -> AutoCommit:
    if text == DEFAULT:
        if rollback_given:
            return AutoCommit.NEVER
        return AutoCommit.STARTED if default is DefaultMode.NONE else AutoCommit.BOOT
    if text not in tuple(AutoCommit):
        raise FirmwareRefused(400, f"Invalid value of autoCommit: {text[:40]}")
    return AutoCommit(text)


def _rollback(text: str, default_minutes: float, *, commit_given: bool) -> float | None:
    if text == NEVER or (text == DEFAULT and commit_given):
        return None
    if text == DEFAULT:
        return default_minutes * 60.0
    if not re.fullmatch(r"[1-9]\d{0,5}", text, re.ASCII):
        raise FirmwareRefused(400, f"Invalid value of autoRollback: {text[:40]}")
    return int(text) * 60.0
