"""What the user agent itself does to session descriptions: another direction, the next version (SIP sheet 12.3)."""

from __future__ import annotations

import re

_DIRECTION = re.compile(rb"^a=(?:sendrecv|sendonly|recvonly|inactive)[ \t]*$", re.MULTILINE)
_ORIGIN = re.compile(rb"^(o=[^ \r\n]+ [^ \r\n]+ )([0-9]{1,30})( )", re.MULTILINE)


def with_direction(sdp: bytes, direction: str) -> bytes:
    """The same description with another direction in all places, its version one higher."""
    wanted = f"a={direction}".encode()
    text = sdp.replace(b"\r\n", b"\n")
    text, found = _DIRECTION.subn(wanted, text)
    if not found:
        text = text.rstrip(b"\n") + b"\n" + wanted + b"\n"
    return next_version(text.replace(b"\n", b"\r\n"))


def next_version(sdp: bytes) -> bytes:
    """The same description, the version in `o=` one higher."""
    return _ORIGIN.sub(lambda found: found[1] + str(int(found[2]) + 1).encode() + found[3], sdp, count=1)
