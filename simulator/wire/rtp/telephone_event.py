"""Keypresses as RTP events, in both directions (RFC 4733; sheet SIP/RTP 14.2)."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from simulator.errors import MalformedMessage

if TYPE_CHECKING:
    from collections.abc import Iterator

_EVENT = struct.Struct("!BBH")
DIGITS = "0123456789*#ABCDF"
"""By event code; 16 is the hook flash, written F."""
_END, _RESERVED, _VOLUME = 0x80, 0x40, 0x3F
LONGEST = 0xFFFF
"""Ticks that one event can say it lasts."""
END_PACKETS = 3
VOLUME = 10
"""dBm0 below zero, as pjsip sends."""
LOST_END = 3
"""Packet times without news after which an event is over."""


@dataclass(frozen=True, slots=True)
class Event:
    """The four bytes of one report on a keypress. `duration` in ticks of the RTP clock."""

    code: int
    duration: int
    end: bool = False
    volume: int = VOLUME
    reserved: bool = False

    def encode(self) -> bytes:
        """The payload."""
        flags = self.volume | (_END if self.end else 0) | (_RESERVED if self.reserved else 0)
        return _EVENT.pack(self.code, flags, self.duration)

    @property
    def digit(self) -> str | None:
        """What was pressed; None for an event that is no key."""
        return DIGITS[self.code] if self.code < len(DIGITS) else None


def parse(payload: bytes) -> Event:
    """The first report of a payload; those that may follow repeat older ones. Raises MalformedMessage."""
    if len(payload) < _EVENT.size:
        raise MalformedMessage(f"a telephone event has {_EVENT.size} bytes", offset=len(payload))
    code, flags, duration = _EVENT.unpack_from(payload)
    return Event(code, duration, bool(flags & _END), flags & _VOLUME, bool(flags & _RESERVED))


def keypress(digit: str, duration: int, step: int) -> Iterator[Event]:
    """The reports on one keypress of `duration` ticks, one per packet of `step` ticks; the end three times.

    Raises ValueError for what is no key, or lasts longer than one event can say.
    """
    code = DIGITS.find(digit.upper())
    if len(digit) != 1 or code < 0:
        raise ValueError(f"{digit!r} is no key")
    if not 0 < duration <= LONGEST:
        raise ValueError(f"a keypress of {duration} ticks: one event lasts 1 to {LONGEST}")
    return _reports(code, duration, step)


def _reports(code: int, duration: int, step: int) -> Iterator[Event]:
    for so_far in range(step, duration, step):
        yield Event(code, so_far)
    for _ in range(END_PACKETS):
        yield Event(code, duration, end=True)


class KeypressReader:
    """Tells each keypress once, however many of its packets were lost, repeated or reordered.

    `when`: with its first packet, or when it ends. All packets of a keypress have one RTP timestamp.
    """

    __slots__ = ("_current", "_deadline", "_quiet", "_told", "_when")

    def __init__(self, packet_time: float, when: Literal["first", "end"] = "first") -> None:
        self._quiet = packet_time * LOST_END
        self._when = when
        self._current: Event | None = None
        self._told: tuple[int, ...] = ()
        """Timestamps of the last keypresses, the latest first."""
        self._deadline: float | None = None

    def receive(self, payload: bytes, timestamp: int, now: float) -> str:
        """The digits that are known since this packet: mostly none or one. Raises MalformedMessage."""
        event = parse(payload)
        if event.digit is None:
            return ""
        if timestamp in self._told:
            return self._more(event, timestamp, now)
        if self._goes_on(event, timestamp):
            self._told = (timestamp, *self._told[1:])
            return self._more(event, timestamp, now)
        before = self._finish()
        self._told = (timestamp, *self._told[:7])
        self._current = None if event.end else event
        self._deadline = None if event.end else now + self._quiet
        return before + event.digit if self._when == "first" or event.end else before

    def next_deadline(self) -> float | None:
        """When a keypress whose end was lost is over; None while none is pressed."""
        return self._deadline

    def tick(self, now: float) -> str:
        """The digit that is over because no more was heard of it."""
        return self._finish() if self._deadline is not None and now >= self._deadline else ""

    def _goes_on(self, event: Event, timestamp: int) -> bool:
        """A keypress longer than one event can say goes on in the next (RFC 4733 section 2.5.1.3)."""
        current = self._current
        if current is None or event.code != current.code:
            return False
        return (timestamp - self._told[0]) & 0xFFFF_FFFF == LONGEST

    def _more(self, event: Event, timestamp: int, now: float) -> str:
        if self._current is None or timestamp != self._told[0]:
            return ""
        if event.end:
            return self._finish()
        self._deadline = now + self._quiet
        return ""

    def _finish(self) -> str:
        event, self._current, self._deadline = self._current, None, None
        if event is None or event.digit is None or self._when == "first":
            return ""
        return event.digit
