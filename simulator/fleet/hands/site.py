"""Hands on the site: the DHCP server, the broker, the clock, and remarks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from simulator.action.broker import Broker
from simulator.errors import FleetError, MissingCapability
from simulator.journal import Kind

if TYPE_CHECKING:
    from collections.abc import Callable

    from simulator.action.clock import Clock
    from simulator.action.dhcp import Dhcp
    from simulator.action.note import Note
    from simulator.fleet.bench import Bench
    from simulator.fleet.host import Host
    from simulator.site.broker.server import BrokerServer

UNAVAILABLE = 3
"""CONNACK code of a refusal that names none: server unavailable."""
_SHORTEST_ANSWER = 100
"""Bytes to which a truncated answer is cut: the options are lost."""


def dhcp(bench: Bench, action: Dhcp) -> None:
    """Script the server for the clients meant; `restore` takes all verbs of that target back."""
    if not bench.premises.own_addresses:
        raise MissingCapability("dhcp", capability="one address per device", hint="use mode loopback")
    for target, host in _dhcp_targets(bench, action):
        bench.premises.dhcp.script(target, count=action.count, **_verbs(bench, action, host))


def _dhcp_targets(bench: Bench, action: Dhcp) -> list[tuple[str, Host | None]]:
    if action.device is not None:
        return [(host.device.identity.mac_lower, host) for host in bench.targets(action.device)]
    if action.do == "readdress" and not action.address:
        return [(host.device.identity.mac_lower, host) for host in bench.hosts.values()]
    return [(action.vendor_class or "*", None)]


def _verbs(bench: Bench, action: Dhcp, host: Host | None) -> dict[str, Any]:
    if action.do in _SIMPLE:
        return _SIMPLE[action.do]
    return _WITH_FIELDS[action.do](bench, action, host)


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


def _lease(_bench: Bench, action: Dhcp, _host: Host | None) -> dict[str, Any]:
    return {"lease": action.lease, "t1": action.t1, "t2": action.t2}


def _readdress(bench: Bench, action: Dhcp, _host: Host | None) -> dict[str, Any]:
    return {"nak_on_renew": True, "offer": action.address or bench.premises.spare_address()}


def _conflict(bench: Bench, action: Dhcp, _host: Host | None) -> dict[str, Any]:
    address = action.address or bench.premises.foreign_address()
    return {"conflicting_address": address}


_WITH_FIELDS: dict[str, Callable[[Bench, Dhcp, Host | None], dict[str, Any]]] = {
    "lease": _lease,
    "readdress": _readdress,
    "conflict": _conflict,
    "delay": lambda _bench, action, _host: {"delay": action.delay},
    "drop": lambda _bench, action, _host: {"drop": action.chance},
    "silent-after": lambda _bench, action, _host: {"silent_after": action.count},
    "wrong-server-id": lambda bench, _action, _host: {"wrong_server_id": bench.premises.foreign_address()},
    "options": lambda _bench, action, _host: {
        "options": {int(code): bytes.fromhex(value) for code, value in action.options}
    },
    "remove-option": lambda _bench, action, _host: {"remove_option": action.codes},
    "second-server": lambda bench, _action, _host: {"second_server": bench.premises.spare_address()},
}


async def broker(bench: Bench, action: Broker) -> None:
    """Raises FleetError where the broker is somebody else's program."""
    server = bench.premises.broker
    if server is None:
        raise FleetError(
            "the site's broker is another program and takes no orders", hint="use the embedded broker"
        )
    clients = [host.device for host in bench.targets(action.device)] if action.device is not None else []
    names: list[str | None] = [device.mqtt.client.client_id for device in clients] or [None]
    for name in names:
        await _broker(server, action, name)
    if action.for_ is not None:
        undo = _UNDO[action.do]
        bench.after(action.for_, lambda: [_broker(server, undo, name) for name in names])


_UNDO = {"stop": Broker("start"), "refuse": Broker("accept"), "stall": Broker("resume")}


async def _broker(server: BrokerServer, action: Broker, client: str | None) -> None:
    if action.do == "restart":
        await server.restart(lose_sessions=action.forget)
    elif action.do in ("stop", "start"):
        await (server.stop() if action.do == "stop" else server.start_again(lose_sessions=action.forget))
    elif action.do == "drop":
        server.drop(client)
    elif action.do in ("stall", "resume"):
        (server.stall if action.do == "stall" else server.resume)(client)
    else:
        server.refuse((action.code or UNAVAILABLE) if action.do == "refuse" else None, client)


async def clock(bench: Bench, action: Clock) -> None:
    if action.do == "advance":
        await bench.advance(action.by or 0.0)
    elif action.do == "rate":
        bench.clock.set_rate(action.rate or 1.0)
    else:
        bench.clock.set_rate(0.0 if action.do == "pause" else bench.specification.clock.rate)


def note(bench: Bench, action: Note) -> None:
    bench.journal.append(Kind.NOTE, "", action.text)
