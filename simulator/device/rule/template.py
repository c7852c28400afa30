"""Templates of actions and recipients, and the rules and schedules from the factory: data of the profile.

The tables are `action_templates.yaml`, `recipient_templates.yaml`, `rules.yaml` and `schedules.yaml` under
`fixtures/profiles/<model>/<firmware>/`, read once for all devices of a kind.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache, cached_property
from typing import TYPE_CHECKING, Any

from simulator.device.profile_table import table
from simulator.device.rule.rule import ActionConfiguration, EventFilter, Parameters, Recipient, Rule
from simulator.device.rule.schedule import Schedule
from simulator.errors import FleetError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from simulator.device.event import Declaration


@dataclass(frozen=True, slots=True)
class Template:
    """A kind of action or recipient: the parameters it takes, by name, with their types."""

    token: str
    parameters: Mapping[str, str]
    mandatory: frozenset[str]
    recipient: str = ""
    """Token of the recipient template whose parameters it takes besides."""
    does: str = ""
    """Which action of this program it is (`action.py`)."""
    lasting: bool = False
    """Unlimited: it goes on for as long as the rule is active."""


@dataclass(frozen=True)
class RuleSet:
    """Everything about rules that is set: what a snapshot keeps. Ids increase and are not used again."""

    configurations: Mapping[int, ActionConfiguration] = field(default_factory=dict)
    rules: Mapping[int, Rule] = field(default_factory=dict)
    recipients: Mapping[int, Recipient] = field(default_factory=dict)
    schedules: Mapping[str, Schedule] = field(default_factory=dict)
    last_configuration: int = 0
    last_rule: int = 0
    last_recipient: int = 0
    last_schedule: int = 0

    @cached_property
    def in_order(self) -> tuple[Schedule, ...]:
        """All schedules, as one value for all devices that share this set."""
        return tuple(self.schedules.values())

    @cached_property
    def without_start(self) -> tuple[Rule, ...]:
        """Rules that are on and begin when their conditions come to hold."""
        return tuple(rule for rule in self.rules.values() if rule.enabled and rule.start is None)

    def by_topic(self, catalogue: Mapping[str, Declaration]) -> Mapping[str, tuple[Rule, ...]]:
        """The rules that are on, by each topic of a catalogue that one of their filters names."""
        return self._resolved(catalogue).rules

    def topic_of(self, condition: EventFilter, catalogue: Mapping[str, Declaration]) -> str | None:
        """The topic a condition is about; None where this firmware does not declare it."""
        return self._resolved(catalogue).topics.get(condition)

    def _resolved(self, catalogue: Mapping[str, Declaration]) -> _Resolved:
        """Looked up once for all devices that share this set."""
        present: _Resolved | None = self.__dict__.get("_at_hand")
        if present is None or present.catalogue is not catalogue:
            present = self.__dict__["_at_hand"] = _resolve(self, catalogue)
        return present


@dataclass(frozen=True, slots=True)
class _Resolved:
    """The filters of a set of rules, seen with one catalogue of events."""

    catalogue: Mapping[str, Declaration]
    rules: Mapping[str, tuple[Rule, ...]]
    topics: Mapping[EventFilter, str]


def _resolve(content: RuleSet, catalogue: Mapping[str, Declaration]) -> _Resolved:
    enabled = [rule for rule in content.rules.values() if rule.enabled]
    rules = {
        topic: tuple(rule for rule in enabled if any(one.names(topic) for one in rule.filters))
        for topic in catalogue
    }
    conditions = {one for rule in enabled for one in rule.conditions}
    topics = {one: next((topic for topic in catalogue if one.names(topic)), None) for one in conditions}
    return _Resolved(
        catalogue,
        {topic: fitting for topic, fitting in rules.items() if fitting},
        {one: topic for one, topic in topics.items() if topic is not None},
    )


@dataclass(frozen=True)
class RuleProfile:
    """What one model on one firmware knows of rules."""

    actions: Mapping[str, Template]
    recipients: Mapping[str, Template]
    factory: RuleSet


@cache
def rule_profile(model: str, firmware: str) -> RuleProfile:
    """The templates and factory rules of a profile. Raises FleetError for a table that cannot be read."""
    try:
        actions = {
            token: _template(token, row) for token, row in table(model, firmware, "action_templates").items()
        }
        recipients = {
            token: _template(token, row) for token, row in table(model, firmware, "recipient_templates").items()
        }
        return RuleProfile(actions, recipients, _factory(model, firmware))
    except (KeyError, TypeError, ValueError) as error:
        raise FleetError(f"rules of {model} {firmware} cannot be read: {error!r}") from error


def _template(token: str, row: Any) -> Template:
    return Template(
        token,
        dict(row.get("parameters") or {}),
        frozenset(row.get("mandatory") or ()),
        row.get("recipient", ""),
        row.get("does", ""),
        row.get("lasting") == "yes",
    )


def _factory(model: str, firmware: str) -> RuleSet:
    configurations, rules = {}, {}
    for number, row in enumerate(table(model, firmware, "rules").values(), 1):
        action = row["action"]
        parameters: Parameters = tuple((action.get("parameters") or {}).items())
        configurations[number] = ActionConfiguration(
            number, action.get("name", ""), action["template"], parameters
        )
        start = _filter(row["start"]) if "start" in row else None
        conditions = tuple(_filter(one) for one in row.get("conditions") or ())
        rules[number] = Rule(number, row["name"], row["enabled"] == "yes", start, conditions, number)
    schedules = {
        token: Schedule.of(token, row["name"], row["schedule"])
        for token, row in table(model, firmware, "schedules").items()
    }
    return RuleSet(configurations, rules, {}, schedules, len(rules), len(rules))


def _filter(row: Any) -> EventFilter:
    """`{topic: ..., <item>: <value>}`: a content filter with one clause for each item."""
    items = [
        f'boolean(//SimpleItem[@Name="{name}" and @Value="{value}"])'
        for name, value in row.items()
        if name != "topic"
    ]
    made = EventFilter(row["topic"], " and ".join(items))
    made.check()
    return made
