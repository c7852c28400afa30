"""What the DHCP client is told and what it tells."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from simulator.wire.dhcp.message import Message
    from simulator.wire.dhcp.terms import Terms


class State(StrEnum):
    IDLE = "idle"
    WAITING = "waiting"
    REBOOTING = "rebooting"
    SELECTING = "selecting"
    REQUESTING = "requesting"
    BOUND = "bound"
    RENEWING = "renewing"
    REBINDING = "rebinding"
    DECLINING = "declining"


# What the owner tells the client


@dataclass(frozen=True, slots=True)
class Start:
    """Begin; with a known address by INIT-REBOOT."""

    address: str = ""
    at_once: bool = False
    """Without the random start delay: the cable came back to a running system."""


@dataclass(frozen=True, slots=True)
class Settle:
    """Be BOUND to these terms without a word on the wire."""

    terms: Terms


@dataclass(frozen=True, slots=True)
class Decline:
    """Somebody else has the address that was just acknowledged."""


@dataclass(frozen=True, slots=True)
class Stop:
    """End; with `release` a held address is given back."""

    release: bool = False


Command = Start | Settle | Decline | Stop


# What the client tells its owner


@dataclass(frozen=True, slots=True)
class Transmit:
    """Send these bytes to a server, or by broadcast when `destination` is None."""

    data: bytes
    destination: str | None
    message: Message


@dataclass(frozen=True, slots=True)
class Bound:
    """A lease was given or renewed; `ack` has the options."""

    terms: Terms
    ack: Message


@dataclass(frozen=True, slots=True)
class Lost:
    """The address is to be dropped at once: `expired`, `nak` or `unconfirmed`."""

    reason: str


@dataclass(frozen=True, slots=True)
class Entered:
    """The client is in another state."""

    state: State


@dataclass(frozen=True, slots=True)
class FallBack:
    """No lease for as long as the firmware waits; DISCOVER goes on."""


Output = Transmit | Bound | Lost | Entered | FallBack
