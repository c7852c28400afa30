"""Our half of a stream, packet by packet (sheet SIP/RTP 13.2).

`next_packet` is asked once per packet time, whether anything is sent or not: the RTP clock runs through silence and hold.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

from simulator.wire.rtp.packet import FIXED, MARKED, PLAIN
from simulator.wire.rtp.telephone_event import keypress
from simulator.wire.rtp.voice import Voice

if TYPE_CHECKING:
    from collections.abc import Iterator

    from simulator.chance import Stream
    from simulator.wire.rtp.negotiated import Source
    from simulator.wire.rtp.telephone_event import Event
    from simulator.wire.sound.codec import Codec

_WRAP = 0xFFFF_FFFF


class Sender:
    """Numbers, times and fills packets. SSRC, first sequence number and first timestamp come from `chance`."""

    __slots__ = (
        "_chance", "_codec", "_digits_type", "_event", "_event_stamp", "_keys", "_marked", "_presses", "_voice", "octets",
        "packet_time", "packets", "payload_type", "sequence", "speaking", "ssrc", "step", "timestamp",
    )  # fmt: skip

    def __init__(self, chance: Stream) -> None:
        self._chance = chance
        self.ssrc = chance.getrandbits(32)
        self.sequence = chance.getrandbits(16)
        self.timestamp = chance.getrandbits(32)
        """Of the next packet."""
        self.packets = 0
        self.octets = 0
        self.speaking = False
        self.packet_time = 0.02
        """Seconds from one packet to the next."""
        self.step = 160
        """Ticks from one packet to the next."""
        self.payload_type = 0
        self._digits_type: int | None = None
        self._codec: Codec | None = None
        self._voice = Voice()
        self._marked = True
        self._keys: Iterator[Event] | None = None
        self._event: Event | None = None
        self._event_stamp = 0
        self._presses: deque[tuple[str, float]] = deque()

    def configure(
        self, codec: Codec, payload_type: int, ptime: int, digits_type: int | None, *, speaking: bool
    ) -> None:
        """As agreed. `ptime` in milliseconds; a codec that cannot be cut so takes the next shorter one it can."""
        ptime = max((one for one in codec.packet_times if one <= ptime), default=codec.packet_times[0])
        self._codec = codec
        self._voice.configure(codec, ptime)
        self.payload_type, self._digits_type = payload_type, digits_type
        self.packet_time = ptime / 1000
        self.step = codec.clock * ptime // 1000
        if speaking and not self.speaking:
            self._marked = True
        self.speaking = speaking
        if not speaking or digits_type is None:
            self._presses.clear()
            self._keys = None

    @property
    def clock(self) -> int:
        """Of our RTP timestamps, in Hz."""
        return self._codec.clock if self._codec is not None else 8000

    @property
    def takes_keys(self) -> bool:
        """Telephone events are agreed, and we may send."""
        return self.speaking and self._digits_type is not None

    def read(self, source: Source | None) -> None:
        """From the next packet on; None is silence."""
        self._voice.read(source)

    def press(self, digit: str, seconds: float) -> None:
        """One keypress after those that are still being sent. Raises ValueError for what cannot be sent."""
        keypress(digit, round(seconds * self.clock), self.step)
        self._presses.append((digit, seconds))

    def skip(self) -> None:
        """A packet time passes without a packet."""
        self.timestamp = (self.timestamp + self.step) & _WRAP
        self._voice.skip()

    def jump(self, sequence: int = 0, *, new_ssrc: bool = False) -> None:
        """Go on with another sequence number or SSRC."""
        self.sequence = (self.sequence + sequence) & 0xFFFF
        if new_ssrc:
            self.ssrc = self._chance.getrandbits(32)

    def next_packet(self) -> bytes | None:
        """The packet of this packet time; None while we do not send."""
        if not self.speaking:
            self.skip()
            return None
        if self._keys is not None or self._presses:
            made = self._key_packet()
            self._voice.skip()
        else:
            made = self._packet(self.payload_type, self.timestamp, self._voice.payload())
        self.timestamp = (self.timestamp + self.step) & _WRAP
        return made

    def _packet(self, payload_type: int, timestamp: int, payload: bytes) -> bytes:
        second = payload_type
        if self._marked:
            second |= MARKED
            self._marked = False
        made = FIXED.pack(PLAIN, second, self.sequence, timestamp, self.ssrc) + payload
        self.sequence = (self.sequence + 1) & 0xFFFF
        self.packets += 1
        self.octets += len(payload)
        return made

    def _key_packet(self) -> bytes:
        if self._keys is None:
            digit, seconds = self._presses.popleft()
            self._keys = keypress(digit, round(seconds * self.clock), self.step)
            self._event = next(self._keys)
            self._event_stamp = self.timestamp
            self._marked = True
        event, self._event = self._event, next(self._keys, None)
        if self._event is None:
            self._keys = None
        assert event is not None
        assert self._digits_type is not None
        made = self._packet(self._digits_type, self._event_stamp, event.encode())
        self._marked = self._keys is None
        return made
