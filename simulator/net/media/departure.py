"""How packets leave while faults act on a stream: late, twice, never, under another number, by another clock."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from simulator.net.activity import without_cause
from simulator.wire.rtp.fault import Spoiler

if TYPE_CHECKING:
    from collections.abc import Callable

    from simulator.chance import Stream
    from simulator.wire.rtp.fault import RtpFault
    from simulator.wire.rtp.sender import Sender


class Departure:
    """Asked only while a fault acts, or packets are still on their way."""

    __slots__ = (
        "_ahead",
        "_begun",
        "_chance",
        "_late",
        "_loop",
        "_now",
        "_send",
        "_sender",
        "_spoiler",
        "spoiled",
    )

    def __init__(
        self, sender: Sender, chance: Stream, now: Callable[[], float], send: Callable[[bytes], None]
    ) -> None:
        self._sender = sender
        self._chance = chance
        self._now = now
        self._send = send
        self._spoiler: Spoiler | None = None
        self.spoiled = False
        """A fault acts now."""
        self._begun = 0.0
        self._ahead = 0.0
        """Seconds that our clock has gained by drift, less the packets already sent for them."""
        self._loop: asyncio.AbstractEventLoop | None = None
        self._late: set[asyncio.TimerHandle] = set()

    @property
    def wrong_key(self) -> bool:
        return self._spoiler is not None and self._spoiler.wrong_key

    @property
    def silences_rtcp(self) -> bool:
        return self._spoiler is not None and self._spoiler.silences_rtcp

    def begin(self, fault: RtpFault) -> None:
        """It acts from now on."""
        if self._spoiler is None:
            self._spoiler = Spoiler(self._chance)
            self._loop = asyncio.get_running_loop()
        self._spoiler.begin(fault)
        self.spoiled = True
        self._sender.jump(fault.sequence_jump, new_ssrc=fault.new_ssrc)

    def end(self, fault: RtpFault) -> None:
        """It acts no more; what it held back still leaves."""
        if self._spoiler is not None:
            self._spoiler.end(fault)
            self.spoiled = self._spoiler.active

    def packet_time(self, due: float, now: float) -> None:
        """The packets of one tick: one, or by drift sometimes two or none."""
        spoiler, length = self._spoiler, self._sender.packet_time
        if spoiler is None:
            return
        self._ahead += length * spoiler.drift / 1e6
        delay = (-self._ahead) % length if self._ahead else 0.0
        if self._ahead >= length:
            self._ahead -= length
            self._depart(spoiler, 0.0)
        elif self._ahead <= -length:
            self._ahead += length
            return
        self._depart(spoiler, delay)

    def close(self) -> None:
        """What is on its way is forgotten."""
        for timer in self._late:
            timer.cancel()
        self._late.clear()

    def _depart(self, spoiler: Spoiler, delay: float) -> None:
        packet = self._sender.next_packet()
        if packet is None or spoiler.silences_rtp:
            return
        if spoiler.payload_type is not None:
            packet = packet[:1] + bytes((packet[1] & 0x80 | spoiler.payload_type & 0x7F,)) + packet[2:]
        for more in spoiler.fates(self._sender.packet_time):
            self._later(delay + more, packet)

    def _later(self, delay: float, packet: bytes) -> None:
        if delay <= 0.0 or self._loop is None:
            self._send(packet)
            return

        def due() -> None:
            self._late.discard(timer)
            self._send(packet)

        timer = without_cause(self._loop.call_later, delay, due)
        self._late.add(timer)
