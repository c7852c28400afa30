"""The event service, http://www.axis.com/vapix/ws/event1: events, schedules, virtual inputs (io-events sheet 2.1, 2.5)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from simulator.device.parameter import Level, Refused
from simulator.face.vapix import soap
from simulator.face.vapix.event_instances import topic_set
from simulator.face.vapix.soap import child, demanded, text, value

if TYPE_CHECKING:
    from collections.abc import Mapping

    from simulator.device.device import Device
    from simulator.device.rule.schedule import Schedule
    from simulator.face.vapix.action_service import Handler
    from simulator.face.vapix.soap import Element

DIALECT: Final = "http://www.axis.com/vapix/ws/ical1"


def get_event_instances(device: Device, _asked: Element) -> str:
    """What can happen on this device now, as a tree of topics."""
    return _response("GetEventInstances", topic_set(device))


def add_scheduled_event(device: Device, asked: Element) -> str:
    """Its id: the client's, or one that the device makes."""
    new = demanded(asked, "NewScheduledEvent")
    calendar = demanded(demanded(new, "Schedule"), "ICalendar")
    token = value(new, "EventID", "")
    chosen = device.rules.store.add_schedule(value(new, "Name", ""), soap.content(calendar), token)
    return _response("AddScheduledEvent", text("aev:EventID", chosen))


def get_scheduled_events(device: Device, asked: Element) -> str:
    """All of them, or the one whose id is given."""
    wanted = child(asked, "EventID")
    schedules = device.rules.store.content.schedules.values()
    rows = "".join(_schedule(one) for one in schedules if wanted is None or one.id == soap.content(wanted))
    return _response("GetScheduledEvents", f"<aev:ScheduledEvents>{rows}</aev:ScheduledEvents>")


def remove_scheduled_event(device: Device, asked: Element) -> str:
    """Rules that go by it stay, and work again when there is one with its id."""
    device.rules.store.remove_schedule(value(asked, "EventID"))
    return _response("RemoveScheduledEvent")


def _schedule(one: Schedule) -> str:
    calendar = f'<aev:ICalendar Dialect="{DIALECT}">{soap.escaped(one.text)}</aev:ICalendar>'
    parts = text("aev:EventID", one.id), text("aev:Name", one.name), f"<aev:Schedule>{calendar}</aev:Schedule>"
    return f"<aev:ScheduledEvent>{''.join(parts)}</aev:ScheduledEvent>"


def change_virtual_input_state(device: Device, asked: Element) -> str:
    """Activate or deactivate a virtual input; nothing happens if it is so already."""
    unknown = soap.invalid_argument("Validation constraint violation: invalid value in element port")
    port = soap.number(value(asked, "port"), unknown)
    active = soap.truth(value(asked, "active"), "active")
    try:
        (device.virtual_inputs.activate if active else device.virtual_inputs.deactivate)(port)
    except Refused:
        raise unknown from None
    return _response("ChangeVirtualInputState")


def _response(name: str, inner: str = "") -> str:
    return f"<aev:{name}Response>{inner}</aev:{name}Response>"


OPERATIONS: Final[Mapping[str, tuple[Level, Handler]]] = {
    "GetEventInstances": (Level.VIEWER, get_event_instances),
    "AddScheduledEvent": (Level.ADMINISTRATOR, add_scheduled_event),
    "GetScheduledEvents": (Level.OPERATOR, get_scheduled_events),
    "RemoveScheduledEvent": (Level.ADMINISTRATOR, remove_scheduled_event),
    "ChangeVirtualInputState": (Level.OPERATOR, change_virtual_input_state),
}
