"""What an agent tells its owner."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from simulator.wire.snmp.value import VarBind


class Asked(NamedTuple):
    """A request was answered. A tuple, as one is made for every request."""

    version: int
    kind: int
    bindings: Sequence[VarBind]
    """As they were asked for."""
    status: int
    who: str
    """Community or user."""


@dataclass(frozen=True, slots=True)
class Dropped:
    """A message was no message, or not one for an agent."""

    reason: str


@dataclass(frozen=True, slots=True)
class BadCommunity:
    """A message of v1 or v2c with a community that is neither."""

    community: str


@dataclass(frozen=True, slots=True)
class Reported:
    """A message of v3 was answered with a Report."""

    counter: str
    user: str


@dataclass(frozen=True, slots=True)
class Struck:
    """A fault struck a request."""

    kind: str


AgentEvent = Asked | Dropped | BadCommunity | Reported | Struck
