"""All RTP streams of one fleet."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from simulator.chance import Chance
    from simulator.net.media.group import GroupSession
    from simulator.net.media.session import MediaSession
    from simulator.net.patchbay import Patchbay
    from simulator.net.provider import Provider
    from simulator.wire.rtp.negotiated import MediaSettings


class MediaEngine:
    """One per fleet, made inside the running loop. It has no timer and no socket until a stream is opened."""

    def __init__(self, provider: Provider, patchbay: Patchbay, chance: Chance) -> None:
        raise NotImplementedError

    def open(
        self, device: str, address: str, first_port: int, settings: MediaSettings | None = None, *, name: str = ""
    ) -> MediaSession:
        """A pair of sockets on `address`, RTP and RTCP, the first free one from `first_port` by the policy.

        It hears nothing and says nothing until `start`, but its ports can go into SDP. `name` (a call's own)
        makes its chance streams its own: same seed, same SSRC. Raises AddressTaken after 100 busy pairs.
        """
        raise NotImplementedError

    def join(
        self,
        device: str,
        address: str,
        group: str,
        port: int,
        codec: str,
        settings: MediaSettings | None = None,
        key: bytes | None = None,
    ) -> GroupSession:
        """Hear a multicast group at the interface that has `address`; `codec` is PCMU or PCMA (sheet 18.2).

        `key` of 30 or 46 bytes: SRTP with an 80-bit tag. Raises FleetError when the group cannot be joined.
        """
        raise NotImplementedError

    def close(self) -> None:
        """End all streams, without farewell. Safe to repeat."""
        raise NotImplementedError
