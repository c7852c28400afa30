"""Requests that are too large for UDP go over TCP (RFC 3261 section 18.1.1, sheet sip-rtp 3.4).

The switch is per request, as pjsip's is: Contact and the rest of the dialog keep UDP. A retransmission belongs to the
request that was switched, and so do its CANCEL and the ACK of a failure, which carry the same branch.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

MOST = 128
"""Requests remembered; a transaction is over after 32 s, and a device has few that are large."""
_VIA = re.compile(rb"^(?:via|v)[ \t]*:[ \t]*SIP[ \t]*/[ \t]*2\.0[ \t]*/[ \t]*(UDP)[^\r\n,]*", re.IGNORECASE | re.MULTILINE)
_BRANCH = re.compile(rb";[ \t]*branch[ \t]*=[ \t]*([^;, \t\r\n]+)", re.IGNORECASE)


@dataclass(slots=True)
class Switched:
    """One request, by its branch."""

    refused: bool = False
    """TCP could not be had: UDP after all."""
    sent: set[int] = field(default_factory=set)
    """Hashes of what has gone over TCP under this branch, where nothing is repeated."""


class Switch:
    """Remembers which requests of one user agent were switched."""

    __slots__ = ("_known",)

    def __init__(self) -> None:
        self._known: dict[bytes, Switched] = {}

    def __bool__(self) -> bool:
        return bool(self._known)

    def known(self, branch: bytes) -> Switched | None:
        """The request with this branch, if it was switched."""
        return self._known.get(branch)

    def remember(self, branch: bytes) -> Switched:
        """A request with this branch is switched now."""
        while len(self._known) >= MOST:
            del self._known[next(iter(self._known))]
        return self._known.setdefault(branch, Switched())


def branch_of(data: bytes) -> bytes:
    """Branch of the top Via when that names UDP; empty otherwise."""
    via = _VIA.search(data)
    branch = _BRANCH.search(via[0]) if via else None
    return branch[1] if branch else b""


def over_tcp(data: bytes) -> bytes:
    """The same request with a top Via that names TCP, and `alias` as pjsip adds."""
    via = _VIA.search(data)
    if via is None:
        return data
    begin, end = via.span(1)
    return data[:begin] + b"TCP" + data[end : via.end()].rstrip() + b";alias" + data[via.end() :]
