"""Rules and recipients as a device configuration API, `/config/rest/action-rules/v2beta` (io-events sheet 2.4).

A rule holds its action: what the SOAP service keeps as an action configuration is made, changed and removed with it.
The shape of a rule is public, that of a recipient, of ids and of `timeout` a guess: ids are text, times seconds.
Passwords are shown as stars; stars that are sent back leave a password as it is.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from simulator.device.image_offer import version_numbers
from simulator.device.parameter import Level
from simulator.device.rule.expression import ExpressionRefused
from simulator.device.rule.rule import ActionConfiguration, EventFilter, Parameters, Recipient, Rule
from simulator.device.rule.store import Fault, RuleRefused, RuleStore
from simulator.face.vapix.call import Call, Route
from simulator.face.vapix.rest_answer import (
    DENIED,
    NO_ITEM,
    WRONG_METHOD,
    Json,
    Wrong,
    flag,
    invalid,
    missing,
    record,
    records,
    sent,
    success,
    text,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from simulator.device.device import Device
    from simulator.face.exchange import Reply

ROOTS: Final = tuple(f"/config/rest/action-rules/v2{suffix}" for suffix in ("", "alpha", "beta"))
SINCE: Final = (12,)
"""Recorded on 12.9; on which version it came is a guess."""
STARS: Final = "*****"
EXPORT: Final = "$export"
_ABSENT: Final = (Fault.NO_RULE, Fault.NO_RECIPIENT, Fault.NO_SCHEDULE)
_SECRET: Final = frozenset({"password", "proxy_password", "pop_password"})
_OF_RULE: Final = frozenset({"id", "name", "enabled", "activationConfig", "actionConfig"})
_OF_RECIPIENT: Final = frozenset({"id", "name", "template", "parameters"})


@contextmanager
def refusals(store: RuleStore) -> Iterator[None]:
    """What the store does not take becomes an error, and nothing of the request stays."""
    before = store.content
    try:
        yield
    except (RuleRefused, ExpressionRefused, Wrong) as refused:
        store.replace_all(before)
        if isinstance(refused, Wrong):
            raise
        absent = isinstance(refused, RuleRefused) and refused.fault in _ABSENT
        raise (
            Wrong(404, NO_ITEM, f"Item does not exist: {refused.what}") if absent else invalid(refused.what)
        ) from None


def action_rules(call: Call) -> Reply:
    """One entity, item or property: read, added, changed or removed."""
    head = call.request.head
    path = path_below(ROOTS, head.path)
    store = call.device.rules.store
    try:
        if head.method in ("GET", "HEAD"):
            return success(reached(_shown(call.device), path))
        if call.level < Level.ADMINISTRATOR:
            raise Wrong(403, DENIED, "Access denied")
        if not path or path[0] not in _KINDS:
            raise missing(path)
        add, change, remove = _KINDS[path[0]]
        with refusals(store):
            return write(call, path, add, change, remove)
    except Wrong as wrong:
        return wrong.answer


def write(
    call: Call,
    path: tuple[str, ...],
    add: Callable[[Device, Json], Json],
    change: Callable[[Device, str, Json], None],
    remove: Callable[[Device, str], None],
) -> Reply:
    """POST to a collection, PATCH of an item or one of its properties, DELETE of an item. Raises Wrong."""
    method = call.request.head.method
    if method == "POST" and len(path) == 1:
        return success(add(call.device, record(sent(call), "data")), 201)
    if method == "PATCH" and len(path) == 2:
        change(call.device, path[1], record(sent(call), "data"))
    elif method == "PATCH" and len(path) == 3:
        change(call.device, path[1], {path[2]: sent(call)})
    elif method == "DELETE" and len(path) == 2:
        remove(call.device, path[1])
    else:
        raise Wrong(405, WRONG_METHOD, "Method not allowed")
    return success()


def path_below(roots: tuple[str, ...], asked: str) -> tuple[str, ...]:
    """What stands below the root of an API."""
    root = next(one for one in sorted(roots, key=len, reverse=True) if asked == one or asked.startswith(f"{one}/"))
    return tuple(part for part in asked[len(root) :].split("/") if part)


def reached(shown: Any, path: tuple[str, ...]) -> Any:
    """The part of an entity that a path names; items of a list by their id. Raises Wrong."""
    if path == (EXPORT,):
        return shown
    for part in path:
        if isinstance(shown, list):
            shown = next((one for one in shown if isinstance(one, dict) and one.get("id") == part), None)
            if shown is None:
                raise Wrong(404, NO_ITEM, f"Item does not exist: {part[:80] if part.isprintable() else '?'}")
        elif isinstance(shown, dict) and part in shown:
            shown = shown[part]
        else:
            raise missing(path)
    return shown


# ---- shown


def _shown(device: Device) -> Json:
    content = device.rules.store.content
    return {
        "recipients": [_recipient(one) for one in content.recipients.values()],
        "rules": [_rule(device, one) for one in content.rules.values()],
    }


def _rule(device: Device, rule: Rule) -> Json:
    activation: Json = {"condition": [_filter(one) for one in rule.conditions]}
    if rule.start is not None:
        activation["startEvent"] = _filter(rule.start)
    if rule.wait:
        activation["timeout"] = int(rule.wait) if rule.wait == int(rule.wait) else rule.wait
    action = device.rules.store.content.configurations.get(rule.action)
    return {
        "id": str(rule.id),
        "name": rule.name,
        "enabled": rule.enabled,
        "activationConfig": activation,
        "actionConfig": {} if action is None else _action(device, action),
    }


def _filter(one: EventFilter) -> Json:
    shown = {"topicExpression": one.topic}
    return {**shown, "messageContent": one.content} if one.content else shown


def _action(device: Device, one: ActionConfiguration) -> Json:
    known = device.profile.rules
    template = known.actions.get(one.template)
    recipient = known.recipients.get(template.recipient) if template is not None else None
    theirs = set(recipient.parameters) if recipient is not None else set()
    shown: Json = {"template": one.template}
    if one.recipient:
        shown["recipientId"] = str(one.recipient)
    inline = [pair for pair in one.parameters if pair[0] in theirs]
    if inline:
        shown["recipientParameters"] = _pairs(tuple(inline))
    shown["actionParameters"] = _pairs(tuple(pair for pair in one.parameters if pair[0] not in theirs))
    return shown


def _recipient(one: Recipient) -> Json:
    return {"id": str(one.id), "name": one.name, "template": one.template, "parameters": _pairs(one.parameters)}


def _pairs(parameters: Parameters) -> list[Json]:
    return [{"name": name, "value": STARS if name in _SECRET and value else value} for name, value in parameters]


# ---- rules, written


def _add_rule(device: Device, data: Json) -> Json:
    only(data, _OF_RULE)
    store = device.rules.store
    configuration = _configuration(device, _given(data, "actionConfig"), ActionConfiguration(0, "", "", ()))
    number = store.add_configuration("", configuration.template, configuration.parameters, configuration.recipient)
    start, conditions, wait = _activation(_given(data, "activationConfig"))
    made = store.add_rule(
        text(data.get("name", ""), "name"),
        number,
        enabled=flag(data.get("enabled", True), "enabled"),
        start=start,
        conditions=conditions,
        wait=wait,
    )
    return _rule(device, store.rule(made))


def _change_rule(device: Device, key: str, data: Json) -> None:
    only(data, _OF_RULE - {"id"})
    store = device.rules.store
    rule = store.rule(number_of(key))
    if "actionConfig" in data:
        rule = replace(rule, action=_changed_action(device, rule, record(data["actionConfig"], "actionConfig")))
    if "activationConfig" in data:
        start, conditions, wait = _activation(record(data["activationConfig"], "activationConfig"))
        rule = replace(rule, start=start, conditions=conditions, wait=wait)
    name, enabled = text(data.get("name", rule.name), "name"), flag(data.get("enabled", rule.enabled), "enabled")
    store.change_rule(replace(rule, name=name, enabled=enabled))


def _changed_action(device: Device, rule: Rule, data: Json) -> int:
    """The number of the changed configuration: another one where other rules use the present one too."""
    store = device.rules.store
    present = store.content.configurations[rule.action]
    changed = _configuration(device, data, present)
    if any(one.action == rule.action and one.id != rule.id for one in store.content.rules.values()):
        return store.add_configuration("", changed.template, changed.parameters, changed.recipient)
    store.change_configuration(changed)
    return rule.action


def _remove_rule(device: Device, key: str) -> None:
    """With its action, unless another rule uses it."""
    store = device.rules.store
    action = store.rule(number_of(key)).action
    store.remove_rule(number_of(key))
    if all(one.action != action for one in store.content.rules.values()):
        store.remove_configuration(action)


def _activation(data: Json) -> tuple[EventFilter | None, tuple[EventFilter, ...], float]:
    start = data.get("startEvent")
    conditions = tuple(map(_read_filter, records(data.get("condition", []), "condition")))
    wait = data.get("timeout", 0)
    if isinstance(wait, bool) or not isinstance(wait, int | float):
        raise invalid("timeout is no number")
    return None if start is None else _read_filter(record(start, "startEvent")), conditions, float(wait)


def _read_filter(data: Json) -> EventFilter:
    topic = text(data.get("topicExpression"), "topicExpression")
    return EventFilter(topic, text(data.get("messageContent", ""), "messageContent"))


def _configuration(device: Device, data: Json, present: ActionConfiguration) -> ActionConfiguration:
    """A configuration as it is sent, with what is left out as it is."""
    template = text(data.get("template", present.template), "template")
    known = device.profile.rules
    recipient = known.recipients.get(known.actions[template].recipient) if template in known.actions else None
    theirs = set(recipient.parameters) if recipient is not None else set()
    before = dict(present.parameters)
    own = {name: value for name, value in before.items() if name not in theirs}
    inline = {name: value for name, value in before.items() if name in theirs}
    if "actionParameters" in data:
        own = _read_pairs(data["actionParameters"], before)
    if "recipientParameters" in data:
        inline = _read_pairs(data["recipientParameters"], before)
    stored = data.get("recipientId", str(present.recipient) if present.recipient else "")
    number = number_of(text(stored, "recipientId")) if stored else 0
    return replace(present, template=template, parameters=tuple({**own, **inline}.items()), recipient=number)


def _read_pairs(value: Any, before: dict[str, str]) -> dict[str, str]:
    rows = [
        (text(one.get("name"), "name"), text(one.get("value", ""), "value"))
        for one in records(value, "parameters")
    ]
    return {
        name: before[name] if given == STARS and name in _SECRET and name in before else given
        for name, given in rows
    }


# ---- recipients, written


def _add_recipient(device: Device, data: Json) -> Json:
    only(data, _OF_RECIPIENT)
    store = device.rules.store
    parameters = tuple(_read_pairs(data.get("parameters", []), {}).items())
    name, template = text(data.get("name", ""), "name"), text(data.get("template"), "template")
    return _recipient(store.recipient(store.add_recipient(name, template, parameters)))


def _change_recipient(device: Device, key: str, data: Json) -> None:
    only(data, _OF_RECIPIENT - {"id"})
    store = device.rules.store
    present = store.recipient(number_of(key))
    parameters = present.parameters
    if "parameters" in data:
        parameters = tuple(_read_pairs(data["parameters"], dict(parameters)).items())
    name, template = (
        text(data.get("name", present.name), "name"),
        text(data.get("template", present.template), "template"),
    )
    store.change_recipient(replace(present, name=name, template=template, parameters=parameters))


def _remove_recipient(device: Device, key: str) -> None:
    device.rules.store.remove_recipient(number_of(key))


# ---- reading


def only(data: Json, known: frozenset[str]) -> None:
    """Raises Wrong for a member that is none of those known."""
    for name in data.keys() - known:
        raise invalid(f"Trying to set '{name[:80] if name.isprintable() else '?'}', which is not known")


def number_of(key: str) -> int:
    """The number that an id is. Raises Wrong."""
    if not (key.isascii() and key.isdecimal() and len(key) < 10):
        raise Wrong(404, NO_ITEM, f"Item does not exist: {key[:80] if key.isprintable() else '?'}")
    return int(key)


def _given(data: Json, name: str) -> Json:
    if name not in data:
        raise invalid(f"{name} is missing")
    return record(data[name], name)


_KINDS: Final = {
    "rules": (_add_rule, _change_rule, _remove_rule),
    "recipients": (_add_recipient, _change_recipient, _remove_recipient),
}


def served(device: Device) -> bool:
    """On firmware that has these APIs."""
    return version_numbers(device.profile.firmware) >= SINCE


ROUTES = (
    Route(
        tuple(f"{root}{below}" for root in ROOTS for below in ("", "/*")),
        action_rules,
        methods=("GET", "POST", "PATCH", "DELETE"),
        level=Level.OPERATOR,
        served=served,
    ),
)
