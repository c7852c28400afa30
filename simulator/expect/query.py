"""What an expectation asks: one declared class per face.

Pure data, read by the same declarations as actions. A field that is left out is not asked for.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal

from simulator.action.declaration import LAST, Pairs
from simulator.action.hook import HOOK
from simulator.action.kind import Choice, Duration, Kind, Text, Whole
from simulator.action.set import PARAMETER
from simulator.action.target import DeviceTarget, Target
from simulator.errors import FleetError
from simulator.expect.event_name import BY_NAME, CONDITIONS, EventKind
from simulator.units import Seconds

PORT: Kind = Text(r"\d{1,3}|\*|\{\d{1,3}\.\.\d{1,3}\}", "port id", example="2, * or {1..5}")
MODULE: Kind = Text(r"\d{1,2}|\*|\{\d{1,2}\.\.\d{1,2}\}", "module address", example="3, * or {1..4}")
STATUS: Kind = Text(r"[1-5](\d\d|xx)", "HTTP status", example="200 or 5xx")
ADDRESS: Kind = Text(r"new|old|[0-9*]{1,3}(\.[0-9*]{1,3}){0,3}", "address", example="169.254.* or new")
OID: Kind = Text(r"\d{1,10}(\.\d{1,10}){1,127}", "OID", example="1.3.6.1.2.1.1.3.0")
TRAP: Kind = Text(r"[a-z]+[A-Za-z]+|\d{1,10}(\.\d{1,10}){1,127}", "trap", example="coldStart or alarmNew")
HTTP_PATH: Kind = Text(r"/[!-~]*", "path", example="/axis-cgi/param.cgi")

ONLINE_FACES = ("vapix", "mqtt", "stream")
EVENT_FACES = ("mqtt", "stream", "event")


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """What all faces take."""

    shorthand: ClassVar[str] = ""

    device: Annotated[Target | None, DeviceTarget(), "Device asked about; by default that of the step's verb."] = (
        None
    )
    within: Annotated[Seconds | None, Duration(), "Latest device time after the step's instant.", LAST] = None
    count: Annotated[int | None, Whole(0, 1_000_000), "Exactly so many times.", LAST] = None
    for_: Annotated[Seconds | None, Duration(), "Once seen, it must stay so for this long.", LAST] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class EventQuery(Query):
    """An event on the device's own bus."""

    shorthand: ClassVar[str] = "event"

    event: Annotated[str, EventKind(), "Short name or topic of the event."] = ""
    state: Annotated[
        str, "State in words of the event (cut, tampered, active), or the value of its state item."
    ] = ""
    port: Annotated[str, PORT, "Port id; by default that of the step's verb."] = ""
    source: Annotated[Pairs, "Source items and their values."] = ()
    data: Annotated[Pairs, "Data items and their values."] = ()

    def __post_init__(self) -> None:
        _check_state(self.event, self.state)


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamQuery(EventQuery):
    """A notification on the device's event stream (WebSocket), as a client sees it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MqttQuery(EventQuery):
    """A message on the site's broker, as a subscriber sees it."""

    topic: Annotated[str, "MQTT topic filter; by default that of the event."] = ""
    payload: Annotated[Pairs, "Members of the JSON payload and their values; a.b reaches into it."] = ()
    retain: Annotated[bool | None, "Whether it came as a retained message."] = None
    qos: Annotated[int | None, Whole(0, 2), "Quality of service."] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class VapixQuery(Query):
    """What a device answers to an HTTP client that asks."""

    event: Annotated[str, EventKind(), "Event whose present state is asked for by the API that has it."] = ""
    state: Annotated[str, "State in words of the event."] = ""
    port: Annotated[str, PORT, "Port id; by default that of the step's verb."] = ""
    answers: Annotated[bool | None, "Whether it answers at all."] = None
    ready: Annotated[bool | None, "Whether systemready says yes."] = None
    firmware: Annotated[str, "Version that basicdeviceinfo tells."] = ""
    parameter: Annotated[str, PARAMETER, "Parameter that param.cgi lists."] = ""
    value: Annotated[str, Text(empty=True), "Its value."] = ""
    path: Annotated[str, HTTP_PATH, "Path to ask."] = ""
    method: Annotated[Literal["GET", "POST"], "HTTP method for the path."] = "GET"
    body: Annotated[str, "Body sent to the path; JSON or form, as it looks."] = ""
    status: Annotated[str, STATUS, "Status of the answer."] = ""
    contains: Annotated[str, "Text in the body of the answer."] = ""

    def __post_init__(self) -> None:
        _check_state(self.event, self.state)


