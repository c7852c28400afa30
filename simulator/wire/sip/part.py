"""The session description among the parts of a multipart body (RFC 5621, SIP sheet 5)."""

from __future__ import annotations

from simulator.wire.sip.header import media_type
from simulator.wire.sip.parameter import parse_params, unquote

MULTIPART = "multipart/"
MOST_PARTS = 32


def sdp_part(content_type: str, body: bytes) -> bytes | None:
    """The first part of type `application/sdp`; None where there is none or the body is garbled.

    Raises MalformedMessage for a Content-Type that cannot be read.
    """
    semicolon = content_type.find(";")
    params = parse_params(content_type, semicolon) if semicolon >= 0 else {}
    boundary = unquote(params.get("boundary") or "").encode("utf-8", "surrogateescape")
    if not boundary:
        return None
    for piece in (b"\r\n" + body).split(b"\r\n--" + boundary, MOST_PARTS)[1:]:
        if piece.startswith(b"--"):
            return None
        head, ended, content = piece.partition(b"\r\n\r\n")
        if ended and _is_description(head):
            return content
    return None


def _is_description(head: bytes) -> bool:
    for line in head.decode("utf-8", "replace").split("\r\n"):
        name, _, value = line.partition(":")
        if name.strip().lower() in {"content-type", "c"}:
            return media_type(value.strip()) == "application/sdp"
    return False
