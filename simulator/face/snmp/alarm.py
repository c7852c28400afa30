"""Which events of the device are told as traps, and in which words (SNMP sheet 2.7).

The names and texts for these products are guesses after those that are recorded of cameras. To tell of another event,
add a line to `ALARMS`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from simulator.device.alarm import EXTERNAL_TAMPER, SHOCK
from simulator.device.enclosure import CASING, TEMPERATURE
from simulator.device.port_event import ANY, INPUT, OUTPUT, SUPERVISED
from simulator.device.storage import DISRUPTION
from simulator.wire.snmp.notification import ENTERPRISE_SPECIFIC, Notification
from simulator.wire.snmp.value import Tag, VarBind

if TYPE_CHECKING:
    from simulator.device.event import Event, Key

ENTERPRISE = (1, 3, 6, 1, 4, 1, 368, 4, 2)
"""videoNotifications; alarmID, alarmName and alarmText are its children 1 to 3, sent without `.0`."""
NEW, CLEARED, SINGLE = 1, 2, 3
_PORTS = frozenset({INPUT, OUTPUT, SUPERVISED})


@dataclass(frozen=True, slots=True)
class Alarm:
    """An event with two states, and how it is told. `{...}` in the text are its source items."""

    item: str
    name: str
    text: str
    at_start: bool = True
    """Whether it is told when the device starts with it."""


ALARMS: Final[dict[str, Alarm]] = {
    CASING: Alarm("Open", "Casing Open", "Check the casing"),
    f"{TEMPERATURE}Above_or_below": Alarm("sensor_level", "Temperature", "Check the temperature"),
    EXTERNAL_TAMPER: Alarm("active", "External Tamper", "Check the cabinet at port {port}"),
    DISRUPTION: Alarm(
        "disruption", "Edge Storage Operation", "Check the {disk_id} storage device", at_start=False
    ),
}


SINGLES: Final = {SHOCK: ("Device Motion", "Shock detected")}
"""Events without a state: name and text of the alarm that is not cleared."""


def alarm(kind: int, number: int, name: str, text: str, *, signed: bool = False) -> Notification:
    """alarmNew, alarmCleared or alarmSingle with its three objects."""
    words = tuple(
        VarBind.of((*ENTERPRISE, place), Tag.OCTETS, said.encode()) for place, said in ((2, name), (3, text))
    )
    identifier = VarBind.of((*ENTERPRISE, 1), Tag.INTEGER if signed else Tag.GAUGE32, number)
    return Notification(ENTERPRISE, ENTERPRISE_SPECIFIC, kind, (identifier, *words))


@dataclass(frozen=True, slots=True)
class Told:
    """One alarm as it is to be told."""

    kind: int
    number: int
    name: str
    text: str


class AlarmBook:
    """Which alarms stand, and under which number each was told: it is cleared under the same."""

    def __init__(self) -> None:
        self._states: dict[Key, str] = {}
        self._standing: dict[Key, int] = {}
        self._last = 0

    def forget(self) -> None:
        """The device starts anew: numbers begin again, and nothing has been told."""
        self._states.clear()
        self._standing.clear()
        self._last = 0

    def told_by(self, event: Event, *, ports: bool) -> Told | None:
        """What an event says in an alarm; with `ports` every change of a port says something."""
        if event.topic in SINGLES:
            return self.single(*SINGLES[event.topic])
        alarm = ALARMS.get(event.topic)
        if alarm is None and event.topic not in _PORTS:
            return None
        known = event.key in self._states
        state = "|".join(value for _, value in event.data)
        if self._states.get(event.key) == state:
            return None
        self._states[event.key] = state
        if alarm is not None:
            return self._lasting(event, alarm, known)
        return self._of_port(event) if ports and known else None

    def single(self, name: str, text: str) -> Told:
        """An alarm that is not cleared, as the action rule "Send SNMP trap" sends."""
        return Told(SINGLE, self._next(), name, text)

    def _lasting(self, event: Event, alarm: Alarm, known: bool) -> Told | None:
        text = alarm.text.format(**dict(event.source))
        if dict(event.data).get(alarm.item) == "1":
            if not known and not alarm.at_start:
                return None
            number = self._standing[event.key] = self._next()
            return Told(NEW, number, alarm.name, text)
        number = self._standing.pop(event.key, 0)
        return Told(CLEARED, number, alarm.name, text) if number else None

    def _of_port(self, event: Event) -> Told | None:
        port = dict(event.source).get("port", "")
        if port == str(ANY):
            return None
        data = dict(event.data)
        if event.topic == SUPERVISED:
            return self.single("Supervised I/O", f"Port {port} {data.get('state', '')}")
        return self.single("I/O Port", f"Port {port} {'active' if data.get('state') == '1' else 'inactive'}")

    def _next(self) -> int:
        self._last += 1
        return self._last
