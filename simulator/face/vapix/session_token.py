"""Tokens of wssession.cgi, which open event streams for clients that cannot do digest (io-events sheet 2.3).

"A session token that is valid for 15 seconds and will expire immediately when the time has passed" (VAPIX, Event
streaming over WebSocket): until then it opens as many streams as are asked for.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from simulator.chance import Stream
    from simulator.device.device import Device

MOST_TOKENS = 1000
"""Outstanding tokens kept; the oldest goes first."""
_BITS = 63
"""The documented example is a decimal number of 19 digits."""


class SessionTokens:
    """The tokens of one device. They end with time and with a restart. Times are wire seconds: the client's own."""

    def __init__(self, device: Device) -> None:
        self._device = device
        self._valid_until: dict[str, float] = {}

    def issue(self, now: float) -> str:
        """A new token, good for fifteen seconds."""
        token = str(self._stream.getrandbits(_BITS))
        self._forget_expired(now)
        if len(self._valid_until) >= MOST_TOKENS:
            del self._valid_until[next(iter(self._valid_until))]
        self._valid_until[token] = now + self._device.profile.quirks.ws_session_token_seconds
        return token

    @cached_property
    def _stream(self) -> Stream:
        """Made with the first token: most devices never issue one."""
        return self._device.world.chance.stream("device", self._device.name, "session token")

    def valid(self, token: str, now: float) -> bool:
        """Whether the token opens a stream now."""
        return now <= self._valid_until.get(token, float("-inf"))

    def forget(self) -> None:
        """The device restarts."""
        self._valid_until.clear()

    def _forget_expired(self, now: float) -> None:
        """They were issued in the order in which they expire."""
        while self._valid_until and next(iter(self._valid_until.values())) < now:
            del self._valid_until[next(iter(self._valid_until))]
