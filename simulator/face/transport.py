"""Connections and datagrams a device opens itself, as a face sees them.

The net floor implements these with sockets bound to the device's own address; tests implement them with
lists. Times are wire time (`Dialer.now`): seconds of the machine's monotonic clock, never scaled.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol
from urllib.parse import unquote, urlsplit

if TYPE_CHECKING:
    from collections.abc import Callable


DEFAULT_PROXY_PORT = 80


class Stream(Protocol):
    """An open byte stream."""

    def write(self, data: bytes) -> None:
        """Queue bytes for the peer."""

    def close(self) -> None:
        """Send what is queued, then end in order."""

    def abort(self) -> None:
        """End at once, as a power cut does; the peer sees a reset or nothing."""


class StreamUser(Protocol):
    """Who opened a stream is told three things."""

    def opened(self, stream: Stream) -> None:
        """The connection stands (TCP, and TLS where asked for)."""

    def received(self, data: bytes) -> None:
        """Bytes of the peer, in any portions."""

    def lost(self, reason: str) -> None:
        """The connection ended or never came about; `reason` is for a log line. Said exactly once."""


@dataclass(frozen=True, slots=True)
class TlsWish:
    """How a device wants TLS as a client."""

    verify: bool
    """Check the server's certificate against `authorities`, or the fleet's authority when that is empty."""
    authorities: tuple[bytes, ...] = ()
    """PEM"""
    alpn: str = ""
    certificate: bytes = b""
    """PEM of a client certificate with its chain and private key."""
    device_id: str = ""
    """Serial number of the device whose own certificate is the client certificate."""
    versions: tuple[str, ...] = ()
    """`TLSv1`, `TLSv11`, `TLSv12`, `TLSv13`: the ones that may be spoken; none is 1.2 and up."""


@dataclass(frozen=True, slots=True)
class Proxy:
    """An HTTP proxy that connections are made through."""

    host: str
    port: int
    credentials: str = field(default="", repr=False)
    """`user:password`, or empty."""

    @classmethod
    def at(cls, url: str) -> Proxy | None:
        """From `http://user:password@host:port`, all but the host optional; None for what names no host."""
        try:
            parts = urlsplit(url if "://" in url else f"http://{url}")
            host, port = parts.hostname, parts.port or DEFAULT_PROXY_PORT
        except ValueError:
            return None
        if not host:
            return None
        user, password = unquote(parts.username or ""), unquote(parts.password or "")
        return cls(host, port, f"{user}:{password}" if user else "")


class Cancellable(Protocol):
    def cancel(self) -> None:
        """Make it not happen; safe to repeat and after it happened."""


class Dialer(Protocol):
    """The device's way out."""

    def now(self) -> float:
        """Wire time."""

    def call_later(self, delay: float, callback: Callable[[], None]) -> Cancellable:
        """Call back after `delay` wire seconds."""

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
        """Connect from the device's own address. The outcome is `opened` or `lost`, never an exception."""

    def secure(self, user: StreamUser, stream: Stream, host: str, tls: TlsWish) -> StreamUser:
        """Begin TLS inside an open stream, as after STARTTLS.

        What is returned is to be given what the stream receives from now on. `user` hears `opened` with the stream
        inside, `received` with what comes out of it, or `lost`.
        """


class DatagramWay(Protocol):
    """Sends one datagram of a protocol of the device; what comes in is handed to the face by the host."""

    def send(self, data: bytes, destination: str | None) -> None:
        """To an address, or by broadcast when None."""
