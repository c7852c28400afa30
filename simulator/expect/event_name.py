"""Short names of the catalogue's events, for people who write expectations (io-events sheet 2.2).

`event: tampering` reads better than a topic with four namespaces. Any other event is named by its topic.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from simulator.action.kind import Kind, Unfit, as_text, shown
from simulator.errors import did_you_mean

if TYPE_CHECKING:
    from typing import Any

Words = tuple[tuple[str, tuple[str, ...]], ...]
"""A word for a state, and the values of the event's state item that it stands for."""

_SWITCH: Final[Words] = (("active", ("1",)), ("inactive", ("0",)))
_LOGICAL: Final[Words] = (("active", ("1", "true", "active")), ("inactive", ("0", "false", "inactive")))
_TRUTH: Final[Words] = (("yes", ("1",)), ("no", ("0",)))
_OPENED: Final[Words] = (("open", ("1",)), ("closed", ("0",)))
_DOOR: Final[Words] = (("open", ("Open",)), ("closed", ("Closed",)), ("fault", ("Fault",)))
_DOOR_ALARM: Final[Words] = (
    ("normal", ("Normal",)),
    ("forced-open", ("DoorForcedOpen",)),
    ("open-too-long", ("DoorOpenTooLong",)),
)
_DOOR_MODE: Final[Words] = (("accessed", ("Accessed",)), ("locked", ("Locked",)))
_LOOP: Final[Words] = (
    ("open", ("open",)),
    ("closed", ("closed",)),
    ("cut", ("cut",)),
    ("shorted", ("shorted",)),
    ("tampered", ("cut", "shorted")),
    ("normal", ("open", "closed")),
    ("undefined", ("undefined",)),
)
_CALL: Final[Words] = tuple((word.lower(), (word,)) for word in ("Idle", "Ringing", "Calling", "Active"))
_CALL_CHANGE: Final[Words] = (
    ("initiated", ("Initiated",)), ("no-answer", ("NoAnswer",)), ("busy", ("Busy",)), ("denied", ("Denied",)),
    ("failed", ("Failed",)), ("accepted-by-remote", ("AcceptedByRemote",)),
    ("accepted-by-device", ("AcceptedByDevice",)), ("terminated", ("Terminated",)),
)  # fmt: skip
_PAGE: Final[Words] = tuple((word.lower(), (word,)) for word in ("Inactive", "Active", "Suppressed"))
_TURNED: Final[Words] = (("on", ("1",)), ("off", ("0",)))


@dataclass(frozen=True, slots=True)
class EventName:
    """One short name."""

    name: str
    topic: str
    """As the event stream writes it; empty for the connection message, which only MQTT has."""
    means: str
    source: str = ""
    """Source item that tells ports apart; empty where there is none."""
    item: str = ""
    """Data item that carries the state; empty for stateless events."""
    words: Words = ()
    default: tuple[str, ...] = ()
    """Words meant when no state is asked for; empty means any state."""

    def values(self, word: str) -> tuple[str, ...]:
        """Values of the state item that a word stands for; all that count when the word is empty."""
        table = dict(self.words)
        if word:
            return table.get(word, (word,))
        return tuple(value for default in self.default for value in table[default])


