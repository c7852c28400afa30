"""The peer's half of a stream: from packets to what is heard, what is pressed and what is counted (sheet SIP/RTP 13.3)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from simulator.errors import MalformedMessage
from simulator.wire.rtp.jitter_buffer import JitterBuffer
from simulator.wire.rtp.reception import Reception, Verdict
from simulator.wire.rtp.telephone_event import KeypressReader

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from simulator.wire.rtp.heard import Heard
    from simulator.wire.rtp.negotiated import MediaSettings
    from simulator.wire.rtp.packet import Packet
    from simulator.wire.sound.codec import Codec

_COUNTED = (Verdict.NEXT, Verdict.REORDERED, Verdict.RESTARTED)


class Receiver:
    """Takes packets in the order of arrival. `note` is told of what belongs into a journal.

    A second SSRC takes over after its probation, as a mid-call change of the peer's source does; where
    `exclusive`, not before the first has been silent for so many seconds.
    """

    __slots__ = (
        "_began", "_buffer", "_candidate", "_codec", "_digits_type", "_earlier", "_exclusive", "_heard", "_hears", "_keys",
        "_note", "_settings", "_types", "codec_name", "first_packet", "last_packet", "malformed", "max_gap", "octets",
        "packets", "reception", "ssrc_changes", "wrong_type",
    )  # fmt: skip

    def __init__(
        self, settings: MediaSettings, heard: Heard, note: Callable[..., None], *, exclusive: float = 0.0
    ) -> None:
        self._settings = settings
        self._heard = heard
        self._note = note
        self._exclusive = exclusive
        self._types: Mapping[int, Codec] = {}
        self._digits_type: int | None = None
        self._hears = False
        self._keys: KeypressReader | None = None
        self._codec: Codec | None = None
        self._buffer: JitterBuffer | None = None
        self._candidate: Reception | None = None
        self._began = 0.0
        self._earlier = _Totals()
        self.reception: Reception | None = None
        """Of the source that is heard now."""
        self.codec_name = ""
        """Of the last packet."""
        self.packets = 0
        self.octets = 0
        self.malformed = 0
        self.wrong_type = 0
        self.ssrc_changes = 0
        self.max_gap = 0.0
        self.first_packet: float | None = None
        self.last_packet: float | None = None

    def configure(
        self, types: Mapping[int, Codec], digits_type: int | None, packet_time: float, *, hears: bool
    ) -> None:
        """As agreed. While it does not hear, packets are counted but sound and keys are not for us."""
        self._types = types
        self._hears = hears
        if digits_type != self._digits_type or self._keys is None:
            self._keys = None
            if digits_type is not None:
                self._keys = KeypressReader(packet_time, self._settings.report_digit)
        self._digits_type = digits_type

    def begin(self, now: float) -> None:
        """The listener's time line starts."""
        self._began = now

    @property
    def late(self) -> int:
        return self._earlier.late + (self._buffer.late if self._buffer else 0)

    @property
    def duplicate(self) -> int:
        return self._earlier.duplicate + (self.reception.duplicate if self.reception else 0)

    @property
    def reordered(self) -> int:
        return self._earlier.reordered + (self.reception.reordered if self.reception else 0)

    @property
    def expected(self) -> int:
        """Over all sources of this stream."""
        return self._earlier.expected + (self.reception.expected if self.reception else 0)

    @property
    def lost(self) -> int:
        return self._earlier.lost + (self.reception.lost if self.reception else 0)

    @property
    def depth(self) -> float:
        """Of the jitter buffer, in seconds."""
        return self._buffer.depth if self._buffer else self._settings.playout.target

    def key_deadline(self) -> float | None:
        """When a keypress is over whose end was lost."""
        return self._keys.next_deadline() if self._keys else None

    def keys_over(self, now: float) -> str:
        """Digits of keypresses whose end was lost."""
        return self._keys.tick(now) if self._keys else ""

    def receive(self, packet: Packet, now: float) -> str:
        """Take one packet; returns the digits that it tells of. Never raises: what is wrong is counted."""
        codec = self._types.get(packet.payload_type)
        if codec is None and packet.payload_type != self._digits_type:
            self.wrong_type += 1
            return ""
        reception = self.reception
        if reception is None or packet.ssrc != reception.ssrc or codec is None or codec.clock != reception.clock:
            reception = self._source(packet, codec, now)
            if reception is None:
                return ""
        verdict = reception.received(packet.sequence, packet.timestamp if codec is not None else None, now)
        if verdict is not Verdict.NEXT and verdict not in _COUNTED:
            return ""
        return self._taken(reception, verdict, codec, packet, now)

    def _taken(
        self, reception: Reception, verdict: Verdict, codec: Codec | None, packet: Packet, now: float
    ) -> str:
        if reception is not self.reception:
            self._take_over(reception, codec)
        elif verdict is Verdict.RESTARTED:
            self._note("sequence restarted", ssrc=reception.ssrc)
            self._reset_buffer()
        self.packets += 1
        self.octets += len(packet.payload)
        last, self.last_packet = self.last_packet, now
        if last is None:
            self.first_packet = now
        elif now - last > self.max_gap:
            self.max_gap = now - last
        if codec is None:
            return self._key(packet, now)
        if self._hears:
            self._hear(codec, packet, now, newest=verdict is not Verdict.REORDERED)
        return ""

    def _source(self, packet: Packet, codec: Codec | None, now: float) -> Reception | None:
        """Who sent it: the source we hear, or one on probation. None: to be ignored."""
        current = self.reception
        if current is not None and packet.ssrc == current.ssrc:
            if codec is not None and codec.clock != current.clock:
                current.clock = codec.clock
            return current
        if current is not None and self.last_packet is not None and now - self.last_packet < self._exclusive:
            return None
        if self._candidate is None or self._candidate.ssrc != packet.ssrc:
            clock = codec.clock if codec is not None else 8000
            self._candidate = Reception(packet.ssrc, packet.sequence, clock)
        return self._candidate

    def _take_over(self, reception: Reception, codec: Codec | None) -> None:
        before, self.reception, self._candidate = self.reception, reception, None
        if before is not None:
            self._earlier.add(before)
            self.ssrc_changes += 1
            self._note("ssrc changed", ssrc=reception.ssrc, before=before.ssrc)
            self._reset_buffer()

    def _reset_buffer(self) -> None:
        if self._buffer is not None:
            self._buffer.reset()

    def _key(self, packet: Packet, now: float) -> str:
        if self._keys is None or not self._hears:
            return ""
        try:
            return self._keys.receive(packet.payload, packet.timestamp, now)
        except MalformedMessage:
            self.malformed += 1
            return ""

    def _hear(self, codec: Codec, packet: Packet, now: float, *, newest: bool) -> None:
        try:
            ticks = codec.ticks(packet.payload)
        except MalformedMessage:
            self.malformed += 1
            return
        if not ticks:
            return
        if codec is not self._codec or self._buffer is None:
            self._another(codec)
        assert self._buffer is not None
        arrival = int((now - self._began) * codec.clock)
        place = self._buffer.place(packet.timestamp, arrival, newest=newest)
        if place is not None:
            self._heard.add(codec, place, ticks, packet.payload)

    def _another(self, codec: Codec) -> None:
        if self._buffer is not None:
            self._earlier.late += self._buffer.late
        self._codec, self.codec_name = codec, codec.name
        self._buffer = JitterBuffer(self._settings.playout, codec.clock)


class _Totals:
    """Of sources that are no longer heard."""

    __slots__ = ("duplicate", "expected", "late", "lost", "reordered")

    def __init__(self) -> None:
        self.duplicate = self.expected = self.late = self.lost = self.reordered = 0

    def add(self, reception: Reception) -> None:
        self.duplicate += reception.duplicate
        self.expected += reception.expected
        self.lost += reception.lost
        self.reordered += reception.reordered
