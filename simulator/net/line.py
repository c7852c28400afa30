"""One connection of a device, with a hand on the cable.

A `Line` stands between asyncio's transport and the protocol that speaks on it (HTTP, MQTT, ...). Towards the
transport it is the protocol, towards the protocol it is the transport. Without faults it passes calls on. It can:

- carry stream faults in both directions (`pipe.py`), on connections that exist and on new ones,
- be frozen: a pulled cable. Nothing is read, what the device writes is kept, the connection stays open,
- be reset: RST, as after a power cut; be closed in order. While it is frozen the other side hears of neither.

Over TLS the line carries the plain bytes; the handshake is not touched by faults.
"""

from __future__ import annotations

import asyncio
import socket
import struct
from enum import IntFlag
from typing import TYPE_CHECKING, Any, cast

from simulator.net.pipe import Ending, Pipe, Way

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from simulator.net.patchbay import Endpoint, Patchbay
    from simulator.net.pipe import Admit

HIGH_WATER = 1 << 16
"""Bytes held by faults on one way at which the sender is paused; half of it resumes."""
_LINGER_RESET = struct.pack("ii", 1, 0)


class _Why(IntFlag):
    """Reasons to hold a flow; it runs while there is none."""

    NONE = 0
    OTHER_END = 1
    """Whoever is at the other end asked for it."""
    HELD = 2
    """Faults hold too many bytes."""
    FROZEN = 4


class Valve:
    """Holds a flow while there is a reason; tells the flow's source only of changes."""

    __slots__ = ("_open", "_shut", "why")

    def __init__(self, shut: Callable[[], None], open_: Callable[[], None]) -> None:
        self._shut = shut
        self._open = open_
        self.why = _Why.NONE

    def hold(self, why: _Why) -> None:
        before, self.why = self.why, self.why | why
        if not before:
            self._shut()

    def release(self, why: _Why) -> None:
        if not self.why:  # the usual case, told once per request
            return
        self.why &= ~why
        if not self.why:
            self._open()


class Line(asyncio.Protocol):
    """One connection. Made for an accepted or a dialled socket; it enters itself in the patchbay."""

    def __init__(
        self, inner: asyncio.Protocol, endpoint: Endpoint, patchbay: Patchbay, *, dialled: bool = False
    ) -> None:
        self.inner = inner
        self.endpoint = endpoint
        self.dialled = dialled
        """The device opened it."""
        self.tally = patchbay.tallies.get(endpoint.device)
        self.peer = ""
        """Address and port of the other side."""
        self._patchbay = patchbay
        self._activity = patchbay.activity
        self._loop = asyncio.get_running_loop()
        self._near = NearEnd(self)
        self._gone = False
        self._finishing = False
        self._abandoned = False
        """The device is done with it, and nobody could be told: RST when the cable is plugged."""
        self.outward = Way(self._write_through, self._finish, self._struck, self._eased)
        """To the client (for a dialled line: to the server)."""
        self.inward = Way(inner.data_received, self._eof_through, self._struck, self._eased)
        """To the device."""

    # what asyncio tells

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)  # uvloop's are none, but behave as such
        self._read_valve = Valve(self._pause, self._resume)
        self._write_valve = Valve(self.inner.pause_writing, self.inner.resume_writing)
        peer = transport.get_extra_info("peername")
        self.peer = f"{peer[0]}:{peer[1]}" if peer else ""
        self._activity.count += 1
        self._patchbay.line_opened(self)
        self.inner.connection_made(self._near)

    def data_received(self, data: bytes) -> None:
        self._activity.count += 1
        if self.tally is not None:
            self.tally.segment_in(len(data))
        if self.inward.pipes:
            self.inward.feed(data)
            self._measure()
        else:
            self.inner.data_received(data)

    def eof_received(self) -> bool | None:
        self._activity.count += 1
        if not self.inward.held or self._transport.get_extra_info("sslcontext") is not None:
            return self.inner.eof_received()
        self.inward.end()
        return True

    def connection_lost(self, exc: Exception | None) -> None:
        self._activity.count += 1
        self._gone = True
        self.inward.drop()
        self.outward.drop()
        self._patchbay.line_closed(self)
        if not self._abandoned:
            self.inner.connection_lost(exc)

    def pause_writing(self) -> None:
        self._write_valve.hold(_Why.OTHER_END)

    def resume_writing(self) -> None:
        self._write_valve.release(_Why.OTHER_END)

    # what the speaking protocol does, through the near end

    @property
    def transport(self) -> asyncio.Transport:
        """The real transport below."""
        return self._transport

    @property
    def closing(self) -> bool:
        return self._finishing or self._transport.is_closing()

    def write(self, data: bytes | bytearray | memoryview) -> None:
        """Bytes for the other side."""
        self._activity.count += 1
        if self.tally is not None:
            self.tally.segment_out(len(data))
        if self._finishing:
            return
        if self.outward.pipes:
            self.outward.feed(bytes(data))
            self._measure()
        else:
            self._transport.write(data)

    def finish(self) -> None:
        """Close in order: behind everything that is still on its way."""
        if not self._finishing:
            self._finishing = True
            self.outward.end()

    def hold_reading(self) -> None:
        self._read_valve.hold(_Why.OTHER_END)

    def release_reading(self) -> None:
        self._read_valve.release(_Why.OTHER_END)

    def buffered(self) -> int:
        """Bytes the protocol has written and the kernel has not taken."""
        return self._transport.get_write_buffer_size() + self.outward.held

    # what hands do

    @property
    def frozen(self) -> bool:
        """The cable is pulled."""
        return bool(self._read_valve.why & _Why.FROZEN)

    def freeze(self) -> None:
        """Pull the cable: read nothing, send nothing, stay open. Idempotent."""
        if not self._gone and not self.frozen:
            self._read_valve.hold(_Why.FROZEN)
            self.outward.pipes.append(FrozenPipe(self.outward, lambda: None, self._loop))

    def thaw(self) -> None:
        """Plug it in again: what was written meanwhile is sent, and RST if the device has given the line up."""
        if self._gone or not self.frozen:
            return
        if self._abandoned:
            self._send_reset()
            return
        for pipe in [pipe for pipe in self.outward.pipes if isinstance(pipe, FrozenPipe)]:
            self.outward.remove(pipe)
        self._read_valve.release(_Why.FROZEN)

    def reset(self) -> None:
        """End with RST: nothing that is still queued is sent. A frozen line ends so when it thaws."""
        if self.frozen:
            self._abandon()
        else:
            self._send_reset()

    def abort(self) -> None:
        """End at once, without a promise about what the peer sees; it sees nothing while the line is frozen."""
        if self.frozen:
            self._abandon()
        else:
            self._transport.abort()

    def _abandon(self) -> None:
        """Let the device go on without the connection, as if it had ended."""
        if self._gone or self._abandoned:
            return
        self._abandoned = self._finishing = True
        self.inward.drop()
        self.outward.drop()
        self._loop.call_soon(self.inner.connection_lost, None)

    def _send_reset(self) -> None:
        sock = self._transport.get_extra_info("socket")
        if sock is not None and not self._gone:
            try:
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _LINGER_RESET)
            except (OSError, ValueError):  # closed meanwhile; uvloop says it by ValueError
                return
        self._transport.abort()

    def add_pipe(self, way: Way, admit: Admit) -> Callable[[], None]:
        """Let a fault act on one way; returns the function that ends it."""
        pipe = Pipe(way, admit, self._loop)
        way.pipes.insert(0, pipe)

        def remove() -> None:
            if not self._gone:
                way.remove(pipe)

        return remove

    # inside

    def _pause(self) -> None:
        if not self._transport.is_closing():
            self._transport.pause_reading()

    def _resume(self) -> None:
        if not self._transport.is_closing():
            self._transport.resume_reading()

    def _write_through(self, data: bytes) -> None:
        self._activity.count += 1
        if not self._transport.is_closing():
            self._transport.write(data)

    def _finish(self) -> None:
        self._finishing = True
        if not self._transport.is_closing():  # asyncio's TLS loses its mind at the second close
            self._transport.close()

    def _eof_through(self) -> None:
        self._activity.count += 1
        if not self._gone and not self.inner.eof_received():
            self.finish()

    def _struck(self, ending: Ending) -> None:
        if self._gone:
            return
        if ending is Ending.RESET:
            self.reset()
        else:
            self._finish()

    def _eased(self) -> None:
        self._activity.count += 1
        if not self._gone:
            self._measure()

    def _measure(self) -> None:
        """Pause whoever sends while faults hold much of it; let go when they hold little."""
        for way, valve in ((self.inward, self._read_valve), (self.outward, self._write_valve)):
            held = way.held
            if held > HIGH_WATER:
                valve.hold(_Why.HELD)
            elif held <= HIGH_WATER // 2:
                valve.release(_Why.HELD)


