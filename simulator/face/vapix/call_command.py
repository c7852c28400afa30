"""What a command of the call service is given, and how it is declared."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from simulator.device.call_setting import LONGEST_ID, CallServiceRefused, Fault, Written
from simulator.device.parameter import Level

if TYPE_CHECKING:
    from simulator.device.call_service import CallService

Json = dict[str, Any]

MOST_IDS: Final = 1_000
"""Ids that one request may name."""
_MISSPELT: Final = {
    "DTMFEvent": "DTMEvent",
    "DTMFTrigger": "DTMTrigger",
    "DTMFEventId": "DTMEventId",
    "DTMFTriggerId": "DTMTriggerId",
}
"""Names that the documentation writes wrong; both are taken (audio sheet 8.5)."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A command with the members of its object. All methods raise CallServiceRefused."""

    service: CallService
    values: Json

    def get(self, name: str) -> Any:
        """A member, or None."""
        found = self.values.get(name)
        return self.values.get(_MISSPELT.get(name, name)) if found is None else found

    def required(self, name: str) -> Any:
        """A member that must be there."""
        found = self.get(name)
        if found is None:
            raise CallServiceRefused(Fault.MISSING, f"{name} is missing")
        return found

    def text(self, name: str) -> str:
        """A text that must be there."""
        found = self.required(name)
        if not isinstance(found, str):
            raise CallServiceRefused(Fault.INVALID, f"{name} is not a string")
        return str(found)

    def id(self, name: str) -> str:
        """An id that must be there."""
        found = self.text(name)
        if len(found) > LONGEST_ID:
            raise CallServiceRefused(Fault.INVALID, f"{name} has more than {LONGEST_ID} characters")
        return found

    def ids(self, name: str) -> list[str]:
        """A list of ids, or one; empty where none is named."""
        found = self.get(name)
        if found is None:
            return []
        listed = [found] if isinstance(found, str) else found
        if not isinstance(listed, list) or not all(isinstance(one, str) for one in listed):
            raise CallServiceRefused(Fault.INVALID, f"{name} is no list of ids")
        if len(listed) > MOST_IDS:
            raise CallServiceRefused(Fault.INVALID, f"{name} names more than {MOST_IDS} ids")
        return [str(one) for one in listed]

    def objects(self, name: str) -> list[Any]:
        """A list of objects that must be there."""
        found = self.required(name)
        if not isinstance(found, list) or not found:
            raise CallServiceRefused(Fault.INVALID, f"{name} is no list of objects")
        return found

    def flag(self, name: str, default: bool) -> bool:
        """A boolean; null is the default."""
        found = self.get(name)
        if isinstance(found, Written) and found in ("true", "false"):
            return found == "true"
        if found is None or isinstance(found, bool):
            return default if found is None else found
        raise CallServiceRefused(Fault.INVALID, f"{name} is not a boolean")


@dataclass(frozen=True, slots=True)
class Command:
    """One command; `act` returns the answer's object."""

    act: Callable[[Asked], Json]
    level: Level = Level.ADMINISTRATOR


def one_of(sent: object) -> tuple[str, Any]:
    """The one member of a request: the command and its object. Raises CallServiceRefused."""
    if not isinstance(sent, dict):
        raise CallServiceRefused(Fault.INVALID, "the request is not an object")
    if not sent:
        raise CallServiceRefused(Fault.MISSING, "no command is named")
    if len(sent) > 1:
        raise CallServiceRefused(Fault.INVALID, "a request has one command")
    return next(iter(sent.items()))
