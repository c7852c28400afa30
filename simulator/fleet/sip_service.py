"""The sockets of a speaker's SIP user agent: UDP and TCP while SIP is on, TLS where an account wants it, RTP per call."""

from __future__ import annotations

import asyncio
import ssl
from functools import cached_property
from typing import TYPE_CHECKING, Any

from simulator.clock import wire_now
from simulator.device.certificate import DEVICE_ID
from simulator.errors import FleetError
from simulator.face.sip.front import SipFace
from simulator.face.sip.setting import quirks_of
from simulator.face.transport import TlsWish
from simulator.journal import Kind
from simulator.net.patchbay import Endpoint
from simulator.net.sip.setting import TransportSettings
from simulator.net.sip.transports import Net, SipTransports
from simulator.wire.sip.packet import TLS, UDP

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from simulator.device.call_service import CallService, Part
    from simulator.device.sip_account import SipAccount
    from simulator.face.sip.way import Media
    from simulator.face.transport import Cancellable
    from simulator.fleet.host import Host
    from simulator.fleet.premises import Premises
    from simulator.wire.rtp.negotiated import MediaSettings
    from simulator.wire.sip.packet import Packet

SERVICE = "sip"
END_ROUND = 0.05
"""Wire seconds between two looks at what is left to be answered, once SIP is switched off."""


