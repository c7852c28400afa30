"""The socket provider: the one seam between the fleet and the host.

Whoever needs a socket names an address of the plan and the port as the device knows it; what that becomes on
this host is decided here and nowhere else (network sheet, section 8). Two modes:

- `loopback`: each device its own 127.x.y.z; ports as they are, those below 1024 shifted by +8000 where binding
  them is not allowed;
- `ephemeral`: 127.0.0.1 and ports chosen by the kernel, kept for the life of the fleet, so that a device that
  restarts comes back on its port.
"""

from __future__ import annotations

import errno
import socket
from typing import TYPE_CHECKING

from simulator.errors import AddressTaken, FleetError, MissingCapability
from simulator.net.address import LOCALHOST, AddressPlan
from simulator.net.capability import Capabilities, probe, raise_file_limit

if TYPE_CHECKING:
    from collections.abc import Callable

MODES = ("loopback", "ephemeral")
SHIFT = 8000
"""80 -> 8080, 443 -> 8443, 161 -> 8161. Not 10000: browsers block 10080."""
BACKLOG = 64
_TRIES = 50
IP_BIND_ADDRESS_NO_PORT = 24
"""Linux: keep the source address of `bind` and choose the port at `connect`, where ports can be shared."""
_DEFAULT_PORTS = {"http": 80, "https": 443, "ws": 80, "wss": 443}


class Provider:
    """Makes the sockets of one fleet, all non-blocking."""

    def __init__(self, mode: str, plan: AddressPlan, capabilities: Capabilities) -> None:
        self.mode = mode
        self.plan = plan
        self.capabilities = capabilities
        self._reserved: dict[tuple[str, str, int], socket.socket | int] = {}

    @classmethod
    def open(cls, mode: str = "loopback", *, worker: int = 0) -> Provider:
        """Raise the file limit, probe the machine and lock an address block.

        `worker` is the number of a parallel test worker: it tries another block first. Raises
        MissingCapability where the host has one loopback address only, FleetError for an unknown mode.
        """
        if mode not in MODES:
            raise FleetError(f"no network mode {mode!r}", hint=f"known: {', '.join(MODES)}")
        raise_file_limit()
        capabilities = probe()
        if mode == "ephemeral":
            return cls(mode, AddressPlan.single(), capabilities)
        if not capabilities.loopback:
            raise MissingCapability(
                "mode loopback", capability="addresses of 127/8", hint="use ephemeral, or add aliases to lo0"
            )
        return cls(mode, AddressPlan.claim(worker), capabilities)

    def port_for(self, port: int) -> int:
        """Wire port of a device's port; 0 in mode `ephemeral`, where the socket's own name tells it."""
        if self.mode == "ephemeral":
            return 0
        return port + SHIFT if 0 < port < 1024 and not self.capabilities.low_ports else port

    def url(self, scheme: str, sock: socket.socket, path: str = "/") -> str:
        """The URL under which a listener is reached, as `http://127.16.0.1:8080/`."""
        host, port = sock.getsockname()[:2]
        shown = "" if port == _DEFAULT_PORTS.get(scheme) else f":{port}"
        return f"{scheme}://{host}{shown}{path}"

    def listen_tcp(self, address: str, port: int, backlog: int = BACKLOG, *, owner: str = "") -> socket.socket:
        """A TCP listener. `owner` is the device: in mode `ephemeral` it keeps its port over restarts.

        Raises AddressTaken when another program holds address and port, FleetError when files run out.
        """
        sock = self._made("listen", address, port, lambda: _tcp_socket(reuse=True), ("tcp", owner, port))
        try:
            sock.listen(backlog)
        except OSError as error:
            sock.close()
            raise _explained(error, "listen", address, port) from None
        return sock

    def bind_udp(self, address: str, port: int, *, owner: str = "") -> socket.socket:
        """A bound UDP socket, never shared: of two on one port each would get half. Raises as above.

        What it sends to a multicast group goes out where it is bound, which on loopback is nowhere else.
        """
        sock = self._made("bind", address, port, _udp_socket, ("udp", owner, port))
        here = LOCALHOST if self.mode == "ephemeral" else address
        sock.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton(here))
        return sock

    def pair_ports(self, port: int, owner: str) -> None:
        """In mode `ephemeral`, choose one number for UDP and TCP of this port, as SIP needs it. Before they are made.

        Raises FleetError when no free pair is found.
        """
        udp, tcp = ("udp", owner, port), ("tcp", owner, port)
        if self.mode != "ephemeral" or udp in self._reserved:
            return
        for _ in range(_TRIES):
            reserved = _bound(_tcp_socket(reuse=True), LOCALHOST, 0, "reserve")
            number: int = reserved.getsockname()[1]
            try:
                _bound(_udp_socket(), LOCALHOST, number, "reserve").close()
            except AddressTaken:
                reserved.close()
                continue
            self._reserved[tcp], self._reserved[udp] = reserved, number
            return
        raise FleetError(f"no port is free for both UDP and TCP of {owner}")

    def client_tcp(self, address: str) -> socket.socket:
        """A TCP socket that will connect from `address`; the port is chosen at connect."""
        sock = _tcp_socket(reuse=False)
        sock.setsockopt(socket.IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, 1)
        return _bound(sock, address, 0, "connect from")

    def client_udp(self, address: str) -> socket.socket:
        """A UDP socket that sends from `address`, port chosen by the kernel."""
        return _bound(_udp_socket(), address, 0, "send from")

    def join_udp(self, address: str, group: str, port: int) -> socket.socket:
        """A UDP socket that hears a multicast group at the interface that has `address`.

        Bound to the group, so that it hears no other group on the same port; shared, since every device that
        joins gets its own copy. Raises FleetError where the group cannot be joined.
        """
        sock = _udp_socket()
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        _bound(sock, group, port, "bind")
        here = LOCALHOST if self.mode == "ephemeral" else address
        try:
            sock.setsockopt(
                socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, socket.inet_aton(group) + socket.inet_aton(here)
            )
        except OSError as error:
            sock.close()
            raise _explained(error, "join", f"{group} at {here}", port) from None
        return sock

    def add_address(self, address: str) -> None:
        """Make `address` usable: nothing to do on loopback, where all of 127/8 is."""

    def del_address(self, address: str) -> None:
        """Take `address` back: nothing to do on loopback."""

    def close(self) -> None:
        """Release reserved ports and the address block; safe to repeat. Sockets handed out are their users'."""
        for reserved in self._reserved.values():
            if isinstance(reserved, socket.socket):
                reserved.close()
        self._reserved.clear()
        self.plan.close()

    def _made(
        self,
        verb: str,
        address: str,
        port: int,
        make: Callable[[], socket.socket],
        key: tuple[str, str, int],
    ) -> socket.socket:
        if self.mode == "loopback":
            return _bound(make(), address, self.port_for(port), verb)
        sock = _bound(make(), LOCALHOST, self._kept_port(key), verb)
        if key[0] == "udp":
            self._reserved[key] = sock.getsockname()[1]
        return sock

    def _kept_port(self, key: tuple[str, str, int]) -> int:
        """The port of this owner in mode `ephemeral`.

        A TCP port is held by a socket that is bound but does not listen: a client is refused while the device
        restarts, and no other program is given the port meanwhile.
        """
        reserved = self._reserved.get(key)
        if isinstance(reserved, int):
            return reserved
        if reserved is None:
            if key[0] == "udp":
                return 0
            reserved = self._reserved[key] = _bound(_tcp_socket(reuse=True), LOCALHOST, 0, "reserve")
        port: int = reserved.getsockname()[1]
        return port


