"""The opening handshake: an HTTP request to upgrade, and its answer (RFC 6455 section 4; MQTT sheet 3.4)."""

from __future__ import annotations

import base64
import binascii
import hashlib
from dataclasses import dataclass

from simulator.errors import MalformedMessage

LONGEST = 8192
"""Bytes of a request or an answer with its headers."""
SUBPROTOCOL = "mqtt"
VERSION = "13"
_MAGIC = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
_END = b"\r\n\r\n"
_REASONS = {400: "Bad Request", 404: "Not Found", 405: "Method Not Allowed", 426: "Upgrade Required"}


class Refused(MalformedMessage):
    """The request is not granted; `status` is the HTTP status of the answer."""

    def __init__(self, what: str, status: int) -> None:
        super().__init__(what)
        self.status = status


@dataclass(frozen=True, slots=True)
class Head:
    """Start line and headers, names in lower case, values of repeated ones joined by commas."""

    start: str
    headers: dict[str, str]

    def tokens(self, name: str) -> list[str]:
        """A header that is a list, in lower case."""
        return [token.strip().lower() for token in self.headers.get(name, "").split(",")]


def accept_for(key: str) -> str:
    """The answer to a `Sec-WebSocket-Key`."""
    digest = hashlib.sha1(key.encode() + _MAGIC, usedforsecurity=False).digest()
    return base64.b64encode(digest).decode()


def cut_head(buffer: bytearray) -> Head | None:
    """Take the head off the front, or None until it is whole. Raises MalformedMessage."""
    end = buffer.find(_END, 0, LONGEST)
    if end < 0:
        if len(buffer) >= LONGEST:
            raise MalformedMessage(f"headers of more than {LONGEST} bytes", offset=LONGEST)
        return None
    text = bytes(buffer[:end]).decode("latin-1")
    del buffer[: end + len(_END)]
    start, *lines = text.split("\r\n")
    headers: dict[str, str] = {}
    for line in lines:
        name, colon, value = line.partition(":")
        if not colon or not name or name != name.strip():
            raise MalformedMessage(f"header line {line[:40]!r}")
        known = headers.get(name.lower())
        headers[name.lower()] = value.strip() if known is None else f"{known}, {value.strip()}"
    return Head(start, headers)


def request(host: str, path: str, key: str) -> bytes:
    """What a client sends. `path` begins with a slash."""
    lines = (
        f"GET {path} HTTP/1.1",
        f"Host: {host}",
        "Upgrade: websocket",
        "Connection: Upgrade",
        f"Sec-WebSocket-Key: {key}",
        f"Sec-WebSocket-Version: {VERSION}",
        f"Sec-WebSocket-Protocol: {SUBPROTOCOL}",
    )
    return "\r\n".join(lines).encode("latin-1", "replace") + _END


def granted(head: Head, path: str) -> bytes:
    """The 101 for a good request. Raises Refused."""
    method, _, rest = head.start.partition(" ")
    target, _, version = rest.rpartition(" ")
    if version != "HTTP/1.1":
        raise Refused(f"no HTTP/1.1 request: {head.start[:40]!r}", 400)
    if method != "GET":
        raise Refused(f"method {method[:20]}", 405)
    if target.partition("?")[0].rstrip("/") != path.rstrip("/"):
        raise Refused(f"path {target[:80]!r}", 404)
    if "websocket" not in head.tokens("upgrade") or "upgrade" not in head.tokens("connection"):
        raise Refused("no WebSocket upgrade", 426)
    if head.headers.get("sec-websocket-version") != VERSION:
        raise Refused("WebSocket version is not 13", 426)
    if SUBPROTOCOL not in head.tokens("sec-websocket-protocol"):
        raise Refused("sub-protocol mqtt is not offered", 400)
    lines = (
        "HTTP/1.1 101 Switching Protocols",
        "Upgrade: websocket",
        "Connection: Upgrade",
        f"Sec-WebSocket-Accept: {accept_for(_key_of(head))}",
        f"Sec-WebSocket-Protocol: {SUBPROTOCOL}",
    )
    return "\r\n".join(lines).encode() + _END


def _key_of(head: Head) -> str:
    key = head.headers.get("sec-websocket-key", "")
    try:
        if len(base64.b64decode(key, validate=True)) == 16:
            return key
    except (binascii.Error, ValueError):
        pass
    raise Refused("Sec-WebSocket-Key is not 16 bytes in base64", 400)


def refusal(status: int) -> bytes:
    """The answer to a request that is not granted."""
    lines = [f"HTTP/1.1 {status} {_REASONS[status]}", "Connection: close", "Content-Length: 0"]
    if status == 426:
        lines += ["Upgrade: websocket", f"Sec-WebSocket-Version: {VERSION}"]
    return "\r\n".join(lines).encode() + _END


def check_answer(head: Head, key: str) -> None:
    """Raises MalformedMessage for any answer that does not open the WebSocket."""
    parts = head.start.split(" ", 2)
    if len(parts) < 2 or not parts[0].startswith("HTTP/1."):
        raise MalformedMessage(f"no HTTP answer: {head.start[:40]!r}")
    if parts[1] != "101":
        raise MalformedMessage(f"HTTP status {parts[1][:3]} instead of 101")
    if "websocket" not in head.tokens("upgrade"):
        raise MalformedMessage("the answer upgrades to something else")
    if head.headers.get("sec-websocket-accept") != accept_for(key):
        raise MalformedMessage("Sec-WebSocket-Accept does not fit the key")
    if head.headers.get("sec-websocket-protocol", "").lower() != SUBPROTOCOL:
        raise MalformedMessage("the answer does not choose the sub-protocol mqtt")
