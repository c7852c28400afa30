"""What a scenario compiles to: frozen plans, one per cell of its matrix.

The classes of fleet, site, client and clock are declarations as well: the loader reads files by them, and JSON
Schema and reference page are made from them.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

from simulator.action.declaration import HIDDEN, MapOf, Pairs, Record
from simulator.action.kind import Address, Choice, Duration, Number, Text, Whole
from simulator.action.upgrade import VERSION
from simulator.clock import FASTEST
from simulator.errors import FleetError, Place
from simulator.scenario.modbus_plan import BusPlan, SensorPlan
from simulator.scenario.multicast_plan import MulticastPlan
from simulator.scenario.rule_plan import RulePlan
from simulator.scenario.sip_plan import SipPlan
from simulator.scenario.telephony_plan import PhonePlan, RegistrarPlan
from simulator.scenario.written import BrokerKind, ClockMode, Command, RegistrarKind, Switch
from simulator.units import Seconds

if TYPE_CHECKING:
    from simulator.action.action import Action
    from simulator.expect.expectation import Expectation

PRESETS = ("ParallellFirst22k4k7", "SerialFirst1k", "SerialFirst2k2", "SerialFirst4k7", "SerialFirst10k")
"""End-of-line layouts by the names that the device itself stores (io-events sheet 1.4: double l)."""

HALF_A_MINUTE, TEN_SECONDS = Seconds(30.0), Seconds(10.0)
GRACE, PATIENCE, HOUR, MINUTE = Seconds(0.05), Seconds(5.0), Seconds(3600.0), Seconds(60.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountPlan:
    """The administrator that the device already has."""

    user: Annotated[str, Text(r"[A-Za-z0-9]{1,14}", "account name", example="root"), "Name."] = "root"
    password: Annotated[str, Text(r".{1,64}", "password"), "Password."] = "pass"


@dataclass(frozen=True, slots=True, kw_only=True)
class MqttPlan:
    """Settings of the device's MQTT client and of its event publications (io-events sheet 3.1, 3.2)."""

    client_id: Annotated[str, "Client id; the serial number by default."] = ""
    prefix: Annotated[str, "Device topic prefix; axis/SERIAL by default."] = ""
    user: Annotated[str, "User name at the broker."] = ""
    password: Annotated[str, "Password at the broker."] = ""
    keep_alive: Annotated[Seconds, Duration(1.0), "Keep-alive interval, in wire time."] = MINUTE
    clean_session: Annotated[bool, "Whether the broker forgets the session with the connection."] = True
    auto_reconnect: Annotated[bool, "Whether it connects again after a loss."] = True
    transport: Annotated[
        Literal["tcp", "ssl", "ws", "wss"] | None,
        "How it reaches the broker; as the site's broker says by default.",
    ] = None
    verify: Annotated[bool, "Whether it checks the broker's certificate, for ssl and wss."] = False
    qos: Annotated[int, Whole(0, 2), "Quality of service of event publications."] = 0
    retain: Annotated[
        Literal["none", "property", "all"], "Which event publications are retained; property: the stateful ones."
    ] = "none"


