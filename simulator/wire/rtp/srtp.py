"""SRTP and SRTCP with keys from SDP (RFC 3711, RFC 4568, RFC 6188; sheet SIP/RTP, section 15)."""

from __future__ import annotations

import base64
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any

from simulator.errors import MalformedMessage, MissingCapability

if TYPE_CHECKING:
    from collections.abc import Callable

    import pylibsrtp

REPLAY_WINDOW = 64
_LARGEST = 4096
"""Bytes of a protected packet: L16/48000 does not fit into the 1500 that the library keeps."""
_HONOURED_LIFETIMES = {2**31, 2**48}
_AES_ICM_256 = 5
_MACHINE_LAYOUT = [1, 30, 3, 20, 10, 3]
"""The six integers of libsrtp's `srtp_crypto_policy_t` for AES_CM_128_HMAC_SHA1_80: cipher, its key and salt in
bytes, authentication, its key, its tag, services."""


@dataclass(frozen=True, slots=True)
class Suite:
    """One crypto-suite of `a=crypto`."""

    name: str
    key_length: int
    """Bytes of master key and salt together: 30 or 46."""
    tag_length: int
    """Bytes of authentication tag on RTP; on RTCP it is always 10."""


SUITES: dict[str, Suite] = {
    suite.name: suite
    for suite in (
        Suite("AES_256_CM_HMAC_SHA1_80", 46, 10),
        Suite("AES_256_CM_HMAC_SHA1_32", 46, 4),
        Suite("AES_CM_128_HMAC_SHA1_80", 30, 10),
        Suite("AES_CM_128_HMAC_SHA1_32", 30, 4),
    )
}
"""In the order of our offers."""


@dataclass(frozen=True, slots=True)
class Keys:
    """What both sides put into `a=crypto`: each protects with its own key what it sends."""

    suite: str
    sending: bytes = field(repr=False)
    """Our master key and salt."""
    receiving: bytes = field(repr=False)
    """Theirs."""


class Unauthenticated(MalformedMessage):
    """A packet that was not made with the key, was changed on its way, or came before."""


def suite_named(name: str) -> Suite:
    """The suite, in any case. Raises MalformedMessage for one we do not have."""
    suite = SUITES.get(name.upper())
    if suite is None:
        raise MalformedMessage(f"no crypto-suite {name[:40]!r}")
    return suite


def write_inline(key: bytes) -> str:
    """`inline:<base64>`."""
    return "inline:" + base64.b64encode(key).decode()


class Protector:
    """Protects what one side sends, both RTP and RTCP; any number of SSRCs, each with a rollover counter of its own."""

    __slots__ = ("_session",)

    def __init__(self, suite: Suite, key: bytes) -> None:
        self._session = _session(suite, key, outbound=True)

    def protect(self, packet: bytes) -> bytes:
        """An RTP packet with its tag. Raises ValueError for one that is too long."""
        return self._session.protect(packet)

    def protect_rtcp(self, packet: bytes) -> bytes:
        """An RTCP packet, encrypted, with index and tag."""
        return self._session.protect_rtcp(packet)


class Unprotector:
    """Verifies and deciphers what the other side sent. Whatever fails raises Unauthenticated."""

    __slots__ = ("_session",)

    def __init__(self, suite: Suite, key: bytes) -> None:
        self._session = _session(suite, key, outbound=False)

    def unprotect(self, packet: bytes) -> bytes:
        """The RTP packet within."""
        return _checked(self._session.unprotect, packet)

    def unprotect_rtcp(self, packet: bytes) -> bytes:
        """The RTCP packet within."""
        return _checked(self._session.unprotect_rtcp, packet)


def _checked(function: Callable[[bytes], bytes], packet: bytes) -> bytes:
    try:
        return function(packet)
    except (_library().Error, ValueError) as error:
        raise Unauthenticated(str(error)) from None


@cache
def _library() -> Any:
    """Loaded with the first encrypted call."""
    import pylibsrtp

    return pylibsrtp


def _session(suite: Suite, key: bytes, *, outbound: bool) -> pylibsrtp.Session:
    library = _library()
    direction = library.Policy.SSRC_ANY_OUTBOUND if outbound else library.Policy.SSRC_ANY_INBOUND
    policy = library.Policy(key=key, ssrc_type=direction)
    policy.window_size = REPLAY_WINDOW
    rtp, rtcp = _algorithms(policy)
    if suite.key_length == 46:
        rtp[0] = rtcp[0] = _AES_ICM_256
        rtp[1] = rtcp[1] = suite.key_length
    rtp[4] = suite.tag_length
    session: pylibsrtp.Session = library.Session(policy)
    _widen(session)
    return session


def _algorithms(policy: Any) -> tuple[Any, Any]:
    """libsrtp's own description of cipher and tag, as six integers each, for RTP and RTCP.

    libsrtp has all four suites; the Python package lets choose among two of them only, and keeps this part to
    itself. So it is looked at before it is changed: another build of it is refused, never misused.
    """
    from pylibsrtp import _binding  # type: ignore[attr-defined,unused-ignore]

    ffi = _binding.ffi
    found = tuple(ffi.cast("int *", ffi.addressof(part)) for part in (policy._policy.rtp, policy._policy.rtcp))
    for part in found:
        if [part[place] for place in range(6)] != _MACHINE_LAYOUT:
            raise MissingCapability("SRTP", capability="a pylibsrtp whose policy is laid out as in libsrtp 2")
    return found[0], found[1]


def _widen(session: Any) -> None:
    from pylibsrtp import _binding  # type: ignore[attr-defined,unused-ignore]

    session._cdata = _binding.ffi.new("char[]", _LARGEST)
    session._buffer = _binding.ffi.buffer(session._cdata)
