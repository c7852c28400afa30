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

DEFAULT_USER = "root"
DEFAULT_PASSWORD = "pass"  # a test bench's credentials, printed in fleet.json
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
    certificates: CertificateSpecification = CertificateSpecification()
    supervised: dict[int, EndOfLine] = Field(default_factory=dict)
    """Port id to end-of-line preset."""
    network: NetworkSpecification = NetworkSpecification()
    parameters: dict[str, str] = Field(default_factory=dict)


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


class SiteSpecification(_Strict):
    broker: BrokerSpecification = BrokerSpecification()
    dhcp: DhcpSpecification = DhcpSpecification()


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
