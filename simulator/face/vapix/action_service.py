"""The action service, http://www.axis.com/vapix/ws/action1: rules, action configurations, recipients (io-events sheet 2.4).

There is no operation that changes a rule: clients remove it and add another.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from simulator.device.parameter import Level
from simulator.device.rule.expression import ContentRefused, ExpressionRefused, TopicRefused
from simulator.device.rule.rule import EventFilter
from simulator.device.rule.store import Fault, RuleRefused
from simulator.face.vapix import soap
from simulator.face.vapix.soap import SoapFault, child, children, demanded, text, value

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from simulator.device.device import Device
    from simulator.device.rule.rule import ActionConfiguration, Parameters, Recipient, Rule
    from simulator.device.rule.template import Template
    from simulator.face.vapix.soap import Element

Handler = Callable[["Device", "Element"], str]
"""An operation: the device and the element asked with, to the element answered with. Raises SoapFault and the like."""
READ, WRITE = Level.OPERATOR, Level.ADMINISTRATOR


def refusal(device: Device, refused: RuleRefused | ExpressionRefused) -> SoapFault:
    """What the engine does not take, as the service words it."""
    if isinstance(refused, ExpressionRefused):
        return _unparsed(device, refused)
    if refused.fault is Fault.ARGUMENT:
        return soap.invalid_argument(refused.what)
    users = "".join(
        f"<aa:ActionRule>{text('aa:ActionRuleID', str(rule.id))}{text('aa:ActionRuleName', rule.name)}</aa:ActionRule>"
        for rule in refused.users
    )
    inner = f"<aa:UsedByActionRules>{users}</aa:UsedByActionRules>" if users else ""
    prefix = "aev" if refused.fault in _OF_EVENTS else "aa"
    name = f"{prefix}:{refused.fault.value}"
    return SoapFault(refused.what, f"<{name}>{inner}</{name}>")


_OF_EVENTS: Final = {Fault.SCHEDULE, Fault.NO_SCHEDULE, Fault.SCHEDULE_EXISTS}


def _unparsed(device: Device, refused: ExpressionRefused) -> SoapFault:
    names = {TopicRefused: "InvalidTopicExpressionFault", ContentRefused: "InvalidMessageContentExpressionFault"}
    name = f"wsnt:{names[type(refused)]}"
    stamp = text("wsrfbf:Timestamp", device.time.utc().strftime("%Y-%m-%dT%H:%M:%SZ"))
    return SoapFault(refused.what, f"<{name}>{stamp}</{name}>")


# ---- templates


def get_action_templates(device: Device, _asked: Element) -> str:
    """What actions this product can do."""
    return _templates("Action", device.profile.rules.actions.values())


def get_recipient_templates(device: Device, _asked: Element) -> str:
    """Whom it can tell."""
    return _templates("Recipient", device.profile.rules.recipients.values())


def _templates(kind: str, templates: Iterable[Template]) -> str:
    rows = "".join(_template(kind, template) for template in templates)
    list_ = f"<aa:{kind}Templates>{rows}</aa:{kind}Templates>"
    return f"<aa:Get{kind}TemplatesResponse>{list_}</aa:Get{kind}TemplatesResponse>"


def _template(kind: str, template: Template) -> str:
    recipient = text("aa:RecipientTemplate", template.recipient) if template.recipient else ""
    parameters = "".join(
        soap.empty("aa:Parameter", Name=name, Type=type_) for name, type_ in template.parameters.items()
    )
    inner = f"{text('aa:TemplateToken', template.token)}{recipient}<aa:Parameters>{parameters}</aa:Parameters>"
    return f"<aa:{kind}Template>{inner}</aa:{kind}Template>"


# ---- action configurations


def add_action_configuration(device: Device, asked: Element) -> str:
    """Its number."""
    new = demanded(asked, "NewActionConfiguration")
    token = value(new, "TemplateToken")
    number = device.rules.store.add_configuration(value(new, "Name", ""), token, _parameters(new))
    return _response("AddActionConfiguration", text("aa:ConfigurationID", str(number)))


def get_action_configurations(device: Device, _asked: Element) -> str:
    """All of them, factory ones first."""
    rows = "".join(map(_configuration, device.rules.store.content.configurations.values()))
    return _response("GetActionConfigurations", f"<aa:ActionConfigurations>{rows}</aa:ActionConfigurations>")


def remove_action_configuration(device: Device, asked: Element) -> str:
    """Only one that no rule uses."""
    missing = SoapFault("", "<aa:ActionConfigurationNotFoundFault></aa:ActionConfigurationNotFoundFault>")
    number = soap.number(value(asked, "ConfigurationID"), missing)
    device.rules.store.remove_configuration(number)
    return _response("RemoveActionConfiguration")


def _configuration(one: ActionConfiguration) -> str:
    return f"<aa:ActionConfiguration>{_configured(one)}</aa:ActionConfiguration>"


def _configured(one: ActionConfiguration | Recipient) -> str:
    parameters = "".join(soap.empty("aa:Parameter", Name=name, Value=given) for name, given in one.parameters)
    parts = (
        text("aa:ConfigurationID", str(one.id)),
        text("aa:Name", one.name),
        text("aa:TemplateToken", one.template),
    )
    return f"{''.join(parts)}<aa:Parameters>{parameters}</aa:Parameters>"


def _parameters(new: Element) -> Parameters:
    holder = child(new, "Parameters")
    rows = [] if holder is None else list(children(holder, "Parameter"))
    return tuple({row.get("Name") or "": row.get("Value") or "" for row in rows}.items())


# ---- recipients


def add_recipient_configuration(device: Device, asked: Element) -> str:
    """Its number."""
    new = demanded(asked, "NewRecipientConfiguration")
    number = device.rules.store.add_recipient(
        value(new, "Name", ""), value(new, "TemplateToken"), _parameters(new)
    )
    return _response("AddRecipientConfiguration", text("aa:ConfigurationID", str(number)))


def get_recipient_configurations(device: Device, _asked: Element) -> str:
    """All of them, passwords too, as the device gives them to its administrator."""
    rows = "".join(
        f"<aa:RecipientConfiguration>{_configured(one)}</aa:RecipientConfiguration>"
        for one in device.rules.store.content.recipients.values()
    )
    inner = f"<aa:RecipientConfigurations>{rows}</aa:RecipientConfigurations>"
    return _response("GetRecipientConfigurations", inner)


def remove_recipient_configuration(device: Device, asked: Element) -> str:
    """Action configurations that were made from it keep what they have."""
    given = value(asked, "ConfigurationID")
    missing = SoapFault(
        f"No recipient configuration with id '{given[:80]}' exists",
        "<aa:RecipientConfigurationNotFoundFault></aa:RecipientConfigurationNotFoundFault>",
    )
    device.rules.store.remove_recipient(soap.number(given, missing))
    return _response("RemoveRecipientConfiguration")


# ---- rules


def add_action_rule(device: Device, asked: Element) -> str:
    """Its number."""
    new = demanded(asked, "NewActionRule")
    start, holder = child(new, "StartEvent"), child(new, "Conditions")
    conditions = () if holder is None else tuple(map(_filter, children(holder, "Condition")))
    given, wait = value(new, "PrimaryAction"), child(new, "ActivationTimeout")
    number = device.rules.store.add_rule(
        value(new, "Name", ""),
        soap.number(given, _unknown_action(given)),
        enabled=soap.truth(value(new, "Enabled", "true"), "Enabled"),
        start=None if start is None else _filter(start),
        conditions=conditions,
        wait=0.0 if wait is None else soap.seconds(soap.content(wait), "ActivationTimeout"),
    )
    return _response("AddActionRule", text("aa:RuleID", str(number)))


def _unknown_action(given: str) -> SoapFault:
    told = f"Unknown action configuration '{given[:80]}' specified for primary action"
    return SoapFault(told, "<aa:ActionConfigurationNotFoundFault></aa:ActionConfigurationNotFoundFault>")


def get_action_rules(device: Device, _asked: Element) -> str:
    """All of them, factory ones first."""
    rows = "".join(map(_rule, device.rules.store.content.rules.values()))
    return _response("GetActionRules", f"<aa:ActionRules>{rows}</aa:ActionRules>")


def remove_action_rule(device: Device, asked: Element) -> str:
    """Its action configuration stays."""
    given = value(asked, "RuleID")
    missing = SoapFault(
        f"No action rule with id '{given[:80]}' exists",
        "<aa:ActionRuleNotFoundFault></aa:ActionRuleNotFoundFault>",
    )
    device.rules.store.remove_rule(soap.number(given, missing))
    return _response("RemoveActionRule")


def _filter(element: Element) -> EventFilter:
    topic = demanded(element, "TopicExpression")
    return EventFilter(soap.topic_text(topic), soap.content(child(element, "MessageContent")))


def _rule(rule: Rule) -> str:
    parts = [
        text("aa:RuleID", str(rule.id)),
        text("aa:Name", rule.name),
        text("aa:Enabled", "true" if rule.enabled else "false"),
    ]
    if rule.start is not None:
        parts.append(f"<aa:StartEvent>{_shown(rule.start)}</aa:StartEvent>")
    if rule.conditions:
        rows = "".join(f"<aa:Condition>{_shown(one)}</aa:Condition>" for one in rule.conditions)
        parts.append(f"<aa:Conditions>{rows}</aa:Conditions>")
    if rule.wait:
        parts.append(text("aa:ActivationTimeout", soap.duration(rule.wait)))
    parts.append(text("aa:PrimaryAction", str(rule.action)))
    return f"<aa:ActionRule>{''.join(parts)}</aa:ActionRule>"


def _shown(one: EventFilter) -> str:
    """Whatever dialect a client named, it comes back as Concrete (io-events sheet 2.4)."""
    topic = (
        f'<wsnt:TopicExpression Dialect="{soap.TOPIC_DIALECT}">{soap.escaped(one.topic)}</wsnt:TopicExpression>'
    )
    if not one.content:
        return topic
    return f'{topic}<wsnt:MessageContent Dialect="{soap.CONTENT_DIALECT}">{soap.escaped(one.content)}</wsnt:MessageContent>'


def _response(name: str, inner: str = "") -> str:
    return f"<aa:{name}Response>{inner}</aa:{name}Response>"


OPERATIONS: Final[Mapping[str, tuple[Level, Handler]]] = {
    "GetActionTemplates": (READ, get_action_templates),
    "GetRecipientTemplates": (READ, get_recipient_templates),
    "AddActionConfiguration": (WRITE, add_action_configuration),
    "GetActionConfigurations": (READ, get_action_configurations),
    "RemoveActionConfiguration": (WRITE, remove_action_configuration),
    "AddRecipientConfiguration": (WRITE, add_recipient_configuration),
    "GetRecipientConfigurations": (READ, get_recipient_configurations),
    "RemoveRecipientConfiguration": (WRITE, remove_recipient_configuration),
    "AddActionRule": (WRITE, add_action_rule),
    "GetActionRules": (READ, get_action_rules),
    "RemoveActionRule": (WRITE, remove_action_rule),
}
