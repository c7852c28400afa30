"""What is counted about one stream (sheet SIP/RTP 13.3, RFC 3550)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from simulator.wire.rtp.receiver import Receiver
    from simulator.wire.rtp.report import Reporter
    from simulator.wire.rtp.sender import Sender


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


def statistics_of(
    receiver: Receiver,
    codec: str,
    *,
    unauthenticated: int = 0,
    strangers: int = 0,
    sender: Sender | None = None,
    reporter: Reporter | None = None,
) -> StreamStatistics:
    """Put together what the parts of a stream have counted. `codec`: where nothing came yet."""
    reception, remote = receiver.reception, reporter.remote if reporter else None
    return StreamStatistics(
        codec=receiver.codec_name or codec,
        sent_packets=sender.packets if sender else 0,
        sent_octets=sender.octets if sender else 0,
        received_packets=receiver.packets,
        received_octets=receiver.octets,
        expected=receiver.expected,
        lost=receiver.lost,
        late=receiver.late,
        duplicate=receiver.duplicate,
        reordered=receiver.reordered,
        wrong_type=receiver.wrong_type,
        malformed=receiver.malformed,
        unauthenticated=unauthenticated,
        strangers=strangers,
        ssrc_changes=receiver.ssrc_changes,
        jitter=reception.jitter if reception else 0.0,
        max_gap=receiver.max_gap,
        first_packet=receiver.first_packet,
        last_packet=receiver.last_packet,
        round_trip=reporter.round_trip if reporter else None,
        remote_lost=remote.lost if remote else None,
        remote_jitter=remote.jitter / sender.clock if remote and sender else None,
    )
