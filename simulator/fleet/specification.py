"""What a fleet is made of, as the control API, the scenario runner and the pytest plugin say it.

Durations are seconds, addresses text. Pydantic checks every field and names the place of each mistake.
"""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from simulator.clock import DEFAULT_EPOCH, FASTEST
from simulator.device.loop import EndOfLine
from simulator.device.power_supply import PowerSource
from simulator.fleet.modbus_specification import MOST_SENSORS, Box, BusSpecification, SensorSpecification
from simulator.fleet.multicast_specification import MulticastSpecification
from simulator.fleet.rule_specification import RuleSpecification, ScheduleSpecification
from simulator.fleet.sip_specification import SipSpecification
from simulator.fleet.telephony_specification import (
    MOST_PHONES,
    PhoneSpecification,
    RegistrarSpecification,
)

DEFAULT_USER = "root"
DEFAULT_PASSWORD = "pass"  # a test bench's credentials, printed in fleet.json
DEFAULT_SNMP_PASSWORD = "axsim-pass"
DEFAULT_LEASE = 3600.0
LARGEST_FLEET = 10_000

Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]{0,62}$")]
Version = Annotated[str, Field(pattern=r"^[0-9]{1,3}(\.[0-9]{1,5}){0,3}$")]
Address = Annotated[str, Field(pattern=r"^[0-9]{1,3}(\.[0-9]{1,3}){3}$")]
HostAndPort = Annotated[str, Field(pattern=r"^[A-Za-z0-9._-]{1,253}:[0-9]{1,5}$")]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class ClockSpecification(_Strict):
    """`real`, `scaled` by `rate`, or `stepped`: then only `advance` moves device time."""

    mode: Literal["real", "scaled", "stepped"] = "real"
    rate: Annotated[float, Field(gt=0, le=FASTEST)] = 1.0
    grace: Annotated[float, Field(ge=0, le=10)] = 0.0
    """Wire seconds an external client gets after each instant of a stepped clock."""
    epoch: datetime = DEFAULT_EPOCH


class AccountSpecification(_Strict):
    user: Annotated[str, Field(pattern=r"^[A-Za-z0-9]{1,14}$")] = DEFAULT_USER
    password: Annotated[str, Field(min_length=1, max_length=64)] = DEFAULT_PASSWORD


class NetworkSpecification(_Strict):
    """Deviations from DHCP with the firmware's own fallback."""

    static_fallback: Address | None = None
    """Address the device falls back to when DHCP is gone (`useStaticDHCPFallback`)."""
    address: Address | None = None
    """A fixed address: DHCP is not used."""


class DoorSpecification(_Strict):
    """A door that AXIS Door Monitoring watches: port ids of its inputs, and seconds."""

    dps: int
    rex: int | None = None
    open_too_long: Annotated[float, Field(gt=0, le=86_400)] = 30.0
    access: Annotated[float, Field(gt=0, le=86_400)] = 10.0


class ModuleSpecification(_Strict):
    """One AXIS A9910 that the head has in its list."""

    address: Annotated[int, Field(ge=1, le=16)]
    name: Annotated[str, Field(max_length=64)] = ""
    firmware: Version | None = None
    """By default the version that the head bundles."""
    metres: Annotated[float, Field(ge=0, le=100_000)] = 10.0
    """Along the line from the head; beyond 1000 it is out of reach."""
    key: Literal["same", "other"] = "same"
    """`other`: it belongs to another head, whose encryption key it has."""


class TrapSpecification(_Strict):
    """Whom the agent tells, and of what."""

    to: Annotated[str, Field(min_length=1, max_length=253)] = "site"
    """`site` for the receiver of the bench's observers, or address, perhaps with `:port`."""
    community: Annotated[str, Field(min_length=1, max_length=32)] = "public"
    generic: frozenset[Literal["coldStart", "warmStart", "linkUp", "linkDown", "authenticationFailure"]] = (
        frozenset({"coldStart", "linkUp", "authenticationFailure"})
    )
    inform: bool = False
    """Informs, which are repeated until they are answered, instead of traps."""
    ports: bool = False
    """As if an action rule sent a trap for every change of a port."""


class SnmpSpecification(_Strict):
    """The agent's settings; by default all versions and no traps."""

    versions: frozenset[Literal["v1", "v2c", "v3"]] = frozenset({"v1", "v2c", "v3"})
    read_community: Annotated[str, Field(min_length=1, max_length=32)] = "public"
    write_community: Annotated[str, Field(min_length=1, max_length=32)] = "write"
    password: Annotated[str, Field(min_length=8, max_length=50)] | None = DEFAULT_SNMP_PASSWORD
    """Of the v3 user `initial`; none leaves v3 unusable, as a device whose password nobody has set."""
    transport: Literal["udp", "tcp"] = "udp"
    trap: TrapSpecification | None = None
    objects: str = ""
    """File of `axsim import snmp` with objects that are served besides the device's own."""


