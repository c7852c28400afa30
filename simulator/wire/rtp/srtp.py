"""SRTP and SRTCP with keys from SDP (RFC 3711, RFC 4568, RFC 6188; sheet SIP/RTP, section 15)."""

from __future__ import annotations

from dataclasses import dataclass, field


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


def suite_named(name: str) -> Suite:
    """The suite, in any case. Raises MalformedMessage for one we do not have."""
    raise NotImplementedError


def read_inline(text: str, suite: Suite) -> bytes:
    """Master key and salt of `inline:<base64>[|lifetime][|MKI:length]`.

    Raises MalformedMessage for a key of the wrong length, a lifetime other than 2^31 or 2^48, and for an MKI.
    """
    raise NotImplementedError


def write_inline(key: bytes) -> str:
    """`inline:<base64>`."""
    raise NotImplementedError
