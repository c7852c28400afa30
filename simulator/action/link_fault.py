"""Faults of the network between a device and its peers (network sheet 11; rule 13 of the scenario sheet)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar, Final, Literal

from simulator.action.action import Action, check_use
from simulator.action.kind import Duration, Number, Whole
from simulator.action.target import ItemTarget, Target
from simulator.errors import FleetError
from simulator.units import Seconds

LISTENERS = ("http", "https", "modbus")
STREAMS = (*LISTENERS, "mqtt", "sip")
DATAGRAMS = ("dhcp", "snmp", "sip", "rtp")
SERVICES = (*STREAMS, *(service for service in DATAGRAMS if service not in STREAMS))

FAULT_USES: Final[dict[str, tuple[str, ...]]] = {
    "refused": (),
    "syn_drop": (),
    "reset": ("bytes",),
    "hang": (),
    "slow_answer": ("size", "pause!"),
    "half_answer": (),
    "latency": ("delay!", "jitter", "direction"),
    "bandwidth": ("rate!", "direction"),
    "limit_data": ("bytes!", "direction"),
    "slicer": ("size!", "pause", "direction"),
    "udp_loss": ("direction",),
    "udp_duplicate": ("direction",),
    "udp_reorder": ("direction", "delay"),
    "silent": (),
    "half_open": (),
    "tcp_loss": (),
    "link_down": (),
    "mtu": (),
    "absent": (),
    "impair": (),
}
"""The kinds of fault, and which fields each takes beside those that all take. From `silent` on they need more than
sockets: on loopback the step fails and names the mode that could do it (network sheet 11)."""

_ON: Final[dict[str, tuple[str, ...]]] = {
    "refused": (*LISTENERS, "snmp", "sip"),
    "syn_drop": LISTENERS,
    "slow_answer": LISTENERS,
    "half_answer": LISTENERS,
    "udp_loss": DATAGRAMS,
    "udp_duplicate": DATAGRAMS,
    "udp_reorder": DATAGRAMS,
}
"""Where a kind can be; all others are faults of streams."""

_Service = Annotated[
    Target, ItemTarget(SERVICES, indexed=False), "Service of a device: io-2/http, speaker-*/mqtt, io-{1..4}/dhcp."
]


@dataclass(frozen=True, slots=True)
class Fault(Action):
    """Break the line to one service of a device, until `for` or `count` is over or `clear` ends it.

    refused: the port is closed. syn_drop: new connections are not answered. reset: the answer breaks off with a
    TCP reset. hang: reads and never answers. slow_answer: the answer comes in slices. half_answer: it ends early,
    in order. latency, bandwidth, limit_data, slicer: of the bytes of a connection. udp_loss, udp_duplicate,
    udp_reorder: of datagrams. A mode that cannot do it truthfully makes the step fail with what is missing.
    """

    verb: ClassVar[str] = "fault"
    family: ClassVar[str] = "link_fault"

    on: _Service
    kind: Annotated[
        Literal[
            "refused", "syn_drop", "reset", "hang", "slow_answer", "half_answer", "latency", "bandwidth",
            "limit_data", "slicer", "udp_loss", "udp_duplicate", "udp_reorder", "silent", "half_open", "tcp_loss",
            "link_down", "mtu", "absent", "impair",
        ],
        "What breaks.",
    ]  # fmt: skip
    direction: Annotated[
        Literal["both", "to-client", "to-device"], "Which way it strikes; the client is the device's peer."
    ] = "both"
    chance: Annotated[
        float, Number(0, 1), "Probability that it strikes a connection or datagram; 0 is no fault."
    ] = 1.0
    for_: Annotated[Seconds | None, Duration(0.001), "Ends by itself after this time on the device clock."] = None
    count: Annotated[int | None, Whole(1, 1_000_000), "Ends by itself after this many strikes."] = None
    after: Annotated[int, Whole(0, 1_000_000), "Connections or datagrams that are spared first."] = 0
    delay: Annotated[Seconds | None, Duration(), "How much later, in wire time."] = None
    jitter: Annotated[Seconds | None, Duration(), "Largest random addition to the delay, in wire time."] = None
    rate: Annotated[int | None, Whole(1), "Bytes per second of wire time."] = None
    bytes: Annotated[int | None, Whole(0), "Bytes that pass before it strikes."] = None
    size: Annotated[int | None, Whole(1, 1_000_000), "Bytes of one slice."] = None
    pause: Annotated[Seconds | None, Duration(), "Wire time between two slices."] = None

    def __post_init__(self) -> None:
        check_use(self, "kind", FAULT_USES)
        allowed = _ON.get(self.kind, STREAMS)
        if self.on.component not in allowed:
            raise FleetError(
                f"a {self.kind} fault cannot be on {self.on.component}", hint=f"on: {', '.join(allowed)}"
            )


@dataclass(frozen=True, slots=True)
class Clear(Action):
    """End the faults on a device, or on one service of it."""

    verb: ClassVar[str] = "clear"
    family: ClassVar[str] = "link_fault"
    shorthand: ClassVar[str] = "on"

    on: Annotated[
        Target, ItemTarget(SERVICES, indexed=False, whole=True), "Device, or service of a device: io-2, io-2/http."
    ]
