"""Our half of a stream, packet by packet (sheet SIP/RTP 13.2).

`next_packet` is asked once per packet time, whether anything is sent or not: the RTP clock runs through silence and hold.
What sounds of nothing is a constant and costs no encoding.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

from simulator.wire.rtp.packet import FIXED, MARKED, PLAIN
from simulator.wire.rtp.telephone_event import keypress

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy as np
    from numpy.typing import NDArray

    from simulator.chance import Stream
    from simulator.wire.rtp.negotiated import Source
    from simulator.wire.rtp.telephone_event import Event
    from simulator.wire.sound.codec import Codec, Encoder
    from simulator.wire.sound.resampling import Resampler

RATE = 16_000
APART = RATE // 5
"""Samples that a live source may run away from the media clock before it is read anew: 0.2 s."""
_WRAP = 0xFFFF_FFFF


class Sender:
    """Numbers, times and fills packets. SSRC, first sequence number and first timestamp come from `chance`."""

    __slots__ = (
        "_chance", "_codec", "_cursor", "_digits_type", "_encoder", "_event", "_event_stamp", "_frame", "_keys", "_marked",
        "_presses", "_quiet", "_resampler", "_source", "_stays_at", "octets", "packet_time", "packets", "payload_type",
        "sequence", "speaking", "ssrc", "step", "timestamp",
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
        self._encoder: Encoder | None = None
        self._resampler: Resampler | None = None
        self._quiet = b""
        self._source: Source | None = None
        self._cursor = self._stays_at = 0
        self._frame = 0
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
        if codec is not self._codec or ptime != round(self.packet_time * 1000):
            self._encoder = self._resampler = None
        self._codec = codec
        self.payload_type, self._digits_type = payload_type, digits_type
        self.packet_time = ptime / 1000
        self.step = codec.clock * ptime // 1000
        self._frame = RATE * ptime // 1000
        self._quiet = codec.silence(self.step)
        if speaking and not self.speaking:
            self._marked = True
        self.speaking = speaking
        if not speaking or digits_type is None:
            self._presses.clear()
            self._keys = None

    @property
    def takes_keys(self) -> bool:
        """Telephone events are agreed, and we may send."""
        return self.speaking and self._digits_type is not None

    def read(self, source: Source | None) -> None:
        """From the next packet on; None is silence."""
        self._source = source
        self._resampler = None
        if source is not None:
            self._cursor = self._stays_at = round(source.position * RATE)

    def press(self, digit: str, seconds: float) -> None:
        """One keypress after those that are still being sent. Raises ValueError for what cannot be sent."""
        clock = self._codec.clock if self._codec is not None else 8000
        keypress(digit, round(seconds * clock), self.step)
        self._presses.append((digit, seconds))

    def skip(self) -> None:
        """A packet time passes without a packet."""
        self.timestamp = (self.timestamp + self.step) & _WRAP
        self._cursor += self._frame

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
        else:
            source = self._source
            payload = self._quiet if source is None else self._sound(source)
            made = self._packet(self.payload_type, self.timestamp, payload)
        self.timestamp = (self.timestamp + self.step) & _WRAP
        self._cursor += self._frame
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
            clock = self._codec.clock if self._codec is not None else 8000
            self._keys = keypress(digit, round(seconds * clock), self.step)
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

    def _sound(self, source: Source) -> bytes:
        if getattr(source, "silent", False):
            self._resampler = None
            return self._quiet
        samples = self._read(source)
        if not samples.any():
            self._resampler = None
            return self._quiet
        return self._encoded(samples)

    def _read(self, source: Source) -> NDArray[np.int16]:
        import numpy as np

        position = round(source.position * RATE)
        if position != self._stays_at and abs(position - self._cursor) > APART:
            self._cursor = self._stays_at = position
        samples = source.samples(self._cursor / RATE, (self._cursor + self._frame) / RATE)
        if len(samples) != self._frame:
            samples = np.concatenate(
                (samples[: self._frame], np.zeros(max(0, self._frame - len(samples)), np.int16))
            )
        return samples

    def _encoded(self, samples: NDArray[np.int16]) -> bytes:
        assert self._codec is not None
        if self._encoder is None:
            self._encoder = self._codec.encoder()
        if self._codec.rate != RATE:
            if self._resampler is None:
                from simulator.wire.sound.resampling import Resampler

                self._resampler = Resampler(RATE, self._codec.rate)
            samples = self._resampler.push(samples)
        return self._encoder.encode(samples) or self._quiet
