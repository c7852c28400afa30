"""Connections a device opens: from its own address, over a line, so that faults and a pulled cable act on them."""

from __future__ import annotations

import asyncio
import contextvars
import os
import ssl
from ipaddress import IPv4Address
from typing import TYPE_CHECKING, cast

from simulator.clock import wire_now
from simulator.errors import FleetError
from simulator.net.activity import without_cause
from simulator.net.inner_tls import InnerTls
from simulator.net.line import Line
from simulator.net.tunnel import dig

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable

    from simulator.face.transport import Cancellable, Proxy, Stream, StreamUser, TlsWish
    from simulator.net.activity import Activity
    from simulator.net.patchbay import Endpoint, Patchbay
    from simulator.net.provider import Provider
    from simulator.net.tls import Tls

MOST_UNSENT = 4 << 20
"""Bytes that wait for a peer that does not read before the connection is given up."""

LEASE = 0.3
"""Wire seconds for which a peer that says nothing is taken to be about to."""


def resolve_address(host: str) -> str | None:
    """The device's own resolver without a DNS server: addresses and `localhost`. Never the host's resolver."""
    if host.lower() == "localhost":
        return "127.0.0.1"
    try:
        return str(IPv4Address(host))
    except ValueError:
        return None


def _reason(error: Exception) -> str:
    """As the C library words it, for a log line: `connection refused`. asyncio's own wording names addresses."""
    number = error.errno if isinstance(error, OSError) else None
    return (os.strerror(number) if number else str(error)).lower()


class SocketDialer:
    """The `Dialer` of one service of one device. `address()` is its present wire address, None without one."""

    def __init__(
        self,
        endpoint: Endpoint,
        address: Callable[[], str | None],
        provider: Provider,
        patchbay: Patchbay,
        tls: Tls,
        *,
        resolve: Callable[[str], str | None] = resolve_address,
    ) -> None:
        self.endpoint = endpoint
        self._address = address
        self._provider = provider
        self._patchbay = patchbay
        self._tls = tls
        self._resolve = resolve
        self._loop = asyncio.get_running_loop()
        self._attempts: set[Attempt] = set()

    def now(self) -> float:
        """Wire time."""
        return wire_now()

    def call_later(self, delay: float, callback: Callable[[], None]) -> Cancellable:
        """Call back after `delay` wire seconds."""
        activity = self._patchbay.activity

        def due() -> None:
            activity.count += 1
            callback()

        return self._loop.call_later(max(0.0, delay), due)

    def dial(
        self,
        user: StreamUser,
        host: str,
        port: int,
        *,
        tls: TlsWish | None = None,
        timeout: float = 60.0,
        proxy: Proxy | None = None,
    ) -> Cancellable:
        """Connect. `user` hears `opened` or `lost`; after `cancel` of an attempt it hears nothing."""
        attempt = Attempt(user, host, port, tls, proxy)
        coroutine = self._connect(attempt, asyncio.timeout(timeout))
        attempt.task = self._loop.create_task(coroutine, context=contextvars.Context())
        self._attempts.add(attempt)
        attempt.task.add_done_callback(lambda _: self._attempts.discard(attempt))
        return attempt

    def secure(self, user: StreamUser, stream: Stream, host: str, tls: TlsWish) -> StreamUser:
        """Begin TLS inside an open stream."""
        return InnerTls(user, stream, host, lambda: self._tls.client(tls))

    def close(self) -> None:
        """Give up what is being dialled; connections that stand are the patchbay's. Safe to repeat."""
        for attempt in tuple(self._attempts):
            attempt.cancel()

    async def _connect(self, attempt: Attempt, limit: asyncio.Timeout) -> None:
        reason = ""
        try:
            async with limit:
                await self._patchbay.thawed(self.endpoint.device)
                with self._patchbay.activity.token():
                    await self._open(attempt)
        except TimeoutError:
            reason = "connection timed out"
        except ssl.SSLCertVerificationError as error:
            reason = f"certificate not accepted: {error.verify_message}"
        except ssl.SSLError as error:
            reason = f"TLS failed: {error.reason or error}"
        except OSError as error:
            reason = _reason(error)
        except FleetError as error:
            reason = str(error)
        if reason:
            self._patchbay.reports.connection(self.endpoint, f"{attempt.host}:{attempt.port}", f"failed: {reason}")
            attempt.failed(reason)

    async def _open(self, attempt: Attempt) -> None:
        host, tls, proxy = attempt.host, attempt.tls, attempt.proxy
        near, port = (host, attempt.port) if proxy is None else (proxy.host, proxy.port)
        destination = self._resolve(near)
        if destination is None:
            raise OSError(f"could not resolve host {near}")
        sock = self._made(destination)
        try:
            await self._loop.sock_connect(sock, (destination, port))
            if proxy is None:
                self._connected(sock)
            else:
                await dig(self._loop, sock, proxy, host, attempt.port)
            await self._loop.create_connection(
                lambda: Line(_Spoken(attempt), self.endpoint, self._patchbay, dialled=True),
                sock=sock,
                ssl=self._tls.client(tls) if tls is not None else None,
                server_hostname=host if tls is not None else None,
            )
        except BaseException:
            sock.close()
            raise

    def _connected(self, sock: socket.socket) -> None:
        """A TCP connection to the peer itself stands; nothing has been said yet."""

    def _made(self, destination: str) -> socket.socket:
        """Bound to the device's own address, except towards a server outside this host, which could not answer."""
        own = self._address()
        if own is None:
            raise OSError("network is unreachable")
        return self._provider.client_tcp(own if IPv4Address(destination).is_loopback else "0.0.0.0")


