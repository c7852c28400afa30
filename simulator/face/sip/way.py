"""How a speaker's user agent reaches the network, as its face sees it. The fleet implements it with sockets."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable

    from simulator.device.sound import Sound
    from simulator.face.transport import Cancellable
    from simulator.wire.rtp.fault import RtpFault
    from simulator.wire.rtp.negotiated import MediaSettings, Negotiated, Source
    from simulator.wire.rtp.statistics import StreamStatistics
    from simulator.wire.sip.packet import Packet


class Media(Protocol):
    """RTP and RTCP of one call (`net/media/session.py`)."""

    @property
    def address(self) -> str: ...

    @property
    def port(self) -> int: ...

    @property
    def rtcp_port(self) -> int: ...

    @property
    def ssrc(self) -> int: ...

    @property
    def cname(self) -> str: ...

    @property
    def heard(self) -> Sound:
        """What comes in, as the loudspeaker plays it."""

    @property
    def statistics(self) -> StreamStatistics: ...

    def start(self, negotiated: Negotiated, source: Source | None = None) -> None: ...

    def update(self, negotiated: Negotiated) -> None: ...

    def stop(self) -> None: ...

    def on_digit(self, listener: Callable[[str], None]) -> None: ...

    def on_timeout(self, listener: Callable[[], None]) -> None: ...

    def begin_fault(self, fault: RtpFault) -> None: ...

    def end_fault(self, fault: RtpFault) -> None: ...

    def on_note(self, listener: Callable[[str, dict[str, object]], None]) -> None: ...


class SipWay(Protocol):
    """Sockets, ports of media and wire time."""

    def now(self) -> float:
        """Wire seconds."""

    def call_at(self, moment: float, callback: Callable[[], None]) -> Cancellable:
        """Call back at this moment of wire time."""

    def send(self, packet: Packet) -> None:
        """Send a message; that it could not be delivered is told later to `SipFace.undeliverable`."""

    @property
    def address(self) -> str | None:
        """Where the sockets are open; None while they are not."""

    def ports(self) -> dict[str, int]:
        """Wire port by transport."""

    def open_media(self, first_port: int, settings: MediaSettings) -> Media:
        """A pair of ports for a call. Raises FleetError where none is free, or there is no address."""
