"""What provisional responses that are surely delivered, and their PRACKs, say (RFC 3262, SIP sheet 17.2)."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from simulator.errors import MalformedMessage
from simulator.wire.sip.header import number, options

if TYPE_CHECKING:
    from simulator.wire.sip.message import Headers

TAG = "100rel"


class RAck(NamedTuple):
    """What a PRACK acknowledges: RSeq of the response, CSeq number and method of the request it answered."""

    rseq: int
    cseq: int
    method: str

    def __str__(self) -> str:
        return f"{self.rseq} {self.cseq} {self.method}"


def rack(headers: Headers) -> RAck:
    """The RAck of a PRACK. Raises MalformedMessage."""
    parts = (headers.get("rack") or "").split()
    rseq, cseq = (number(part) for part in parts[:2]) if len(parts) == 3 else (None, None)
    if rseq is None or cseq is None:
        raise MalformedMessage("RAck is no two numbers and a method")
    return RAck(rseq, cseq, parts[2])


def rseq_of(headers: Headers) -> int | None:
    """RSeq of a provisional response that wants a PRACK; None for any other."""
    return number(headers.get("rseq")) if TAG in options(headers, "require") else None
