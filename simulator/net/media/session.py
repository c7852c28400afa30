"""One stream of RTP in both directions, with its RTCP."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from simulator.wire.rtp.fault import RtpFault
    from simulator.wire.rtp.heard import Heard
    from simulator.wire.rtp.negotiated import Address, Negotiated, Source
    from simulator.wire.rtp.statistics import StreamStatistics


class MediaSession:
    """Made by `MediaEngine.open`. Every method may be called in every state; after `stop` nothing happens."""

    port: int
    """What SDP must say in its m= line."""
    rtcp_port: int
    """What SDP must say in a=rtcp; `port` + 1 unless the fleet has one address only."""
    address: str
    ssrc: int
    cname: str
    heard: Heard
    """A `Sound`: what came in, after the jitter buffer, losses concealed. Its time line begins with `start`."""
    peer: Address | None
    """Where our RTP goes now."""

    def start(self, negotiated: Negotiated, source: Source | None = None) -> None:
        """Hear and speak as agreed. `source` None sends silence."""
        raise NotImplementedError

    def update(self, negotiated: Negotiated) -> None:
        """After a re-INVITE: hold and resume, another address, another codec, new keys. Ports, SSRC and time lines stay."""
        raise NotImplementedError

    def speak(self, source: Source | None) -> None:
        """Send another source from the next packet on."""
        raise NotImplementedError

    def press(self, digit: str, seconds: float = 0.2) -> None:
        """Send one keypress as telephone-event, after those still being sent. Raises FleetError where not agreed."""
        raise NotImplementedError

    def stop(self) -> None:
        """RTCP BYE, and both sockets are closed. What was heard and the statistics stay. Safe to repeat."""
        raise NotImplementedError

    @property
    def statistics(self) -> StreamStatistics:
        """Both directions until now."""
        raise NotImplementedError

    def on_digit(self, listener: Callable[[str], None]) -> None:
        """Tell of each keypress of the peer once: 0-9, *, #, A-D, and F for a hook flash."""
        raise NotImplementedError

    def on_timeout(self, listener: Callable[[], None]) -> None:
        """Tell when no RTP came for `MediaSettings.timeout`."""
        raise NotImplementedError

    def on_note(self, listener: Callable[[str, dict[str, object]], None]) -> None:
        """Tell what belongs into the journal: `latched`, `ssrc changed`, `rtcp bye`, `decryption fails`, ..."""
        raise NotImplementedError

    def begin_fault(self, fault: RtpFault) -> None:
        """Send worse than we would, until `end_fault`."""
        raise NotImplementedError

    def end_fault(self, fault: RtpFault) -> None:
        """Send as before."""
        raise NotImplementedError
