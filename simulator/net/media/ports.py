"""Which ports a stream gets (sheet SIP/RTP 13.1): pairs from the device's start port, RTP and RTCP above it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from simulator.errors import AddressTaken
from simulator.net.datagram import DatagramPort

if TYPE_CHECKING:
    from collections.abc import Callable

    from simulator.net.datagram import Peer
    from simulator.net.patchbay import Endpoint, Patchbay
    from simulator.net.provider import Provider
    from simulator.wire.rtp.negotiated import MediaSettings

TRIES = 100
HIGHEST = 65_534


class PortPairs:
    """Where each device looks next."""

    def __init__(self, provider: Provider, patchbay: Patchbay) -> None:
        self._provider = provider
        self._patchbay = patchbay
        self._next: dict[tuple[str, int], int] = {}

    def open(
        self,
        endpoint: Endpoint,
        address: str,
        first_port: int,
        policy: MediaSettings,
        received: tuple[Callable[[bytes, Peer], None], Callable[[bytes, Peer], None]],
    ) -> tuple[DatagramPort, DatagramPort]:
        """The next free pair. Raises AddressTaken after so many busy ones."""
        key = (endpoint.device, first_port)
        port = first_port if policy.port_policy == "reuse_lowest" else self._next.get(key, first_port)
        for _ in range(TRIES):
            if port + 1 > HIGHEST:
                port = first_port
            pair = self._pair(endpoint, address, port, received)
            port += 2
            if pair is not None:
                self._next[key] = port
                return pair
        raise AddressTaken(
            f"no free pair of RTP ports at {address} from {first_port}", hint="`ss -lnpu` shows who holds them"
        )

    def _pair(
        self,
        endpoint: Endpoint,
        address: str,
        port: int,
        received: tuple[Callable[[bytes, Peer], None], Callable[[bytes, Peer], None]],
    ) -> tuple[DatagramPort, DatagramPort] | None:
        try:
            first = self._bound(endpoint, address, port, received[0])
        except AddressTaken:
            return None
        try:
            return first, self._bound(endpoint, address, port + 1, received[1])
        except AddressTaken:
            first.close()
            return None

    def _bound(
        self, endpoint: Endpoint, address: str, port: int, received: Callable[[bytes, Peer], None]
    ) -> DatagramPort:
        return DatagramPort(
            lambda: self._provider.bind_udp(address, port, owner=endpoint.device),
            endpoint,
            self._patchbay,
            received,
            drains=1,
        )
