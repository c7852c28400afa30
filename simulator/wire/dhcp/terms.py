"""What an ACK promises: the address and for how long, as the client will live by it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from ipaddress import IPv4Address
from typing import TYPE_CHECKING

from simulator.wire.dhcp.option import INFINITE, Code, address, number

if TYPE_CHECKING:
    from simulator.wire.dhcp.message import Message

UNSAID = 3600
"""Seconds assumed when a server names no lease time, as udhcpc assumes."""


@dataclass(frozen=True, slots=True)
class Terms:
    """Lengths are seconds after `since`, the device time at which the acknowledged request left."""

    address: str
    server: str
    since: float
    seconds: float = math.inf
    renewal: float = math.inf
    rebinding: float = math.inf

    @property
    def renews_at(self) -> float:
        """T1"""
        return self.since + self.renewal

    @property
    def rebinds_at(self) -> float:
        """T2"""
        return self.since + self.rebinding

    @property
    def ends_at(self) -> float:
        return self.since + self.seconds


def terms_of(message: Message, since: float) -> Terms | None:
    """The terms of an OFFER or ACK; None if a client cannot live by them: no host address, or no time at all.

    T1 and T2 that are absent or out of order are replaced by 1/2 and 7/8 of the lease (RFC 2131 section 4.4.5).
    """
    seconds = _lease_seconds(message)
    if not is_host(message.yiaddr) or seconds == 0:
        return None
    server = address(message.options, Code.SERVER)
    if seconds == math.inf:
        return Terms(message.yiaddr, server, since)
    renewal, rebinding = seconds * 0.5, seconds * 0.875
    t1, t2 = number(message.options, Code.RENEWAL), number(message.options, Code.REBINDING)
    if t2 is not None and 0 < t2 < seconds:
        rebinding = float(t2)
    renewal = min(renewal, rebinding)
    if t1 is not None and 0 < t1 <= rebinding:
        renewal = float(t1)
    return Terms(message.yiaddr, server, since, seconds, renewal, rebinding)


def _lease_seconds(message: Message) -> float:
    if Code.LEASE_TIME not in message.options:
        return UNSAID
    seconds = number(message.options, Code.LEASE_TIME)
    if seconds is None:
        return 0
    return math.inf if seconds == INFINITE else seconds


def is_host(text: str) -> bool:
    """Whether an address can be one host's: not 0.0.0.0, multicast, reserved or broadcast."""
    first = IPv4Address(text).packed[0]
    return 0 < first < 224
