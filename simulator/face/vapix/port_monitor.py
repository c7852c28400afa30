"""The endless answer of `io/port.cgi?monitor=`: one part per change (io-events sheet 1.2).

    --ioboundary CRLF Content-Type: text/plain CRLF CRLF 3I:/ CRLF

`/` went active, `\\` went inactive; `H` and `L` are what a port is when the stream begins. An output that is active
while its circuit is open is reported by its circuit: one published client relies on that, and inverts it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from simulator.journal import Kind

if TYPE_CHECKING:
    from simulator.device.device import Device
    from simulator.device.port import Port
    from simulator.face.exchange import Channel

BOUNDARY = "ioboundary"
CONTENT_TYPE = f"multipart/x-mixed-replace; boundary={BOUNDARY}"
_HEAD = f"--{BOUNDARY}\r\nContent-Type: text/plain\r\n\r\n"
KEEP_ALIVE = _HEAD.encode()
"""An empty part, sent when nothing has changed for a while."""


class PortMonitor:
    """One client's stream, from its first word to `close`."""

    def __init__(self, device: Device, ports: list[Port], channel: Channel) -> None:
        self._device = device
        self._channel = channel
        self._shown = {port.id: shows_active(port) for port in ports}
        self.close = device.ports.listen(self._changed)
        """The client is gone."""
        for port in ports:
            self._send(port, "H" if self._shown[port.id] else "L")

    def _changed(self, port: Port) -> None:
        before, now = self._shown.get(port.id), shows_active(port)
        if before is not None and before is not now:
            self._shown[port.id] = now
            self._device.note(Kind.MESSAGE, "port monitor", direction="out", port=str(port.id), active=now)
            self._send(port, "/" if now else "\\")

    def _send(self, port: Port, code: str) -> None:
        """The letter follows the direction that the port has now."""
        letter = "I" if port.is_input else "O"
        self._channel.send(f"{_HEAD}{port.id + 1}{letter}:{code}\r\n".encode())


def shows_active(port: Port) -> bool:
    """What the stream says: for an input its meaning, for an output its circuit."""
    return port.active if port.is_input else port.closed
