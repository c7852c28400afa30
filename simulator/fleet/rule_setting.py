"""A device enters the bench with rules: made as its installer would, before it runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from simulator.device.rule.rule import EventFilter
from simulator.device.rule.store import RuleStore
from simulator.errors import FleetError, did_you_mean

if TYPE_CHECKING:
    from simulator.device.device import Device
    from simulator.fleet.premises import Premises
    from simulator.fleet.rule_specification import EventFilterSpecification, RuleSpecification
    from simulator.fleet.specification import DeviceSpecification

_PREFIX = "com.axis.action."
_DOORS = {"http": "http", "https": "https", "smtp": "submission", "tcp": "tcp"}
"""Which door of the site's receivers a way of notification leads to."""


def install_rules(device: Device, specification: DeviceSpecification, premises: Premises) -> None:
    """Raises FleetError, naming the device, for what the rule engine does not take."""
    store = device.rules.store
    try:
        for token, schedule in specification.schedules.items():
            store.add_schedule(schedule.name or token, schedule.schedule, token)
        for rule in specification.rules:
            _install(store, device, rule, premises)
    except FleetError as refused:
        raise FleetError(f"{device.name}: {refused.what}", hint=refused.hint) from None


def _install(store: RuleStore, device: Device, rule: RuleSpecification, premises: Premises) -> None:
    token = rule.action if rule.action.startswith(_PREFIX) else f"{_PREFIX}{rule.action}"
    known = device.profile.rules.actions
    if token not in known:
        names = [name.removeprefix(_PREFIX) for name in known]
        raise FleetError(f"no action {rule.action!r}", hint=did_you_mean(rule.action, names))
    parameters = dict(rule.parameters)
    if rule.to:
        parameters = {**_of_site(known[token].recipient, premises), **parameters}
    number = store.add_configuration("", token, tuple(parameters.items()))
    store.add_rule(
        rule.name,
        number,
        enabled=rule.enabled,
        start=None if rule.start is None else _filter(rule.start),
        conditions=tuple(map(_filter, rule.conditions)),
        wait=rule.wait,
    )


def _filter(one: EventFilterSpecification) -> EventFilter:
    return EventFilter(one.topic, one.content)


def _of_site(recipient: str, premises: Premises) -> dict[str, str]:
    """The parameters of the site's receiver for a way of notification."""
    way = recipient.rpartition(".")[2]
    if premises.receivers is None:
        raise FleetError("the site has no receivers", hint="ask for them: site: {receivers: yes}")
    if way not in _DOORS:
        raise FleetError("the action has no recipient at the site", hint="leave 'to' out")
    told = premises.receivers.description()
    host, port = told["host"], told["ports"][_DOORS[way]]
    login = {"login": told["user"], "password": told["password"]} if told["user"] else {}
    if way == "tcp":
        return {"host": host, "port": str(port)}
    if way == "smtp":
        return {
            "email_to": "site@example.com",
            "email_from": "device@example.com",
            "host": host,
            "port": str(port),
            **login,
        }
    return {"upload_url": f"{way}://{host}:{port}/notification", **login}