@dataclass(frozen=True, slots=True, kw_only=True)
class SnmpQuery(Query):
    """What a device's agent answers to an SNMP manager that asks."""

    shorthand: ClassVar[str] = "oid"

    oid: Annotated[str, OID, "Instance that is asked for."]
    value: Annotated[str | None, Text(empty=True), "Its value; octets that are no text as hexadecimal digits."] = (
        None
    )
    type: Annotated[str, "Its type as pysnmp names it: Integer32, OctetString, Counter32, TimeTicks, ..."] = ""
    version: Annotated[Literal["v1", "v2c", "v3"], "Version of the question."] = "v2c"
    community: Annotated[str, "Community, or password of v3, other than the device's own."] = ""
    answers: Annotated[bool | None, "Whether there is a value at all."] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TrapQuery(Query):
    """An SNMP notification, as the site's receiver takes it."""

    shorthand: ClassVar[str] = "trap"

    trap: Annotated[
        str,
        TRAP,
        "coldStart, warmStart, linkDown, linkUp, authenticationFailure, alarmNew, alarmCleared, alarmSingle, or its OID.",
    ] = ""
    name: Annotated[str, "alarmName; may hold globs."] = ""
    text: Annotated[str, "alarmText; may hold globs."] = ""
    id: Annotated[str, "alarmID."] = ""
    version: Annotated[str, Choice(("v1", "v2c")), "Version it came in."] = ""
    community: Annotated[str, "Community it carried."] = ""
    bindings: Annotated[Pairs, "Other objects, by OID, and their values."] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class LogQuery(Query):
    """A line in one of the device's own logs."""

    shorthand: ClassVar[str] = "contains"

    contains: Annotated[str, "Text of the line."]
    log: Annotated[Literal["system", "access", "audit"], "Which log."] = "system"


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientQuery(Query):
    """What the client under test did, as seen from the bench."""

    shorthand: ClassVar[str] = "did"

    did: Annotated[
        Literal["enrolled", "asked", "subscribed", "published", "returned", "left", "printed", "exited"],
        "enrolled: was let in at any time so far; asked: sent a request; returned: was let in anew; subscribed: is "
        "subscribed on the broker now; published: there; left: closed its last connection; printed: wrote a line; "
        "exited: ended.",
    ]
    address: Annotated[str, ADDRESS, "Address of the device it used: a glob, new, or old."] = ""
    path: Annotated[str, HTTP_PATH, "Path it asked for; may hold globs."] = ""
    status: Annotated[str, STATUS, "Status it got."] = ""
    topic: Annotated[str, "Topic or filter on the broker."] = ""
    line: Annotated[str, "Text in the line that it printed."] = ""
    code: Annotated[int | None, Whole(0, 255), "Exit code."] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StateQuery(Query):
    """The truth itself, as the engine holds it."""

    port: Annotated[str, PORT, "Port id; by default that of the step's verb."] = ""
    supervised: Annotated[
        str, Choice(("open", "closed", "cut", "shorted", "tampered", "normal")), "State of the port's loop."
    ] = ""
    active: Annotated[bool | None, "Whether the port is active."] = None
    closed: Annotated[bool | None, "Whether the port's circuit, or the relay's contact, is closed."] = None
    phase: Annotated[
        str, Choice(("off", "booting", "starting", "running", "stopping", "hung")), "Phase of its life."
    ] = ""
    activity: Annotated[
        str, Choice(("none", "upgrading", "rolling_back", "defaulting")), "What it is busy with."
    ] = ""
    link: Annotated[bool | None, "Whether the network cable is in."] = None
    address: Annotated[str, ADDRESS, "Its address: a glob, new, or old."] = ""
    origin: Annotated[
        str, Choice(("dhcp", "link-local", "static", "default", "none")), "Where the address comes from."
    ] = ""
    firmware: Annotated[str, "Running version."] = ""
    committed: Annotated[bool | None, "Whether the running firmware is committed."] = None
    playing: Annotated[bool | None, "Whether a clip plays."] = None
    call: Annotated[str, Choice(("idle", "calling", "ringing", "active")), "What a speaker's calls are in."] = ""
    heard: Annotated[str, "Source that is heard: SIP, VAPIXAudio, VAPIXMediaClip, an id, or silence."] = ""
    light: Annotated[str, "Color that the front LED of a speaker shows; off for none."] = ""
    speaker_test: Annotated[
        str,
        Choice(("OK", "Failed", "Calibrated", "Pending", "Uncalibrated", "DisabledInHardware", "InternalError")),
        "Status word of the speaker test.",
    ] = ""
    module: Annotated[
        str, MODULE, "Address of an expansion module that `online` is about; by default that of the step's verb."
    ] = ""
    online: Annotated[bool | None, "Whether the head reaches the module, or the port of the verb."] = None
    module_firmware: Annotated[str, "Firmware of the module as its head shows it."] = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class JournalQuery(Query):
    """Any record of the journal."""

    kind: Annotated[
        str,
        Choice(
            (
                "action", "state", "event", "request", "message", "datagram", "connection", "fault", "log",
                "violation", "site", "step", "note",
            )
        ),
        "Kind of the record.",
    ] = ""  # fmt: skip
    what: Annotated[str, "What it is about; may hold globs."] = ""
    data: Annotated[Pairs, "Its data; a.b reaches into it."] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class EverywhereQuery(Query):
    """The one-truth check: every enabled face shows the same, and the first that does not is named."""

    shorthand: ClassVar[str] = "condition"

    condition: Annotated[
        str,
        Choice(tuple(CONDITIONS)),
        "What every face must show of the port; agree without a port is about every lasting state of the device.",
    ] = ""
    port: Annotated[str, PORT, "Port id; by default that of the step's verb."] = ""
    event: Annotated[str, EventKind(), "Instead of a condition of a port: an event that has a lasting state."] = ""
    state: Annotated[str, "State of that event that every face must show; by default whatever the truth is."] = ""
    source: Annotated[Pairs, "Source items of that event and their values: sensor: Freezer."] = ()
    without: Annotated[
        tuple[Literal["vapix", "mqtt", "stream", "snmp", "trap", "modbus", "log"], ...], "Faces that are left out."
    ] = ()

    def __post_init__(self) -> None:
        if bool(self.condition) == bool(self.event):
            raise FleetError(
                "everywhere needs one of 'condition' and 'event'", hint="for example everywhere: tampering"
            )
        if (self.state or self.source) and not self.event:
            raise FleetError("'state' and 'source' need 'event'", hint="say of which event")
        _check_state(self.event, self.state)


