"""What a receiver knows about one source: sequence numbers, loss and jitter (RFC 3550 section 6.4.1 and A.1, A.3, A.8)."""

from __future__ import annotations

from enum import Enum

PROBATION = 2
"""Packets in order before a source is believed."""
DROPOUT = 3000
"""A gap so large is no loss."""
MISORDER = 100
"""A step back so large is no reordering."""
CYCLE = 1 << 16
_WRAP = 1 << 32
_HALF = 1 << 31
_REMEMBERED = 128
"""Sequence numbers below the highest in which duplicates are known."""
_MASK = (1 << _REMEMBERED) - 1
_NO_SEQUENCE = CYCLE + 1


class Verdict(Enum):
    """What a packet's sequence number says of it."""

    PROBATION = "probation"
    """Not yet believed, not counted."""
    NEXT = "next"
    """Newer than all before."""
    REORDERED = "reordered"
    DUPLICATE = "duplicate"
    OUT_OF_RANGE = "out of range"
    """Neither loss nor reordering explains it; the next in order after it will restart the source. Not counted."""
    RESTARTED = "restarted"
    """Two in order at a new place: the sender began anew with the same SSRC."""


class Reception:
    """Feeds on `received`, once per packet. `clock` is the RTP clock in Hz."""

    __slots__ = (
        "_bad", "_expected_before", "_highest", "_probation", "_received_before", "_seen", "_transit", "base", "clock",
        "cycles", "duplicate", "jitter_ticks", "received_packets", "reordered", "ssrc",
    )  # fmt: skip

    def __init__(self, ssrc: int, sequence: int, clock: int) -> None:
        self.ssrc = ssrc
        self.clock = clock
        self.jitter_ticks = 0.0
        self.duplicate = 0
        self.reordered = 0
        self._transit: float | None = None
        self._expected_before = 0
        self._received_before = 0
        self._seen = 0
        """One bit for each of the numbers below the highest: it came."""
        self._begin(sequence)
        self._highest = (sequence - 1) % CYCLE
        self._probation = PROBATION

    @property
    def believed(self) -> bool:
        """Out of probation."""
        return not self._probation

    @property
    def extended_highest(self) -> int:
        """Highest sequence number with the count of cycles above it."""
        return self.cycles + self._highest

    @property
    def expected(self) -> int:
        """Packets that should have come since the source was believed."""
        return 0 if self._probation else self.extended_highest - self.base + 1

    @property
    def lost(self) -> int:
        """Expected minus received; duplicates count as received, so it may be negative (RFC 3550 A.3)."""
        return self.expected - self.received_packets

    @property
    def jitter(self) -> float:
        """Interarrival jitter in seconds."""
        return self.jitter_ticks / self.clock

    def received(self, sequence: int, timestamp: int | None, arrival: float) -> Verdict:
        """Take note of a packet that arrived at `arrival`, in seconds of any steady clock.

        Without a timestamp it tells nothing of jitter: all packets of one telephone event have the same.
        """
        if not self._probation and sequence == self._highest + 1:  # the short way of what comes 50 times a second
            self._highest = sequence
            self._seen = (self._seen << 1 | 1) & _MASK
            self.received_packets += 1
            verdict = Verdict.NEXT
        else:
            verdict = self._update(sequence)
        if timestamp is None or verdict is Verdict.OUT_OF_RANGE or verdict is Verdict.DUPLICATE:
            return verdict
        transit = arrival * self.clock - timestamp
        if self._transit is not None:
            change = (transit - self._transit + _HALF) % _WRAP - _HALF  # the timestamp may have wrapped
            self.jitter_ticks += (abs(change) - self.jitter_ticks) / 16
        self._transit = transit
        return verdict

    def fraction_lost(self) -> int:
        """Loss since the last call in 1/256, as a report block carries it; 0 where more came than was expected."""
        expected = self.expected - self._expected_before
        received = self.received_packets - self._received_before
        self._expected_before, self._received_before = self.expected, self.received_packets
        if expected <= 0 or expected <= received:
            return 0
        return min(255, ((expected - received) << 8) // expected)

    def _begin(self, sequence: int) -> None:
        self.base = self._highest = sequence
        self.cycles = 0
        self.received_packets = 0
        self._bad = _NO_SEQUENCE
        self._seen = 0
        self._expected_before = 0
        self._received_before = 0

    def _update(self, sequence: int) -> Verdict:
        step = (sequence - self._highest) & 0xFFFF
        if self._probation:
            return self._prove(sequence, step)
        if step == 0:
            self.received_packets += 1
            self.duplicate += 1
            return Verdict.DUPLICATE
        if step < DROPOUT:
            if sequence < self._highest:
                self.cycles += CYCLE
            self._highest = sequence
            self._seen = ((self._seen << step) | (1 << (step - 1))) & _MASK if step <= _REMEMBERED else 0
            self.received_packets += 1
            return Verdict.NEXT
        if step <= CYCLE - MISORDER:
            return self._jumped(sequence)
        return self._came_behind(CYCLE - step)

    def _prove(self, sequence: int, step: int) -> Verdict:
        if step != 1:
            self._probation = PROBATION - 1
            self._highest = sequence
            return Verdict.PROBATION
        self._probation -= 1
        self._highest = sequence
        if self._probation:
            return Verdict.PROBATION
        self._begin(sequence)
        self.received_packets = 1
        return Verdict.NEXT

    def _jumped(self, sequence: int) -> Verdict:
        if sequence == self._bad:
            self._begin(sequence)
            self.received_packets = 1
            self._transit = None
            return Verdict.RESTARTED
        self._bad = (sequence + 1) % CYCLE
        return Verdict.OUT_OF_RANGE

    def _came_behind(self, behind: int) -> Verdict:
        """`behind` packets below the highest: reordered, or a copy."""
        self.received_packets += 1
        bit = 1 << (behind - 1)
        if self._seen & bit:
            self.duplicate += 1
            return Verdict.DUPLICATE
        self._seen |= bit
        self.reordered += 1
        return Verdict.REORDERED
