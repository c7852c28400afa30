"""Hands on a device's SNMP agent: what goes wrong with its answers, objects, engine and traps (SNMP sheet 2.11)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar, Final, Literal

from simulator.action.action import Action, check_use
from simulator.action.kind import Duration, Number, Text, Whole
from simulator.action.target import DeviceTarget, Target
from simulator.errors import FleetError
from simulator.units import Seconds
from simulator.wire.snmp.ber import parse_oid

OBJECT = Text(r"\.?[0-2](\.\d{1,10}){1,127}", "object identifier", example="1.3.6.1.2.1.2.2.1.10")
_STRIKES = ("chance", "count", "after", "for")
_SOME = ("oid", *_STRIKES)
SNMP_USES: Final[dict[str, tuple[str, ...]]] = {
    "silent": _SOME,
    "slow": (*_SOME, "delay!"),
    "wrong-id": _SOME,
    "other-port": _SOME,
    "duplicate": _SOME,
    "truncated": (*_SOME, "size"),
    "too-big": _SOME,
    "gen-err": _SOME,
    "vanish": ("oid!", "for"),
    "retype": ("oid!", "for"),
    "loop": ("oid!", "for"),
    "jump": ("oid!", "to!", "for"),
    "uptime": ("to!",),
    "engine": ("boots", "time", "clone"),
    "trap-lost": _STRIKES,
    "trap-doubled": _STRIKES,
    "trap-storm": ("count!", "every"),
}
"""What can go wrong, and which fields each takes."""


@dataclass(frozen=True, slots=True)
class Snmp(Action):
    """Let something go wrong at the SNMP agent, until `for` or `count` is over or `clear` ends it.

    silent: no answer. slow: a late one. wrong-id: one to another request. other-port: one from another port. duplicate:
    two of them. truncated: one that breaks off. too-big, gen-err: a refusal. vanish: the objects are not there. retype:
    they have another type. loop: a walk does not get past the object before. jump: counters and numbers go on from `to`.
    uptime: sysUpTime goes on from `to` hundredths of a second. engine: boots and time of v3 are others, or the engine is
    named as that of another device; this and uptime last until the agent starts again. trap-lost, trap-doubled: of what it
    tells. trap-storm: so many alarmSingle traps.
    """

    verb: ClassVar[str] = "snmp"
    family: ClassVar[str] = "snmp"

    device: Annotated[Target, DeviceTarget(), "Device whose agent it is."]
    do: Annotated[
        Literal[
            "silent", "slow", "wrong-id", "other-port", "duplicate", "truncated", "too-big", "gen-err", "vanish",
            "retype", "loop", "jump", "uptime", "engine", "trap-lost", "trap-doubled", "trap-storm",
        ],
        "What goes wrong.",
    ]  # fmt: skip
    oid: Annotated[str, OBJECT, "Object or branch: only requests for it, or what is below it. All by default."] = (
        ""
    )
    chance: Annotated[float, Number(0, 1), "Probability that it strikes a request or trap."] = 1.0
    count: Annotated[int | None, Whole(1, 10_000), "Ends by itself after this many strikes; traps of a storm."] = (
        None
    )
    after: Annotated[int, Whole(0, 1_000_000), "Requests or traps that are spared first."] = 0
    delay: Annotated[Seconds | None, Duration(), "How late the answer is, in wire time."] = None
    size: Annotated[int | None, Whole(1, 65_507), "Bytes left of a truncated answer; half of it by default."] = (
        None
    )
    to: Annotated[int | None, Whole(0, 2**64 - 1), "Value from which numbers go on."] = None
    boots: Annotated[
        int | None, Whole(0, 2**31 - 1), "snmpEngineBoots, also what the next start counts on from."
    ] = None
    time: Annotated[int | None, Whole(0, 2**31 - 1), "snmpEngineTime, in seconds."] = None
    clone: Annotated[str, Text(r"[A-Za-z0-9._-]+", "device name", example="io-2"), "Whose engine id it takes."] = (
        ""
    )
    every: Annotated[Seconds | None, Duration(0.001), "Time between two traps of a storm; none by default."] = None
    for_: Annotated[Seconds | None, Duration(0.001), "Ends by itself after this time on the device clock."] = None

    def __post_init__(self) -> None:
        check_use(self, "do", SNMP_USES)
        try:
            parse_oid(self.oid or "1.3")
        except ValueError as error:
            raise FleetError(str(error), hint="oid: 1.3.6.1.2.1.2.2.1.10") from error
        if self.do == "engine" and self.boots is None and self.time is None and not self.clone:
            raise FleetError(
                "engine needs one of 'boots', 'time' and 'clone'", hint="say what is other than before"
            )
