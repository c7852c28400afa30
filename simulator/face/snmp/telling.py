"""How notifications leave a device: version, community and objects by its settings (SNMP sheet 2.7)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from simulator.errors import MalformedMessage
from simulator.face.snmp.alarm import alarm
from simulator.face.snmp.interfaces import ENTRY, ETHERNET, UP, oper_status
from simulator.face.snmp.row import address_octets
from simulator.journal import Kind
from simulator.wire.snmp.ber import parse_oid
from simulator.wire.snmp.notification import InformSession, Notification, trap_v1, trap_v2c
from simulator.wire.snmp.value import Tag, VarBind

if TYPE_CHECKING:
    from collections.abc import Callable

    from simulator.device.device import Device
    from simulator.face.snmp.alarm import Told
    from simulator.face.snmp.context import Context
    from simulator.face.snmp.front import SnmpWay
    from simulator.face.transport import Cancellable

_ABOUT_A_LINK = frozenset({2, 3})
_NAMES = ("coldStart", "warmStart", "linkDown", "linkUp", "authenticationFailure")
_ALARMS = {1: "alarmNew", 2: "alarmCleared", 3: "alarmSingle"}


class Teller:
    """Sends notifications to the one manager that the settings name."""

    def __init__(self, device: Device, way: SnmpWay, copies: Callable[[], int]) -> None:
        """`copies()` is how often the next one leaves: once where nothing is wrong."""
        self._device = device
        self._way = way
        self._copies = copies
        self._informs: InformSession | None = None
        self._timer: Cancellable | None = None
        self._request_id = 0

    def generic(self, context: Context, trap: int) -> None:
        """One of the traps that every agent has, by its number in v1."""
        enterprise = parse_oid(self._device.profile.quirks.snmp_object_id)
        bindings = _about_the_link(context) if trap in _ABOUT_A_LINK else ()
        self._send(context, Notification(enterprise, trap, 0, bindings), _NAMES[trap], {})

    def alarm(self, context: Context, told: Told) -> None:
        """alarmNew, alarmCleared or alarmSingle."""
        signed = self._device.profile.quirks.snmp_alarm_id_type == "integer"
        note = alarm(told.kind, told.number, told.name, told.text, signed=signed)
        data = {"id": str(told.number), "name": told.name, "text": told.text}
        self._send(context, note, _ALARMS[told.kind], data)

    def received(self, data: bytes) -> None:
        """An answer to an inform, perhaps."""
        if self._informs is None:
            return
        try:
            settled = self._informs.receive(data, self._way.now())
        except MalformedMessage as error:
            self._device.note(Kind.VIOLATION, "snmp", reason=f"answer to an inform: {error}")
            return
        for one in settled:
            self._device.note(Kind.DATAGRAM, "snmp inform answered", request=one.request_id)
        self._flush()

    def stop(self) -> None:
        """What waits is forgotten."""
        self._informs = None
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _send(self, context: Context, note: Notification, name: str, words: dict[str, str]) -> None:
        settings = self._device.snmp
        address = self._device.network.primary
        if address is None:
            return
        community, ticks = settings.trap_community.encode(), context.ticks
        context.counters.out_traps += 1
        self._device.note(
            Kind.DATAGRAM, f"snmp trap {name}", version=self._version(), to=settings.trap_address, **words
        )
        if self._version() == "v1":
            self._leave(trap_v1(note, community, address_octets(address), ticks))
            return
        self._request_id = self._request_id % 0x7FFFFFFF + 1
        generic = note.generic != 6
        data = trap_v2c(
            note,
            community,
            ticks,
            self._request_id,
            inform=settings.informs,
            enterprise=generic and self._device.profile.quirks.snmp_trap_enterprise,
        )
        if not settings.informs:
            self._leave(data)
            return
        if self._informs is None:
            self._informs = InformSession()
        self._informs.send(self._request_id, data, self._way.now())
        self._flush()

    def _version(self) -> str:
        settings, choice = self._device.snmp, self._device.profile.quirks.snmp_trap_version
        if settings.v1 and settings.v2c:
            return "v1" if choice == "v1" and not settings.informs else "v2c"
        return "v2c" if settings.v2c else "v1"

    def _flush(self) -> None:
        session = self._informs
        if session is None:
            return
        for data in session.take_output():
            self._leave(data)
        if self._timer is not None:
            self._timer.cancel()
        due = session.next_deadline()
        self._timer = None if due is None else self._way.call_later(due - self._way.now(), self._due)

    def _leave(self, data: bytes) -> None:
        for _ in range(self._copies()):
            self._way.tell(data, self._device.snmp.trap_address)

    def _due(self) -> None:
        self._timer = None
        if self._informs is not None:
            for one in self._informs.tick(self._way.now()):
                self._device.note(Kind.DATAGRAM, "snmp inform given up", request=one.request_id)
            self._flush()


def _about_the_link(context: Context) -> tuple[VarBind, ...]:
    values = ((1, ETHERNET), (7, UP), (8, oper_status(context)))
    return tuple(VarBind.of((*ENTRY, column, ETHERNET), Tag.INTEGER, value) for column, value in values)
