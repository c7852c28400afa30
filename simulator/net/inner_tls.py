"""TLS inside a stream that is open already: the client's side of STARTTLS.

It runs over the stream and not under it, so that link faults and a pulled cable act on it as on everything else.
"""

from __future__ import annotations

import ssl
from contextlib import suppress
from typing import TYPE_CHECKING

from simulator.errors import FleetError

if TYPE_CHECKING:
    from collections.abc import Callable

    from simulator.face.transport import Stream, StreamUser

CHUNK = 16 << 10


class InnerTls:
    """To the outer stream its user, to the protocol inside the stream itself. Tells everything once."""

    def __init__(self, user: StreamUser, stream: Stream, host: str, context: Callable[[], ssl.SSLContext]) -> None:
        self._user = user
        self._stream = stream
        self._coming, self._going = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._over = self._stands = False
        try:
            self._tls = context().wrap_bio(self._coming, self._going, server_hostname=host)
        except (FleetError, ValueError) as error:
            self._fail(str(error))
        else:
            self._shake()

    # ---- what the outer stream tells

    def opened(self, stream: Stream) -> None:
        """It was open before."""

    def received(self, data: bytes) -> None:
        """Bytes of the server."""
        if self._over:
            return
        self._coming.write(data)
        if not self._stands:
            self._shake()
        if self._stands:
            self._read()

    def lost(self, reason: str) -> None:
        """The connection ended."""
        self._fail(reason)

    # ---- the stream inside

    def write(self, data: bytes) -> None:
        """Encrypt and send."""
        if not self._over and self._stands:
            self._tls.write(data)
            self._flush()

    def close(self) -> None:
        """Say good-bye, and end in order."""
        if not self._over and self._stands:
            with suppress(ssl.SSLError):  # the other side has not said good-bye, and nobody waits for it
                self._tls.unwrap()
            self._flush()
        self._over = True
        self._stream.close()

    def abort(self) -> None:
        """At once."""
        self._over = True
        self._stream.abort()

    def _shake(self) -> None:
        try:
            self._tls.do_handshake()
        except ssl.SSLWantReadError:
            self._flush()
        except ssl.SSLCertVerificationError as error:
            self._flush()
            self._fail(f"certificate not accepted: {error.verify_message}")
        except ssl.SSLError as error:
            self._flush()
            self._fail(f"TLS failed: {error.reason or error}")
        else:
            self._stands = True
            self._flush()
            self._user.opened(self)

    def _read(self) -> None:
        try:
            while not self._over and (data := self._tls.read(CHUNK)):
                self._user.received(data)
        except ssl.SSLWantReadError:
            self._flush()
        except ssl.SSLError as error:
            self._fail(f"TLS failed: {error.reason or error}")

    def _flush(self) -> None:
        data = self._going.read()
        if data:
            self._stream.write(data)

    def _fail(self, reason: str) -> None:
        if not self._over:
            self._over = True
            self._stream.close()
            self._user.lost(reason)
