"""The registrations of a speaker's accounts (SIP sheet 9 and 10; audio sheet 8.3).

Each enabled account that names a registrar is registered as long as SIP is on. An account that was changed is taken back
first and registered anew when that is done, so that the registrar cannot take the new binding for the old one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from simulator.errors import MalformedMessage
from simulator.face.sip.identity import place_text, registration_of
from simulator.wire.sip.command import Refresh, Register, Unregister
from simulator.wire.sip.event import Binding

if TYPE_CHECKING:
    from collections.abc import Callable

    from simulator.device.call_service import CallService
    from simulator.device.sip_account import SipAccount
    from simulator.face.sip.way import SipWay
    from simulator.wire.sip.command import Command
    from simulator.wire.sip.event import RegistrationChanged

NO_SUCH_SERVER = (503, "Service Unavailable")
"""Status of an account whose settings name no host [guess]."""


class Registrations:
    """Orders of the user agent, by account. `send` gives it a command and returns its number."""

    def __init__(self, service: CallService, way: SipWay, send: Callable[[Command], int]) -> None:
        self._service = service
        self._way = way
        self._send = send
        self._running: dict[str, tuple[int, Register]] = {}
        """By account: the number of its registration, and what was ordered."""
        self._accounts: dict[int, str] = {}
        """By number, those included that are being taken back."""
        self._servers: dict[str, int] = {}
        """Which server an account uses, where it is not the first."""
        self._leaving = False
        """SIP ends: nothing is registered any more."""

    def server_of(self, account_id: str) -> int:
        """0 for the registrar, 1 while the secondary one is used."""
        return self._servers.get(account_id, 0)

    def uses(self, transport: str) -> bool:
        """A registration lives on this transport."""
        return any(order.account.transport == transport for _, order in self._running.values())

    @property
    def pending(self) -> bool:
        """Something is being taken back."""
        return len(self._accounts) > len(self._running)

    def follow(self) -> None:
        """Register and take back so that it fits the settings."""
        self._leaving = False
        self._follow()

    def _follow(self) -> None:
        wanted = self._wanted()
        for account_id, (number, order) in tuple(self._running.items()):
            if wanted.get(account_id) != order:
                del self._running[account_id]
                self._send(Unregister(number))
        leaving = set(self._accounts.values()) - self._running.keys()
        for account_id, order in wanted.items():
            if account_id not in self._running and account_id not in leaving:
                number = self._send(order)
                self._running[account_id] = number, order
                self._accounts[number] = account_id

    def moved(self) -> None:
        """Our address or port is another: say so to every registrar at once."""
        for number, _ in self._running.values():
            self._send(Refresh(number))

    def take_back(self) -> None:
        """SIP ends, in order. Until `follow` nothing is registered again."""
        self._leaving = True
        for number, _ in self._running.values():
            self._send(Unregister(number))
        self._running.clear()

    def changed(self, event: RegistrationChanged) -> None:
        """A registrar has answered, or has not."""
        account_id = self._accounts.get(event.registration)
        if account_id is None:
            return
        if event.state is Binding.UNREGISTERED:
            del self._accounts[event.registration]
            self._servers.pop(account_id, None)
            if not self._leaving:
                self._follow()
        elif account_id in self._running:
            self._servers[account_id] = event.server
            if event.status >= 200:
                self._service.accounts.registration(account_id, event.status, event.phrase)

    def _wanted(self) -> dict[str, Register]:
        if not self._service.configuration.sip_enabled or self._way.address is None:
            return {}
        orders = {}
        for account in self._service.accounts:
            if account.enabled and not account.peer_to_peer:
                order = self._order(account)
                if order is not None:
                    orders[account.id] = order
        return orders

    def _order(self, account: SipAccount) -> Register | None:
        service = self._service
        place = place_text(self._way.address or "", self._way.ports(), account.transport)
        try:
            return registration_of(account, place, service.configuration, service.quirks)
        except MalformedMessage:
            service.accounts.registration(account.id, *NO_SUCH_SERVER)
            return None