class SipService:
    """The way of one speaker's user agent to the network. Follows its host; costs nothing while SIP is off."""

    def __init__(self, host: Host, premises: Premises) -> None:
        self._host = host
        self._device = host.device
        self._premises = premises
        self._running = False
        """The device's services run."""
        self._place: tuple[str, int] | None = None
        """Address and the device's own port of what listens."""
        self._secure: tuple[int, TlsWish] | None = None
        """Port and certificate of what listens for TLS."""
        self._closing: asyncio.TimerHandle | None = None
        if self._service is not None:
            self._service.on_settings(self._settings_changed)

    @cached_property
    def face(self) -> SipFace:
        """Made when SIP is switched on for the first time."""
        return SipFace(self._device, self)

    @cached_property
    def _transports(self) -> SipTransports:
        premises = self._premises
        net = Net(premises.provider, premises.patchbay, premises.tls)
        return SipTransports(net, Endpoint(self._device.name, SERVICE), self.face, self._transport_settings())

    @property
    def _service(self) -> CallService | None:
        return self._device.call_service

    @property
    def listening(self) -> bool:
        return self._place is not None

    # Life of the device

    def run(self) -> None:
        """The device's services run."""
        self._running = True
        self.refresh()

    def say_good_bye(self) -> None:
        """The device is going down in order: bindings are taken back. Calls have been hung up by the device itself."""
        self._running = False
        if self.listening:
            self.face.take_back()

    def fall_silent(self) -> None:
        """Power or the system is gone: nothing is said, and what comes in is not answered."""
        self._running = False
        self._stay()
        if "face" in self.__dict__:
            self.face.stop()

    def close(self) -> None:
        """The sockets go: a device that runs again, or one that has said good-bye."""
        self._running = False
        self._close()

    def refresh(self) -> None:
        """Open, move or close the sockets so that they fit the device."""
        wanted = self._wanted()
        if wanted is None:
            if self._place is not None:
                self._withdraw()
        elif wanted != self._place:
            self._open(*wanted)
        else:
            self._refresh_tls()
            if self._stay():  # switched off and on again
                self.face.settings_changed()

    def _wanted(self) -> tuple[str, int] | None:
        service, address = self._service, self._device.network.primary
        if service is None or address is None or not self._running or not self._device.lifecycle.reachable:
            return None
        return (address, service.configuration.sip_port) if service.configuration.sip_enabled else None

    def _open(self, address: str, port: int) -> None:
        self._stay()
        self._secure = None
        try:
            self._transports.open(address, port)
        except FleetError as error:
            self._device.note(Kind.STATE, "port taken", service=SERVICE, port=port, reason=str(error))
            self._close()
            return
        self._place = address, port
        self._device.note(Kind.STATE, "sip listens", address=address, **_lower(self._transports.ports()))
        self._refresh_tls()
        self.face.begin()

    def _withdraw(self) -> None:
        """SIP is off, or there is no address: close when the registrars have let us go, at once where none has to."""
        if self._device.network.primary is None or not self.face.take_back():
            self._close()
        elif self._closing is None:
            self._wait_for_the_end(wire_now() + quirks_of(self._device).unregister_wait)

    def _wait_for_the_end(self, until: float) -> None:
        """Close when nobody has to answer any more, or it has taken too long."""
        self._closing = None
        if wire_now() >= until or not self.face.leaving:
            self._close()
        else:
            self._closing = asyncio.get_running_loop().call_later(END_ROUND, self._wait_for_the_end, until)

    def _close(self) -> None:
        self._stay()
        if "face" in self.__dict__:
            self.face.stop()
        if "_transports" in self.__dict__:
            self._transports.close()
        self._place = self._secure = None

    def _stay(self) -> bool:
        """Do not close; False where that was not to come."""
        if self._closing is None:
            return False
        self._closing.cancel()
        self._closing = None
        return True

    def _settings_changed(self, part: Part) -> None:
        self.refresh()
        if part != "stack" and self._wanted() is not None and self._wanted() == self._place:
            self._transports.settings = self._transport_settings()
            self.face.settings_changed()

    # TLS

    def _refresh_tls(self) -> None:
        """A listener with the certificate and versions of the accounts that use TLS."""
        service = self._service
        account = (
            next((one for one in service.accounts if one.enabled and one.transport == "tls"), None)
            if service
            else None
        )
        wanted = None
        if service is not None and account is not None:
            wanted = service.configuration.sip_tls_port, self._presented(account)
        if wanted == self._secure:
            return
        self._secure = wanted
        if wanted is None:
            self._transports.close_tls()
            return
        try:
            self._transports.open_tls(wanted[0], self._context(wanted[1]))
        except FleetError as error:
            self._device.note(Kind.STATE, "port taken", service=SERVICE, port=wanted[0], reason=str(error))

    def _context(self, wish: TlsWish) -> Callable[[], ssl.SSLContext]:
        """Made when the first client comes."""
        address, premises = self._device.network.primary or "", self._premises
        made: list[ssl.SSLContext] = []

        def context() -> ssl.SSLContext:
            if not made:
                try:
                    made.append(premises.tls.presenting(wish, address, premises.plan.claimed(address)))
                except FleetError as error:
                    raise ssl.SSLError(str(error)) from None
            return made[0]

        return context

    def _presented(self, account: SipAccount) -> TlsWish:
        """How the accounts with TLS want it; the values are the same for all of them (audio sheet 8.3)."""
        certificates = self._device.certificates
        alias = account.certificate or DEVICE_ID
        own = certificates.clients.get(alias, b"")
        versions = tuple(part.strip() for part in account.encryption_protocols.split(",") if part.strip())
        return TlsWish(
            verify=account.verify_server_certificate,
            authorities=tuple(certificates.authorities.values()),
            certificate=own,
            device_id="" if own else self._device.identity.serial,
            versions=versions,
        )

    def _transport_settings(self) -> TransportSettings:
        quirks, service = quirks_of(self._device), self._service
        assert service is not None
        settings = TransportSettings(
            idle_close=quirks.stream_idle,
            stream_pong=quirks.stream_pong,
            most_connections=quirks.most_connections,
        )
        account = next((one for one in service.accounts if one.transport == "tls"), None)
        if account is not None:
            settings.tls = self._presented(account)
        return settings

    # What the face asks of its way

    def now(self) -> float:
        return wire_now()

    def call_at(self, moment: float, callback: Callable[[], None]) -> Cancellable:
        """Peers live in wire time, whatever the clock of the fleet."""

        def due() -> None:
            self._premises.pacer.activity.count += 1
            callback()

        return asyncio.get_running_loop().call_at(moment, due)

    def send(self, packet: Packet) -> None:
        self._transports.send(packet)

    @property
    def address(self) -> str | None:
        return self._transports.address if "_transports" in self.__dict__ else None

    def ports(self) -> dict[str, int]:
        """Wire ports of what listens; empty while nothing does."""
        return self._transports.ports() if "_transports" in self.__dict__ else {}

    def open_media(self, first_port: int, settings: MediaSettings) -> Media:
        address = self.address
        if address is None:
            raise FleetError(f"{self._device.name} has no address for media")
        return self._premises.media.open(self._device.name, address, first_port, settings)

    # What others are told

    def faults(self) -> Iterator[dict[str, Any]]:
        """Those in force."""
        return self.face.faults.told(self._device.name) if "face" in self.__dict__ else iter(())

    def end_faults(self) -> bool:
        """All is right again; False where it was."""
        return "face" in self.__dict__ and self.face.faults.end_all()

    @property
    def wire_ports(self) -> dict[str, int]:
        """By service: `sip` for UDP and TCP, `sips` for TLS."""
        ports = self.ports()
        return {name: ports[transport] for name, transport in (("sip", UDP), ("sips", TLS)) if transport in ports}

    def description(self) -> dict[str, int | str] | None:
        """How a caller reaches the speaker; None while it does not listen."""
        ports = self.ports()
        if not ports or self._service is None:
            return None
        return {**_lower(ports), "uri": f"sip:{self.address}:{ports[UDP]}"}


def _lower(ports: dict[str, int]) -> dict[str, int]:
    return {transport.lower(): port for transport, port in ports.items()}
