"""Net and site of one fleet: the sockets, the TLS authority, the web server, the broker and the DHCP server."""

from __future__ import annotations

import asyncio
import sys
import traceback
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any
from weakref import WeakValueDictionary

from simulator.device.address_registry import AddressRegistry
from simulator.errors import MissingCapability
from simulator.fleet.pace import DeviceTimeDialer
from simulator.fleet.receivers import Receivers
from simulator.fleet.sip_specification import RegistrarPlace
from simulator.fleet.specification import ReceiversSpecification
from simulator.fleet.telephony import Telephony
from simulator.journal import Kind
from simulator.net.dialer import BusyDialer, SocketDialer
from simulator.net.http_server import HttpServer
from simulator.net.media.engine import MediaEngine
from simulator.net.pacer import Pacer
from simulator.net.patchbay import Endpoint, Patchbay, Reports
from simulator.net.provider import Provider
from simulator.net.server_certificate import ServerCertificate
from simulator.net.tls import Tls
from simulator.site.broker.server import BrokerServer
from simulator.site.broker.timing import Deadlines
from simulator.site.dhcp_server import CLIENT_PORT, SERVER_PORT, DhcpExchange, DhcpService
from simulator.site.pager import Pager
from simulator.wire.dhcp.behaviour import Behaviour
from simulator.wire.dhcp.server import DhcpServer, Offering

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable

    from simulator.device.device import Device
    from simulator.device.lease import Lease
    from simulator.device.world import World
    from simulator.face.exchange import Head
    from simulator.face.transport import DatagramWay
    from simulator.face.vapix.front import VapixFace
    from simulator.fleet.specification import FleetSpecification
    from simulator.net.acceptor import Acceptor

OBSERVER_AGENT = "axsim-observer"
"""How our own observers name themselves in `User-Agent`, so that a report about the client leaves them out."""
FIRST_SPARE_NUMBER = 64_000
"""Addresses of the LAN that no device has by number: for readdressing and for hosts that stand in the way."""
MQTT_PORT, MQTTS_PORT = 1883, 8883
TRAP_PORT = 162
MQTT_WS_PORT, MQTT_WSS_PORT = 80, 443
SITE = "site"