class Attempt:
    """One dial, from the call to the end of its connection; tells its user everything at most once."""

    def __init__(
        self, user: StreamUser, host: str, port: int, tls: TlsWish | None, proxy: Proxy | None = None
    ) -> None:
        self.user = user
        self.proxy = proxy
        self.host = host
        self.port = port
        self.tls = tls
        self.task: asyncio.Task[None] | None = None
        self._context = contextvars.copy_context()
        self._over = self._stands = False

    def cancel(self) -> None:
        """Make it not happen; without effect once the connection stands."""
        if self.task is not None and not self.task.done() and not self._stands:
            self._over = True
            self.task.cancel()

    def opened(self, stream: Stream) -> None:
        """Said in the context of the dial, so that what the device sends first names its cause."""
        self._stands = True
        if not self._over:
            self._context.run(self.user.opened, stream)

    def failed(self, reason: str) -> None:
        if not self._over:
            self._over = True
            self._context.run(self.user.lost, reason)


class _Spoken(asyncio.Protocol):
    """The end of the line at which the device's own protocol speaks."""

    def __init__(self, attempt: Attempt) -> None:
        self._attempt = attempt

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._stream = TransportStream(cast("asyncio.Transport", transport))
        self._attempt.opened(self._stream)

    def data_received(self, data: bytes) -> None:
        self._attempt.user.received(data)

    def connection_lost(self, exc: Exception | None) -> None:
        own = "closed" if self._stream.ended else "closed by peer"
        self._attempt.failed(own if exc is None else _reason(exc))


class TransportStream:
    """A `Stream` over a transport."""

    def __init__(self, transport: asyncio.Transport) -> None:
        self._transport = transport
        self.ended = False
        """By the device itself."""

    def write(self, data: bytes) -> None:
        """Queue bytes; a peer that lets megabytes wait is given up."""
        if self._transport.is_closing():
            return
        self._transport.write(data)
        if self._transport.get_write_buffer_size() > MOST_UNSENT:
            self._transport.abort()

    def near_end(self) -> tuple[str, int]:
        """Address and port on this side."""
        name = self._transport.get_extra_info("sockname") or ("", 0)
        return name[0], name[1]

    def close(self) -> None:
        """In order: FIN behind what is queued."""
        self.ended = True
        self._transport.close()

    def abort(self) -> None:
        """At once."""
        self.ended = True
        self._transport.abort()


class BusyDialer(SocketDialer):
    """For short exchanges with a server: while the peer may answer any moment, a stepped clock waits.

    After `LEASE` wire seconds of silence it no longer does: a server that thinks for longer is waited for in device
    time.
    """

    def dial(
        self,
        user: StreamUser,
        host: str,
        port: int,
        *,
        tls: TlsWish | None = None,
        timeout: float = 60.0,
        proxy: Proxy | None = None,
    ) -> Cancellable:
        """Connect. `user` hears `opened` or `lost`; after `cancel` of an attempt it hears nothing."""
        lease = _Lease(user, self._patchbay.activity, self._loop)
        return super().dial(lease, host, port, tls=tls, timeout=timeout, proxy=proxy)


class _Lease:
    """A `StreamUser` before another that holds a busy token for as long as something happens."""

    def __init__(self, user: StreamUser, activity: Activity, loop: asyncio.AbstractEventLoop) -> None:
        self._user = user
        self._activity = activity
        self._loop = loop
        self._timer: asyncio.TimerHandle | None = None
        self._renew()

    def opened(self, stream: Stream) -> None:
        self._renew()
        self._user.opened(stream)

    def received(self, data: bytes) -> None:
        self._renew()
        self._user.received(data)

    def lost(self, reason: str) -> None:
        self._end()
        self._user.lost(reason)

    def _renew(self) -> None:
        if self._timer is None:
            self._activity.busy += 1
        else:
            self._timer.cancel()
        self._timer = without_cause(self._loop.call_later, LEASE, self._end)

    def _end(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
            self._activity.busy -= 1
            self._activity.count += 1
