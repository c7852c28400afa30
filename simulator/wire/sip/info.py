"""INFO in a call, and the DTMF digits that it carries (RFC 2976, SIP sheet 14.3)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from simulator.errors import MalformedMessage
from simulator.wire.sip.event import InfoReceived
from simulator.wire.sip.header import media_type

if TYPE_CHECKING:
    from simulator.wire.sip.core import Core
    from simulator.wire.sip.received import Received
    from simulator.wire.sip.server_transaction import ServerTransaction

DTMF_RELAY, DTMF = "application/dtmf-relay", "application/dtmf"
_SIGNAL = re.compile(rb"^[ \t]*Signal[ \t]*=[ \t]*([0-9A-Da-d*#]|1[01])[ \t]*\r?$", re.MULTILINE | re.IGNORECASE)
_DURATION = re.compile(rb"^[ \t]*Duration[ \t]*=[ \t]*([0-9]{1,6})[ \t]*\r?$", re.MULTILINE | re.IGNORECASE)
_DIGITS = re.compile(rb"[0-9A-Da-d*#]{1,64}")
_NAMED = {"10": "*", "11": "#"}


class Digit(NamedTuple):
    """One key."""

    digit: str
    milliseconds: int = 0
    """0: not said."""


def read_digits(content_type: str, body: bytes) -> tuple[Digit, ...]:
    """The key in an `application/dtmf-relay`, the keys in an `application/dtmf`. Raises MalformedMessage."""
    if content_type == DTMF:
        found = _DIGITS.fullmatch(body.strip(b" \t\r\n"))
        if found is None:
            raise MalformedMessage("no digits in application/dtmf")
        return tuple(Digit(key) for key in found[0].decode().upper())
    signal = _SIGNAL.search(body)
    if signal is None:
        raise MalformedMessage("no Signal in application/dtmf-relay")
    duration = _DURATION.search(body)
    name = signal[1].decode().upper()
    return (Digit(_NAMED.get(name, name), int(duration[1]) if duration else 0),)


def digit_body(digit: str, milliseconds: int = 160) -> bytes:
    """A body of `application/dtmf-relay`, the last line end missing as pjsip writes it."""
    return f"Signal={digit}\r\nDuration={milliseconds}".encode()


def answer_info(core: Core, call: int, received: Received, transaction: ServerTransaction, now: float) -> None:
    """Answer an INFO and tell what it said."""
    request = received.request
    content_type = media_type(request.headers.get("content-type") or "") if request.body else ""
    if not request.body:
        core.respond(transaction, 200, now)
        core.tell(InfoReceived(call, "", b""))
        return
    if content_type not in core.settings.info_types:
        core.respond(transaction, 415, now, headers=(("Accept", ", ".join(sorted(core.settings.info_types))),))
        return
    digits: tuple[Digit, ...] = (Digit(""),)
    if content_type in {DTMF_RELAY, DTMF}:
        try:
            digits = read_digits(content_type, request.body)
        except MalformedMessage:
            core.respond(transaction, core.settings.malformed_info_status, now)
            return
    core.respond(transaction, 200, now)
    for digit, milliseconds in digits:
        core.tell(InfoReceived(call, content_type, request.body, digit, milliseconds))