class Premises:
    """Made inside the running loop by `open`; `close` gives everything back."""

    def __init__(self, specification: FleetSpecification, world: World, block: int) -> None:
        self.specification = specification
        self.world = world
        world.clock.on_error = partial(self._bug, "")
        self.provider = Provider.open(specification.mode, worker=block)
        self.plan = self.provider.plan
        self.pacer = Pacer(world.clock, grace=specification.clock.grace)
        reports = Reports(self._connection, self._fault, self._bug)
        self.patchbay = Patchbay(self.pacer.activity, world.chance, reports)
        self.http = HttpServer(self.patchbay, self._request)
        self.tls = Tls()
        self.registry = AddressRegistry(world.clock)
        self.broker: BrokerServer | None = None
        """The embedded broker; None where the site's broker is another program."""
        self.broker_certificate: ServerCertificate | None = None
        self.receivers: Receivers | None = None
        """Mail, web and TCP server of the site; None where nobody asked for them."""
        self._device_ends: WeakValueDictionary[str, socket.socket] = WeakValueDictionary()
        """Connections of devices that live by device time towards the broker: address and port to socket."""
        self._spare = FIRST_SPARE_NUMBER
        self._names: dict[str, str] = {}
        self.telephony = Telephony(self)
        self.dhcp = self._dhcp_service()
        self._exchange = DhcpExchange(
            lambda: self.provider.bind_udp(self.plan.infrastructure("dhcp"), CLIENT_PORT, owner="dhcp-client"),
            self.patchbay,
            self.dhcp.address,
        )

    @classmethod
    async def open(cls, specification: FleetSpecification, world: World, block: int) -> Premises:
        """Everything but the devices, in this address block if it is free, else in the next that is.

        Raises FleetError, and leaves nothing open then.
        """
        premises = cls(specification, world, block)
        try:
            if specification.site.broker.address is None:
                await premises._start_broker()
            premises.telephony.open()
            await premises._start_receivers()
        except BaseException:
            await premises.close()
            raise
        return premises

    async def close(self) -> None:
        """Close every socket, give the address block back. Safe to repeat."""
        if "pager" in self.__dict__:
            self.pager.close()
        if "media" in self.__dict__:
            self.media.close()
        self.patchbay.shut_down()
        if self.broker is not None:
            await self.broker.stop()
        self.telephony.close()
        if self.receivers is not None:
            await self.receivers.stop()
        self._exchange.close()
        self.dhcp.close()
        await self.http.shut_down()
        self.pacer.close()
        self.provider.close()

    # The net, for hosts

    @property
    def own_addresses(self) -> bool:
        """Every device has an address of its own."""
        return self.provider.mode == "loopback"

    def demand_own_addresses(self, what: str) -> None:
        """Raises MissingCapability where devices share one address."""
        if not self.own_addresses:
            raise MissingCapability(what, capability="one address per device", hint="use mode loopback")

    def dialer(self, device: Device) -> SocketDialer:
        """The device's way out for MQTT.

        Towards the embedded broker of a stepped fleet its timers run on device time: both ends are ours.
        """
        arguments = (
            Endpoint(device.name, "mqtt"), lambda: device.network.primary, self.provider, self.patchbay, self.tls,
        )  # fmt: skip
        if self.broker is not None and self.world.clock.stepped:
            return DeviceTimeDialer(self.world.clock, self._device_ends, *arguments)
        return SocketDialer(*arguments)

    def notification_dialer(self, device: Device) -> BusyDialer:
        """The device's way out for notifications of its rules."""
        return BusyDialer(
            Endpoint(device.name, "notification"),
            lambda: device.network.primary,
            self.provider,
            self.patchbay,
            self.tls,
        )

    def dhcp_way(self, device: Device, received: Callable[[bytes], None]) -> DatagramWay:
        """The device's way to the site's DHCP server."""
        return self._exchange.attach(device.name, device.identity.mac_lower, received)

    def listen_http(
        self, device: Device, service: str, address: str, port: int, face: VapixFace, *, secure: bool
    ) -> Acceptor:
        """Open the listener of a device's web server."""
        context = self.tls.server(device.identity.serial, address, self.plan.claimed(address)) if secure else None
        return self.http.listen(
            self.provider,
            Endpoint(device.name, service),
            address,
            port,
            face,
            wall=self.world.clock.wall,
            server=face.server_header,
            context=context,
        )

    @cached_property
    def media(self) -> MediaEngine:
        """All RTP streams of the fleet, from the first call on."""
        return MediaEngine(self.provider, self.patchbay, self.world.chance)

    @cached_property
    def pager(self) -> Pager:
        """The site's paging system, from its first page on."""
        return Pager(self.media, self.plan.infrastructure("pager"))

    @cached_property
    def trap_receiver(self) -> tuple[str, int]:
        """Where the bench's own observers take SNMP notifications: address and wire port."""
        host = self.plan.infrastructure("traps")
        port = self.provider.port_for(TRAP_PORT)
        if not port:  # kept for the life of the fleet by nobody: another program may take it, and then none come
            with self.provider.bind_udp(host, TRAP_PORT, owner="traps") as spare:
                port = spare.getsockname()[1]
        return host, port

    def abandon_lines(self, endpoint: Endpoint, address: str | None, seconds: float) -> None:
        """Connections of an address that is gone stay silent for a while, then are reset (network sheet 10)."""
        loop = asyncio.get_running_loop()
        for line in self.patchbay.lines(endpoint):
            name = line.transport.get_extra_info("sockname")
            if name is not None and name[0] == address:
                line.freeze()
                loop.call_later(seconds, line.reset)

    def spare_address(self) -> str:
        """An address of the LAN that nobody holds, another at each call."""
        self._spare += 1
        return self.plan.device(self._spare)

    def foreign_address(self, address: str = "") -> str:
        """An address of the LAN, this one or any, that a host which is no device holds from now on."""
        address = address or self.spare_address()
        self.registry.claim(address, "another host")
        return address

    # The site

    def lease_from_before(self, device: Device) -> Lease:
        """The lease of a device that has been up for a while, at a point of its life drawn from the seed."""
        draw = self.world.chance.stream("site", "lease", device.name).random()
        length = self.specification.site.dhcp.lease
        renewal = self.specification.site.dhcp.t1 or length / 2
        since = self.world.clock.now() - min(renewal, 86400.0) * draw
        return self.dhcp.settled(device.identity.mac_lower, self.plan.device(device.number), since)

    def introduce(self, device: Device) -> None:
        """Let the DHCP server's pool know whom an address belongs to."""
        self._names[device.identity.mac_lower] = self.plan.device(device.number)

    def foreign_subscriptions(self, devices: set[str]) -> list[str]:
        """Who is subscribed at the embedded broker and is neither a device nor one of our observers."""
        if self.broker is None:
            return []
        return [
            f"broker, {name} from {peer}"
            for name, peer in self.broker.subscribed()
            if name not in devices and not name.startswith(OBSERVER_AGENT)
        ]

    def broker_description(self) -> dict[str, Any]:
        """Where the broker is, for fleet.json and for devices that are enrolled."""
        chosen = self.specification.site.broker
        if self.broker is None:
            host, _, port = str(chosen.address).rpartition(":")
            described: dict[str, Any] = {"host": host, "port": int(port), "embedded": False}
        else:
            host = self.plan.infrastructure("broker")
            described = {
                "host": host,
                "port": self.broker.port,
                "tls_port": self.broker.tls_port,
                "ws_port": self.broker.ports.get("ws"),
                "wss_port": self.broker.ports.get("wss"),
                "path": self.broker.path,
                "embedded": True,
            }
        return {**described, "user": chosen.user, "password": chosen.password, "tls": chosen.tls}

    @property
    def registrars(self) -> tuple[RegistrarPlace, ...]:
        """Where accounts of speakers register that name the site, the primary first."""
        return tuple(RegistrarPlace(at.place, at.domain_and_port) for at in self.telephony.servers())

    def _dhcp_service(self) -> DhcpService:
        address = self.plan.infrastructure("dhcp")
        offering = Offering(identifier=address, router=self.plan.infrastructure("router"))
        chosen = self.specification.site.dhcp
        usual = Behaviour(lease=chosen.lease, t1=chosen.t1, t2=chosen.t2)
        server = DhcpServer(offering, self._names.get, self.world.chance.stream("site", "dhcp"), usual)
        return DhcpService(
            server,
            self.world,
            lambda: self.provider.bind_udp(address, SERVER_PORT, owner="dhcp-server"),
            self.patchbay,
        )

    async def _start_receivers(self) -> None:
        wanted = self.specification.site.receivers
        if wanted:
            chosen = ReceiversSpecification() if wanted is True else wanted
            activity = self.pacer.activity
            self.receivers = Receivers(chosen, self.world, self.provider, self.tls, self.registry, activity)
            await self.receivers.start()

    async def _start_broker(self) -> None:
        host = self.plan.infrastructure("broker")
        chosen = self.specification.site.broker
        users = {chosen.user: chosen.password} if chosen.user else None
        broker = BrokerServer(self.world.journal, users=users)
        broker.stirred = self.pacer.activity.stir
        if self.world.clock.stepped:
            broker.device = Deadlines(self.world.clock)
            broker.is_device = self._device_ends.__contains__
        self.broker_certificate = ServerCertificate(self.tls, "broker", host)
        if chosen.client_certificates:
            self.broker_certificate.demand_one_of_clients()
        plain, secure, web, secure_web = (
            partial(self.provider.listen_tcp, host, port, owner="broker")
            for port in (MQTT_PORT, MQTTS_PORT, MQTT_WS_PORT, MQTT_WSS_PORT)
        )
        await broker.start(plain, secure, self.broker_certificate.context, web=web, secure_web=secure_web)
        self.broker = broker

    # The journal

    def _request(self, device: str, head: Head, status: int, seconds: float, size: int) -> None:
        agent = head.headers.get("user-agent", "")
        self.world.journal.append(
            Kind.REQUEST,
            device,
            f"{head.method} {head.path}",
            status=status,
            query=head.query,
            peer=head.peer,
            host=head.host,
            secure=head.secure,
            authorized="authorization" in head.headers,
            seconds=round(seconds, 6),
            bytes=size,
            **({"observer": True} if agent.startswith(OBSERVER_AGENT) else {}),
        )

    def _connection(self, endpoint: Endpoint, peer: str, what: str) -> None:
        observer = {"observer": True} if self.is_observer(peer) else {}
        device = endpoint.device.partition("/")[0]  # a bus of it, perhaps
        self.world.journal.append(Kind.CONNECTION, device, what, service=endpoint.service, peer=peer, **observer)

    def is_observer(self, peer: str) -> bool:
        return self.own_addresses and peer.rpartition(":")[0] == self.plan.infrastructure("client")

    def _fault(self, endpoint: Endpoint, fault: str, moment: str) -> None:
        device = endpoint.device.partition("/")[0]
        self.world.journal.append(Kind.FAULT, device, f"{fault} {moment}", service=endpoint.service)

    def _bug(self, device: str, error: BaseException) -> None:
        self.world.journal.append(Kind.NOTE, device, f"simulator bug: {type(error).__name__}: {error}")
        traceback.print_exception(error, file=sys.stderr)
