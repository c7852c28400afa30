"""Notifications by TCP: connect, say the message, close (VAPIX, TCP recipient).

What ends a message is not documented; it is sent as it is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from simulator.device.rule.order import ActionFailed
from simulator.face.notification.delivery import Delivery

if TYPE_CHECKING:
    from simulator.face.transport import Stream


class PlainDelivery(Delivery):
    """One message."""

    def begin(self) -> None:
        host, port = self.order.text("host"), self.order.number("port", 0, 1, 65_535)
        if not host or not port:
            raise ActionFailed("Nobody to tell")
        self.dial(host, port)

    def opened(self, stream: Stream) -> None:
        if self._finished:
            stream.abort()
            return
        self._stream = stream
        stream.write(self.order.message("message").encode("utf-8", "replace"))
        self.finish()

    def connected(self, now: float) -> list[Any]:
        return []

    def handle(self, event: Any) -> None:
        """There is no session that could say anything."""
