"""What the journal holds of a speaker's SIP: each message in and out, and what peers did wrong."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from simulator.device.sip_accounts import DAEMON
from simulator.journal import Kind

if TYPE_CHECKING:
    from simulator.device.device import Device
    from simulator.wire.sip.packet import Address, Packet

LONGEST_TEXT = 2048
"""Characters of a message that are kept."""
TEXTS_PER_SECOND = 50
"""Messages of a device that are kept as text in one wire second; beyond it their headers' sum has to do, so that a flood
does not fill the memory."""
_CALL_ID = re.compile(rb"^(?:call-id|i)[ \t]*:[ \t]*([^\r\n]*)", re.IGNORECASE | re.MULTILINE)
_CSEQ = re.compile(rb"^cseq[ \t]*:[ \t]*([^\r\n]*)", re.IGNORECASE | re.MULTILINE)


class Recorder:
    """Writes the records of one device."""

    __slots__ = ("_device", "_second", "_texts", "_without_effect")

    def __init__(self, device: Device) -> None:
        self._device = device
        self._second = 0
        self._texts = 0
        self._without_effect: tuple[str, ...] = ()

    def without_effect(self, settings: tuple[str, ...]) -> None:
        """Settings that are on and change nothing here, told whenever they change: nobody shall look for their packets."""
        if settings != self._without_effect:
            self._without_effect = settings
            self._device.note(Kind.STATE, "sip settings without effect", settings=list(settings))

    def came(self, data: bytes, peer: Address, transport: str, now: float) -> None:
        """A message of a peer."""
        self._message("in", data, peer, transport, now)

    def went(self, packet: Packet, now: float) -> None:
        """A message of ours; a keepalive is none."""
        if packet.data.strip():
            destination = packet.destination
            self._message("out", packet.data, (destination.host, destination.port), destination.transport, now)

    def undeliverable(self, packet: Packet, reason: str) -> None:
        destination = packet.destination
        self._device.note(
            Kind.CONNECTION,
            "sip undeliverable",
            transport=destination.transport,
            peer=f"{destination.host}:{destination.port}",
            reason=reason,
        )
        place = f"{destination.host}:{destination.port}"[:80]
        text = f"Nothing reaches {place} by {destination.transport}: {reason[:120]}"
        self._device.logs.system(DAEMON, "WARNING", text)

    def violation(self, peer: str, transport: str, reason: str) -> None:
        """A peer broke a rule of the protocol."""
        self._device.note(Kind.VIOLATION, "sip", transport=transport, peer=peer, reason=reason)

    def no_media(self, why: str) -> None:
        """A call finds no ports."""
        self._device.note(Kind.STATE, "sip media missing", why=why)

    def refused(self, remote: str, status: int, why: str) -> None:
        """An incoming call that came to nothing for a reason of SIP's own."""
        self._device.note(Kind.STATE, "call refused", remote=remote, status=status, why=why)

    def _message(self, direction: str, data: bytes, peer: Address, transport: str, now: float) -> None:
        start = data.lstrip(b"\r\n").partition(b"\r\n")[0].decode("utf-8", "replace")[:LONGEST_TEXT]
        self._device.note(
            Kind.MESSAGE,
            "sip",
            direction=direction,
            transport=transport,
            peer=f"{peer[0]}:{peer[1]}",
            **_start(start),
            call_id=_found(_CALL_ID, data),
            cseq=_found(_CSEQ, data),
            bytes=len(data),
            text=self._text(data, now),
        )

    def _text(self, data: bytes, now: float) -> str:
        if int(now) != self._second:
            self._second, self._texts = int(now), 0
        self._texts += 1
        return data[:LONGEST_TEXT].decode("utf-8", "replace") if self._texts <= TEXTS_PER_SECOND else ""


def _start(line: str) -> dict[str, Any]:
    """Method and target of a request, status and phrase of a response."""
    first, _, rest = line.partition(" ")
    if not first.upper().startswith("SIP/"):
        return {"method": first, "status": None, "about": rest.rpartition(" ")[0]}
    status, _, phrase = rest.partition(" ")
    return {"method": "", "status": int(status) if status.isdecimal() else None, "about": phrase}


def _found(pattern: re.Pattern[bytes], data: bytes) -> str:
    match = pattern.search(data)
    return match[1].decode("utf-8", "replace").strip()[:256] if match else ""
