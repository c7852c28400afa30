"""Where our packets go: symmetric RTP (RFC 4961; sheet SIP/RTP 13.3, after pjmedia's transport)."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from simulator.wire.rtp.negotiated import Address, MediaSettings


class Latch:
    """Begins with the address of the SDP and follows the packets that come, by the setting.

    - `after_n`: packets from elsewhere are dropped until so many came on end without one from where we send;
    - `first`: whoever sends first is the peer, all others are strangers;
    - `never`: all are heard, our own go where the SDP said.
    """

    __slots__ = ("_after", "_candidate", "_count", "_locked", "_policy", "peer", "strangers")

    def __init__(self, settings: MediaSettings, after: int) -> None:
        self._policy = settings.latch
        self._after = after
        self._candidate: Address | None = None
        self._count = 0
        self._locked = False
        self.peer: Address | None = None
        self.strangers = 0
        """Packets that were dropped because of where they came from."""

    def point(self, peer: Address | None) -> None:
        """SDP says where to send."""
        self.peer = peer
        self._candidate, self._count, self._locked = None, 0, False

    def confirm(self) -> None:
        """A packet came from where we send."""
        self._count, self._locked = 0, True

    def admits(self, source: Address) -> bool:
        """Whether a packet from there is heard. May change `peer`."""
        if source == self.peer:
            self.confirm()
            return True
        if self._policy == "never":
            return True
        if self._policy == "first":
            return self._first(source)
        self._count = self._count + 1 if source == self._candidate else 1
        self._candidate = source
        if self._count < self._after:
            self.strangers += 1
            return False
        self.peer, self._candidate, self._count = source, None, 0
        return True

    def _first(self, source: Address) -> bool:
        if self._locked:
            self.strangers += 1
            return False
        self.peer, self._locked = source, True
        return True
