"""How a scripted DHCP server treats a client: the verbs of network sheet 12, each a field."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any

from simulator.errors import FleetError, did_you_mean


@dataclass(frozen=True, slots=True)
class Behaviour:
    """The defaults are a server that does everything right. Times are device seconds."""

    silent: bool = False
    """Hears nothing."""
    silent_after: int | None = None
    """Answers this many more messages, then hears nothing."""
    nak: bool = False
    """Refuses every REQUEST."""
    nak_on_renew: bool = False
    """Refuses REQUESTs that renew, unless they are for the address of `offer`."""
    pool_exhausted: bool = False
    """Has no address for a client without a lease: no OFFER."""
    lease: float = 86400
    """Length of leases; infinity never ends."""
    t1: float | None = None
    """Renewal time; None leaves the option out and half the lease to the client."""
    t2: float | None = None
    """Rebinding time; None leaves the option out."""
    offer: str = ""
    """Gives this address instead of the one from the pool."""
    conflicting_address: str = ""
    """Offers this address, which another host already has; the usual one after it was declined."""
    delay: float = 0
    """Time before each answer."""
    duplicate: bool = False
    """Sends each answer twice."""
    drop: float = 0
    """Probability that an answer is lost, 0 to 1."""
    wrong_xid: bool = False
    """Answers carry another transaction's number."""
    wrong_server_id: str = ""
    """Acknowledges in the name of this server."""
    truncate: int | None = None
    """Answers are cut to this many bytes."""
    no_subnet: bool = False
    """Leaves the subnet mask out."""
    options: Mapping[int, bytes] = field(default_factory=dict)
    """Added to OFFER and ACK, or put in place of the usual value."""
    remove_option: tuple[int, ...] = ()
    """Left out of OFFER and ACK."""
    second_server: str = ""
    """A second server offers this address, after the first one."""


@dataclass(frozen=True, slots=True)
class Script:
    """From now on treat `target` so: a MAC (`b8:a4:4f:...`), the start of a vendor class (`AXIS,`) or all (`*`).

    Of several targets that a client belongs to, its MAC counts more than its vendor class, and that more than all.
    Verbs that are not named keep what they were. An empty `verbs` takes those of this target back, for `*` those of
    every target.
    """

    target: str
    verbs: Mapping[str, Any]
    count: int | None = None
    """How often `nak`, `nak_on_renew`, `wrong_xid`, `wrong_server_id` and `truncate` strike; None for always."""


_KNOWN = frozenset(field.name for field in fields(Behaviour))


def checked(verbs: Mapping[str, Any]) -> dict[str, Any]:
    """The verbs as they are. Raises FleetError with a remedy for one that is unknown."""
    for verb in verbs:
        if verb not in _KNOWN:
            raise FleetError(f"a DHCP server cannot {verb!r}", hint=did_you_mean(verb, _KNOWN))
    return dict(verbs)
