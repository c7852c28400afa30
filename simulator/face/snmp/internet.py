"""The ip, icmp, tcp and udp groups (RFC 1213; SNMP sheet 2.8), of the addresses and ports the device has now."""

from __future__ import annotations

from operator import attrgetter
from typing import TYPE_CHECKING

from simulator.device.lease import netmask_of
from simulator.face.snmp.interfaces import ETHERNET, LOOPBACK
from simulator.face.snmp.row import (
    ADDRESS,
    COUNTER,
    GAUGE,
    INTEGER,
    MIB2,
    NAME,
    OCTETS,
    Group,
    address_index,
    address_octets,
    column_names,
    row,
    scalars,
)
from simulator.wire.snmp.object_tree import Table

if TYPE_CHECKING:
    from collections.abc import Iterator

    from simulator.device.profile import Profile
    from simulator.face.snmp.context import Context, Socket
    from simulator.face.snmp.row import Cell
    from simulator.wire.snmp.object_tree import Instance

IP, ICMP, TCP, UDP = (*MIB2, 4), (*MIB2, 5), (*MIB2, 6), (*MIB2, 7)
ADDRESS_ENTRY, ROUTE_ENTRY, MEDIA_ENTRY = (*IP, 20, 1), (*IP, 21, 1), (*IP, 22, 1)
CONNECTION_ENTRY, LISTENER_ENTRY = (*TCP, 13, 1), (*UDP, 5, 1)
LOCALHOST, ANY = "127.0.0.1", "0.0.0.0"
_LISTEN, _ESTABLISHED = 2, 5
_DIRECT, _INDIRECT, _LOCAL, _DYNAMIC = 3, 4, 2, 3
_NULL = (0, 0)


def group(_profile: Profile) -> Group:
    """Counters are of the traffic that the bench carries; what never happens on it stays 0."""
    return Group([*_ip(), *_icmp(), *_tcp(), *_udp()], [*_tables()])


def _ip() -> list[Instance]:
    quiet: list[Cell] = [(number, COUNTER, 0) for number in (4, 5, 6, 7, 8, 11, 12, 14, 15, 16, 17, 18, 19, 23)]
    return scalars(
        IP,
        [
            (1, INTEGER, 2),
            (2, INTEGER, 64),
            (3, COUNTER, attrgetter("device.traffic.in_packets")),
            (9, COUNTER, attrgetter("device.traffic.in_packets")),
            (10, COUNTER, attrgetter("device.traffic.out_packets")),
            (13, INTEGER, 0),
            *quiet,
        ],
    )


def _icmp() -> list[Instance]:
    return scalars(ICMP, [(number, COUNTER, 0) for number in range(1, 27)])


def _tcp() -> list[Instance]:
    quiet: list[Cell] = [(number, COUNTER, 0) for number in (7, 8, 12, 14, 15)]
    return scalars(
        TCP,
        [
            (1, INTEGER, 1),
            (2, INTEGER, 200),
            (3, INTEGER, 120_000),
            (4, INTEGER, -1),
            (5, COUNTER, attrgetter("device.traffic.dialled")),
            (6, COUNTER, attrgetter("device.traffic.accepted")),
            (9, GAUGE, lambda context: max(0, context.device.traffic.standing)),
            (10, COUNTER, attrgetter("device.traffic.in_segments")),
            (11, COUNTER, attrgetter("device.traffic.out_segments")),
            *quiet,
        ],
    )


def _udp() -> list[Instance]:
    return scalars(
        UDP,
        [
            (1, COUNTER, attrgetter("device.traffic.in_datagrams")),
            (2, COUNTER, 0),
            (3, COUNTER, 0),
            (4, COUNTER, attrgetter("device.traffic.out_datagrams")),
        ],
    )