EVENT_NAMES: Final[tuple[EventName, ...]] = (
    EventName("input", "tns1:Device/tnsaxis:IO/Port", "Digital input.", "port", "state", _SWITCH),
    EventName("output", "tns1:Device/tnsaxis:IO/OutputPort", "Digital output.", "port", "state", _SWITCH),
    EventName("supervised", "tns1:Device/tnsaxis:IO/SupervisedPort", "Supervised input.", "port", "state", _LOOP),
    EventName(
        "tampering",
        "tns1:Device/tnsaxis:IO/SupervisedPort",
        "Supervised input that is cut or shorted.",
        "port",
        "state",
        _LOOP,
        ("tampered",),
    ),
    EventName(
        "digital-input", "tns1:Device/Trigger/DigitalInput", "ONVIF twin of input.", "InputToken", "LogicalState",
        _LOGICAL,
    ),
    EventName("relay", "tns1:Device/Trigger/Relay", "Relay or output.", "RelayToken", "LogicalState", _LOGICAL),
    EventName(
        "virtual-input", "tns1:Device/tnsaxis:IO/VirtualInput", "Virtual input.", "port", "active", _SWITCH
    ),
    EventName("manual-trigger", "tns1:Device/tnsaxis:IO/VirtualPort", "Manual trigger.", "port", "state", _SWITCH),
    EventName("ready", "tns1:Device/tnsaxis:Status/SystemReady", "System ready.", "", "ready", _TRUTH),
    EventName("network-lost", "tns1:Device/tnsaxis:Network/Lost", "Network lost.", "", "lost", _TRUTH),
    EventName("address-added", "tns1:Device/tnsaxis:Network/AddressAdded", "An address came."),
    EventName("address-removed", "tns1:Device/tnsaxis:Network/AddressRemoved", "An address went."),
    EventName("mqtt-client", "tns1:Device/tnsaxis:MQTT/ClientStatus", "MQTT client.", "", "connected", _TRUTH),
    EventName("motion", "tns1:Device/tnsaxis:Sensor/PIR", "PIR sensor of the speaker.", "", "state", _SWITCH),
    EventName("device-motion", "tns1:Device/tnsaxis:Tampering/ShockDetected", "The device was moved or hit."),
    EventName("casing", "tns1:Device/tnsaxis:Casing/Open", "Casing of the device.", "", "Open", _OPENED),
    EventName(
        "external-tamper", "tns1:Device/tnsaxis:Tampering/External", "Contact of an outer cabinet.", "port", "active",
        _SWITCH,
    ),
    EventName("door", "tns1:Door/State/DoorPhysicalState", "Position of a monitored door.", "DoorToken", "State", _DOOR),
    EventName("door-alarm", "tns1:Door/State/DoorAlarm", "Alarm of a monitored door.", "DoorToken", "State", _DOOR_ALARM),
    EventName("door-mode", "tns1:Door/State/DoorMode", "Access at a monitored door.", "DoorToken", "State", _DOOR_MODE),
    EventName("clip", "tnsaxis:MediaClip/Playing", "A clip plays.", "", "Playing", _TRUTH),
    EventName(
        "speaker-test", "tns1:Device/tnsaxis:SpeakerTest/TestResult", "A speaker test ended.", "", "SpeakerTestStatus",
        (("ok", ("OK",)), ("failed", ("Failed",))),
    ),
    EventName("call", "tnsaxis:Call/State", "State of the speaker's call.", "", "CallState", _CALL),
    EventName("call-change", "tnsaxis:Call/StateChange", "A call began, was answered or ended.", "", "Reason", _CALL_CHANGE),
    EventName("dtmf", "tnsaxis:Call/DTMF", "A sequence of digits was dialled."),
    EventName(
        "audio-output", "tns1:Device/tnsaxis:AudioOutputActive", "Something sounds.", "", "AudioOutputActive", _TRUTH
    ),
    EventName("microphone", "tns1:Device/tnsaxis:Microphone/Switch", "Mechanical microphone switch.", "", "state", _TURNED),
    EventName(
        "sound-level", "tns1:AudioSource/tnsaxis:TriggerLevel", "It is louder than the alarm level.", "", "triggered", _TRUTH
    ),
    EventName("page", "tnsaxis:AudioMulticastController/SourceState", "State of an audio source.", "", "State", _PAGE),
    EventName(
        "sensor-status", "tnsaxis:CameraApplicationPlatform/ModbusSensor/Status", "A Modbus sensor came or went.", "",
        "online", (("online", ("1",)), ("offline", ("0",))),
    ),
    EventName(
        "sensor-limit", "tnsaxis:CameraApplicationPlatform/ModbusSensor/Limit", "A value of a Modbus sensor passed a limit.",
        "", "limit", (("above", ("above",)), ("below", ("below",)), ("normal", ("normal",))),
    ),
    EventName(
        "connection", "", "Connect, disconnect or last-will message on MQTT.", "", "connected",
        (("connected", ("true",)), ("disconnected", ("false",))),
    ),
)  # fmt: skip
"""All short names."""

BY_NAME: Final[dict[str, EventName]] = {event.name: event for event in EVENT_NAMES}

CONDITIONS: Final[dict[str, str]] = {
    "tampering": "the input is cut or shorted",
    "normal": "the input is open or closed",
    "open": "the circuit is open",
    "closed": "the circuit is closed",
    "cut": "the cable is cut",
    "shorted": "the cable is shorted",
    "active": "the port is active",
    "inactive": "the port is inactive",
    "agree": "whatever the truth is, every face shows it",
}
"""What `everywhere` can ask of every enabled face at once."""


class EventKind(Kind):
    """A short name, or a topic as the event stream writes it."""

    words = "event name or topic"

    def parse(self, value: object) -> str:
        text = as_text(value, "an event name")
        if text in BY_NAME or text.startswith(("tns1:", "tnsaxis:")):
            return text
        near = did_you_mean(text, BY_NAME)
        raise Unfit(f"unknown event {shown(text)}", near or "names: " + ", ".join(sorted(BY_NAME)))

    def single_schema(self) -> dict[str, Any]:
        return {"anyOf": [{"enum": sorted(BY_NAME)}, {"type": "string", "pattern": "^tns(1|axis):"}]}
