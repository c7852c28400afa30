"""network_settings.cgi: addresses, names and resolvers through JSON (core sheet 3.1).

Every setting is a parameter of the store, so that param.cgi shows the same. A new address takes effect a moment
after the answer has left; if it cannot be applied, the device goes back and only logs it. Parameters are
checked all before the first is written.
"""

from __future__ import annotations

from ipaddress import IPv4Address, IPv4Network
from typing import TYPE_CHECKING, Any

from simulator.device.network_configuration import (
    DHCP_ROUTES,
    STATIC_FALLBACK,
    STATIC_SEARCH_DOMAINS,
    set_link_local_mode,
    set_static_name_servers,
)
from simulator.device.parameter import Refused
from simulator.face.vapix.call import Route
from simulator.face.vapix.envelope import PRETTY_WITHOUT_NEWLINE, Invocation, Json, JsonService, Method
from simulator.face.vapix.fault import FAMILY_A, ApiError
from simulator.face.vapix.network_information import (
    INTERFACE,
    MOST_NAME_SERVERS,
    MOST_SEARCH_DOMAINS,
    network_info,
)

if TYPE_CHECKING:
    from collections.abc import Callable

Changes = dict[str, str]
"""Parameter names and the values they are about to get."""

_DEVICE = ("deviceName", 100)
_LIST = ("staticAddressConfigurations", 103)
_ADDRESS, _PREFIX, _BROADCAST = ("address", 104), ("prefixLength", 105), ("broadcast", 106)


def get_network_info(asked: Invocation) -> Json:
    return network_info(asked.call.device)


def set_ipv4(asked: Invocation) -> Json:
    """Address, router, mode and fallback; what is not given stays."""
    _check_device(asked)
    changes: Changes = {}
    mode = _choice(asked, "configurationMode", ("static", "dhcp"), 101)
    if mode is not None:
        changes["Network.BootProto"] = "dhcp" if mode == "dhcp" else "none"
    router = _optional(asked, "staticDefaultRouter", _is_ipv4, 102)
    if router is not None:
        changes["Network.DefaultRouter"] = router
    changes |= _static_address(asked)
    changes |= _switches(
        asked, {"useStaticDHCPFallback": STATIC_FALLBACK, "useDHCPStaticRoutes": DHCP_ROUTES}, 110
    )
    changes |= _switches(asked, {"enabled": "Network.Enabled"}, 111)
    link_local = _choice(asked, "linkLocalMode", ("off", "on", "fallback"), 109)
    _write(asked, changes)
    if link_local is not None:
        set_link_local_mode(asked.call.device.parameters, link_local)
    return {}


def _static_address(asked: Invocation) -> Changes:
    """At most one static address; an empty list changes nothing."""
    listed = _optional(asked, _LIST[0], lambda value: isinstance(value, list) and len(value) <= 1, _LIST[1])
    if not listed:
        return {}
    entry = listed[0]
    if not isinstance(entry, dict):
        raise _invalid(asked, *_LIST)
    address, length = entry.get("address"), entry.get("prefixLength")
    if not _is_ipv4(address):
        raise _invalid(asked, *_ADDRESS)
    if not isinstance(length, int) or isinstance(length, bool) or not 1 <= length <= 32:
        raise _invalid(asked, *_PREFIX)
    network = IPv4Network(f"{address}/{length}", strict=False)
    broadcast = entry.get("broadcast", str(network.broadcast_address))
    if not _is_ipv4(broadcast):
        raise _invalid(asked, *_BROADCAST)
    return {
        "Network.IPAddress": address,
        "Network.SubnetMask": str(network.netmask),
        "Network.Broadcast": broadcast,
    }


def set_ipv6(asked: Invocation) -> Json:
    _check_device(asked)
    _write(asked, _switches(asked, {"enabled": "Network.IPv6.Enabled"}, 101))
    return {}


def set_host_name(asked: Invocation) -> Json:
    name = _optional(asked, "staticHostname", _is_host_name, 100)
    changes = {"Network.HostName": name} if name is not None else {}
    changes |= _switches(asked, {"useDhcpHostname": "Network.VolatileHostName.ObtainFromDHCP"}, 101)
    _write(asked, changes)
    return {}


def set_resolver(asked: Invocation) -> Json:
    """Name servers, at most three; search domains, at most six; the domain."""
    changes = _switches(asked, {"useDhcpResolverInfo": "Network.Resolver.ObtainFromDHCP"}, 100)
    servers = _optional(asked, "staticNameServers", _all(_is_ipv4, MOST_NAME_SERVERS), 101)
    domains = _optional(asked, "staticSearchDomains", _all(_is_host_name, MOST_SEARCH_DOMAINS), 102)
    domain = _optional(asked, "staticDomainName", lambda name: name == "" or _is_host_name(name), 103)
    if domains is not None:
        changes[STATIC_SEARCH_DOMAINS] = " ".join(domains)
    if domain is not None:
        changes["Network.DomainName"] = domain
    _write(asked, changes)
    if servers is not None:
        set_static_name_servers(asked.call.device.parameters, tuple(servers))
    return {}


# ---- reading params


def _check_device(asked: Invocation) -> None:
    if asked.required(_DEVICE[0]) != INTERFACE:
        raise _invalid(asked, *_DEVICE)


def _optional(asked: Invocation, name: str, test: Callable[[Any], bool], code: int) -> Any:
    value = asked.params.get(name)
    if value is not None and not test(value):
        raise _invalid(asked, name, code)
    return value


def _choice(asked: Invocation, name: str, choices: tuple[str, ...], code: int) -> str | None:
    value: str | None = _optional(asked, name, lambda sent: sent in choices, code)
    return value


def _switches(asked: Invocation, names: dict[str, str], code: int) -> Changes:
    changes: Changes = {}
    for name, parameter in names.items():
        value = _optional(asked, name, lambda sent: isinstance(sent, bool), code)
        if value is not None:
            changes[parameter] = "yes" if value else "no"
    return changes


def _invalid(asked: Invocation, name: str, code: int) -> ApiError:
    return asked.invalid(name, subCode=code)


def _is_ipv4(value: object) -> bool:
    try:
        return isinstance(value, str) and IPv4Address(value) is not None
    except ValueError:
        return False


def _is_host_name(value: object) -> bool:
    """Letters, digits, hyphens and dots (manual, Network > Hostname)."""
    if not isinstance(value, str) or not 1 <= len(value) <= 63 or not value.isascii():
        return False
    return all(char.isalnum() or char in "-." for char in value) and value[0].isalnum() and value[-1].isalnum()


def _all(test: Callable[[object], bool], most: int) -> Callable[[object], bool]:
    return lambda values: isinstance(values, list) and len(values) <= most and all(map(test, values))


def _write(asked: Invocation, changes: Changes) -> None:
    parameters = asked.call.device.parameters
    for name, value in changes.items():
        if name not in parameters:
            continue  # this firmware has no such setting
        try:
            parameters.write(name, value)
        except Refused:
            raise asked.invalid(name) from None


SERVICE = JsonService(
    "network-settings",
    FAMILY_A,
    {
        "getNetworkInfo": Method(get_network_info),
        "setIPv4AddressConfiguration": Method(set_ipv4),
        "setIPv6AddressConfiguration": Method(set_ipv6),
        "setHostnameConfiguration": Method(set_host_name),
        "setResolverConfiguration": Method(set_resolver),
    },
    writing=PRETTY_WITHOUT_NEWLINE,
    wants_json_label=True,
)

ROUTES = (Route(("/axis-cgi/network_settings.cgi",), SERVICE, methods=("POST",), api="network-settings"),)
