"""An expectation: a query to one face, and when and how often its answer must come.

Pure data. The runner listens or asks, begins at the step's instant before the verb acts, and decides.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final

from simulator.action.declaration import Record, read_whole
from simulator.errors import FleetError, did_you_mean
from simulator.expect.modbus_query import ModbusQuery, SensorQuery
from simulator.expect.notification_query import MailQuery, NotificationQuery
from simulator.expect.part_query import DoorQuery, MeterQuery
from simulator.expect.phone_query import PhoneQuery, RegistrarQuery
from simulator.expect.query import (
    CallQuery,
    ClientQuery,
    EventQuery,
    EverywhereQuery,
    JournalQuery,
    LogQuery,
    MqttQuery,
    NeverQuery,
    OnlineQuery,
    Query,
    SnmpQuery,
    StateQuery,
    StreamQuery,
    TrapQuery,
    VapixQuery,
)
from simulator.expect.sound_query import SoundQuery

if TYPE_CHECKING:
    from simulator.action.target import Target
    from simulator.errors import Place

DEFAULT_WITHIN = 10.0
"""Device seconds that an expectation waits where none are given."""


class Face(StrEnum):
    """Where an expectation looks; also its key in a file."""

    VAPIX = "vapix"
    MQTT = "mqtt"
    STREAM = "stream"
    EVENT = "event"
    STATE = "state"
    METER = "meter"
    DOOR = "door"
    LOG = "log"
    CLIENT = "client"
    JOURNAL = "journal"
    EVERYWHERE = "everywhere"
    ONLINE = "online"
    CALL = "call"
    NEVER = "never"
    SNMP = "snmp"
    TRAP = "trap"
    MODBUS = "modbus"
    SENSOR = "sensor"
    PHONE = "phone"
    REGISTRAR = "registrar"
    SOUND = "sound"
    MAIL = "mail"
    NOTIFICATION = "notification"


QUERIES: Final[dict[Face, type[Query]]] = {
    Face.VAPIX: VapixQuery,
    Face.MQTT: MqttQuery,
    Face.STREAM: StreamQuery,
    Face.EVENT: EventQuery,
    Face.STATE: StateQuery,
    Face.METER: MeterQuery,
    Face.DOOR: DoorQuery,
    Face.LOG: LogQuery,
    Face.CLIENT: ClientQuery,
    Face.JOURNAL: JournalQuery,
    Face.EVERYWHERE: EverywhereQuery,
    Face.ONLINE: OnlineQuery,
    Face.CALL: CallQuery,
    Face.NEVER: NeverQuery,
    Face.SNMP: SnmpQuery,
    Face.TRAP: TrapQuery,
    Face.MODBUS: ModbusQuery,
    Face.SENSOR: SensorQuery,
    Face.PHONE: PhoneQuery,
    Face.REGISTRAR: RegistrarQuery,
    Face.SOUND: SoundQuery,
    Face.MAIL: MailQuery,
    Face.NOTIFICATION: NotificationQuery,
}
"""What can be asked of each face."""


@dataclass(frozen=True, slots=True)
class Expectation:
    """One thing that must be seen, or with `negate` must not."""

    face: Face
    query: Query
    device: Target | None = None
    """Whom it is about: the query's own device, or that of the step's verb; None for the whole fleet."""
    within: float = DEFAULT_WITHIN
    """Latest device seconds after the step's instant."""
    count: int | None = None
    """Exactly so many times; None for at least once."""
    for_: float = 0.0
    """Device seconds for which it must stay so once seen; of a negated one, for which it is watched."""
    negate: bool = False
    until: float | None = None
    """Device time from the start at which an invariant of `always` ends."""
    order: int | None = None
    """Position in an `ordered` list; None where order does not matter."""
    place: Place | None = None
    text: str = ""
    """How it reads: `mqtt: {event: tampering, state: tampered}`."""

    @property
    def fields(self) -> dict[str, Any]:
        """What the query asks for, by key, without what is left out."""
        return Record(type(self.query)).show(self.query)


def from_mapping(face: str, value: object) -> Expectation:
    """An expectation as a Python handle or a control call says it. Raises FleetError naming field and remedy."""
    if face not in QUERIES:
        raise FleetError(f"no face named {face!r}", hint=did_you_mean(face, [known.value for known in QUERIES]))
    return expectation(Face(face), read_whole(QUERIES[Face(face)], value, face))


def expectation(face: Face, query: Query, **more: Any) -> Expectation:
    """An expectation whose times are those of its query; `more` gives other fields."""
    fields = {
        "device": query.device,
        "within": DEFAULT_WITHIN if query.within is None else query.within,
        "count": query.count,
        "for_": query.for_ or 0.0,
        "negate": face is Face.NEVER,
        "until": query.until if isinstance(query, NeverQuery) else None,
        **more,
    }
    return Expectation(face, query, **fields)


def to_json(expected: Expectation) -> dict[str, Any]:
    """The face and its query, as `from_mapping` takes them."""
    return {expected.face.value: expected.fields}