class FrozenPipe(Pipe):
    """Keeps everything until it is removed."""

    __slots__ = ("_kept",)

    def __init__(self, way: Way, admit: Admit, loop: asyncio.AbstractEventLoop) -> None:
        super().__init__(way, admit, loop)
        self._kept: list[bytes] = []

    def feed(self, data: bytes) -> None:
        self.held += len(data)
        self._kept.append(data)

    def end(self) -> None:
        self._ended = True

    def flush(self) -> None:
        self.held = 0
        for data in self._kept:
            self._way.onward(self, data)
        self._kept.clear()
        if self._ended:
            self._way.ended_behind(self)

    def drop(self) -> None:
        self.held = 0
        self._kept.clear()


class NearEnd(asyncio.Transport):
    """The transport that the speaking protocol sees."""

    def __init__(self, line: Line) -> None:
        super().__init__()
        self._line = line

    def write(self, data: bytes | bytearray | memoryview[Any]) -> None:
        self._line.write(data)

    def writelines(self, list_of_data: Iterable[bytes | bytearray | memoryview[Any]]) -> None:
        self._line.write(b"".join(list_of_data))

    def close(self) -> None:
        self._line.finish()

    def abort(self) -> None:
        self._line.abort()

    def reset(self) -> None:
        """End with RST."""
        self._line.reset()

    def is_closing(self) -> bool:
        return self._line.closing

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        return self._line.transport.get_extra_info(name, default)

    def pause_reading(self) -> None:
        self._line.hold_reading()

    def resume_reading(self) -> None:
        self._line.release_reading()

    def is_reading(self) -> bool:
        return self._line.transport.is_reading()

    def get_write_buffer_size(self) -> int:
        return self._line.buffered()

    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None:
        self._line.transport.set_write_buffer_limits(high, low)

    def get_write_buffer_limits(self) -> tuple[int, int]:
        return self._line.transport.get_write_buffer_limits()

    def get_protocol(self) -> asyncio.BaseProtocol:
        return self._line.inner

    def can_write_eof(self) -> bool:
        return False
