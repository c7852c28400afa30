"""The rules of one device as they are kept: adding, listing, removing, and why something is not taken.

A device that nobody has touched shares the factory's set with all others of its kind; every change makes a new set.
What is refused, and in which words, is recorded (io-events sheet 2.4); what has no recording is marked as a guess.
"""

from __future__ import annotations

import re
from dataclasses import replace
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from simulator.device.rule.recurrence import ScheduleRefused
from simulator.device.rule.rule import ActionConfiguration, EventFilter, Parameters, Recipient, Rule
from simulator.device.rule.schedule import GENERATED, Schedule
from simulator.errors import FleetError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from simulator.device.device import Device
    from simulator.device.rule.template import RuleProfile, RuleSet, Template

LONGEST_NAME = 256
LONGEST_VALUE = 8192
"""Characters of a parameter: what an MQTT payload may have (io-events sheet 2.4)."""
MOST_PARAMETERS = 64
LARGEST = 32_768
"""Characters of all parameters of one action, and of all filters of one rule: a bound of the bench."""
LONGEST_WAIT = 366 * 86_400.0
"""Seconds between two activations, at most: a guess that bounds the number."""


_UNWRITABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
"""What XML cannot carry, not even escaped."""


class Fault(StrEnum):
    """Why something is refused: names of elements in the fault of a SOAP answer."""

    NO_TEMPLATE = "ActionTemplateNotFoundFault"
    PARAMETERS = "ParametersMissmatchFault"
    NO_CONFIGURATION = "ActionConfigurationNotFoundFault"
    IN_USE = "ActionConfigurationIsInUseFault"
    NO_RULE = "ActionRuleNotFoundFault"
    CONDITION = "InvalidConditionFilterFault"
    NO_RECIPIENT_TEMPLATE = "RecipientTemplateNotFoundFault"
    NO_RECIPIENT = "RecipientConfigurationNotFoundFault"
    SCHEDULE = "InvalidScheduleFault"
    NO_SCHEDULE = "ScheduledEventNotFoundFault"
    SCHEDULE_EXISTS = "ScheduledEventExistsFault"
    ARGUMENT = "InvalidArgs"


class RuleRefused(FleetError):
    """`users` are the rules that use what was to be removed."""

    def __init__(self, fault: Fault, text: str, users: tuple[Rule, ...] = ()) -> None:
        super().__init__(text)
        self.fault = fault
        self.users = users


