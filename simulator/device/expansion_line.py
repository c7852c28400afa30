"""The RS485 line of expansion modules: what stands on it, apart from what the head knows of it.

AXIS A9910 modules hang on one multidrop line of at most 1000 m (A9210 manual, AXIS A9910). Each has an address set
by DIP switches, firmware of its own, and the encryption key of the head it was added to (io-events sheet 1.10).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from simulator.device.image_offer import version_numbers
from simulator.errors import FleetError

if TYPE_CHECKING:
    from collections.abc import Callable

ADDRESSES = range(1, 17)
"""Addresses that the DIP switches can set: up to 16 modules on one A9210 (manual, AXIS A9910)."""
LONGEST_LINE = 1000.0
"""Metres from the A9210 to the last A9910 (manual, AXIS A9910)."""


@dataclass(slots=True, eq=False)
class FieldModule:
    """One A9910 on the wall. Every field is a physical fact; `line` is told of each change through `ModuleLine`."""

    address: int
    firmware: str
    metres: float = 10.0
    """Along the line from the head."""
    key: str = ""
    """Encryption key of the head it belongs to; empty for one from the box."""
    connected: bool = True
    powered: bool = True
    writing: str = ""
    """Firmware that is being written into it; it answers nobody meanwhile."""
    broken_update: bool = field(default=False)
    """The next update of its firmware fails."""

    @property
    def answers(self) -> bool:
        """Whether it would answer somebody who asks it in its language."""
        return self.connected and self.powered and not self.writing and self.metres <= LONGEST_LINE


class ModuleLine:
    """All modules on the line of one head. Hands change facts; `changed` is called after each."""

    def __init__(self, changed: Callable[[], None]) -> None:
        self._changed = changed
        self.modules: list[FieldModule] = []

    def mount(self, module: FieldModule) -> None:
        """Connect a module. Raises FleetError for an address, firmware or distance that there is not."""
        check_address(module.address)
        if not is_version(module.firmware):
            raise FleetError(
                f"{module.firmware!r} is no version of a module's firmware", hint="write for example 12.9.57"
            )
        if module.metres < 0:
            raise FleetError(f"a line of {module.metres:g} m is none", hint="write 0 or more metres")
        self.modules.append(module)
        self._changed()

    def at(self, address: int) -> list[FieldModule]:
        """The modules with this address: two or more disturb each other."""
        return [module for module in self.modules if module.address == address]

    def touch(self) -> None:
        """Something about a module has changed."""
        self._changed()


def is_version(text: str) -> bool:
    """Whether it is 2 to 5 dotted numbers."""
    try:
        return bool(version_numbers(text))
    except ValueError:
        return False


def check_address(address: int) -> None:
    """Raises FleetError."""
    if address not in ADDRESSES:
        raise FleetError(f"no expansion module has address {address}", hint="addresses: 1 to 16")
