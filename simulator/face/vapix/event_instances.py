"""The tree of events that GetEventInstances answers with (io-events sheet 2.1, 2.2).

What can happen stands in the profile; which sources there are now is what the device's states say: ports by their
direction, schedules by their ids. A prefix stands on the first level and where the namespace changes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from simulator.face.vapix import soap

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from simulator.device.device import Device
    from simulator.device.event import Declaration

Tree = dict[str, Any]
"""Level to what is below it: another tree, or a declaration."""
Value = tuple[str, str]
"""A value and its nice name."""


def topic_set(device: Device) -> str:
    """All events that are declared now, as `wstop:TopicSet`."""
    tree: Tree = {}
    for topic, declaration in device.events.catalogue.items():
        if _declared(device, declaration):
            place = tree
            *above, leaf = topic.split("/")
            for level in above:
                place = place.setdefault(level, {})
            place[leaf] = declaration
    return f"<wstop:TopicSet>{''.join(_levels(device, tree))}</wstop:TopicSet>"


def _declared(device: Device, one: Declaration) -> bool:
    """Some are there only while there is something that they could tell of."""
    condition = _row(device, one.topic).get("declared", "")
    if condition == "pulses":
        return any(schedule.pulse for schedule in device.rules.store.content.in_order)
    if condition == "subscribed":
        return bool(device.mqtt.subscription.mqtt_filter_list)
    if condition == "present":
        return any(device.events.states_of(one.topic))
    return True


def _levels(device: Device, tree: Tree) -> Iterator[str]:
    for level, below in tree.items():
        name = level.partition(":")[2] or level
        if isinstance(below, dict):
            yield f'<{level} aev:NiceName="{name}">{"".join(_levels(device, below))}</{level}>'
        else:
            yield _leaf(device, level, below)


def _leaf(device: Device, level: str, one: Declaration) -> str:
    row = _row(device, one.topic)
    special = ' isApplicationData="true"' if row.get("application") == "yes" else ""
    special += ' client-event="true"' if row.get("client") == "yes" else ""
    name = soap.attribute(one.nice_name)
    return f'<{level} wstop:topic="true" aev:NiceName={name}{special}>{_message(device, one)}</{level}>'


def _message(device: Device, one: Declaration) -> str:
    source = "".join(
        _item(device, one, item, _sources(device, one, position)) for position, item in enumerate(one.source)
    )
    state = one.data[0] if one.stateful and one.data else ""
    data = "".join(_item(device, one, item, (), state=item == state) for item in one.data)
    kind = ' aev:isProperty="true"' if one.stateful else ""
    inner = f"<aev:SourceInstance>{source}</aev:SourceInstance>" if source else ""
    inner += f"<aev:DataInstance>{data}</aev:DataInstance>" if data else ""
    return f"<aev:MessageInstance{kind}>{inner}</aev:MessageInstance>"


def _item(device: Device, one: Declaration, item: str, found: Iterable[Value], *, state: bool = False) -> str:
    known = _row(device, f"{one.topic} {item}") or _row(device, item)
    values = list(found) or [(value, "") for value in known.get("values", ())]
    rows = "".join(
        f"<aev:Value{f' aev:NiceName={soap.attribute(name)}' if name else ''}>{soap.escaped(value)}</aev:Value>"
        for value, name in values
    )
    name = soap.attribute(known.get("name", item))
    flag = ' isPropertyState="true"' if state else ""
    type_ = known.get("type", "xsd:string")
    return f'<aev:SimpleItemInstance aev:NiceName={name} Type="{type_}" Name="{item}"{flag}>{rows}</aev:SimpleItemInstance>'


def _sources(device: Device, one: Declaration, position: int) -> list[Value]:
    """The sources that have a state now, or that could tell of something."""
    if one.topic.endswith("Recurring/Pulse"):
        return [(schedule.id, schedule.name) for schedule in device.rules.store.content.in_order if schedule.pulse]
    if one.topic.endswith("Call/DTMF"):
        return _dtmf_events(device)
    if one.source[position] == "DeviceUUID":
        return [(device.identity.uuid, "")]
    values = dict.fromkeys(state.source[position][1] for state in device.events.states_of(one.topic))
    return [(value, _nice_name(device, one, position, value)) for value in values]


def _nice_name(device: Device, one: Declaration, position: int, value: str) -> str:
    """What people call a source: the name of a port, of a schedule."""
    item = one.source[position]
    if item == "id":
        schedule = device.rules.store.content.schedules.get(value)
        return "" if schedule is None else schedule.name
    if item in ("port", "InputToken", "RelayToken") and one.topic.rpartition("/")[2] not in (
        "VirtualInput",
        "VirtualPort",
    ):
        if value == "-1":
            return "Any"
        return device.ports[int(value)].name if int(value) in device.ports else ""
    return ""


def _dtmf_events(device: Device) -> list[Value]:
    """The events that DTMF sequences make, with the names that people gave them (audio sheet 8.5)."""
    service = device.call_service
    return [] if service is None else [(one.id, one.name) for one in service.settings.dtmf.events]


def _row(device: Device, key: str) -> dict[str, Any]:
    return dict(device.profile.event_instances.get(key, {}))
