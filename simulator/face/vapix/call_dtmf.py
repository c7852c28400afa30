"""Commands of the call service about DTMF: configurations, events and triggers, each alone or several at a time
(audio sheet 8.5). Where the documentation misspells a request's member, both spellings are taken."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from simulator.device.call_setting import CallServiceRefused, Fault
from simulator.face.vapix.call_command import Asked, Command, Json

if TYPE_CHECKING:
    from simulator.device.call_setting import Entity
    from simulator.device.dtmf import Dtmf


@dataclass(frozen=True, slots=True)
class _Type:
    """One of the three types of entities."""

    name: str
    """`DTMFEvent`; its id is a `DTMFEventId`."""
    all: Callable[[Dtmf], Sequence[Entity]]
    put: Callable[[Dtmf, Any], str]
    remove: Callable[[Dtmf, Sequence[str]], None]

    @property
    def id(self) -> str:
        return f"{self.name}Id"

    def commands(self) -> dict[str, Command]:
        """Get, Set and Remove, singular and plural."""
        return {
            f"Get{self.name}": Command(self.get),
            f"Get{self.name}s": Command(self.get_several),
            f"Set{self.name}": Command(self.set),
            f"Set{self.name}s": Command(self.set_several),
            f"Remove{self.name}": Command(self.remove_one),
            f"Remove{self.name}s": Command(self.remove_several),
        }

    def get(self, asked: Asked) -> Json:
        wanted = asked.id(self.id)
        found = next((one for one in self.all(asked.service.dtmf) if one.id == wanted), None)
        if found is None:
            raise CallServiceRefused(Fault.NOT_FOUND, f"there is no {self.name} {wanted}")
        return {self.name: found.as_json()}

    def get_several(self, asked: Asked) -> Json:
        wanted = asked.ids(self.id)
        found = (one for one in self.all(asked.service.dtmf) if not wanted or one.id in wanted)
        return {self.name: [one.as_json() for one in found]}

    def set(self, asked: Asked) -> Json:
        return {self.id: self.put(asked.service.dtmf, asked.required(self.name))}

    def set_several(self, asked: Asked) -> Json:
        return {self.id: [self.put(asked.service.dtmf, one) for one in asked.objects(self.name)]}

    def remove_one(self, asked: Asked) -> Json:
        self.remove(asked.service.dtmf, [asked.id(self.id)])
        return {}

    def remove_several(self, asked: Asked) -> Json:
        asked.required(self.id)
        self.remove(asked.service.dtmf, asked.ids(self.id))
        return {}


_TYPES: Final = (
    _Type(
        "DTMFConfiguration",
        lambda dtmf: dtmf.settings.configurations,
        lambda dtmf, sent: dtmf.set_configuration(sent),
        lambda dtmf, ids: dtmf.remove_configurations(ids),
    ),
    _Type(
        "DTMFEvent",
        lambda dtmf: dtmf.settings.events,
        lambda dtmf, sent: dtmf.set_event(sent),
        lambda dtmf, ids: dtmf.remove_events(ids),
    ),
    _Type(
        "DTMFTrigger",
        lambda dtmf: dtmf.settings.triggers,
        lambda dtmf, sent: dtmf.set_trigger(sent),
        lambda dtmf, ids: dtmf.remove_triggers(ids),
    ),
)

DTMF_COMMANDS: Final[dict[str, Command]] = {
    name: command for one in _TYPES for name, command in one.commands().items()
}
