"""A way through an HTTP proxy: CONNECT, before the first byte of the protocol itself (MQTT sheet 3.4)."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import asyncio
    import socket

    from simulator.face.transport import Proxy

LONGEST = 8192
"""Bytes of a proxy's answer."""
_END = b"\r\n\r\n"


async def dig(loop: asyncio.AbstractEventLoop, sock: socket.socket, proxy: Proxy, host: str, port: int) -> None:
    """Ask the proxy at the far end of `sock` for a connection to host and port. Raises OSError if it gives none.

    The protocols that are carried let the client speak first, so nothing of theirs comes with the answer.
    """
    await loop.sock_sendall(sock, _request(proxy, host, port))
    answer = b""
    while _END not in answer:
        data = await loop.sock_recv(sock, LONGEST)
        if not data:
            raise OSError("proxy closed the connection")
        answer += data
        if len(answer) > LONGEST:
            raise OSError("proxy answered at too great length")
    version, _, rest = answer.partition(b"\r\n")[0].partition(b" ")
    status = rest[:3].decode("latin-1")
    if not version.startswith(b"HTTP/1.") or not status.startswith("2"):
        raise OSError(f"proxy answered {status or 'nonsense'}")


def _request(proxy: Proxy, host: str, port: int) -> bytes:
    lines = [f"CONNECT {host}:{port} HTTP/1.1", f"Host: {host}:{port}"]
    if proxy.credentials:
        token = base64.b64encode(proxy.credentials.encode()).decode()
        lines.append(f"Proxy-Authorization: Basic {token}")
    return "\r\n".join(lines).encode("latin-1", "replace") + _END