class CertificateSpecification(_Strict):
    """Certificates an installer has loaded, alias to PEM text."""

    authorities: dict[str, str] = Field(default_factory=dict)
    clients: dict[str, str] = Field(default_factory=dict)
    """With chain and private key."""


class DeviceSpecification(_Strict):
    """One virtual device and the state in which it enters the bench."""

    name: Name
    model: str
    firmware: Version = "12.9.57"
    number: Annotated[int, Field(ge=1, le=60_000)] | None = None
    """Fixes the identity; by default the position in the list, from 1."""
    state: Literal["running", "factory", "off"] = "running"
    account: AccountSpecification = AccountSpecification()
    mqtt: bool | dict[str, object] = False
    """True: enrolled at the site's broker, publishing all events; a mapping: settings of mqtt/client.cgi."""
    snmp: bool | SnmpSpecification = False
    """True: the agent is on in all versions; a mapping: its settings."""
    sip: bool | SipSpecification = False
    """True: a speaker's SIP is on and takes calls; a mapping: its settings."""
    multicast: MulticastSpecification | None = None
    """A speaker's multicast controller is on."""
    certificates: CertificateSpecification = CertificateSpecification()
    supervised: dict[int, EndOfLine] = Field(default_factory=dict)
    """Port id to end-of-line preset."""
    power: tuple[PowerSource, ...] = (PowerSource.POE,)
    """What is connected to its power inputs."""
    relay_jumpers: dict[int, Literal[12, 24]] = Field(default_factory=dict)
    """Port id of a relay to the volts that its power jumper feeds into COM."""
    doors: dict[int, DoorSpecification] = Field(default_factory=dict)
    """Doors that AXIS Door Monitoring watches, by number from 1 to 5."""
    modules: tuple[ModuleSpecification, ...] = ()
    """Expansion modules in the list of an A9210."""
    network: NetworkSpecification = NetworkSpecification()
    parameters: dict[str, str] = Field(default_factory=dict)
    sensors: tuple[SensorSpecification, ...] = Field(default=(), max_length=MOST_SENSORS)
    """Modbus sensors: what stands on the buses, and what the device's own list holds."""
    modbus: dict[Box, BusSpecification] = Field(default_factory=dict)
    """RS-485 buses by box: 0 is the A9210's own port, 1 to 16 that of the A9910 with this address."""
    schedules: dict[str, ScheduleSpecification] = Field(default_factory=dict)
    """Schedules and pulses beside the factory's, by id."""
    rules: tuple[RuleSpecification, ...] = Field(default=(), max_length=256)
    """Action rules beside the factory's."""


class BrokerSpecification(_Strict):
    """The site's MQTT broker: embedded, or any other by address (`host:port`)."""

    address: HostAndPort | None = None
    user: str = ""
    password: str = ""
    tls: bool = False
    client_certificates: bool = False
    """The embedded broker demands a certificate of the fleet's authority from clients that come over TLS."""


class DhcpSpecification(_Strict):
    lease: Annotated[float, Field(gt=0)] = DEFAULT_LEASE
    t1: float | None = None
    t2: float | None = None


class ReceiversSpecification(_Strict):
    """Whom devices tell: a mail server, a web server and a TCP server. With a user they ask for a password."""

    user: str = ""
    password: str = ""


class SiteSpecification(_Strict):
    broker: BrokerSpecification = BrokerSpecification()
    dhcp: DhcpSpecification = DhcpSpecification()
    registrar: RegistrarSpecification | None = None
    """SIP registrar and proxy; by default there is none."""
    phones: dict[Name, PhoneSpecification] = Field(default_factory=dict, max_length=MOST_PHONES)
    receivers: bool | ReceiversSpecification = False
    """True: mail, web and TCP server without passwords."""


class FleetSpecification(_Strict):
    """A whole bench. Two equal specifications give two equal fleets."""

    seed: int = 1
    mode: Literal["loopback", "ephemeral"] = "loopback"
    block: Annotated[int, Field(ge=0, le=59)] | None = None
    """Index of the address block, by default the first free one."""
    clock: ClockSpecification = ClockSpecification()
    site: SiteSpecification = SiteSpecification()
    devices: tuple[DeviceSpecification, ...] = Field(default=(), max_length=LARGEST_FLEET)
    capacity: Annotated[int, Field(ge=1000, le=5_000_000)] = 200_000
    """Records the journal keeps."""

    @model_validator(mode="after")
    def _unique(self) -> FleetSpecification:
        _refuse_doubled("name", [device.name for device in self.devices])
        _refuse_doubled("number", [str(number) for number, _ in self.numbered()])
        return self

    def numbered(self) -> tuple[tuple[int, DeviceSpecification], ...]:
        """Each device with its number: its own, or its position counted from 1."""
        return tuple((device.number or position, device) for position, device in enumerate(self.devices, 1))


def _refuse_doubled(what: str, values: list[str]) -> None:
    doubled = [value for value, count in Counter(values).items() if count > 1]
    if doubled:
        raise ValueError(f"device {what} used twice: {', '.join(doubled)}")