class RuleStore:
    """What is set. `changed` is called after each change with the set before."""

    __slots__ = ("_changed", "_device", "content")

    def __init__(self, device: Device, changed: Callable[[RuleSet], None]) -> None:
        self._device = device
        self._changed = changed
        self.content: RuleSet = device.profile.rules.factory

    def replace_all(self, content: RuleSet) -> None:
        """Be set as this says: a reset or a firmware rollback."""
        before, self.content = self.content, content
        if content is not before:
            self._changed(before)

    # ---- action configurations

    def add_configuration(self, name: str, template: str, parameters: Parameters, recipient: int = 0) -> int:
        """The number of the new one. Raises RuleRefused."""
        self._check_configuration(name, template, parameters, recipient)
        content = self.content
        if len(content.configurations) >= self._device.profile.quirks.action_configuration_limit:
            raise RuleRefused(Fault.ARGUMENT, "no more action configurations")
        number = content.last_configuration + 1
        made = ActionConfiguration(number, name, template, parameters, recipient)
        self._set(configurations={**content.configurations, number: made}, last_configuration=number)
        return number

    def change_configuration(self, changed: ActionConfiguration) -> None:
        """Put another in its place. Raises RuleRefused."""
        self._configuration(changed.id)
        self._check_configuration(changed.name, changed.template, changed.parameters, changed.recipient)
        self._set(configurations={**self.content.configurations, changed.id: changed})

    def remove_configuration(self, number: int) -> None:
        """Raises RuleRefused for one that does not exist or that a rule uses."""
        self._configuration(number)
        users = tuple(rule for rule in self.content.rules.values() if rule.action == number)
        if users:
            raise RuleRefused(Fault.IN_USE, "action configuration is in use", users)
        self._set(configurations=_without(self.content.configurations, number))

    def _configuration(self, number: int) -> ActionConfiguration:
        found = self.content.configurations.get(number)
        if found is None:
            raise RuleRefused(Fault.NO_CONFIGURATION, "")
        return found

    def _check_configuration(self, name: str, token: str, parameters: Parameters, recipient: int) -> None:
        _check_name(name)
        template = self._known.actions.get(token)
        if template is None:
            raise RuleRefused(Fault.NO_TEMPLATE, f"action template with id '{token[:80]}' not found")
        given = dict(parameters)
        if recipient:
            stored = self.content.recipients.get(recipient)
            if stored is None or stored.template != template.recipient:
                raise RuleRefused(Fault.PARAMETERS, f"No recipient with id '{recipient}' for this action")
            given = {**dict(stored.parameters), **given}
        _check_parameters(template, parameters, given)
        if template.recipient:
            _check_parameters(self._known.recipients[template.recipient], parameters, given)

    # ---- rules

    def add_rule(
        self,
        name: str,
        action: int,
        *,
        enabled: bool = True,
        start: EventFilter | None = None,
        conditions: tuple[EventFilter, ...] = (),
        wait: float = 0.0,
    ) -> int:
        """The number of the new one. Raises RuleRefused, and ExpressionRefused for a filter that does not parse."""
        content = self.content
        rule = Rule(content.last_rule + 1, name, enabled, start, conditions, action, wait)
        self._check_rule(rule)
        if len(content.rules) >= self._device.profile.quirks.rule_limit:
            raise RuleRefused(
                Fault.ARGUMENT, f"no more than {self._device.profile.quirks.rule_limit} action rules"
            )
        self._set(rules={**content.rules, rule.id: rule}, last_rule=rule.id)
        return rule.id

    def change_rule(self, changed: Rule) -> None:
        """Put another in its place. Raises RuleRefused and ExpressionRefused."""
        self.rule(changed.id)
        self._check_rule(changed)
        self._set(rules={**self.content.rules, changed.id: changed})

    def remove_rule(self, number: int) -> None:
        """Raises RuleRefused for one that does not exist."""
        self.rule(number)
        self._set(rules=_without(self.content.rules, number))

    def rule(self, number: int) -> Rule:
        """Raises RuleRefused for one that does not exist."""
        found = self.content.rules.get(number)
        if found is None:
            raise RuleRefused(Fault.NO_RULE, f"No action rule with id '{number}' exists")
        return found

    def _check_rule(self, rule: Rule) -> None:
        _check_name(rule.name)
        if rule.start is None and not rule.conditions:
            text = "Validation constraint violation: occurrence violation in element Conditions"
            raise RuleRefused(Fault.ARGUMENT, text)
        if not 0 <= rule.wait <= LONGEST_WAIT:
            raise RuleRefused(Fault.ARGUMENT, "the time between activations is out of range")
        size = sum(len(one.topic) + len(one.content) for one in rule.filters)
        if len(rule.conditions) > MOST_PARAMETERS or size > LARGEST:
            raise RuleRefused(Fault.ARGUMENT, "too many conditions")
        for one in rule.filters:
            one.check()
        for one in rule.conditions:
            self._check_condition(one)
        configuration = self.content.configurations.get(rule.action)
        if configuration is None:
            text = f"Unknown action configuration '{rule.action}' specified for primary action"
            raise RuleRefused(Fault.NO_CONFIGURATION, text)
        template = self._known.actions.get(configuration.template)
        if template is not None and template.lasting and not rule.conditions:
            raise RuleRefused(Fault.ARGUMENT, "an unlimited action needs at least one condition")

    def _check_condition(self, condition: EventFilter) -> None:
        """A condition describes one stateful event (VAPIX, Event and action services)."""
        declared = self._device.events.catalogue.values()
        fitting = [one.topic for one in declared if one.stateful and condition.names(one.topic)]
        if not fitting:
            raise RuleRefused(Fault.CONDITION, "could not match any property events")
        if len(fitting) > 1:  # the words are a guess
            raise RuleRefused(Fault.CONDITION, "matched multiple property events")

    # ---- recipients

    def add_recipient(self, name: str, template: str, parameters: Parameters) -> int:
        """The number of the new one. Raises RuleRefused."""
        content, limit = self.content, self._device.profile.quirks.recipient_limit
        self._check_recipient(name, template, parameters)
        if len(content.recipients) >= limit:
            raise RuleRefused(Fault.ARGUMENT, f"no more than {limit} recipients")
        number = content.last_recipient + 1
        made = Recipient(number, name, template, parameters)
        self._set(recipients={**content.recipients, number: made}, last_recipient=number)
        return number

    def change_recipient(self, changed: Recipient) -> None:
        """Put another in its place. Raises RuleRefused."""
        self.recipient(changed.id)
        self._check_recipient(changed.name, changed.template, changed.parameters)
        self._set(recipients={**self.content.recipients, changed.id: changed})

    def remove_recipient(self, number: int) -> None:
        """Raises RuleRefused for one that does not exist or that an action names."""
        self.recipient(number)
        if any(one.recipient == number for one in self.content.configurations.values()):
            raise RuleRefused(Fault.ARGUMENT, "the recipient is in use")
        self._set(recipients=_without(self.content.recipients, number))

    def recipient(self, number: int) -> Recipient:
        """Raises RuleRefused for one that does not exist."""
        found = self.content.recipients.get(number)
        if found is None:
            raise RuleRefused(Fault.NO_RECIPIENT, f"No recipient configuration with id '{number}' exists")
        return found

    def _check_recipient(self, name: str, token: str, parameters: Parameters) -> None:
        _check_name(name)
        template = self._known.recipients.get(token)
        if template is None:
            raise RuleRefused(Fault.NO_RECIPIENT_TEMPLATE, f"recipient template with id '{token[:80]}' not found")
        _check_parameters(template, parameters, dict(parameters))

    # ---- schedules

    def add_schedule(self, name: str, text: str, token: str = "") -> str:
        """The id of the new one: its own choice or the next free one. Raises RuleRefused."""
        content, limit = self.content, self._device.profile.quirks.schedule_limit
        number = content.last_schedule
        if not token:
            number += 1
            token = f"{GENERATED}id-{number}"
        if token in content.schedules:
            raise RuleRefused(Fault.SCHEDULE_EXISTS, f"a scheduled event with id '{token[:80]}' exists")
        if len(content.schedules) >= limit:
            raise RuleRefused(Fault.ARGUMENT, f"no more than {limit} scheduled events")
        made = _schedule(token, name, text)
        self._set(schedules={**content.schedules, token: made}, last_schedule=number)
        return token

    def change_schedule(self, token: str, name: str, text: str) -> None:
        """Put another in its place. Raises RuleRefused."""
        self.schedule(token)
        self._set(schedules={**self.content.schedules, token: _schedule(token, name, text)})

    def remove_schedule(self, token: str) -> None:
        """Raises RuleRefused for one that does not exist."""
        self.schedule(token)
        self._set(schedules={key: one for key, one in self.content.schedules.items() if key != token})

    def schedule(self, token: str) -> Schedule:
        """Raises RuleRefused for one that does not exist."""
        found = self.content.schedules.get(token)
        if found is None:
            raise RuleRefused(Fault.NO_SCHEDULE, f"No scheduled event with id '{token[:80]}' exists")
        return found

    @property
    def _known(self) -> RuleProfile:
        return self._device.profile.rules

    def _set(self, **changes: Any) -> None:
        self.replace_all(replace(self.content, **changes))


