"""What a port is, once and for all devices: its number, its terminal, and the parameters that hold its settings.

Names, defaults, levels and order of the `IOPort.I<n>` parameters are those recorded on a D4200-VE (io-events sheet
1.4, core sheet Appendix A). Fixed inputs have no `Output` group and fixed outputs no `Input` group.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from simulator.device.parameter import Definition

if TYPE_CHECKING:
    from simulator.device.loop import Converter

_READ_ONLY = frozenset({"ro"})
_INTERNAL = frozenset({"int", "hid"})
_CIRCUITS = ("closed", "open")


class PortKind(StrEnum):
    """What is soldered behind a port."""

    RELAY = "relay"
    """A form C relay: active connects COM to NO."""
    OUTPUT = "output"
    """An open drain output: active connects the pin to DC ground."""
    INPUT = "input"
    CONFIGURABLE = "configurable"
    """An input or an open drain output, as its direction says."""


class Direction(StrEnum):
    """Which way a port works now. The words of the parameter and of portmanagement."""

    INPUT = "input"
    OUTPUT = "output"


@dataclass(frozen=True, slots=True)
class PortPlan:
    """One port of a product. Shared by all devices of the model."""

    id: int
    """Number in IOPort, portmanagement, supervisedio and events; port.cgi counts one higher."""
    kind: PortKind
    terminal: str
    """Where a hand finds it on the device."""
    converter: Converter | None
    """What measures the loop of a port that can be an input."""
    definitions: tuple[Definition, ...]
    direction: str
    usage: str
    input_name: str
    output_name: str
    trigger: str
    active: str
    supervised: str
    ranges: str
    """Full names of parameters, empty for those the port does not have."""
    module: int = 0
    """Address of the expansion module it is on; 0 is the device itself."""

    @property
    def configurable(self) -> bool:
        return self.kind is PortKind.CONFIGURABLE


def plan(
    number: int, kind: PortKind, terminal: str, converter: Converter | None = None, *, module: int = 0
) -> PortPlan:
    """The plan of one port. A port that can be an input needs a converter."""
    group = f"IOPort.I{number}."
    is_input = kind in (PortKind.INPUT, PortKind.CONFIGURABLE)
    is_output = kind is not PortKind.INPUT
    return PortPlan(
        id=number,
        kind=kind,
        terminal=terminal,
        converter=converter,
        definitions=(
            *_both(group, kind),
            *(_input(group, f"Port {number + 1}") if is_input else ()),
            *(_output(group, f"Port {number + 1}") if is_output else ()),
            *(_supervision(group) if is_input else ()),
        ),
        direction=f"{group}Direction",
        usage=f"{group}Usage",
        input_name=f"{group}Input.Name" if is_input else "",
        output_name=f"{group}Output.Name" if is_output else "",
        trigger=f"{group}Input.Trig" if is_input else "",
        active=f"{group}Output.Active" if is_output else "",
        supervised=f"{group}Internal.Supervised" if is_input else "",
        ranges=f"{group}Internal.SupervisedRanges" if is_input else "",
        module=module,
    )


def _both(group: str, kind: PortKind) -> tuple[Definition, ...]:
    free = kind is PortKind.CONFIGURABLE
    direction = Direction.INPUT if free or kind is PortKind.INPUT else Direction.OUTPUT
    choices = tuple(each.value for each in Direction) if free else (direction.value,)
    rights = frozenset[str]() if free else _READ_ONLY
    return (
        Definition(
            f"{group}Configurable", "yes" if free else "no", "7746", "bool", ("yes", "no"), flags=_READ_ONLY
        ),
        Definition(f"{group}Direction", direction.value, "7716", "enum", choices, flags=rights),
        Definition(f"{group}Usage", "", "7714"),
    )


def _input(group: str, name: str) -> tuple[Definition, ...]:
    return (
        Definition(f"{group}Input.Name", name, "7746"),
        Definition(f"{group}Input.Trig", "closed", "7746", "enum", _CIRCUITS),
    )


def _output(group: str, name: str) -> tuple[Definition, ...]:
    return (
        Definition(f"{group}Output.Active", "closed", "7714", "enum", _CIRCUITS),
        Definition(f"{group}Output.Button", "none", "7714", "enum", ("none", "pulse", "actinact")),
        Definition(f"{group}Output.DelayTime", "1", "7714", "int", minimum=0),
        Definition(f"{group}Output.Mode", "bistable", "7714", "enum", ("monostable", "bistable")),
        Definition(f"{group}Output.Name", name, "7714"),
        Definition(f"{group}Output.PulseTime", "0", "7714", "int", minimum=0),
    )


def _supervision(group: str) -> tuple[Definition, ...]:
    """No public parameter holds it (io-events sheet 1.4), but it survives and resets as settings do."""
    return (
        Definition(f"{group}Internal.Supervised", "no", "7777", "bool", ("yes", "no"), flags=_INTERNAL),
        Definition(f"{group}Internal.SupervisedRanges", "", "7777", flags=_INTERNAL),
    )
