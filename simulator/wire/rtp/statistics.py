"""What is counted about one stream (sheet SIP/RTP 13.3, RFC 3550)."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class StreamStatistics:
    """Both directions until now. Times are wire time; jitter and gap in seconds."""

    codec: str = ""
    sent_packets: int = 0
    sent_octets: int = 0
    """Payload without header, as in a sender report."""
    received_packets: int = 0
    received_octets: int = 0
    expected: int = 0
    lost: int = 0
    """Cumulative, as RFC 3550 A.3: expected minus received; duplicates make it smaller, even negative."""
    late: int = 0
    """Came after their time to be played."""
    duplicate: int = 0
    reordered: int = 0
    wrong_type: int = 0
    """Of a payload type that was not agreed."""
    malformed: int = 0
    unauthenticated: int = 0
    """SRTP that did not verify, or was replayed."""
    strangers: int = 0
    """RTP from elsewhere than the stream's source."""
    ssrc_changes: int = 0
    jitter: float = 0.0
    max_gap: float = 0.0
    """Longest time between two packets."""
    first_packet: float | None = None
    last_packet: float | None = None
    round_trip: float | None = None
    """Of the last report about us."""
    remote_lost: int | None = None
    """Cumulative loss of our packets, as the peer reports it."""
    remote_jitter: float | None = None
