"""Faults on an RS-485 bus, as the wire shows them (Modbus sheet 1.9)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar, Final, Literal

from simulator.action.action import Action, check_use
from simulator.action.declaration import ListOf
from simulator.action.kind import Duration, Number, Whole
from simulator.action.target import ItemTarget, Target
from simulator.errors import FleetError
from simulator.units import Seconds

_SOME = ("units", "functions", "registers", "chance", "count", "after", "for")
BUS_USES: Final[dict[str, tuple[str, ...]]] = {
    "silent": _SOME,
    "dead": ("chance", "count", "after", "for"),
    "babble": ("for",),
    "idle-noise": ("for", "delay"),
    "slow": (*_SOME, "delay!", "jitter"),
    "late": (*_SOME, "delay!", "jitter"),
    "exception": (*_SOME, "code!"),
    "wrong-unit": _SOME,
    "wrong-function": _SOME,
    "wrong-count": _SOME,
    "crc": (*_SOME, "size"),
    "truncated": (*_SOME, "size"),
    "dribble": (*_SOME, "delay!", "jitter"),
    "glued": _SOME,
    "split": (*_SOME, "size!", "delay"),
    "echo": _SOME,
    "noise": _SOME,
    "noise-after": _SOME,
    "duplicate": _SOME,
    "swapped-words": _SOME,
    "mend": (),
}
"""What can happen on a bus, and which fields each takes."""


@dataclass(frozen=True, slots=True)
class Bus(Action):
    """Let something go wrong on an RS-485 bus, until `for` or `count` is over or `mend` ends all faults of the bus.

    silent: no answer. dead: no answer from anybody (wires swapped or cut, 12 V overloaded). babble: continuous rubbish.
    idle-noise: bursts of rubbish while nobody asks. slow, late: the answer comes after a delay; slow keeps the bus busy,
    late comes inside the next transaction. exception: a refusal. wrong-unit, wrong-function, wrong-count: checksum right,
    content wrong. crc: checksum wrong, or random bits flipped. truncated: the rest never comes. dribble: byte by byte.
    glued: twice in one segment. split: in pieces. echo: the request comes back first. noise, noise-after: rubbish before or
    behind the answer. duplicate: a second sensor answers at once. swapped-words: 32-bit values in another order.
    """

    verb: ClassVar[str] = "bus"
    family: ClassVar[str] = "bus"

    on: Annotated[
        Target,
        ItemTarget(("bus",), indexed=True),
        "Bus by its box: 0 is the A9210's own, N the A9910 at address N.",
    ]
    do: Annotated[
        Literal[
            "silent", "dead", "babble", "idle-noise", "slow", "late", "exception", "wrong-unit", "wrong-function",
            "wrong-count", "crc", "truncated", "dribble", "glued", "split", "echo", "noise", "noise-after", "duplicate",
            "swapped-words", "mend",
        ],
        "What goes wrong.",
    ]  # fmt: skip
    units: Annotated[tuple[int, ...], ListOf(Whole(0, 255)), "Addresses that are struck; all by default."] = ()
    functions: Annotated[tuple[int, ...], ListOf(Whole(1, 127)), "Function codes that are struck."] = ()
    registers: Annotated[
        tuple[int, ...],
        ListOf(Whole(0, 65535)),
        "One register, or first and last of a range: only requests for it.",
    ] = ()
    chance: Annotated[float, Number(0, 1), "Probability that it strikes a transaction."] = 1.0
    count: Annotated[int | None, Whole(1, 1_000_000), "Ends by itself after this many strikes."] = None
    after: Annotated[int, Whole(0, 1_000_000), "Transactions that are spared first."] = 0
    delay: Annotated[
        Seconds | None,
        Duration(),
        "Delay of the answer, or time between bytes, pieces or bursts, in the asker's time.",
    ] = None
    jitter: Annotated[Seconds | None, Duration(), "Largest random addition to the delay."] = None
    size: Annotated[
        int | None, Whole(1, 2048), "Bytes left of a truncated answer, pieces of a split one, or bits to flip."
    ] = None
    code: Annotated[int | None, Whole(1, 255), "Exception code; 1 to 11 have a meaning."] = None
    for_: Annotated[Seconds | None, Duration(0.001), "Ends by itself after this time on the device clock."] = None

    def __post_init__(self) -> None:
        check_use(self, "do", BUS_USES)
        if len(self.registers) > 2 or list(self.registers) != sorted(self.registers):
            raise FleetError("registers are one register, or the first and the last of a range")
