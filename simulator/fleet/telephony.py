"""The telephony of one fleet's site: its registrars and phones, as they were specified, and who can be called how."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from simulator.errors import FleetError
from simulator.fleet.sip_setting import ENCRYPTION
from simulator.fleet.telephony_specification import phone_user
from simulator.net.sip.transports import Net
from simulator.site.sip.phone import Phone, PhoneSettings, RegistrarAt
from simulator.site.sip.registrar_service import RegistrarService
from simulator.wire.sip.agreement import Encryption
from simulator.wire.sip.registrar import RegistrarSettings

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from simulator.device.sip_account import SipAccount
    from simulator.device.world import World
    from simulator.fleet.host import Host
    from simulator.fleet.premises import Premises
    from simulator.fleet.telephony_specification import PhoneSpecification, RegistrarSpecification

DEFAULT_SIP_PORT = 5060
PRIMARY, SECONDARY = "primary", "secondary"


class Telephony:
    """Made with the premises. Without registrar and phones it opens nothing."""

    def __init__(self, premises: Premises) -> None:
        self._premises = premises
        self._world: World = premises.world
        self._net = Net(premises.provider, premises.patchbay, premises.tls)
        self.registrars: dict[str, RegistrarService] = {}
        """By name: `primary`, and `secondary` where there is one."""
        self.phones: dict[str, Phone] = {}
        self.hosts: Mapping[str, Host] = {}
        """The devices of the fleet: the accounts of its speakers are known at the registrar."""
        self._found: dict[str, Host] = {}
        """By login, the speaker that has it."""

    @property
    def external(self) -> str | None:
        """`host:port` of a registrar that is another program."""
        chosen = self._chosen
        return None if chosen is None else chosen.external

    def open(self) -> None:
        """Open sockets and let the phones register. Raises FleetError."""
        chosen = self._chosen
        if chosen is not None and chosen.external is None:
            self._open_registrars(chosen)
        for name, phone in self._premises.specification.site.phones.items():
            self._open_phone(name, phone)

    def close(self) -> None:
        """The site ends; safe to repeat."""
        for phone in self.phones.values():
            phone.close()
        for registrar in self.registrars.values():
            registrar.close()

    # Who is where

    def servers(self) -> list[RegistrarAt]:
        """The registrars that accounts register at, the primary first; none where the site has none."""
        if self.external is not None:
            host, _, port = self.external.rpartition(":")
            domain = self._chosen.domain if self._chosen is not None else ""
            return [RegistrarAt(host, int(port), domain or host)]
        return [RegistrarAt(*service.address, self._domain(service)) for service in self.registrars.values()]

    def party(self, to: str) -> str:
        """Whom a phone calls: a user of the registrar, as which a phone may be named, or a URI."""
        phone = self.phones.get(to)
        if phone is None or ":" in to:
            return to
        return phone.user if phone.registers else f"sip:{phone.user}@{phone.host}:{phone.port}"

    def speaker(self, host: Host, *, direct: bool) -> str:
        """Whom a phone calls: the user of the speaker's account at the registrar, or the URI of its own address."""
        user = None if direct else self.account_user(host)
        if user is not None and self.servers():
            return user
        address, port = self.place(host)
        return f"sip:{host.name}@{address}:{port}"

    def account_user(self, host: Host) -> str | None:
        """The user by which a speaker is known at the registrar; None where it has no such account."""
        accounts = [one for one in _accounts(host) if one.enabled and not one.peer_to_peer]
        accounts.sort(key=lambda one: not one.is_default)
        return accounts[0].user_id if accounts else None

    def place(self, host: Host) -> tuple[str, int]:
        """Where a speaker takes SIP. Raises FleetError for one that has no address, or no SIP."""
        address = host.device.network.primary
        if address is None:
            raise FleetError(f"{host.name} has no address")
        port = host.ports.get("sip")
        if port is None:
            raise FleetError(f"{host.name} takes no SIP", hint="give it sip settings, or enable SIP over VAPIX")
        return address, port

    # What is told

    def describe_registrars(self) -> list[dict[str, Any]]:
        """The site's own registrars with their bindings."""
        return [service.description() for service in self.registrars.values()]

    def describe_phones(self) -> list[dict[str, Any]]:
        """What each phone shows and hears."""
        return [phone.description() for phone in self.phones.values()]

    def description(self) -> dict[str, Any]:
        """For fleet.json: where clients find registrars and phones."""
        registrars = [
            {"host": at.host, "port": at.port, "domain": at.domain, "embedded": self.external is None}
            for at in self.servers()
        ]
        phones = {
            name: {"user": phone.user, "host": phone.host, "port": phone.port, "registers": phone.registers}
            for name, phone in self.phones.items()
        }
        return {"registrars": registrars, "phones": phones}

    # Opening

    @property
    def _chosen(self) -> RegistrarSpecification | None:
        return self._premises.specification.site.registrar

    def _domain(self, service: RegistrarService) -> str:
        chosen = self._chosen
        return (chosen.domain if chosen is not None else "") or service.address[0]

    def _open_registrars(self, chosen: RegistrarSpecification) -> None:
        roles = {PRIMARY: "registrar", **({SECONDARY: "registrar-2"} if chosen.secondary else {})}
        for name, role in roles.items():
            address = self._premises.plan.infrastructure(role)
            domains = [chosen.domain] if chosen.domain else []
            self.registrars[name] = RegistrarService(name, address, self._net, self._world, domains)
        names = frozenset({self._domain(service).lower() for service in self.registrars.values()})
        for service in self.registrars.values():
            domain = self._domain(service)
            settings = RegistrarSettings(
                names | {service.address[0]},
                chosen.realm or domain,
                self._password,
                chosen.open,
                chosen.algorithms,
                chosen.expires,
                chosen.min_expires,
                owner=self._owner,
            )
            service.serve(settings, names)

    def _password(self, user: str) -> str | None:
        """Of whoever may register: named in the specification, a phone, a speaker."""
        chosen = self._chosen
        if chosen is not None and user in chosen.users:
            return chosen.users[user]
        for name, phone in self._premises.specification.site.phones.items():
            if phone_user(name, phone) == user:
                return phone.password
        account = self._account_of(user)
        return None if account is None else account.password

    def _owner(self, login: str) -> str:
        """Whose credentials these are: a speaker's account may prove itself by another name than it is called by."""
        account = self._account_of(login)
        return account.user_id if account is not None and account.authentication_id == login else login

    def _account_of(self, login: str) -> SipAccount | None:
        """The speaker's account that has this name. All are looked through only when it is not where it was."""
        account = self._where_it_was(login)
        if account is None:
            self._found = {name: host for host in self.hosts.values() for name in _logins(host)}
            account = self._where_it_was(login)
        return account

    def _where_it_was(self, login: str) -> SipAccount | None:
        host = self._found.get(login)
        accounts = () if host is None else _accounts(host)
        return next((one for one in accounts if login in (one.user_id, one.authentication_id)), None)

    def _open_phone(self, name: str, chosen: PhoneSpecification) -> None:
        settings = PhoneSettings(
            name=name,
            user=phone_user(name, chosen),
            password=chosen.password,
            display=chosen.display,
            transport=chosen.transport.upper(),
            codecs=chosen.codecs,
            encryption=Encryption(ENCRYPTION[chosen.media_encryption]),
            incoming=chosen.incoming,
            registrars=tuple(self.servers()) if chosen.registers else (),
        )
        address = self._premises.spare_address() if self._premises.own_addresses else "127.0.0.1"
        phone = Phone(settings, address, self._net, self._premises.media, self._world)
        self.phones[name] = phone
        if settings.registrars:
            phone.register()


def _accounts(host: Host) -> Iterable[SipAccount]:
    service = host.device.call_service
    return () if service is None else service.accounts


def _logins(host: Host) -> list[str]:
    names = [(account.user_id, account.authentication_id) for account in _accounts(host)]
    return [name for pair in names for name in pair if name]
