"""All RTP streams of one fleet."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from simulator.clock import machine_wall
from simulator.net.media.ports import PortPairs
from simulator.net.media.ticker import Ticker, Ticking
from simulator.net.patchbay import Endpoint
from simulator.wire.rtp.negotiated import MediaSettings

if TYPE_CHECKING:
    from simulator.chance import Chance
    from simulator.net.media.group import GroupSession
    from simulator.net.media.session import MediaSession
    from simulator.net.patchbay import Patchbay
    from simulator.net.provider import Provider

SERVICE = "rtp"
"""Of the endpoints on which link faults can act: `speaker-1/rtp`."""


class MediaEngine:
    """One per fleet, made inside the running loop. It has no timer and no socket until a stream is opened."""

    def __init__(self, provider: Provider, patchbay: Patchbay, chance: Chance) -> None:
        self._provider = provider
        self._patchbay = patchbay
        self._chance = chance
        self.now = asyncio.get_running_loop().time
        """Wire time."""
        self._ports = PortPairs(provider, patchbay)
        self._opened: dict[str, int] = {}
        """Streams so far, by device: the names of their chance."""
        self._sessions: dict[MediaSession | GroupSession, None] = {}
        self.ticker = Ticker(self._failed)
        self.wall = machine_wall().timestamp() - self.now()
        """Seconds since 1970 at time 0 of the loop, for NTP times in reports."""

    def __len__(self) -> int:
        """Streams that are open."""
        return len(self._sessions)

    def open(
        self, device: str, address: str, first_port: int, settings: MediaSettings | None = None, *, name: str = ""
    ) -> MediaSession:
        """A pair of sockets on `address`, RTP and RTCP, the first free one from `first_port` by the policy.

        It hears nothing and says nothing until `start`, but its ports can go into SDP. `name` (a call's own)
        makes its chance streams its own: same seed, same SSRC. Raises AddressTaken after 100 busy pairs.
        """
        from simulator.net.media.session import MediaSession

        settings = settings or MediaSettings()
        chance = self._chance.stream("media", device, name or self._number(device))
        session = MediaSession(Endpoint(device, SERVICE), settings, chance, self)
        session.bind(self._ports, address, first_port)
        self._sessions[session] = None
        return session

    def join(
        self,
        device: str,
        address: str,
        group: str,
        port: int,
        codec: str,
        settings: MediaSettings | None = None,
        key: bytes | None = None,
        idle: float = 0.5,
    ) -> GroupSession:
        """Hear a multicast group at the interface that has `address`; `codec` is PCMU or PCMA (sheet 18.2).

        `key` of 30 or 46 bytes: SRTP with an 80-bit tag. After `idle` seconds without a packet a stream has ended.
        Raises FleetError when the group cannot be joined, MalformedMessage for another codec or key length.
        """
        from simulator.net.media.group import GroupSession

        settings = settings or MediaSettings()
        session = GroupSession(Endpoint(device, SERVICE), settings, self, codec, key, idle)
        session.bind(self._provider, self._patchbay, address, group, port)
        self._sessions[session] = None
        return session

    def forget(self, session: MediaSession | GroupSession) -> None:
        """A session has ended."""
        self._sessions.pop(session, None)

    def close(self) -> None:
        """End all streams, without farewell. Safe to repeat."""
        for session in tuple(self._sessions):
            session.abandon()
        self.ticker.close()

    def _number(self, device: str) -> int:
        number = self._opened[device] = self._opened.get(device, 0) + 1
        return number

    def _failed(self, stream: Ticking, error: BaseException) -> None:
        device = getattr(stream, "device", "")
        self._patchbay.reports.bug(device, error)