@dataclass(frozen=True, slots=True, kw_only=True)
class OnlineQuery(Query):
    """The device can be reached."""

    shorthand: ClassVar[str] = "device"

    on: Annotated[tuple[Literal["vapix", "mqtt", "stream"], ...], "Faces on which it must be there."] = ("vapix",)


@dataclass(frozen=True, slots=True, kw_only=True)
class CallQuery(Query):
    """What a function or an address of the project says, for example the client's own view."""

    shorthand: ClassVar[str] = "hook"

    hook: Annotated[str, HOOK, "`python:module.function`, or an http address that answers JSON."]
    arguments: Annotated[Pairs, "Arguments by name."] = ()
    returns: Annotated[str, Text(empty=True), "What it returns, as text; true by default."] = "true"


@dataclass(frozen=True, slots=True, kw_only=True)
class NeverQuery(Query):
    """What must not happen while it is watched: in `expect` for the time `for`, in `always` the whole run."""

    shorthand: ClassVar[str] = "event"

    event: Annotated[str, EventKind(), "An event with this name or topic."] = ""
    state: Annotated[str, "Only in this state."] = ""
    port: Annotated[str, PORT, "Only at this port."] = ""
    on: Annotated[
        Literal["any", "mqtt", "stream", "event"], "Only as seen on this face; any of them by default."
    ] = "any"
    status: Annotated[str, STATUS, "An HTTP answer with this status."] = ""
    path: Annotated[str, HTTP_PATH, "A request for this path; may hold globs."] = ""
    violation: Annotated[bool, "A breach of protocol by the client under test."] = False
    log: Annotated[str, "A line with this text in one of the device's logs."] = ""
    until: Annotated[
        Seconds | None, Duration(), "Watch until this device time from the start; only in always."
    ] = None

    def __post_init__(self) -> None:
        _check_state(self.event, self.state)
        if not (self.event or self.status or self.path or self.violation or self.log):
            raise FleetError("never says nothing", hint="name an event, status, path, violation or log")


def _check_state(event: str, state: str) -> None:
    named = BY_NAME.get(event)
    if state and not event:
        raise FleetError("'state' needs 'event'", hint="say of which event")
    if state and named is not None:
        known = {word for word, _ in named.words}
        raw = {value for _, values in named.words for value in values}
        if state not in known | raw:
            hint = f"states: {', '.join(word for word, _ in named.words)}" if known else "it is stateless"
            raise FleetError(f"event {event} has no state {state!r}", hint=hint)
