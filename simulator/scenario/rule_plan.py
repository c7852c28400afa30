"""Rules and schedules of a device, as a scenario file says them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, Literal

from simulator.action.declaration import Pairs
from simulator.action.kind import Duration, Text
from simulator.errors import FleetError
from simulator.expect.event_name import BY_NAME, EventKind, EventName
from simulator.expect.query import PORT
from simulator.units import Seconds

NO_TIME = Seconds(0.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class ConditionPlan:
    """Events of a rule's trigger or condition, by their short names or by topic and items."""

    shorthand: ClassVar[str] = "event"

    event: Annotated[str, EventKind(), "Short name or topic of the event."]
    state: Annotated[str, "State in words of the event, or the value of its state item."] = ""
    port: Annotated[str, PORT, "Port id."] = ""
    items: Annotated[Pairs, "Other source and data items and their values."] = ()
    inverted: Annotated[bool, "Whether it must not be in that state."] = False

    def specification(self) -> dict[str, Any]:
        """Topic and content filter, as the action service takes them."""
        named = BY_NAME.get(self.event) or EventName(self.event, self.event, "")
        clauses = [_clause(name, (value,)) for name, value in self.items]
        if self.port:
            if not named.source:
                raise FleetError(f"event {self.event} has no port", hint="name its items")
            clauses.append(_clause(named.source, (self.port,)))
        values = named.values(self.state) if named.item else ()
        if self.state and not values:
            raise FleetError(f"event {self.event} has no state", hint="name its items")
        state = _clause(named.item, values) if values else ""
        if self.inverted and not state:
            raise FleetError("'inverted' needs a state", hint="say of which state")
        clauses += [f"not({state})" if self.inverted else state] if state else []
        return {"topic": named.topic, "content": " and ".join(clauses)}


def _clause(name: str, values: tuple[str, ...]) -> str:
    if any('"' in text for text in (name, *values)):
        raise FleetError("an item cannot hold a quotation mark")
    tests = [f'boolean(//SimpleItem[@Name="{name}" and @Value="{value}"])' for value in values]
    return tests[0] if len(tests) == 1 else f"({' or '.join(tests)})"


@dataclass(frozen=True, slots=True, kw_only=True)
class RulePlan:
    """An action rule: as long as all conditions hold, or from a trigger on."""

    action: Annotated[
        str,
        Text(r"(com\.axis\.action\.)?[a-z_]+(\.[a-z_]+)+", "action", example="fixed.play.audioclip"),
        "Template of the action, without com.axis.action.",
    ]
    name: Annotated[str, "Name of the rule."] = ""
    enabled: Annotated[bool, "Whether it is on."] = True
    trigger: Annotated[ConditionPlan | None, "Event that starts it."] = None
    conditions: Annotated[tuple[ConditionPlan, ...], "What must hold."] = ()
    wait: Annotated[Seconds, Duration(), "Time that passes at least between two activations."] = NO_TIME
    to: Annotated[Literal["", "site"], "site: the fitting receiver of the site is told."] = ""
    parameters: Annotated[Pairs, "Parameters of the action, and of its recipient."] = ()

    def __post_init__(self) -> None:
        if self.trigger is None and not self.conditions:
            raise FleetError(
                "a rule has a trigger or conditions", hint="for example conditions: [{event: casing}]"
            )
        for one in (self.trigger, *self.conditions):
            if one is not None:
                one.specification()

    def specification(self) -> dict[str, Any]:
        """As the control API's populate call takes it."""
        return {
            "name": self.name,
            "enabled": self.enabled,
            "start": None if self.trigger is None else self.trigger.specification(),
            "conditions": [one.specification() for one in self.conditions],
            "wait": float(self.wait),
            "action": self.action,
            "to": self.to,
            "parameters": dict(self.parameters),
        }
