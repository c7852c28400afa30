"""Keys for SRTP inside a session description: `a=crypto` (RFC 4568, sheet sip-rtp 15)."""

from __future__ import annotations

import base64
import binascii
import re
from typing import TYPE_CHECKING, NamedTuple

from simulator.errors import MalformedMessage
from simulator.wire.rtp.srtp import SUITES, write_inline

if TYPE_CHECKING:
    from collections.abc import Iterable

ATTRIBUTE = "crypto"

KEY_LENGTHS = {suite.name: suite.key_length for suite in SUITES.values()}
"""Suites in the order in which we offer them, with the bytes of key and salt together."""

_LINE = re.compile(r"([0-9]{1,9})[ \t]+([A-Za-z0-9_]{1,64})[ \t]+(inline:[^ \t]+)((?:[ \t]+[^ \t]+)*)")
_LIFETIME = re.compile(r"2\^([0-9]{1,3})|([0-9]{1,15})")
_MKI = re.compile(r"[0-9]{1,38}:[0-9]{1,3}")
_LEAST_LIFETIME = 2**31
"""Packets; a key with a shorter life would have to be changed in time."""


class Crypto(NamedTuple):
    """One way to encrypt that a side is ready for. The key protects what that side sends."""

    tag: int
    suite: str
    """In the spelling of `KEY_LENGTHS`."""
    key: bytes
    """Master key and salt."""
    is_plain: bool = True
    """False where it asks for what we do not do: a short lifetime, a master key identifier."""

    def __str__(self) -> str:
        return f"{self.tag} {self.suite} {write_inline(self.key)}"


def parse_crypto(value: str) -> Crypto:
    """The value of an `a=crypto` attribute.

    Raises MalformedMessage, also for what cannot be used: an unknown suite, a key of a wrong length, several keys, or
    session parameters that change the packets.
    """
    match = _LINE.fullmatch(value)
    if match is None:
        raise MalformedMessage("no crypto line")
    suite = match[2].upper()
    if suite not in KEY_LENGTHS:
        raise MalformedMessage("a crypto suite that we do not know")
    if any(not parameter.upper().startswith("WSH=") for parameter in match[4].split()):
        raise MalformedMessage("a crypto line with session parameters")
    encoded, *extras = match[3].removeprefix("inline:").split("|")
    try:
        key = base64.b64decode(encoded + "=" * (-len(encoded) % 4), validate=True)
    except (binascii.Error, ValueError):
        raise MalformedMessage("a crypto key that is no base64") from None
    if len(key) != KEY_LENGTHS[suite]:
        raise MalformedMessage("a crypto key of a wrong length")
    return Crypto(int(match[1]), suite, key, _is_plain(extras))


def _is_plain(extras: list[str]) -> bool:
    """Whether lifetime and MKI ask for nothing that we do not do. Raises MalformedMessage."""
    plain = True
    for index, extra in enumerate(extras):
        lifetime = _LIFETIME.fullmatch(extra)
        if lifetime and index == 0:
            plain = (2 ** int(lifetime[1]) if lifetime[1] else int(lifetime[2])) >= _LEAST_LIFETIME
        elif _MKI.fullmatch(extra) and index == len(extras) - 1:
            plain = False
        else:
            raise MalformedMessage("a crypto key with more than lifetime and MKI")
    return plain


def choose(values: Iterable[str]) -> Crypto | None:
    """The first line that we can do; one with a lifetime or MKI that we ignore only where no other fits; else None.

    Of lines with the same tag, which must not be, the first counts.
    """
    found: dict[int, Crypto] = {}
    for value in values:
        try:
            crypto = parse_crypto(value)
        except MalformedMessage:
            continue
        found.setdefault(crypto.tag, crypto)
    return next((crypto for crypto in found.values() if crypto.is_plain), next(iter(found.values()), None))
