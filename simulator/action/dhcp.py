"""The DHCP server of the site (network sheet 12, server verbs)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar, Final, Literal

from simulator.action.action import Action, check_use
from simulator.action.declaration import MapOf, Pairs
from simulator.action.kind import Address, Duration, Number, Text, Whole
from simulator.action.target import DeviceTarget, Target
from simulator.errors import FleetError
from simulator.units import Seconds

DHCP_USES: Final[dict[str, tuple[str, ...]]] = {
    "lose": (),
    "restore": (),
    "nak": ("count",),
    "nak-on-renew": ("count",),
    "readdress": ("address",),
    "lease": ("lease!", "t1", "t2"),
    "exhaust": (),
    "conflict": ("address",),
    "delay": ("delay!",),
    "duplicate": (),
    "drop": ("chance!",),
    "silent-after": ("count!",),
    "wrong-xid": ("count",),
    "wrong-server-id": ("count",),
    "truncate": ("count",),
    "no-subnet": (),
    "options": ("options!",),
    "remove-option": ("codes!",),
    "second-server": (),
}
"""What the server can be told, and which fields each takes."""


@dataclass(frozen=True, slots=True)
class Dhcp(Action):
    """Tell the site's DHCP server how to treat a client, from now until `restore`.

    lose: silent. restore: as before any of these. nak: refuses every request; nak-on-renew only renewals.
    readdress: the present lease is refused at its renewal and another address offered. lease: new times. exhaust:
    no address left. conflict: offers an address in use. delay, duplicate, drop, silent-after: what happens to its
    answers. wrong-xid, wrong-server-id, truncate, no-subnet: broken answers. options, remove-option: what it
    sends. second-server: another server answers too.
    """

    verb: ClassVar[str] = "dhcp"
    family: ClassVar[str] = "dhcp"
    shorthand: ClassVar[str] = "do"

    do: Annotated[
        Literal[
            "lose", "restore", "nak", "nak-on-renew", "readdress", "lease", "exhaust", "conflict", "delay",
            "duplicate", "drop", "silent-after", "wrong-xid", "wrong-server-id", "truncate", "no-subnet",
            "options", "remove-option", "second-server",
        ],
        "What the server does.",
    ]  # fmt: skip
    device: Annotated[Target | None, DeviceTarget(), "Clients it does it to; all by default."] = None
    vendor_class: Annotated[str, "Only clients whose option 60 begins so, for example AXIS,."] = ""
    address: Annotated[str, Address(), "Address to offer; the next free one by default."] = ""
    lease: Annotated[Seconds | None, Duration(1.0), "Length of new leases, at least 1s."] = None
    t1: Annotated[Seconds | None, Duration(), "Renewal time (option 58); half the lease by default."] = None
    t2: Annotated[Seconds | None, Duration(), "Rebinding time (option 59); 7/8 of the lease by default."] = None
    delay: Annotated[Seconds | None, Duration(), "How late each answer is, on the device clock."] = None
    chance: Annotated[float | None, Number(0, 1), "Probability that an answer is lost."] = None
    count: Annotated[int | None, Whole(1, 1_000_000), "How many answers; all by default."] = None
    options: Annotated[
        Pairs,
        MapOf(Text("([0-9a-f]{2}){1,255}", "option value in hex", example="c0a80001"), Whole(1, 254)),
        "Options to send: code to value in hexadecimal digits.",
    ] = ()
    codes: Annotated[tuple[int, ...], "Options to leave out."] = ()

    def __post_init__(self) -> None:
        check_use(self, "do", DHCP_USES)
        if self.device is not None and self.vendor_class:
            raise FleetError("'device' and 'vendor_class' exclude each other", hint="leave one out")
