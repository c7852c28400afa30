"""The MQTT broker of the site (MQTT sheet 3.5 and 3.6)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar, Final, Literal

from simulator.action.action import Action, check_use
from simulator.action.kind import Duration, Whole
from simulator.action.target import DeviceTarget, Target
from simulator.units import Seconds

BROKER_USES: Final[dict[str, tuple[str, ...]]] = {
    "stop": ("forget", "for"),
    "start": (),
    "restart": ("forget",),
    "refuse": ("device", "code", "for"),
    "accept": ("device",),
    "drop": ("device",),
    "stall": ("device", "for"),
    "resume": ("device",),
    "certificate": ("flaw!", "for"),
}
"""What the broker can be told, and which fields each takes."""


@dataclass(frozen=True, slots=True)
class Broker(Action):
    """Tell the embedded broker what to do.

    stop, start, restart: the whole program. refuse: answers CONNECT with a code; accept ends it. drop: closes a
    client's connection without a word. stall: stays connected and delivers nothing; resume ends it. certificate: from
    the next TLS handshake on it shows another one. A broker given by address is somebody else's program and takes
    none of these.
    """

    verb: ClassVar[str] = "broker"
    family: ClassVar[str] = "broker"
    shorthand: ClassVar[str] = "do"

    do: Annotated[
        Literal["stop", "start", "restart", "refuse", "accept", "drop", "stall", "resume", "certificate"],
        "What the broker does.",
    ]
    device: Annotated[
        Target | None, DeviceTarget(), "Devices whose connection is meant; all clients by default."
    ] = None
    code: Annotated[int | None, Whole(1, 5), "CONNACK code of a refusal; 3, server unavailable, by default."] = (
        None
    )
    forget: Annotated[bool, "Sessions and retained messages are lost."] = False
    flaw: Annotated[
        Literal["none", "expired", "not-yet-valid", "unknown-authority", "wrong-name"] | None,
        "What is wrong with the certificate; none: nothing any more.",
    ] = None
    for_: Annotated[Seconds | None, Duration(0.001), "Ends by itself after this time on the device clock."] = None

    def __post_init__(self) -> None:
        check_use(self, "do", BROKER_USES)
