"""transmit.cgi: a client talks through the speaker (audio sheet 3.2).

The body is sound as long as it lasts: with a length, chunked, or to the end of the connection. What comes early is
played in its time; the answer comes when the last of it has been played. A client that sends nothing for
`Audio.ReceiverTimeout` is cut off without an answer.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from simulator.device.loudspeaker import CLIP, MEMORY, TRANSMIT
from simulator.device.parameter import Level, Refused
from simulator.device.sound import RATE, count_of, silence
from simulator.errors import MalformedMessage
from simulator.face.exchange import Answer, HungUp, Inflow, Reply
from simulator.face.vapix.apache import page
from simulator.face.vapix.call import Call, Route
from simulator.face.vapix.clip import audio_quirks, check_output
from simulator.wire.live_audio import decoded, sent_as

if TYPE_CHECKING:
    from collections.abc import Callable

    from simulator.device.audio import Audio
    from simulator.device.device import Device
    from simulator.device.sound import Samples
    from simulator.face.exchange import InflowListener
    from simulator.wire.live_audio import Coding

_LEAD_IN = 0.1
"""Seconds that are decoded and thrown away before a piece from the middle: G.726 adapts."""
_WHOLE = 24
"""Pieces begin at multiples of so many bytes: whole samples in every codec."""


def transmit(call: Call) -> Reply:
    """Refuse by the head alone, or take the body as it comes."""
    device, audio = call.device, call.device.audio
    assert audio is not None
    if device.parameters["Audio.DuplexMode"] == "get":
        return page(405)
    try:
        sent = sent_as(call.request.head.headers.get("content-type", ""))
    except MalformedMessage:
        return page(415)
    try:
        check_output(call.query)
    except Refused:
        return page(400)
    if _is_taken(device, audio):
        busy = page(503)
        busy.reason = audio_quirks(device).transmit_busy_reason
        return busy

    def begin(clock: Callable[[], float]) -> InflowListener:
        return Transmission(device, audio, sent, clock)

    return Inflow(begin)


def _is_taken(device: Device, audio: Audio) -> bool:
    """There is one transmitter, unless `Audio.MaxTransmitters` allows none."""
    if TRANSMIT in audio.sources or device.parameters.get("Audio.MaxTransmitters") == "0":
        return True
    return CLIP in audio.sources and not audio_quirks(device).transmit_beside_clip


class Transmission:
    """One session: an `InflowListener` of the server's, and a `Sound` of the device's. Times are wire seconds."""

    def __init__(self, device: Device, audio: Audio, sent: Coding, clock: Callable[[], float]) -> None:
        self._audio = audio
        self._sent = sent
        self._clock = clock
        self._buffer = _milliseconds(device, "Audio.ReceiverBuffer")
        self._timeout = _milliseconds(device, "Audio.ReceiverTimeout")
        self._ahead = self._buffer + audio_quirks(device).transmit_ahead
        self._kept = bytearray()
        self._dropped = 0
        """Bytes that came before those that are kept."""
        self._played_at = self._heard_at = clock()
        """When all that came will have been played, and from when on the client is waited for."""
        self._complete = False
        self._over = False
        self.outcome: Answer | HungUp | None = None
        """See `InflowListener`."""
        audio.begin(TRANSMIT, self)

    # ---- the sound

    @property
    def position(self) -> float:
        """Seconds played."""
        received = (self._dropped + len(self._kept)) / self._sent.bytes_per_second
        return max(0.0, received - max(0.0, self._played_at - self._clock()))

    def samples(self, begin: float, end: float) -> Samples:
        """Decoded now, from what is kept: the last half minute that was played."""
        import numpy as np

        per_second = self._sent.bytes_per_second
        first = max(self._dropped, int((begin - _LEAD_IN) * per_second) // _WHOLE * _WHOLE)
        last = int(end * per_second + 1)
        piece = decoded(bytes(self._kept[first - self._dropped : max(0, last - self._dropped)]), self._sent, RATE)
        count, ahead = count_of(begin, end), round((begin - first / per_second) * RATE)
        known = piece[max(0, ahead) :][: max(0, count - max(0, -ahead))]
        before = silence(min(count, max(0, -ahead)))
        return np.concatenate((before, known, silence(count - len(before) - len(known))))

    # ---- the session

    @property
    def hungry(self) -> bool:
        """No more is taken in than is soon to be played."""
        return self._played_at - self._clock() < self._ahead

    def receive(self, data: bytes, now: float) -> None:
        """Sound that came. After a gap it waits as long as the receiver's buffer is deep."""
        if self._played_at <= now:
            self._played_at = now + self._buffer
        self._kept += data
        self._played_at += len(data) / self._sent.bytes_per_second
        self._heard_at = max(now, self._played_at - self._ahead / 2)
        self._forget()

    def _forget(self) -> None:
        """Keep what is not yet played, and half a minute of what is."""
        surplus = len(self._kept) - int((MEMORY + self._ahead + _LEAD_IN) * self._sent.bytes_per_second)
        if surplus > len(self._kept) // 4:
            surplus = surplus // _WHOLE * _WHOLE
            del self._kept[:surplus]
            self._dropped += surplus

    def complete(self, now: float) -> None:
        """The body is whole; the answer waits until it is played."""
        self._complete = True
        self.tick(now)

    def gone(self) -> None:
        """The session ends, and so does its sound."""
        if not self._over:
            self._over = True
            self._played_at = min(self._played_at, self._clock())
            self._audio.end(TRANSMIT, self)

    def next_deadline(self) -> float | None:
        """The end of playing, or room for more, or the time at which the client has said nothing for too long."""
        if self._complete:
            return self._played_at
        if not self.hungry:
            return self._heard_at
        return self._heard_at + self._timeout if self._timeout else None

    def tick(self, now: float) -> None:
        """See `next_deadline`."""
        if self._complete:
            if now >= self._played_at:
                self.outcome = Answer()
        elif self._timeout and now >= self._heard_at + self._timeout:
            self.outcome = HungUp()


def _milliseconds(device: Device, parameter: str) -> float:
    return int(device.parameters[parameter]) / 1000


def has_audio(device: Device) -> bool:
    """Speakers have."""
    return device.audio is not None


ROUTES = (
    Route(
        ("/axis-cgi/audio/transmit.cgi",),
        transmit,
        methods=("POST",),
        level=Level.VIEWER,
        served=has_audio,
        unread=True,
    ),
)
