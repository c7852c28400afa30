"""One action to be done: its parameters, read as what they ought to be."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from simulator.device.rule.modifier import expanded
from simulator.errors import FleetError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from simulator.device.device import Device
    from simulator.device.rule.rule import Rule
    from simulator.device.rule.template import Template

Stop = Callable[[], None]
"""Ends what an unlimited action began."""


class ActionFailed(FleetError):
    """An action that cannot be started; the text is that of the event ActionFailed."""


@dataclass(frozen=True, slots=True)
class Order:
    """What a rule wants done now. Parameters of a stored recipient are among those of the action."""

    device: Device
    rule: Rule
    template: Template
    parameters: Mapping[str, str]
    failed: Callable[[str], None]
    """To be called when something that went out of the house failed later on."""

    def text(self, name: str, default: str = "") -> str:
        """A parameter; an empty one counts as not given (VAPIX, Action templates)."""
        return self.parameters.get(name, "") or default

    def message(self, name: str) -> str:
        """A text in which modifiers stand for the time, the address and so on."""
        return expanded(self.text(name), self.device)

    def number(self, name: str, default: int, lowest: int, highest: int) -> int:
        """A whole number. Raises ActionFailed for text that is none, or outside."""
        text = self.text(name)
        if not text:
            return default
        try:
            number = int(text) if len(text) < 12 and text.isascii() else highest + 1
        except ValueError:
            number = highest + 1
        if not lowest <= number <= highest:
            raise ActionFailed(f"Invalid value for parameter {name}: {text[:40]}")
        return number

    def switch(self, name: str) -> bool:
        """`1`, `true` or `yes`."""
        return self.text(name).lower() in {"1", "true", "yes"}