def _tcp_socket(*, reuse: bool) -> socket.socket:
    """With the protocol number: without it asyncio leaves Nagle's algorithm on, and answers stall for 40 ms."""
    sock = _socket(socket.SOCK_STREAM, socket.IPPROTO_TCP)
    if reuse:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    return sock


def _udp_socket() -> socket.socket:
    return _socket(socket.SOCK_DGRAM, socket.IPPROTO_UDP)


def _socket(kind: socket.SocketKind, protocol: int) -> socket.socket:
    try:
        sock = socket.socket(socket.AF_INET, kind, protocol)
    except OSError as error:
        raise _explained(error, "open", "a socket", 0) from None
    sock.setblocking(False)
    return sock


def _bound(sock: socket.socket, address: str, port: int, verb: str) -> socket.socket:
    try:
        sock.bind((address, port))
    except OSError as error:
        sock.close()
        raise _explained(error, verb, address, port) from None
    return sock


def _explained(error: OSError, verb: str, address: str, port: int) -> FleetError:
    where = f"{address}:{port}" if port else address
    if error.errno == errno.EADDRINUSE:
        return AddressTaken(
            f"cannot {verb} {where}: another program holds it", hint=f"`ss -lnp` shows who holds {port}"
        )
    if error.errno in (errno.EMFILE, errno.ENFILE):
        return FleetError(f"cannot {verb} {where}: no more open files", hint="raise the hard limit: ulimit -Hn")
    return FleetError(f"cannot {verb} {where}: {error.strerror}")
