"""Who the speaker is when it calls and registers: its accounts as the user agent knows them (SIP sheet 1, 8 and 10.2)."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote

from simulator.device.sip_setting import FAILBACK_TIMEOUT, MAX_RETRANSMISSIONS
from simulator.errors import MalformedMessage
from simulator.wire.sip.account import Account, Login
from simulator.wire.sip.command import Register, Server
from simulator.wire.sip.packet import TLS
from simulator.wire.sip.uri import SipUri, host_text, parse_uri

if TYPE_CHECKING:
    from collections.abc import Iterable

    from simulator.device.sip_account import SipAccount, SipProxy
    from simulator.device.sip_quirks import SipQuirks
    from simulator.device.sip_setting import SipConfiguration

_USER_SIGNS = "-_.!~*'()&=+$,;?/"
"""What stands in the user part of an address beside letters and digits (RFC 3261 section 25)."""


def server_uri(text: str, scheme: str = "sip") -> str:
    """Address of a server out of a setting: `host`, `host:port` or a whole URI. Raises MalformedMessage."""
    _, colon, rest = text.strip().partition(":")
    if colon and not rest.split(";")[0].isdecimal():
        uri = parse_uri(text.strip())
        return str(uri)
    return str(parse_uri(f"{scheme}:{text.strip()}"))


def host_of(uri: str) -> str:
    """Host of an address in lower case; empty for what is none."""
    try:
        parsed = parse_uri(uri)
    except MalformedMessage:
        return ""
    return parsed.host.lower() if isinstance(parsed, SipUri) else ""


def aor_of(account: SipAccount, domain: str, place: str) -> str:
    """Address of record; of a peer-to-peer account the device's own `place`, `host:port`. Raises MalformedMessage."""
    if account.peer_to_peer:
        return f"{account.scheme}:{place}"
    name = SipUri(host="x") if not domain else parse_uri(server_uri(domain, account.scheme))
    host = name.host if isinstance(name, SipUri) else ""
    return f"{account.scheme}:{quote(account.user_id, safe=_USER_SIGNS)}@{host_text(host)}"


def place_text(address: str, ports: dict[str, int], transport: str) -> str:
    """`host:port` of ours for a transport."""
    return f"{host_text(address)}:{ports.get(transport.upper(), ports.get('UDP', 5060))}"


def wire_account(account: SipAccount, place: str, *, target: str = "", server: int = 0) -> Account:
    """How an account calls `target`: by its proxies, else by the registrar that is active, where that serves the domain.

    `server` is 0 for the registrar and 1 for the secondary one. Raises MalformedMessage for settings that name no host.
    """
    second = server == 1
    domain = (account.secondary_public_domain if second else account.public_domain) or ""
    registrar = (account.secondary_registrar if second else account.registrar) or domain
    proxies = account.secondary_sip_proxies if second and account.secondary_sip_proxies else account.sip_proxies
    routes = tuple(_route(proxy.server, account.scheme) for proxy in proxies)
    if not routes and registrar and target:
        routes = _by_registrar(account, domain or registrar, registrar, target)
    return Account(
        aor_of(account, domain or registrar, place),
        user="" if account.peer_to_peer else quote(account.user_id, safe=_USER_SIGNS),
        display=account.caller_id,
        transport=TLS if account.sips_enabled else account.transport.upper(),
        logins=(Login(account.login, account.password), *_logins_of(proxies)),
        proxies=routes,
    )


def _by_registrar(account: SipAccount, domain: str, registrar: str, target: str) -> tuple[str, ...]:
    """Numbers of our own domain are the registrar's to find; a Route says so where the number itself does not."""
    place, goal, own = (
        parse_uri(text)
        for text in (server_uri(registrar, account.scheme), target, server_uri(domain, account.scheme))
    )
    if not (isinstance(place, SipUri) and isinstance(goal, SipUri) and isinstance(own, SipUri)):
        return ()
    same = (place.host.lower(), place.port) == (goal.host.lower(), goal.port)
    return () if same or own.host.lower() != goal.host.lower() else (_route(registrar, account.scheme),)


def _route(server: str, scheme: str) -> str:
    uri = parse_uri(server_uri(server, scheme))
    if isinstance(uri, SipUri):
        uri = uri._replace(params={**uri.params, "lr": None})
    return str(uri)


def _logins_of(proxies: Iterable[SipProxy]) -> tuple[Login, ...]:
    """Each proxy has its own name and password, for the realm that is its host (SIP sheet 10.2)."""
    return tuple(
        Login(proxy.username, proxy.password, host_of(server_uri(proxy.server)))
        for proxy in proxies
        if proxy.username
    )


def registration_of(
    account: SipAccount, place: str, configuration: SipConfiguration, quirks: SipQuirks
) -> Register:
    """The order to keep an account registered. Raises MalformedMessage for settings that name no host."""
    servers = [_server(account, account.registrar, account.public_domain, place)]
    if account.secondary_registrar or account.secondary_public_domain:
        servers.append(_server(account, account.secondary_registrar, account.secondary_public_domain, place))
    return Register(
        wire_account(account, place),
        tuple(servers),
        expires=account.registration_interval(quirks),
        attempts=int(configuration.attribute_value(MAX_RETRANSMISSIONS, quirks)),
        failback=float(configuration.attribute_value(FAILBACK_TIMEOUT, quirks)),
    )


def _server(account: SipAccount, registrar: str | None, domain: str | None, place: str) -> Server:
    return Server(
        server_uri(registrar or domain or "", account.scheme), aor_of(account, domain or registrar or "", place)
    )
