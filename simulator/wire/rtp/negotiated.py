"""What offer and answer settled about one stream, and how this side handles streams at all.

`Negotiated` comes out of SDP (sheet SIP/RTP, sections 12 and 15) and goes into a media session at the start of
a call and again after every re-INVITE. `MediaSettings` are the knobs of section 13; the speaker takes them from
its profile.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from ipaddress import IPv4Address
from typing import TYPE_CHECKING, Literal, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy as np
    from numpy.typing import NDArray

    from simulator.wire.rtp.srtp import Keys

Address = tuple[str, int]
Direction = Literal["sendrecv", "sendonly", "recvonly", "inactive"]
"""As in our own SDP: `recvonly` means that we hear and do not speak."""


class Source(Protocol):
    """What we send: a microphone, a tone, a file. Anything that is a `Sound` of the device fits.

    Reading starts at `position` when the stream starts and goes on by the media clock. A live source, one whose
    position moves, is read again from its position when the two are more than 0.2 s apart.
    A source may also have a `silent: bool`; while that is true nobody asks for samples. One that is known in advance, with
    an `ahead` that is true, is read some packets ahead, which costs less.
    """

    @property
    def position(self) -> float: ...

    def samples(self, begin: float, end: float) -> NDArray[np.int16]:
        """The sound between two positions in seconds: 16,000 samples a second, mono."""
        ...


@dataclass(frozen=True, slots=True)
class Negotiated:
    """One audio stream as both sides agreed on it."""

    codec: str
    """Encoding as in `a=rtpmap`, any case: `PCMU`, `PCMA`, `G722`, `opus/48000/2`, `L16/16000`. What follows the
    slash may be left out where the name alone is unambiguous."""
    payload_type: int
    """That of the packets we send, and the first of those we take."""
    remote: Address | None
    """Where our RTP goes until the peer's own packets say otherwise; None, or a host of 0.0.0.0, is the old hold."""
    remote_rtcp: Address | None = None
    """None: the host of `remote`, one port higher."""
    ptime: int = 20
    """Milliseconds per packet that we send: 10, 20, 30, 40 or 60. Received packets may have any length."""
    direction: Direction = "sendrecv"
    digits_type: int | None = None
    """Payload type of telephone-event in both directions; None: not agreed."""
    also: Mapping[int, str] = field(default_factory=dict)
    """Other payload types that are taken, with their codec: an answer with more than one format (sheet 12.4)."""
    keys: Keys | None = None
    """SRTP; None: plain RTP."""
    rtcp_mux: bool = False

    @property
    def sends(self) -> bool:
        return self.direction in ("sendrecv", "sendonly") and reachable(self.remote)

    @property
    def hears(self) -> bool:
        return self.direction in ("sendrecv", "recvonly")


def reachable(address: Address | None) -> bool:
    """Whether packets can be sent there: an IPv4 address, not the zeros of the old hold, and a port.

    A name is not looked up: SDP of a stranger must not hold up all streams while a name server is asked.
    """
    if address is None or not 0 < address[1] < 65_536:
        return False
    try:
        return not IPv4Address(address[0]).is_unspecified
    except ValueError:
        return False


@dataclass(frozen=True, slots=True)
class Playout:
    """The jitter buffer, in seconds: how late sound is played, and between which bounds that adapts (sheet 13.3)."""

    target: float = 0.040
    least: float = 0.020
    most: float = 0.200


@dataclass(frozen=True, slots=True)
class MediaSettings:
    """Knobs of sheet 13. Durations in seconds of wire time."""

    port_policy: Literal["advance", "reuse_lowest"] = "advance"
    """Where the next stream's pair of ports is looked for: two higher than the last, or from the start port again."""
    latch: Literal["after_n", "first", "never"] = "after_n"
    """Whether RTP follows to where the peer's packets come from (symmetric RTP)."""
    latch_after: int = 10
    """Packets of a new source before it is followed; RTCP is followed after 3."""
    rtcp_interval: float = 5.0
    """Mean time between reports; each is drawn from 0.5 to 1.5 of it. 0: no RTCP at all."""
    timeout: float | None = None
    """Without an RTP packet for so long, while we should hear: `on_timeout` fires once."""
    report_digit: Literal["first", "end"] = "first"
    """A keypress is told with its first packet, or when it ends."""
    playout: Playout = field(default_factory=Playout)
    keep: float = 30.0
    """Seconds of received sound that can still be asked for."""