@dataclass(frozen=True, slots=True, kw_only=True)
class SnmpPlan:
    """Settings of the device's SNMP agent."""

    versions: Annotated[tuple[Literal["v1", "v2c", "v3"], ...], "Versions it speaks."] = ("v1", "v2c", "v3")
    read_community: Annotated[str, Text(r"\S{1,32}", "community"), "Community that reads."] = "public"
    write_community: Annotated[str, Text(r"\S{1,32}", "community"), "Community that reads and sets."] = "write"
    password: Annotated[str, Text(r".{8,50}", "password"), "Of the v3 user initial."] = "axsim-pass"
    transport: Annotated[Literal["udp", "tcp"], "Where it listens: port 161 of one of them."] = "udp"
    traps: Annotated[
        str, "Whom it tells: site (the bench's own receiver), or address with or without port; nobody by default."
    ] = ""
    trap_community: Annotated[str, Text(r"\S{1,32}", "community"), "Community of its traps."] = "public"
    generic: Annotated[
        tuple[Literal["coldStart", "warmStart", "linkUp", "linkDown", "authenticationFailure"], ...],
        "Generic traps that are switched on.",
    ] = ("coldStart", "linkUp", "authenticationFailure")
    inform: Annotated[bool, "Informs, repeated until they are answered, instead of traps."] = False
    port_traps: Annotated[bool, "Whether every change of a port is told, as an action rule would."] = False
    objects: Annotated[str, "File of `axsim import snmp` with objects served besides its own."] = ""

    def specification(self) -> dict[str, object]:
        """As the control API's populate call takes it."""
        trap = {
            "to": self.traps,
            "community": self.trap_community,
            "generic": sorted(self.generic),
            "inform": self.inform,
            "ports": self.port_traps,
        }
        return {
            "versions": sorted(self.versions),
            "read_community": self.read_community,
            "write_community": self.write_community,
            "password": self.password,
            "transport": self.transport,
            "trap": trap if self.traps else None,
            "objects": self.objects,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkPlan:
    """Deviations from DHCP with the firmware's own fallback address."""

    address: Annotated[str, Address(), "A fixed address; DHCP is not used."] = ""
    static_fallback: Annotated[str, Address(), "Address to fall back to when DHCP is gone."] = ""

    def __post_init__(self) -> None:
        if self.address and self.static_fallback:
            raise FleetError(
                "address and static_fallback exclude each other", hint="a fixed address needs no DHCP"
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class DoorPlan:
    """A door that AXIS Door Monitoring watches."""

    dps: Annotated[int, Whole(0, 10), "Port id of the input with its position sensor."]
    rex: Annotated[int | None, Whole(7, 8), "Port id of its request to exit: 7 or 8."] = None
    open_too_long: Annotated[Seconds, Duration(0.001), "How long it may stay open."] = HALF_A_MINUTE
    access: Annotated[Seconds, Duration(0.001), "How long a request to exit holds."] = TEN_SECONDS


@dataclass(frozen=True, slots=True, kw_only=True)
class ModulePlan:
    """An AXIS A9910 expansion module in the list of an A9210."""

    shorthand: ClassVar[str] = "address"

    address: Annotated[int, Whole(1, 16), "Address on its DIP switches."]
    name: Annotated[str, Text(r".{1,64}", "name"), "Name in the head's list."] = ""
    firmware: Annotated[
        str, Text(VERSION.pattern, "firmware version", example="12.9.57"), "By default the one the head bundles."
    ] = ""
    metres: Annotated[float, Number(0, 100_000), "Metres along the line; beyond 1000 it is out of reach."] = 10.0
    key: Annotated[Literal["same", "other"], "other: it has the encryption key of another head."] = "same"

    def specification(self) -> dict[str, Any]:
        return {
            "address": self.address,
            "name": self.name,
            "firmware": self.firmware or None,
            "metres": self.metres,
            "key": self.key,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class DevicePlan:
    """A virtual device, or by a range as its name several alike, and the state in which it enters the bench."""

    partial: ClassVar[bool] = True

    model: Annotated[str, "Model of the device: A9210 or C1410."]
    firmware: Annotated[
        str,
        Text(VERSION.pattern, "firmware version", example="12.9.57"),
        "Version it runs: one that ships or the first parts of one (12.9, 11.11), or any other, which then behaves as "
        "the nearest older one that ships.",
    ] = "12.9.57"
    number: Annotated[
        int | None, Whole(1, 60_000), "Fixes the identity; by default the position in the fleet."
    ] = None
    state: Annotated[
        Literal["running", "factory", "off"],
        "running: set up, with an account; factory: running without any account; off: without power.",
    ] = "running"
    account: Annotated[AccountPlan, "Its administrator."] = AccountPlan()
    mqtt: Annotated[
        MqttPlan | None,
        Switch(MqttPlan),
        "yes: enrolled at the site's broker, publishing all events; a map: with these settings.",
    ] = None
    snmp: Annotated[
        SnmpPlan | None, Switch(SnmpPlan), "yes: the SNMP agent is on in all versions; a map: with these settings."
    ] = None
    sip: Annotated[
        SipPlan | None, Switch(SipPlan), "yes: a speaker's SIP is on and takes calls; a map: with these settings."
    ] = None
    multicast: Annotated[
        MulticastPlan | None, Record(MulticastPlan), "A speaker's multicast controller is on, with these sources."
    ] = None
    supervised: Annotated[
        tuple[tuple[int, str], ...],
        MapOf(Choice(PRESETS), Whole(0, 202)),
        "Inputs that are supervised: port id to end-of-line layout.",
    ] = ()
    power: Annotated[
        tuple[Literal["poe", "dc"], ...], "What is connected to its power inputs; only the A9210 has a DC input."
    ] = ("poe",)
    relay_jumpers: Annotated[
        tuple[tuple[int, int], ...],
        MapOf(Whole(12, 24), Whole(0, 202)),
        "Relay power jumpers that are fitted: port id of the relay to volts on COM, 12 or 24.",
    ] = ()
    doors: Annotated[
        tuple[tuple[int, DoorPlan], ...],
        MapOf(Record(DoorPlan), Whole(1, 5)),
        "Doors that AXIS Door Monitoring watches, by number.",
    ] = ()
    modules: Annotated[tuple[ModulePlan, ...], "Expansion modules of an A9210, by address or as maps."] = ()
    network: Annotated[NetworkPlan, "Its network settings."] = NetworkPlan()
    parameters: Annotated[Pairs, "Parameters that differ from the factory state, by full name."] = ()
    sensors: Annotated[tuple[SensorPlan, ...], "Modbus sensors on its RS-485 ports and in its list."] = ()
    modbus: Annotated[
        tuple[tuple[int, BusPlan], ...],
        MapOf(Record(BusPlan), Whole(0, 16)),
        "RS-485 buses by box: 0 is the A9210's own port, N that of the A9910 at address N.",
    ] = ()
    schedules: Annotated[
        tuple[tuple[str, str], ...],
        MapOf(Text(), Text(r"[\w.-]{1,256}", "schedule id", example="com.axis.schedules.genid.daily")),
        "Schedules and pulses by id, as iCalendar: DTSTART:20260301T180000 RRULE:FREQ=DAILY.",
    ] = ()
    rules: Annotated[tuple[RulePlan, ...], "Action rules beside those from the factory."] = ()
    name: Annotated[str, HIDDEN, "Name in the fleet."] = ""

    def specification(self) -> dict[str, Any]:
        """As the control API's populate call takes it."""
        return {
            "name": self.name,
            "model": self.model,
            "firmware": self.firmware,
            "number": self.number,
            "state": self.state,
            "account": {"user": self.account.user, "password": self.account.password},
            "mqtt": False if self.mqtt is None else _mqtt_settings(self.mqtt) or True,
            "snmp": False if self.snmp is None else self.snmp.specification(),
            "sip": False if self.sip is None else self.sip.specification(),
            "multicast": None if self.multicast is None else self.multicast.specification(),
            "supervised": dict(self.supervised),
            "power": list(self.power),
            "doors": {number: asdict(door) for number, door in self.doors},
            "relay_jumpers": dict(self.relay_jumpers),
            "modules": [module.specification() for module in self.modules],
            "network": {
                "address": self.network.address or None,
                "static_fallback": self.network.static_fallback or None,
            },
            "parameters": dict(self.parameters),
            "sensors": [sensor.specification() for sensor in self.sensors],
            "modbus": {str(box): bus.specification() for box, bus in self.modbus},
            "schedules": {token: {"schedule": text} for token, text in self.schedules},
            "rules": [rule.specification() for rule in self.rules],
        }


def _mqtt_settings(plan: MqttPlan) -> dict[str, object]:
    """What differs from the defaults, by the names of mqtt/client.cgi and of an event filter."""
    plain = MqttPlan()
    named = {
        "clientId": "client_id",
        "deviceTopicPrefix": "prefix",
        "username": "user",
        "password": "password",
        "keepAliveInterval": "keep_alive",
        "cleanSession": "clean_session",
        "autoReconnect": "auto_reconnect",
        "transport": "transport",
        "qos": "qos",
        "retain": "retain",
    }
    different = {
        setting: getattr(plan, name)
        for setting, name in named.items()
        if getattr(plan, name) != getattr(plain, name)
    }
    return {**different, "ssl": {"validateServerCert": True}} if plan.verify else different


@dataclass(frozen=True, slots=True, kw_only=True)
class BrokerPlan:
    """The MQTT broker of the site: embedded, or a program elsewhere."""

    shorthand: ClassVar[str] = "address"

    address: Annotated[
        str, Text(r"[A-Za-z0-9.-]{1,253}:\d{1,5}", "broker address", example="127.0.0.1:1883"), "Host and port."
    ] = ""
    user: Annotated[str, "User name of the simulator's own observer."] = ""
    password: Annotated[str, "Its password."] = ""
    tls: Annotated[bool, "Whether the port speaks TLS."] = False
    client_certificates: Annotated[
        bool, "Whether the embedded broker demands a certificate of the fleet's authority over TLS."
    ] = False


@dataclass(frozen=True, slots=True, kw_only=True)
class DhcpPlan:
    """The DHCP server of the site."""

    lease: Annotated[Seconds, Duration(1.0), "Length of a lease."] = HOUR
    t1: Annotated[Seconds | None, Duration(), "Renewal time; half the lease by default."] = None
    t2: Annotated[Seconds | None, Duration(), "Rebinding time; 7/8 of the lease by default."] = None

    def __post_init__(self) -> None:
        times = [time for time in (self.t1, self.t2, self.lease) if time is not None]
        if times != sorted(times):
            raise FleetError(
                "t1, t2 and lease must grow in this order", hint="for example t1: 30m, t2: 50m, lease: 1h"
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceiversPlan:
    """Whom devices tell by mail, HTTP and TCP. Written as `yes`, or as a map."""

    shorthand: ClassVar[str] = "on"

    on: Annotated[bool, "Whether they are there."] = True
    user: Annotated[str, "With a user, mail and web server ask for name and password."] = ""
    password: Annotated[str, "The user's password."] = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SitePlan:
    """The world around the devices."""

    broker: Annotated[BrokerPlan, BrokerKind(BrokerPlan), "embedded, or an address, or a map."] = BrokerPlan()
    dhcp: Annotated[DhcpPlan, "DHCP server."] = DhcpPlan()
    registrar: Annotated[
        RegistrarPlan | None,
        RegistrarKind(RegistrarPlan),
        "SIP registrar and proxy: embedded, an address, or a map; none by default.",
    ] = None
    phones: Annotated[
        tuple[tuple[str, PhonePlan], ...],
        MapOf(Record(PhonePlan), Text(r"[a-z][a-z0-9-]{0,62}", "phone name", example="desk")),
        "SIP phones by name.",
    ] = ()
    receivers: Annotated[ReceiversPlan, "Mail, web and TCP server for notifications; none by default."] = (
        ReceiversPlan(on=False)
    )

    def specification(self) -> dict[str, Any]:
        """As the control API's populate call takes it."""
        broker, dhcp = self.broker, self.dhcp
        return {
            "broker": {
                "address": broker.address or None,
                "user": broker.user,
                "password": broker.password,
                "tls": broker.tls,
                "client_certificates": broker.client_certificates,
            },
            "dhcp": {"lease": dhcp.lease, "t1": dhcp.t1, "t2": dhcp.t2},
            "registrar": None if self.registrar is None else self.registrar.specification(),
            "phones": {name: phone.specification() for name, phone in self.phones},
            "receivers": {"user": self.receivers.user, "password": self.receivers.password}
            if self.receivers.on
            else False,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientPlan:
    """The client under test: a command that finds the bench through the file named in AXSIM_FLEET."""

    shorthand: ClassVar[str] = "command"

    command: Annotated[
        tuple[str, ...],
        Command(),
        "Program and arguments, as a list or one line. `python` is the interpreter that runs axsim; a path that "
        "begins with examples/ is found among the shipped examples.",
    ]
    env: Annotated[Pairs, "More environment variables."] = ()
    ready: Annotated[str, "Text of the line it prints when it is ready; the timeline waits for it."] = ""
    start: Annotated[bool, "Whether it runs from the start; otherwise `client: start` does it."] = True
    stop: Annotated[Seconds, Duration(), "Wire time from the request to end (SIGTERM) until it is killed."] = (
        PATIENCE
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class ClockPlan:
    """How device time runs. Written as `real`, `stepped` or `x10`, or as a map."""

    mode: Annotated[
        str, ClockMode(), "real: as the machine's clock; scaled: `rate` times as fast; stepped: as fast as it can."
    ] = "real"
    rate: Annotated[float, Number(0.01, FASTEST), "Device seconds per second, for scaled."] = 1.0
    grace: Annotated[
        Seconds, Duration(), "Wire time that the client under test gets after each instant of a stepped clock."
    ] = GRACE

    def specification(self) -> dict[str, Any]:
        """As the control API's populate call takes it."""
        return {"mode": self.mode, "rate": self.rate, "grace": self.grace}


REAL_CLOCK, PLAIN_SITE = ClockPlan(), SitePlan()


@dataclass(frozen=True, slots=True)
class When:
    """The instant of a step."""

    anchor: Literal["start", "previous", "event"]
    """What `delay` counts from: the start, the previous step's instant, or the moment `event` is seen."""
    delay: float = 0.0
    event: Expectation | None = None
    """What is waited for; its `within` bounds the wait from the previous step's instant."""


@dataclass(frozen=True, slots=True)
class Step:
    """One instant of the timeline: what hands do, and what must be seen then."""

    when: When
    action: Action | None
    expectations: tuple[Expectation, ...]
    place: Place
    source: str
    """The lines of the file."""
    title: str
    """`cut io-2/input/2`, or what is expected where there is no verb."""
    due: float | None = None
    """Device seconds from the start, where it does not hang on an event."""
    repetition: tuple[int, int] | None = None
    """Which one of how many, for `every`."""


@dataclass(frozen=True, slots=True)
class Plan:
    """One case, ready to run."""

    title: str
    case: str
    """Title with the matrix cell: `Cut is seen[firmware=12.9.57]`."""
    about: str
    seed: int | None
    """None: the runner draws one and says which."""
    clock: ClockPlan
    mode: Literal["loopback", "ephemeral"]
    requires: tuple[str, ...]
    fleet: tuple[DevicePlan, ...]
    site: SitePlan
    client: ClientPlan | None
    steady: tuple[Expectation, ...]
    always: tuple[Expectation, ...]
    steps: tuple[Step, ...]
    source: str
    """The file as it was named."""
    cell: tuple[tuple[str, str], ...] = ()
    """Names and values of the matrix."""

    def specification(self, seed: int) -> dict[str, Any]:
        """The whole bench as the control API's populate call takes it."""
        return {
            "seed": seed,
            "mode": self.mode,
            "clock": self.clock.specification(),
            "site": self.site.specification(),
            "devices": [device.specification() for device in self.fleet],
        }
