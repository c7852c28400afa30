"""Symmetric RTP: whose packets are believed, and where ours go."""

from __future__ import annotations

from simulator.net.media.latch import Latch
from simulator.wire.rtp.negotiated import MediaSettings

TOLD, REAL, OTHER = ("10.0.0.1", 4000), ("10.0.0.2", 5000), ("10.0.0.3", 6000)


def latch(policy: str, after: int = 10) -> Latch:
    one = Latch(MediaSettings(latch=policy), after)  # type: ignore[arg-type]
    one.point(TOLD)
    return one


def test_after_so_many_packets_on_end_the_source_is_followed():
    one = latch("after_n")
    assert [one.admits(REAL) for _ in range(11)] == [False] * 9 + [True] * 2
    assert one.peer == REAL
    assert one.strangers == 9


def test_a_packet_from_where_we_send_begins_the_count_anew():
    one = latch("after_n", 3)
    assert [one.admits(source) for source in (REAL, REAL, TOLD, REAL, REAL, OTHER, REAL)] == [
        False, False, True, False, False, False, False,
    ]  # fmt: skip
    assert one.peer == TOLD


def test_the_first_is_the_peer_and_all_others_are_strangers():
    one = latch("first")
    assert [one.admits(source) for source in (REAL, OTHER, TOLD, REAL)] == [True, False, False, True]
    assert one.peer == REAL
    assert one.strangers == 2


def test_never_hears_everybody_and_sends_where_it_was_told():
    one = latch("never")
    assert one.admits(REAL)
    assert one.admits(OTHER)
    assert one.peer == TOLD


def test_sdp_points_anew():
    one = latch("first")
    one.admits(REAL)
    one.point(OTHER)
    assert one.peer == OTHER
    assert one.admits(TOLD)
