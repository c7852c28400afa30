"""What every action has in common.

An action is what hands do to the bench: cut a wire, pull a plug, take DHCP away. It is pure data; the engine
applies it. YAML step, control call and handle method all become the same frozen object, read by the same
declaration (`declaration.py`); the list of all of them is `vocabulary.py`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from simulator.action.declaration import Record, fields_of, read_whole
from simulator.errors import FleetError

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class Action:
    """Base of all actions. `shorthand` is the field that `verb: value` stands for when the value is no map."""

    verb: ClassVar[str]
    family: ClassVar[str]
    shorthand: ClassVar[str] = ""


def to_json(action: Action) -> dict[str, Any]:
    """The action as a control call takes it: `{"press": {"device": "speaker-1", "for": "25s"}}`."""
    return {action.verb: Record(type(action)).show(action)}


def read_action(declared: type[Action], value: object) -> Action:
    """An action from the value of its verb: a map of its keys, or its shorthand.

    Raises FleetError naming the field that is wrong and the remedy; several wrong fields are all named.
    """
    action: Action = read_whole(declared, value, declared.verb)
    return action


def check_use(action: Action, selector: str, uses: Mapping[str, tuple[str, ...]]) -> None:
    """Refuse fields that the chosen way of doing it has no use for, and demand those it needs.

    `uses` maps each value of the field `selector` to the fields it takes; one that ends in `!` it must have.
    Raises FleetError.
    """
    chosen = str(getattr(action, selector))
    takes = {name.rstrip("!"): name.endswith("!") for name in uses[chosen]}
    governed = {name.rstrip("!") for names in uses.values() for name in names}
    for field in fields_of(type(action)):
        given = getattr(action, field.name) != field.default
        if given and field.key in governed and field.key not in takes:
            ways = " or ".join(way for way, names in uses.items() if field.key in {n.rstrip("!") for n in names})
            raise FleetError(f"{field.key!r} says nothing for {selector}: {chosen}", hint=f"it belongs to {ways}")
        if takes.get(field.key) and not given:
            raise FleetError(f"{selector}: {chosen} needs {field.key!r}", hint=f"{field.key}: {field.meaning}")
