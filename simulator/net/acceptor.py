"""One TCP listener.

It accepts by itself, instead of leaving that to asyncio, because a pulled cable and a dropped SYN must stop
accepting without closing (network sheet, section 9). Over TLS the handshake runs with the context that is made
when the first client comes.
"""

from __future__ import annotations

import asyncio
import errno
import socket
import ssl
from typing import TYPE_CHECKING

from simulator.net.activity import without_cause
from simulator.net.line import Line

if TYPE_CHECKING:
    from collections.abc import Callable

    from simulator.net.patchbay import Endpoint, Patchbay

ACCEPT_AT_ONCE = 16
BACKLOG = 64
HANDSHAKE_TIMEOUT = 10.0
"""Wire seconds a client has for its TLS handshake."""
OUT_OF_FILES_PAUSE = 1.0
_OUT_OF_FILES = (errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM)


class Acceptor:
    """Accepts connections of one service and puts `factory()` behind a line on each.

    `listen` makes the listening socket, first now and again after it was shut; `context` the TLS context.
    """

    def __init__(
        self,
        listen: Callable[[], socket.socket],
        endpoint: Endpoint,
        patchbay: Patchbay,
        factory: Callable[[], asyncio.Protocol],
        *,
        context: Callable[[], ssl.SSLContext] | None = None,
    ) -> None:
        self.endpoint = endpoint
        self._listen = listen
        self._patchbay = patchbay
        self._factory = factory
        self._context = context
        self._loop = asyncio.get_running_loop()
        self._pending: set[asyncio.Task[None]] = set()
        self._fillers: list[socket.socket] = []
        self._silent = self._shut = 0
        self._closed = False
        self._pause: asyncio.TimerHandle | None = None
        self._socket = listen()
        self.address: tuple[str, int] = self._socket.getsockname()
        """Wire address and port."""
        self._watch()
        patchbay.opened(self)

    def close(self) -> None:
        """Stop listening; connections that stand stay. Safe to repeat."""
        if self._closed:
            return
        self._closed = True
        self._unwatch()
        self._drop_fillers()
        self._socket.close()
        for task in self._pending:
            task.cancel()
        self._patchbay.closed(self)

    def shut(self) -> None:
        """Refuse: the socket is closed until as many `reopen` came."""
        self._shut += 1
        if self._shut == 1 and not self._closed:
            self._unwatch()
            self._drop_fillers()
            self._socket.close()

    def reopen(self) -> None:
        """Listen again on the same address and port."""
        self._shut -= 1
        if self._shut or self._closed:
            return
        self._socket = self._listen()
        if self._silent:
            self._fill()
        else:
            self._watch()

    def go_silent(self) -> None:
        """Drop SYNs until as many `speak_again` came.

        With a backlog of 0 the kernel queues one connection and drops the SYN of every other; a connection to
        ourselves takes that place.
        """
        self._silent += 1
        if self._silent == 1 and not self._shut and not self._closed:
            self._take(BACKLOG, set())
            self._unwatch()
            self._fill()

    def speak_again(self) -> None:
        """End of the silence. Clients that got into the queue are served."""
        self._silent -= 1
        if self._silent or self._shut or self._closed:
            return
        own = self._drop_fillers()
        self._socket.listen(BACKLOG)
        self._take(BACKLOG + 1, own)
        self._watch()

    def _fill(self) -> None:
        self._socket.listen(0)
        filler = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        filler.setblocking(False)
        filler.connect_ex(self.address)
        self._fillers.append(filler)

    def _drop_fillers(self) -> set[tuple[str, int]]:
        names = {filler.getsockname() for filler in self._fillers}
        for filler in self._fillers:
            filler.close()
        self._fillers.clear()
        return names

    def _watch(self) -> None:
        if not self._closed:
            without_cause(self._loop.add_reader, self._socket.fileno(), self._accept)

    def _unwatch(self) -> None:
        if self._pause is not None:
            self._pause.cancel()
            self._pause = None
        if self._socket.fileno() >= 0:
            self._loop.remove_reader(self._socket.fileno())

    def _accept(self) -> None:
        self._patchbay.activity.count += 1
        self._take(ACCEPT_AT_ONCE, set())

    def _take(self, most: int, own: set[tuple[str, int]]) -> None:
        """Take connections out of the kernel's queue; those named in `own` are our fillers."""
        for _ in range(most):
            try:
                connection, peer = self._socket.accept()
            except (BlockingIOError, InterruptedError, ConnectionAbortedError):
                return
            except OSError as error:
                self._accept_failed(error)
                return
            if peer in own:
                connection.close()
            else:
                without_cause(self._start, connection, peer)

    def _accept_failed(self, error: OSError) -> None:
        """Out of files: leave the queue alone for a moment instead of spinning."""
        if error.errno in _OUT_OF_FILES:
            self._unwatch()
            self._pause = self._loop.call_later(OUT_OF_FILES_PAUSE, self._watch)
        self._patchbay.reports.connection(self.endpoint, "", f"not accepted: {error.strerror}")

    def _start(self, connection: socket.socket, peer: tuple[str, int]) -> None:
        connection.setblocking(False)
        task = self._loop.create_task(self._connect(connection, peer))
        self._pending.add(task)

        def done(_: asyncio.Task[None]) -> None:
            self._pending.discard(task)
            error = None if task.cancelled() else task.exception()
            if error is not None:
                self._patchbay.reports.bug(self.endpoint.device, error)
            if error is not None or task.cancelled():  # perhaps before it began
                connection.close()

        task.add_done_callback(done)

    async def _connect(self, connection: socket.socket, peer: tuple[str, int]) -> None:
        with self._patchbay.activity.token():
            try:
                context = self._context() if self._context is not None else None
                await self._loop.connect_accepted_socket(
                    lambda: Line(self._factory(), self.endpoint, self._patchbay),
                    connection,
                    ssl=context,
                    ssl_handshake_timeout=HANDSHAKE_TIMEOUT if context is not None else None,
                )
            except (OSError, TimeoutError, ssl.SSLError) as error:
                connection.close()
                reason = getattr(error, "reason", None) or error.strerror or type(error).__name__
                self._patchbay.reports.connection(self.endpoint, f"{peer[0]}:{peer[1]}", f"failed: {reason}")
