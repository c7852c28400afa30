"""The endless answer of `io/port.cgi?monitor=`: one part per change (io-events sheet 1.2).

    --ioboundary CRLF Content-Type: text/plain CRLF CRLF 3I:/ CRLF

`/` went active, `\\` went inactive; `H` and `L` are what a port is when the stream begins. An output that is active
while its circuit is open is reported by its circuit: one published client relies on that, and inverts it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from simulator.clock import Timer
    from simulator.device.device import Device
    from simulator.device.port import Port
    from simulator.face.exchange import Channel

BOUNDARY = "ioboundary"
CONTENT_TYPE = f"multipart/x-mixed-replace; boundary={BOUNDARY}"
_HEAD = f"--{BOUNDARY}\r\nContent-Type: text/plain\r\n\r\n"


class PortMonitor:
    """One client's stream. An empty part goes out when nothing has changed for a while."""

    def __init__(self, device: Device, ports: list[Port], channel: Channel) -> None:
        self._device = device
        self._channel = channel
        self._shown = {port.id: shows_active(port) for port in ports}
        self._timer: Timer | None = None
        self._stop = device.ports.listen(self._changed)
        for port in ports:
            self._send(f"{_label(port)}:{'H' if self._shown[port.id] else 'L'}")

    def close(self) -> None:
        """The client is gone."""
        self._stop()
        if self._timer is not None:
            self._timer.cancel()

    def _changed(self, port: Port) -> None:
        before = self._shown.get(port.id)
        now = shows_active(port)
        if before is None or before == now:
            return
        self._shown[port.id] = now
        self._send(f"{_label(port)}:{'/' if now else chr(92)}")

    def _send(self, text: str) -> None:
        self._channel.send(f"{_HEAD}{text}\r\n".encode())
        self._rearm()

    def _rearm(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        wait = self._device.profile.quirks.monitor_keep_alive
        self._timer = self._device.world.clock.call_later(wait, self._keep_alive)

    def _keep_alive(self) -> None:
        self._channel.send(_HEAD.encode())
        self._rearm()


def shows_active(port: Port) -> bool:
    """What the stream says: for an input its meaning, for an output its circuit."""
    return port.active if port.is_input else port.closed


def _label(port: Port) -> str:
    return f"{port.id + 1}{'I' if port.is_input else 'O'}"
