"""What a stream reports about itself, and what the peer reports about it (RFC 3550 section 6; sheet SIP/RTP 13.4)."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from simulator.wire.rtp import rtcp
from simulator.wire.rtp.rtcp import Description, Goodbye, ReceptionBlock, Report, SenderInfo

if TYPE_CHECKING:
    from simulator.chance import Stream
    from simulator.wire.rtp.receiver import Receiver
    from simulator.wire.rtp.sender import Sender


class Reporter:
    """RTCP of one stream. `wall` is seconds since 1970 at wire time 0: reports carry both times."""

    __slots__ = (
        "_about", "_chance", "_interval", "_mark", "_receiver", "_sender", "_sent", "_sr_arrival", "_sr_middle", "_wall",
        "cname", "due", "peer_cname", "peer_left", "remote", "round_trip",
    )  # fmt: skip

    def __init__(
        self, sender: Sender, receiver: Receiver, interval: float, cname: str, wall: float, chance: Stream
    ) -> None:
        self._sender = sender
        self._receiver = receiver
        self._interval = interval
        self._wall = wall
        self._chance = chance
        self.cname = cname
        self.due: float | None = None
        """Wire time of the next report."""
        self._sent = (0, 0)
        """Packets sent until the last two reports."""
        self._mark = (0.0, 0)
        """An instant, and the RTP timestamp of it."""
        self._sr_middle = 0
        self._sr_arrival = 0.0
        self._about: int | None = None
        self.peer_cname = ""
        self.peer_left = False
        """It said goodbye. That ends no call."""
        self.remote: ReceptionBlock | None = None
        """The latest about us."""
        self.round_trip: float | None = None

    def begin(self, now: float) -> None:
        """The first report is due at once."""
        if self._interval:
            self.due = now

    def mark(self, now: float, timestamp: int) -> None:
        """A packet with this timestamp belongs to this instant."""
        self._mark = (now, timestamp)

    def report(self, now: float, clock: int) -> bytes:
        """The compound packet that is due; the next is drawn."""
        self.due = now + self._interval * (0.5 + self._chance.random())
        return rtcp.encode((self._own(now, clock), Description.of(self._sender.ssrc, self.cname)))

    def farewell(self, now: float, clock: int) -> bytes:
        """The last one, with BYE."""
        self.due = None
        parts = (
            self._own(now, clock),
            Description.of(self._sender.ssrc, self.cname),
            Goodbye((self._sender.ssrc,)),
        )
        return rtcp.encode(parts)

    def receive(self, data: bytes, now: float) -> None:
        """What the peer reports. Raises MalformedMessage."""
        for part in rtcp.parse(data):
            if isinstance(part, Report):
                self._reported(part, now)
            elif isinstance(part, Description):
                self.peer_cname = next(
                    (name for ssrc, _ in part.chunks if (name := part.cname(ssrc))), self.peer_cname
                )
            elif isinstance(part, Goodbye):
                self.peer_left = True

    def _ntp(self, now: float) -> int:
        return rtcp.ntp_time(self._wall + now)

    def _own(self, now: float, clock: int) -> Report:
        reception = self._receiver.reception
        blocks: tuple[ReceptionBlock, ...] = ()
        if reception is not None and reception.believed:
            known = self._about == reception.ssrc and self._sr_middle
            blocks = (
                ReceptionBlock(
                    reception.ssrc,
                    reception.fraction_lost(),
                    reception.lost,
                    reception.extended_highest,
                    int(reception.jitter_ticks),
                    self._sr_middle if known else 0,
                    int((now - self._sr_arrival) * 65536) & 0xFFFF_FFFF if known else 0,
                ),
            )
        last, before = self._sent
        self._sent = (self._sender.packets, last)
        if self._sender.packets == before:  # nothing since the report before the last
            return Report(self._sender.ssrc, blocks)
        at, timestamp = self._mark
        stamp = (timestamp + round((now - at) * clock)) & 0xFFFF_FFFF
        counts = self._sender.packets & 0xFFFF_FFFF, self._sender.octets & 0xFFFF_FFFF
        return Report(self._sender.ssrc, blocks, SenderInfo(self._ntp(now), stamp, *counts))

    def _reported(self, report: Report, now: float) -> None:
        if report.sender is not None:
            self._about = report.ssrc
            self._sr_middle, self._sr_arrival = rtcp.middle(report.sender.ntp), now
        for block in report.blocks:
            if block.ssrc == self._sender.ssrc:
                self.remote = replace(block)
                self.round_trip = rtcp.round_trip(block, self._ntp(now))
