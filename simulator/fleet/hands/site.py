"""Hands on the site: the DHCP server, the broker, the clock, and remarks."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from simulator.action.broker import Broker
from simulator.errors import FleetError
from simulator.journal import Kind

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from simulator.action.clock import Clock
    from simulator.action.dhcp import Dhcp
    from simulator.action.note import Note
    from simulator.fleet.bench import Bench
    from simulator.site.broker.server import BrokerServer

UNAVAILABLE = 3
"""CONNACK code of a refusal that names none: server unavailable."""
_SHORTEST_ANSWER = 100
"""Bytes to which a truncated answer is cut: the options are lost."""


def dhcp(bench: Bench, action: Dhcp) -> None:
    """Script the server for the clients meant; `restore` takes all verbs of that target back.

    Raises FleetError for one address that several devices are to get.
    """
    bench.premises.demand_own_addresses("dhcp")
    targets = _dhcp_targets(bench, action)
    if action.do == "readdress" and action.address and len(targets) > 1:
        raise FleetError(f"{len(targets)} devices cannot all get {action.address}", hint="leave 'address' out")
    for target in targets:
        bench.premises.dhcp.script(target, count=action.count, **_verbs(bench, action))


def _dhcp_targets(bench: Bench, action: Dhcp) -> list[str]:
    """MACs, or a vendor class, or `*`. An address is given to one device, so that these are named one by one."""
    if action.device is not None:
        return [host.device.identity.mac_lower for host in bench.targets(action.device)]
    if action.do == "readdress":
        hosts = [host.device for host in bench.hosts.values()]
        fitting = [
            one for one in hosts if one.parameters["Network.DHCP.VendorClass"].startswith(action.vendor_class)
        ]
        return [device.identity.mac_lower for device in fitting]
    return [action.vendor_class or "*"]


def _verbs(bench: Bench, action: Dhcp) -> dict[str, Any]:
    if action.do in _SIMPLE:
        return _SIMPLE[action.do]
    return _WITH_FIELDS[action.do](bench, action)


_SIMPLE: dict[str, dict[str, Any]] = {
    "lose": {"silent": True},
    "restore": {},
    "nak": {"nak": True},
    "nak-on-renew": {"nak_on_renew": True},
    "exhaust": {"pool_exhausted": True},
    "duplicate": {"duplicate": True},
    "wrong-xid": {"wrong_xid": True},
    "truncate": {"truncate": _SHORTEST_ANSWER},
    "no-subnet": {"no_subnet": True},
}


def _lease(_bench: Bench, action: Dhcp) -> dict[str, Any]:
    return {"lease": action.lease, "t1": action.t1, "t2": action.t2}


def _readdress(bench: Bench, action: Dhcp) -> dict[str, Any]:
    return {"nak_on_renew": True, "offer": action.address or bench.premises.spare_address()}


def _conflict(bench: Bench, action: Dhcp) -> dict[str, Any]:
    return {"conflicting_address": bench.premises.foreign_address(action.address)}


_WITH_FIELDS: dict[str, Callable[[Bench, Dhcp], dict[str, Any]]] = {
    "lease": _lease,
    "readdress": _readdress,
    "conflict": _conflict,
    "delay": lambda _bench, action: {"delay": action.delay},
    "drop": lambda _bench, action: {"drop": action.chance},
    "silent-after": lambda _bench, action: {"silent_after": action.count},
    "wrong-server-id": lambda bench, _action: {"wrong_server_id": bench.premises.foreign_address()},
    "options": lambda _bench, action: {
        "options": {int(code): bytes.fromhex(value) for code, value in action.options}
    },
    "remove-option": lambda _bench, action: {"remove_option": action.codes},
    "second-server": lambda bench, _action: {"second_server": bench.premises.spare_address()},
}


async def broker(bench: Bench, action: Broker) -> None:
    """Raises FleetError where the broker is somebody else's program, and where there is nothing to drop."""
    server = bench.premises.broker
    if server is None:
        raise FleetError(
            "the site's broker is another program and takes no orders", hint="use the embedded broker"
        )
    clients = [host.device for host in bench.targets(action.device)] if action.device is not None else []
    names: list[str | None] = [device.mqtt.client.client_id for device in clients] or [None]
    for name in names:
        key = ("broker", _ABOUT[action.do], name)
        bench.courses.end(key)
        await _broker(bench, server, action, name)
        if action.for_ is not None:
            bench.after(key, action.for_, partial(_undone, bench, server, _UNDO[action.do], name))


def _undone(bench: Bench, server: BrokerServer, undo: Broker, client: str | None) -> list[Awaitable[None]]:
    return [_broker(bench, server, undo, client)]


_ABOUT = {
    "stop": "up", "start": "up", "restart": "up", "refuse": "admission", "accept": "admission",
    "stall": "flow", "resume": "flow", "drop": "connection", "certificate": "certificate",
}  # fmt: skip
"""What each is about: it puts an end to what was begun there."""
_UNDO = {
    "stop": Broker("start"),
    "refuse": Broker("accept"),
    "stall": Broker("resume"),
    "certificate": Broker("certificate", flaw="none"),
}


async def _broker(bench: Bench, server: BrokerServer, action: Broker, client: str | None) -> None:
    if action.do == "restart":
        await server.restart(lose_sessions=action.forget)
    elif action.do == "start":
        await server.start_again()
    elif action.do == "stop":
        await server.stop()
        if action.forget:
            server.router.forget()
    elif action.do == "drop":
        if not server.drop(client):
            raise FleetError("no client is connected whose connection could be dropped")
    elif action.do == "certificate":
        certificate = bench.premises.broker_certificate
        if certificate is not None:
            certificate.show(action.flaw or "none")
    elif action.do in ("stall", "resume"):
        (server.stall if action.do == "stall" else server.resume)(client)
    else:
        server.refuse((action.code or UNAVAILABLE) if action.do == "refuse" else None, client)


async def clock(bench: Bench, action: Clock) -> None:
    """Raises FleetError for what a clock of this mode cannot do."""
    if action.do == "advance":
        await bench.advance(action.by or 0.0)
    elif action.do == "pause":
        bench.clock.set_rate(0.0)
    elif action.do == "resume":
        bench.clock.set_rate(bench.running_rate)
    else:
        bench.clock.set_rate(action.rate or 1.0)
        bench.running_rate = bench.clock.rate


def note(bench: Bench, action: Note) -> None:
    bench.journal.append(Kind.NOTE, "", action.text)
