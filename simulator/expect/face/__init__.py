"""Where expectations look: one finder per face.

A finder returns what it found that comes near to what was asked, each with the list of differences; no difference
is a match. `FINDERS` is the explicit list.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from simulator.expect.expectation import Face
from simulator.expect.face import (
    client,
    door,
    everywhere,
    hook,
    journal,
    message,
    meter,
    modbus,
    never,
    notification,
    online,
    phone,
    snmp,
    sound,
    state,
    vapix,
)

if TYPE_CHECKING:
    from simulator.expect.finding import Finder

FINDERS: Final[dict[Face, Finder]] = {
    Face.VAPIX: vapix.find,
    Face.MQTT: message.find_mqtt,
    Face.STREAM: message.find_stream,
    Face.EVENT: journal.find_event,
    Face.STATE: state.find,
    Face.METER: meter.find,
    Face.DOOR: door.find,
    Face.LOG: journal.find_log,
    Face.CLIENT: client.find,
    Face.JOURNAL: journal.find_record,
    Face.EVERYWHERE: everywhere.find,
    Face.ONLINE: online.find,
    Face.CALL: hook.find,
    Face.NEVER: never.find,
    Face.SNMP: snmp.find_value,
    Face.TRAP: snmp.find_trap,
    Face.MODBUS: modbus.find_modbus,
    Face.SENSOR: modbus.find_sensor,
    Face.PHONE: phone.find_phone,
    Face.REGISTRAR: phone.find_registrar,
    Face.SOUND: sound.find,
    Face.MAIL: notification.find_mail,
    Face.NOTIFICATION: notification.find_notification,
}
