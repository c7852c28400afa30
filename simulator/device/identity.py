"""Who a device is: everything on its type label, grown from one number and the seed.

The serial number is the MAC address without separators, and stands in the realm, the host name, the parameters,
the certificates and the topics of the device (core sheet 0.3). Numbers are mapped to serials one to one, so
that no two devices of a fleet can share one unless they share their number.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from simulator.errors import FleetError
from simulator.units import Serial, colons

if TYPE_CHECKING:
    from simulator.chance import Chance

OUI = "B8A44F"
"""The block of the manufacturer in use for both products' generation (core sheet 0.3)."""

MOST_NUMBERS = 1 << 24
"""Serials that one OUI has."""

_HALF = 12
_MASK = (1 << _HALF) - 1
_ROUNDS = 4


@dataclass(frozen=True, slots=True)
class Identity:
    """The names of one device."""

    number: int
    serial: Serial
    """12 upper-case hex digits."""
    uuid: str
    """`00000000-0000-0000-xxxx-<serial>`, as the events of a speaker name it (io-events sheet 2.2)."""
    soc_serial: str
    """16 upper-case hex digits, the form of the i.MX chips (core sheet 0.3)."""

    @classmethod
    def derive(cls, number: int, chance: Chance) -> Identity:
        """The identity of device `number`, 0 to 16,777,215. Raises FleetError outside."""
        if not 0 <= number < MOST_NUMBERS:
            raise FleetError(f"device number {number} is outside 0 to {MOST_NUMBERS - 1}")
        serial = Serial(f"{OUI}{_shuffled(number, chance.number('identity')):06X}")
        own = chance.hexadecimal(20, "identity", number).upper()
        return cls(number, serial, f"00000000-0000-0000-{own[16:]}-{serial}", own[:16])

    @property
    def mac(self) -> str:
        """`B8:A4:4F:01:02:03`, as the parameters write it."""
        return colons(self.serial)

    @property
    def mac_lower(self) -> str:
        """`b8:a4:4f:01:02:03`, as network_settings.cgi and DHCP write it."""
        return colons(self.serial).lower()

    @property
    def host_name(self) -> str:
        """Factory host name: `axis-b8a44f010203`."""
        return f"axis-{self.serial.lower()}"

    @property
    def realm(self) -> str:
        """Realm of Digest and Basic authentication: `AXIS_B8A44F010203`."""
        return f"AXIS_{self.serial}"


def _shuffled(number: int, key: int) -> int:
    """A Feistel network over 24 bits: one to one for every key."""
    left, right = number >> _HALF, number & _MASK
    for turn in range(_ROUNDS):
        left, right = right, left ^ _mixed(right, key >> 16 * turn & 0xFFFF)
    return left << _HALF | right


def _mixed(half: int, key: int) -> int:
    return (half * 0x9E35 + key * 0x79B9 + (half ^ key) * 0x2545 >> 7) & _MASK
