"""The receivers of the site as one fleet has them: mail, web and TCP server on one address, each with its own orders."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from simulator.errors import FleetError
from simulator.net.server_certificate import ServerCertificate
from simulator.site.receiver.mail import MailReceiver
from simulator.site.receiver.plain import PlainReceiver
from simulator.site.receiver.receiver import Door, Surroundings
from simulator.site.receiver.web import WebReceiver

if TYPE_CHECKING:
    from simulator.device.address_registry import AddressRegistry
    from simulator.device.world import World
    from simulator.fleet.specification import ReceiversSpecification
    from simulator.net.activity import Activity
    from simulator.net.provider import Provider
    from simulator.net.tls import Tls
    from simulator.site.receiver.receiver import Receiver

PORTS = {"smtp": 25, "submission": 587, "smtps": 465, "http": 80, "https": 443, "tcp": 5000}
"""Where each door is on a real network."""
OWNER = "receivers"


class Receivers:
    """Made inside the running loop by `start`; `stop` closes every socket."""

    def __init__(
        self,
        specification: ReceiversSpecification,
        world: World,
        provider: Provider,
        tls: Tls,
        registry: AddressRegistry,
        activity: Activity,
    ) -> None:
        self._provider = provider
        self._specification = specification
        self.host = provider.plan.infrastructure(OWNER)
        self.certificate = ServerCertificate(tls, "receivers", self.host)
        context = self.certificate.context
        around = Surroundings(world, registry.holder, activity.stir)
        users = {specification.user: specification.password} if specification.user else None
        mail = self._door("smtp"), self._door("submission"), Door("smtps", self._opener("smtps"), context)
        web = self._door("http"), Door("https", self._opener("https"), context)
        every: tuple[Receiver, ...] = (
            MailReceiver(around, mail, context, users),
            WebReceiver(around, web, users),
            PlainReceiver(around, (self._door("tcp"),)),
        )
        self.all = {one.name: one for one in every}

    def named(self, names: tuple[str, ...]) -> list[Receiver]:
        """The receivers of these names, or all of them. Raises FleetError for a name that is none."""
        unknown = [name for name in names if name not in self.all]
        if unknown:
            raise FleetError(f"no receiver {unknown[0]!r}", hint=f"known: {', '.join(self.all)}")
        return [self.all[name] for name in names or self.all]

    async def start(self) -> None:
        """Take connections at every door."""
        for one in self.all.values():
            await one.start()

    async def stop(self) -> None:
        """Close everything."""
        for one in self.all.values():
            await one.stop()

    def description(self) -> dict[str, Any]:
        """Where they are, for fleet.json and for rules that name them."""
        ports = {door: port for one in self.all.values() for door, port in one.ports.items()}
        return {
            "host": self.host,
            "ports": ports,
            "user": self._specification.user,
            "password": self._specification.password,
        }

    def _door(self, name: str) -> Door:
        return Door(name, self._opener(name))

    def _opener(self, name: str) -> Any:
        return partial(self._provider.listen_tcp, self.host, PORTS[name], owner=f"{OWNER}-{name}")
