"""What is made wrong on purpose with the packets we send (sheet SIP/RTP, section 20)."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class RtpFault:
    """One fault of an RTP stream on its way out; all chance comes from the session's own stream.

    Several act together. The defaults change nothing.
    """

    loss: float = 0.0
    """Probability of each packet to be lost, 0 to 1."""
    jitter: float = 0.0
    """Seconds: each packet is delayed by up to so much, evenly."""
    reorder: float = 0.0
    """Probability of a packet to leave behind its successor."""
    duplicate: float = 0.0
    """Probability of a packet to leave twice."""
    payload_type: int | None = None
    """Sent instead of the agreed one."""
    new_ssrc: bool = False
    """Once, when the fault begins."""
    sequence_jump: int = 0
    """Added once to the sequence number, when the fault begins."""
    stop: bool = False
    """No RTP and no RTCP leaves."""
    wrong_key: bool = False
    """SRTP is protected with another key."""
    one_way: bool = False
    """No RTP leaves, RTCP does."""
    drift: float = 0.0
    """Parts per million that our media clock runs too fast; negative: too slow."""
