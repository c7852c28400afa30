"""The site's registrar and proxy on real sockets."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from simulator.clock import wire_now
from simulator.journal import Kind
from simulator.net.patchbay import Endpoint
from simulator.net.server_certificate import ServerCertificate
from simulator.net.sip.transports import Net, SipTransports
from simulator.site.sip.beat import Beat
from simulator.wire.sip.proxy import MalformedRequest, ProxySettings, RequestAnswered, SipServer
from simulator.wire.sip.registrar import Registered, Registrar, RegistrarSettings
from simulator.wire.sip.registrar_script import RegistrarScript

if TYPE_CHECKING:
    from collections.abc import Iterable

    from simulator.device.world import World
    from simulator.errors import MalformedMessage
    from simulator.wire.sip.packet import Address, Packet

SITE = "site"
SIP_PORT, SIPS_PORT = 5060, 5061


class RegistrarService:
    """One registrar, `primary` or `secondary`. Made inside the running loop; opens its sockets at once.

    It stands behind the transports (`TransportUser`).
    """

    def __init__(self, name: str, address: str, net: Net, world: World, names: Iterable[str] = ()) -> None:
        """`names` are those that its certificate is for, beside the address."""
        self.name = name
        self._host = address
        self._world = world
        self.certificate = ServerCertificate(net.tls, f"registrar-{name}", address, *names)
        self._transports = SipTransports(net, Endpoint(f"{SITE}/{name}", "sip"), self)
        self._open()
        self.address: Address = (address, self._transports.ports()["UDP"])
        self._server: SipServer | None = None
        self._activity = net.patchbay.activity
        self._beat: Beat | None = None

    def serve(self, settings: RegistrarSettings, names: frozenset[str]) -> None:
        """Begin to answer: the domain may hold the address, which is known only now."""
        chance = self._world.chance.stream(SITE, "registrar", self.name)
        proxy = ProxySettings(self.address, names, authenticate=not settings.open, ports=self._transports.ports())
        self._server = SipServer(proxy, Registrar(settings, chance), chance)
        self._beat = Beat(self._server, self._activity, self._flush)

    @property
    def server(self) -> SipServer:
        assert self._server is not None, "serve comes first"
        return self._server

    @property
    def script(self) -> RegistrarScript:
        """What it does wrong."""
        return self.server.registrar.script

    @property
    def realm(self) -> str:
        return self.server.registrar.settings.realm

    @property
    def is_open(self) -> bool:
        return self._transports.is_open

    # Hands

    def _open(self) -> None:
        self._transports.open(self._host, SIP_PORT)
        self._transports.open_tls(SIPS_PORT, lambda: self.certificate.context)

    def shut(self) -> None:
        """Close the sockets: senders get ICMP port unreachable, connections end."""
        self._transports.close()

    def reopen(self) -> None:
        """Listen again, on the same ports."""
        if not self._transports.is_open:
            self._open()

    def up(self) -> None:
        """As it was from the start; bindings stay."""
        self.reopen()
        registrar = self.server.registrar
        registrar.script = registrar.authentication.script = RegistrarScript()
        self.certificate.show("none")

    def forget(self, user: str = "") -> None:
        """Lose bindings, as a restart does."""
        self.server.registrar.forget(user)
        self._flush()

    def close(self) -> None:
        """The site ends; safe to repeat."""
        self._transports.close()
        if self._beat is not None:
            self._beat.stop()

    def description(self) -> dict[str, Any]:
        """Where it is, and who is registered."""
        now = wire_now()
        bindings = [
            {
                "user": user,
                "contact": str(binding.contact),
                "expires": max(0, round(binding.expires_at - now)),
                "source": f"{binding.source[0]}:{binding.source[1]}",
                "transport": binding.transport,
                "agent": binding.agent,
                "algorithm": binding.algorithm,
            }
            for user in sorted(self.server.registrar.bindings)
            for binding in self.server.registrar.contacts(user, now)
        ]
        return {
            "name": self.name,
            "host": self.address[0],
            "port": self.address[1],
            "tls_port": self._transports.ports().get("TLS"),
            "realm": self.realm,
            "up": self.is_open,
            "bindings": bindings,
        }

    # What the transports tell (TransportUser)

    def received(self, data: bytes, source: Address, transport: str) -> None:
        """One message."""
        self.server.receive(data, source, transport, wire_now())
        self._flush()

    def undeliverable(self, packet: Packet, reason: str) -> None:
        """What was passed on did not arrive."""
        self.server.undeliverable(packet.branch, wire_now())
        self._flush()

    def over(self, packet: Packet, transport: str, local: Address) -> Packet:
        """Never asked for: nothing that it sends is marked to switch."""
        return packet

    def malformed(self, source: Address, transport: str, error: MalformedMessage) -> None:
        """A stream that is no SIP was closed."""
        self._note("registrar malformed", peer=f"{source[0]}:{source[1]}", reason=error.what)

    def needed(self, peer: Address, transport: str) -> bool:
        """A connection by which a user is registered is kept."""
        bindings = self.server.registrar.bindings.values()
        return any(one.source == peer and one.transport == transport for some in bindings for one in some)

    def _flush(self) -> None:
        for packet in self.server.take_output():
            self._transports.send(packet)
        for event in self.server.take_events():
            if isinstance(event, RequestAnswered):
                self._note(
                    "registrar answered", method=event.method, user=event.user, status=event.status, own=event.own
                )
            elif isinstance(event, Registered):
                self._note(
                    f"registrar {event.what}", user=event.user, contact=event.contact, expires=event.expires
                )
            elif isinstance(event, MalformedRequest):
                self._note("registrar malformed", peer=f"{event.source[0]}:{event.source[1]}", reason=event.what)
        if self._beat is not None:
            self._beat.set()

    def _note(self, what: str, **data: Any) -> None:
        self._world.journal.append(Kind.SITE, SITE, what, registrar=self.name, **data)
