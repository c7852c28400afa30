"""Hands on AXIS A9910 expansion modules and on the head's list of them (A9210 manual, AXIS A9910)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar, Final, Literal

from simulator.action.action import Action, check_use
from simulator.action.kind import Number, Text, Whole
from simulator.action.target import ItemTarget, Target

_VERSION = Text(r"[0-9]{1,6}(\.[0-9]{1,6}){1,4}", "firmware version", example="12.9.57")
_USES: Final = {
    "lose": (),
    "return": (),
    "power-cut": (),
    "power-restore": (),
    "add": ("name", "firmware"),
    "remove": (),
    "upgrade": ("firmware", "fails"),
    "take-over": (),
    "pair": (),
    "readdress": ("to!",),
    "move": ("metres!",),
}


@dataclass(frozen=True, slots=True)
class Module(Action):
    """Do something to an expansion module, or have the head's administrator do it.

    The head notices what happens on the line after a while: its `module_lost_seconds` and `module_found_seconds`.
    """

    verb: ClassVar[str] = "module"
    family: ClassVar[str] = "expansion"
    shorthand: ClassVar[str] = "do"

    do: Annotated[
        Literal[
            "lose", "return", "power-cut", "power-restore", "add", "remove", "upgrade", "take-over", "pair",
            "readdress", "move",
        ],
        "lose: its cable comes off; return: it is on again; power-cut, power-restore: its own supply; add: mounted if "
        "there is none, and added to the head; remove: from the head's list, with its ports; upgrade: its firmware is "
        "written; take-over: it gets the encryption key of another head; pair: that of this head; readdress: its DIP "
        "switches are set anew; move: to another place on the line.",
    ]  # fmt: skip
    target: Annotated[
        Target, ItemTarget(("module",), indexed=True), "Module by the address on its DIP switches: io-1/module/3."
    ]
    name: Annotated[str, Text(r".{1,64}", "name"), "Name in the head's list."] = ""
    firmware: Annotated[str, _VERSION, "Its firmware, or the one to write; by default the bundled one."] = ""
    fails: Annotated[bool, "Whether writing fails: the module comes back with the firmware it had."] = False
    to: Annotated[int | None, Whole(1, 16), "New address."] = None
    metres: Annotated[float | None, Number(0, 100_000), "Metres along the line; more than 1000 is too far."] = None

    def __post_init__(self) -> None:
        check_use(self, "do", _USES)
