"""What a side is ready for, and what two sides have agreed on, as RTP streams need it (sheet sip-rtp 12 and 15)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from simulator.wire.sip.audio_format import PCMA, PCMU, AudioFormat
from simulator.wire.sip.sdp import Direction

if TYPE_CHECKING:
    from simulator.wire.sip.crypto_line import Crypto
    from simulator.wire.sip.sdp import Ice


class Encryption(StrEnum):
    """MediaEncryption of an account, in the words of VAPIX."""

    NONE = "None"
    BEST_EFFORT = "SRTPBestEffort"
    MANDATORY = "SRTPMandatory"


@dataclass(frozen=True, slots=True)
class AudioSettings:
    """What we are ready for. Formats, order and payload types are settings of the device; the rest are knobs."""

    formats: tuple[AudioFormat, ...] = (PCMU, PCMA)
    """The preferred one first."""
    own_order: bool = False
    """Choose by our order; False: by the order of the offer, as pjsip does."""
    direction: Direction = Direction.SENDRECV
    """Only ever narrows what both sides agree on."""
    encryption: Encryption = Encryption.NONE
    event_payload_type: int | None = 101
    """Of telephone-event in our offers; None: key presses are neither offered nor accepted."""
    event_range: str = "0-16"
    ptime: int = 20
    """Milliseconds in a packet, where the other side wishes nothing."""
    rtcp_mux: bool = False
    """Take RTCP on the port of RTP when the other side offers it."""
    session_name: str = "pjmedia"
    nat_type: int | None = 0
    """`a=X-nat` of pjsip; None leaves it out."""
    bandwidth: int = 84
    """b=AS in kbit/s."""


@dataclass(slots=True)
class LocalMedia:
    """Where we receive, and the numbers that we are known by. May be changed between offers, as when an address changes."""

    address: str
    port: int
    session_id: int
    """NTP seconds at the beginning, for `o=`."""
    ssrc: int = 0
    cname: str = ""
    """16 hex digits; empty leaves `a=ssrc` out."""
    rtcp_port: int = 0
    """0: the one after `port`."""
    attributes: tuple[tuple[str, str | None], ...] = ()
    """More for the media line, such as ICE candidates; those are left out of answers to offers without ICE."""


@dataclass(frozen=True, slots=True)
class Agreed:
    """What the media follow: the outcome of one offer and its answer."""

    address: str
    port: int
    rtcp_port: int
    format: AudioFormat
    payload_type: int
    """Of what we send."""
    receives: dict[int, AudioFormat]
    """What may come in, by payload type, without key presses."""
    direction: Direction
    """Ours."""
    held: bool = False
    """The other side does not want to hear us."""
    ptime: int = 20
    event_payload_type: int | None = None
    """Of key presses in both directions, on the clock of `format`."""
    parameters: str = ""
    """What `a=fmtp` of the other side says about the format."""
    rtcp_mux: bool = False
    local_crypto: Crypto | None = None
    """Protects what we send; None: not encrypted."""
    remote_crypto: Crypto | None = None
    ice: Ice | None = None
