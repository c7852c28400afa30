"""What is configured about IPv4, read from the parameters, and the few settings no parameter of AXIS OS shows.

`Network.*` without a subgroup holds configured values, `Network.eth0.*`, `Routing.*`, `Volatile*` and `ZeroConf.*`
the actual state (network sheet 3.1). Settings that only `network_settings.cgi` knows have internal parameters
here, so that their survival over restart, restore and factory default follows the rules of all others.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Interface
from typing import TYPE_CHECKING

from simulator.device.parameter import Definition, Survival

if TYPE_CHECKING:
    from simulator.device.parameter import ParameterStore

INTERNAL = frozenset({"int", "hid"})
STATIC_FALLBACK = "Network.Internal.UseStaticDHCPFallback"
DHCP_ROUTES = "Network.Internal.UseDHCPStaticRoutes"
STATIC_NAME_SERVERS = "Network.Internal.MoreStaticNameServers"
STATIC_SEARCH_DOMAINS = "Network.Internal.StaticSearchDomains"
LAST_LEASE = "Network.Internal.LastLease"


def _switch(name: str) -> Definition:
    return Definition(name, "no", "7777", "bool", ("yes", "no"), flags=INTERNAL)


INTERNAL_SETTINGS = (
    _switch(STATIC_FALLBACK),
    _switch(DHCP_ROUTES),
    Definition(STATIC_NAME_SERVERS, "", "7777", flags=INTERNAL, survival=Survival.RESTORE),
    Definition(STATIC_SEARCH_DOMAINS, "", "7777", flags=INTERNAL),
    Definition(LAST_LEASE, "", "7777", "ip", flags=INTERNAL),
)
"""Settings and memory without a parameter of their own; lists are separated by blanks. A restore keeps only what
the manuals name, and "DNS server IP address" is among that."""

ADDRESSING = frozenset(
    {
        "Network.BootProto",
        "Network.IPAddress",
        "Network.SubnetMask",
        "Network.DefaultRouter",
        "Network.ZeroConf.Enabled",
        "Network.ZeroConf.Fallback",
        STATIC_FALLBACK,
        DHCP_ROUTES,
    }
)
"""A change of these may move the device's address."""

NAMING = frozenset(
    {
        "Network.HostName",
        "Network.DomainName",
        "Network.IPv6.Enabled",
        "Network.DNSServer1",
        "Network.DNSServer2",
        "Network.VolatileHostName.ObtainFromDHCP",
        "Network.Resolver.ObtainFromDHCP",
        "Time.ObtainFromDHCP",
        STATIC_NAME_SERVERS,
        STATIC_SEARCH_DOMAINS,
    }
)
"""A change of these shows at once in what the device calls itself, whom it asks, and its IPv6 address."""

REVERTED = ("Network.BootProto", "Network.IPAddress", "Network.SubnetMask", "Network.DefaultRouter")


@dataclass(frozen=True, slots=True)
class Configuration:
    """How the device is told to get its IPv4 address."""

    dhcp: bool
    address: str
    prefix_length: int
    router: str
    link_local: str
    """`off`, `on` (always, beside any other address) or `fallback` (only while there is no other)."""
    static_fallback: bool
    dhcp_routes: bool


def read_configuration(parameters: ParameterStore) -> Configuration:
    """The present configuration. Raises ValueError for an address or a mask that is none."""
    address, prefix_length = _host(
        parameters.get("Network.IPAddress", "192.168.0.90"), parameters.get("Network.SubnetMask", "255.255.255.0")
    )
    return Configuration(
        dhcp=parameters.get("Network.BootProto", "dhcp") == "dhcp",
        address=address,
        prefix_length=prefix_length,
        router=parameters.get("Network.DefaultRouter"),
        link_local=link_local_mode(parameters),
        static_fallback=parameters.enabled(STATIC_FALLBACK),
        dhcp_routes=parameters.enabled(DHCP_ROUTES),
    )


@lru_cache(maxsize=64)
def _host(address: str, mask: str) -> tuple[str, int]:
    interface = IPv4Interface(f"{address}/{mask}")
    if interface.ip.is_unspecified or interface.ip.is_multicast or interface.ip.packed[0] >= 240:
        raise ValueError(f"{address} is no host address")
    if str(interface.netmask) != mask:
        raise ValueError(f"{mask} is no subnet mask")
    return str(interface.ip), interface.network.prefixlen


def link_local_mode(parameters: ParameterStore) -> str:
    """`linkLocalMode` of network_settings.cgi, from the two parameters that hold it (core sheet 3.10).

    Firmware without `ZeroConf.Fallback` always has a 169.254 address in parallel (core sheet 2.6).
    """
    if not parameters.enabled("Network.ZeroConf.Enabled"):
        return "off"
    return "fallback" if parameters.enabled("Network.ZeroConf.Fallback") else "on"


def set_link_local_mode(parameters: ParameterStore, mode: str) -> None:
    """Write `off`, `on` or `fallback` to the parameters that hold it."""
    parameters.write("Network.ZeroConf.Enabled", "no" if mode == "off" else "yes")
    if mode != "off" and "Network.ZeroConf.Fallback" in parameters:
        parameters.write("Network.ZeroConf.Fallback", "yes" if mode == "fallback" else "no")


def static_name_servers(parameters: ParameterStore) -> tuple[str, ...]:
    """The configured name servers, at most three; `0.0.0.0` in a parameter means none."""
    first = (parameters.get("Network.DNSServer1"), parameters.get("Network.DNSServer2"))
    named = (*first, *parameters.get(STATIC_NAME_SERVERS).split())
    return tuple(server for server in named if server and not IPv4Address(server).is_unspecified)


def set_static_name_servers(parameters: ParameterStore, servers: tuple[str, ...]) -> None:
    """Store up to three name servers: two in their parameters, the rest in the internal one."""
    first = (*servers[:2], "0.0.0.0", "0.0.0.0")  # how the parameter says "none"
    parameters.write("Network.DNSServer1", first[0])
    parameters.write("Network.DNSServer2", first[1])
    parameters.write(STATIC_NAME_SERVERS, " ".join(servers[2:]))
