"""What follows from lease and configuration: names, router, resolver; and the parameters that show it."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv6Address
from typing import TYPE_CHECKING

from simulator.device.network_configuration import STATIC_SEARCH_DOMAINS, static_name_servers

if TYPE_CHECKING:
    from simulator.device.lease import Lease
    from simulator.device.network import Network
    from simulator.device.parameter import ParameterStore

UNSET = "0.0.0.0"
"""How a parameter says that there is none."""


@dataclass(frozen=True, slots=True)
class Resolved:
    """What the device goes by now."""

    host_name: str = ""
    router: str = ""
    name_servers: tuple[str, ...] = ()
    search_domains: tuple[str, ...] = ()
    domain: str = ""
    ntp_servers: tuple[str, ...] = ()
    routes: tuple[tuple[str, str], ...] = ()


def resolve(network: Network, parameters: ParameterStore) -> Resolved:
    """Apply the rules of network sheet 3.3: a piece of a lease counts only if the device is told to take it."""
    lease = network.current_lease if network.configuration.dhcp else None
    names = lease if lease and parameters.enabled("Network.Resolver.ObtainFromDHCP") else None
    router, routes = _routing(network, lease)
    host_name = parameters.get("Network.HostName")
    if lease and lease.host_name and parameters.enabled("Network.VolatileHostName.ObtainFromDHCP"):
        host_name = lease.host_name
    return Resolved(
        host_name=host_name,
        router=router,
        name_servers=names.name_servers if names else static_name_servers(parameters),
        search_domains=names.search_domains if names else tuple(parameters.get(STATIC_SEARCH_DOMAINS).split()),
        domain=names.domain if names else parameters.get("Network.DomainName"),
        ntp_servers=lease.ntp_servers if lease and parameters.enabled("Time.ObtainFromDHCP") else (),
        routes=routes,
    )


def _routing(network: Network, lease: Lease | None) -> tuple[str, tuple[tuple[str, str], ...]]:
    """Router and extra routes. With `useDHCPStaticRoutes` option 121 counts instead of 3 (network sheet 3.3)."""
    if lease is not None:
        if not network.configuration.dhcp_routes or not lease.routes:
            return lease.router, ()
        default = next((router for target, router in lease.routes if target == "0.0.0.0/0"), "")
        return default, lease.routes
    if any(held.origin == "static" and held.scope == "global" for held in network.addresses):
        return network.configuration.router, ()
    return "", ()


def link_local_v6(mac: str) -> str:
    """The IPv6 link-local address that grows from a MAC address with colons (RFC 4291 appendix A), with prefix."""
    octets = bytes.fromhex(mac.replace(":", ""))
    interface = bytes([octets[0] ^ 2]) + octets[1:3] + b"\xff\xfe" + octets[3:]
    address = IPv6Address(b"\xfe\x80" + bytes(6) + interface)
    return f"{address}/64"


def mirror(parameters: ParameterStore, network: Network) -> None:
    """Show the actual state in the parameters that have it, as far as this firmware has them."""
    resolved, servers = network.resolved, (*network.resolved.name_servers, "", "")
    main = next((held for held in network.addresses if held.origin != "linkLocal"), network.link_local)
    parallel = network.link_local
    actual = {
        "Network.eth0.IPAddress": main.address if main else "",
        "Network.eth0.SubnetMask": main.netmask if main else "",
        "Network.eth0.Broadcast": main.broadcast if main else "",
        "Network.Routing.DefaultRouter": resolved.router,
        "Network.Resolver.NameServer1": servers[0],
        "Network.Resolver.NameServer2": servers[1],
        "Network.Resolver.NameServerList": " ".join(resolved.name_servers),
        "Network.Resolver.Search": " ".join(resolved.search_domains),
        "Network.VolatileHostName.HostName": resolved.host_name,
        "Network.eth0.IPv6.IPAddresses": _own_v6(parameters),
        "Network.ZeroConf.IPAddress": parallel.address if parallel else "",
        "Network.ZeroConf.SubnetMask": parallel.netmask if parallel else "",
        "Time.NTP.VolatileServer": resolved.ntp_servers[0] if resolved.ntp_servers else UNSET,
    }
    for name, value in actual.items():
        if name in parameters:
            parameters.put(name, value)


def _own_v6(parameters: ParameterStore) -> str:
    """Nobody advertises a prefix on the site, so an enabled interface has its link-local address alone."""
    mac = parameters.get("Network.eth0.MACAddress")
    return link_local_v6(mac) if mac and parameters.enabled("Network.IPv6.Enabled") else ""