def _without(all_of_them: Mapping[int, Any], number: int) -> dict[int, Any]:
    return {key: one for key, one in all_of_them.items() if key != number}


def _check_name(name: str) -> None:
    if len(name) > LONGEST_NAME or not name.isprintable():
        raise RuleRefused(Fault.ARGUMENT, "Validation constraint violation: length violation in element Name")


def _check_parameters(template: Template, parameters: Parameters, given: Mapping[str, str]) -> None:
    """Real devices insist on the mandatory ones only, whatever the documentation says (io-events sheet 2.4)."""
    for name in template.parameters:
        if name in template.mandatory and name not in given:
            raise RuleRefused(Fault.PARAMETERS, f"Configuration parameter missing: {name}")
    if len(parameters) > MOST_PARAMETERS or sum(len(name) + len(value) for name, value in parameters) > LARGEST:
        raise RuleRefused(Fault.PARAMETERS, "too many configuration parameters")
    for name, value in parameters:
        if len(name) > LONGEST_NAME or len(value) > LONGEST_VALUE or _UNWRITABLE.search(name + value):
            raise RuleRefused(Fault.PARAMETERS, f"Configuration parameter invalid: {name[:40]!a}")


def _schedule(token: str, name: str, text: str) -> Schedule:
    _check_name(name)
    _check_name(token)
    try:
        return Schedule.of(token, name, text)
    except ScheduleRefused as refused:
        raise RuleRefused(Fault.SCHEDULE, str(refused)) from None
