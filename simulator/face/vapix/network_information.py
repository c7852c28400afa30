"""`getNetworkInfo` of network_settings.cgi: everything about the interface in one answer (core sheet 3.1).

Keys and their order as recorded on a 12.9 speaker; the profile's quirks say which of them a firmware lacks.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from simulator.device.network_configuration import (
    DHCP_ROUTES,
    STATIC_FALLBACK,
    STATIC_SEARCH_DOMAINS,
    link_local_mode,
    static_name_servers,
)

if TYPE_CHECKING:
    from simulator.device.device import Device
    from simulator.device.lease import HeldAddress
    from simulator.face.vapix.envelope import Json

INTERFACE = "eth0"
EAP_TLS = "WPA-Enterprise-EAPTLS"
MOST_NAME_SERVERS = 3
MOST_SEARCH_DOMAINS = 6
_ECN = {"0": "off", "1": "acceptAndInitiate"}


def network_info(device: Device) -> Json:
    """The `data` of the answer for this device's firmware."""
    whole = {"system": _system(device), "devices": [_interface(device)]}
    trimmed: Json = _without(whole, frozenset(device.profile.quirks.network_info_omits))
    return trimmed


def _without(value: Any, omitted: frozenset[str]) -> Any:
    if isinstance(value, dict):
        return {key: _without(item, omitted) for key, item in value.items() if key not in omitted}
    if isinstance(value, list):
        return [_without(item, omitted) for item in value]
    return value


def _system(device: Device) -> Json:
    parameters = device.parameters
    return {
        "tcpEcnMode": _ECN.get(parameters.get("Network.tcpECN"), "off"),
        "maxSupportedVlans": 5,
        "deviceSwitching": {
            "mode": "auto",
            "manualActiveDevices": [INTERFACE],
            "devices": [INTERFACE],
            "activeDevices": [INTERFACE],
        },
        "hostname": {
            "useDhcpHostname": parameters.enabled("Network.VolatileHostName.ObtainFromDHCP"),
            "hostname": device.network.host_name,
            "staticHostname": parameters.get("Network.HostName"),
        },
        "resolver": _resolver(device),
        "globalProxies": {"httpProxy": "", "httpsProxy": "", "noProxy": ""},
    }


def _resolver(device: Device) -> Json:
    parameters, resolved = device.parameters, device.network.resolved
    return {
        "useDhcpResolverInfo": parameters.enabled("Network.Resolver.ObtainFromDHCP"),
        "nameServers": list(resolved.name_servers),
        "staticNameServers": list(static_name_servers(parameters)),
        "maxSupportedStaticNameServers": MOST_NAME_SERVERS,
        "searchDomains": list(resolved.search_domains),
        "staticSearchDomains": parameters.get(STATIC_SEARCH_DOMAINS).split(),
        "maxSupportedStaticSearchDomains": MOST_SEARCH_DOMAINS,
        "domainName": resolved.domain,
        "staticDomainName": parameters.get("Network.DomainName"),
    }


def _interface(device: Device) -> Json:
    return {
        "name": INTERFACE,
        "type": "wired",
        "macAddress": device.identity.mac_lower,
        "partOfBridge": "",
        "link": device.network.link,
        "state": "up",
        "staticState": "up",
        "wired": _wired(device),
        "IPv4": _ipv4(device),
        "IPv6": _ipv6(device),
    }


def _wired(device: Device) -> Json:
    parameters = device.parameters
    choices = parameters.definition("Network.Media").choices if "Network.Media" in parameters else ("auto",)
    return {
        "linkMode": _link_mode(parameters.get("Network.Media", "auto")),
        "supportedLinkModes": [_link_mode(choice) for choice in choices],
        "isDownlink": False,
        "8021X": _port_authentication(device),
    }


def _link_mode(parameter: str) -> str:
    return parameter.replace("base", "Base")


def _port_authentication(device: Device) -> Json:
    """802.1X as the parameters have it; configurations of the modes that this firmware offers."""
    prefix, modes = "Network.Interface.I0.dot1x.", device.profile.quirks.network_info_dot1x_modes
    get = device.parameters.get
    eapol = f"EAPoLv{get(prefix + 'EAPOLVersion', '3')}"
    params: dict[str, Json] = {
        "WPA-Enterprise-PEAP-MSCHAPv2": {
            "identity": "",
            "is_password_set": False,
            "eapolVersion": eapol,
            "peapVersion": "PEAPv1",
            "label": 1,
            "certClient": "",
            "certsCA": [],
        },
        EAP_TLS: {
            "identity": get(prefix + "EAPTLS.Identity"),
            "eapolVersion": eapol,
            "certClient": "Axis device ID ECC-P256 (802.1AR)",
            "certsCA": [],
        },
        "MACsec-PSK": {"is_mka_cak_set": False, "mkaCkn": ""},
    }
    return {
        "enabled": device.parameters.enabled(prefix + "Enabled"),
        "status": get(prefix + "Status", "Stopped"),
        "mode": EAP_TLS,
        "configurations": [{"mode": mode, "params": params[mode]} for mode in modes],
        "supportedModes": list(modes),
        "MACsecSecured": False,
    }


def _ipv4(device: Device) -> Json:
    parameters, network = device.parameters, device.network
    return {
        "enabled": parameters.enabled("Network.Enabled"),
        "configurationMode": "dhcp" if parameters.get("Network.BootProto") == "dhcp" else "static",
        "linkLocalMode": link_local_mode(parameters),
        "addresses": [_held(held) for held in network.addresses],
        "maxSupportedStaticAddressConfigurations": 1,
        "staticAddressConfigurations": [_static(device)],
        "defaultRouter": network.default_router,
        "staticDefaultRouter": parameters.get("Network.DefaultRouter"),
        "useStaticDHCPFallback": parameters.enabled(STATIC_FALLBACK),
        "useDHCPStaticRoutes": parameters.enabled(DHCP_ROUTES),
    }


def _held(held: HeldAddress) -> Json:
    return {
        "address": held.address,
        "prefixLength": held.prefix_length,
        "origin": held.origin,
        "scope": held.scope,
        "broadcast": held.broadcast,
    }


def _static(device: Device) -> Json:
    get = device.parameters.get
    mask = get("Network.SubnetMask")
    return {
        "address": get("Network.IPAddress"),
        "prefixLength": sum(int(octet).bit_count() for octet in mask.split(".") if octet.isdigit()),
        "broadcast": get("Network.Broadcast"),
    }


def _ipv6(device: Device) -> Json:
    """Link-local addresses only, as the parameter that shows them lists them."""
    listed = device.parameters.get("Network.eth0.IPv6.IPAddresses").split()
    return {
        "enabled": device.parameters.enabled("Network.IPv6.Enabled"),
        "addresses": [
            {
                "address": address.partition("/")[0],
                "prefixLength": int(address.partition("/")[2] or 64),
                "origin": "linkLocal",
                "scope": "link",
            }
            for address in listed
        ],
    }