def _tables() -> Iterator[Table]:
    yield Table(column_names(ADDRESS_ENTRY, range(1, 6)), _addresses)
    yield Table(column_names(ROUTE_ENTRY, range(1, 14)), _routes)
    yield Table(column_names(MEDIA_ENTRY, range(1, 5)), _media)
    yield Table(column_names(CONNECTION_ENTRY, range(1, 6)), _connections)
    yield Table(column_names(LISTENER_ENTRY, range(1, 3)), _listeners)


def _held(context: Context) -> dict[str, tuple[int, int]]:
    """Address to interface and prefix length, the loopback's too."""
    held = {one.address: (ETHERNET, one.prefix_length) for one in context.device.network.addresses}
    return {LOCALHOST: (LOOPBACK, 8), **held}


def _addresses(context: Context) -> Iterator[Instance]:
    for address, (interface, prefix) in _held(context).items():
        cells: list[Cell] = [
            (1, ADDRESS, address_octets(address)),
            (2, INTEGER, interface),
            (3, ADDRESS, address_octets(netmask_of(prefix))),
            (4, INTEGER, 1),
            (5, INTEGER, 65_535),
        ]
        yield from row(ADDRESS_ENTRY, address_index(address), cells)


def _routes(context: Context) -> Iterator[Instance]:
    """Own networks, and the default route where there is a router; a network twice is one route."""
    routes: dict[str, tuple[str, str, int, int]] = {}
    for address, (interface, prefix) in _held(context).items():
        mask = netmask_of(prefix)
        network = _joined(a & b for a, b in zip(address_octets(address), address_octets(mask), strict=True))
        routes.setdefault(network, (mask, ANY, interface, _DIRECT))
    router = context.device.network.default_router
    if router:
        routes[ANY] = (ANY, router, ETHERNET, _INDIRECT)
    for destination, (mask, next_hop, interface, kind) in routes.items():
        cells: list[Cell] = [
            (1, ADDRESS, address_octets(destination)),
            (2, INTEGER, interface),
            (3, INTEGER, 0),
            *[(column, INTEGER, -1) for column in (4, 5, 6, 12)],
            (7, ADDRESS, address_octets(next_hop)),
            (8, INTEGER, kind),
            (9, INTEGER, _LOCAL),
            (10, INTEGER, 0),
            (11, ADDRESS, address_octets(mask)),
            (13, NAME, _NULL),
        ]
        yield from row(ROUTE_ENTRY, address_index(destination), cells)


def _joined(octets: Iterator[int]) -> str:
    return ".".join(map(str, octets))


def _media(context: Context) -> Iterator[Instance]:
    """The ARP cache holds the router, under an address made up for it."""
    router = context.device.network.default_router
    if router:
        octets = address_octets(router)
        cells: list[Cell] = [
            (1, INTEGER, ETHERNET),
            (2, OCTETS, b"\x02\x00" + octets),
            (3, ADDRESS, octets),
            (4, INTEGER, _DYNAMIC),
        ]
        yield from row(MEDIA_ENTRY, (ETHERNET, *octets), cells)


def _connections(context: Context) -> Iterator[Instance]:
    for socket in _sorted(context, "tcp"):
        remote, port = socket.peer or (ANY, 0)
        cells: list[Cell] = [
            (1, INTEGER, _LISTEN if socket.peer is None else _ESTABLISHED),
            (2, ADDRESS, address_octets(socket.address)),
            (3, INTEGER, socket.port),
            (4, ADDRESS, address_octets(remote)),
            (5, INTEGER, port),
        ]
        index = (*address_index(socket.address), socket.port, *address_index(remote), port)
        yield from row(CONNECTION_ENTRY, index, cells)


def _listeners(context: Context) -> Iterator[Instance]:
    for socket in _sorted(context, "udp"):
        cells: list[Cell] = [(1, ADDRESS, address_octets(socket.address)), (2, INTEGER, socket.port)]
        yield from row(LISTENER_ENTRY, (*address_index(socket.address), socket.port), cells)


def _sorted(context: Context, transport: str) -> list[Socket]:
    return [socket for socket in dict.fromkeys(context.sockets()) if socket.transport == transport]
