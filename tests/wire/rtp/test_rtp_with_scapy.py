"""What we write, as scapy reads it, and the other way round."""

from __future__ import annotations

import pytest
from scapy.contrib.rtcp import RTCP, ReceptionReport, SDESChunk, SDESItem, SenderInfo
from scapy.layers.rtp import RTP

from simulator.wire.rtp import rtcp
from simulator.wire.rtp.packet import Packet, encode, parse


def test_a_packet_is_read_by_scapy():
    read = RTP(encode(101, 40_000, 123_456, 0xCAFEBABE, b"\x05\x0a\x01\x40", True))
    assert (read.version, read.payload_type, read.marker) == (2, 101, 1)
    assert (read.sequence, read.timestamp, read.sourcesync) == (40_000, 123_456, 0xCAFEBABE)
    assert bytes(read.payload) == b"\x05\x0a\x01\x40"


def test_a_packet_of_scapy_is_read():
    made = RTP(payload_type=8, sequence=7, timestamp=8, sourcesync=9, numsync=2, sync=[1, 2], marker=1)
    assert parse(bytes(made) + b"\xd5") == Packet(8, 7, 8, 9, b"\xd5", marker=True, contributors=(1, 2))


def test_a_sender_report_is_read_by_scapy():
    block = rtcp.ReceptionBlock(5, 64, 300, 0x10007, 21, 0x11223344, 65536)
    ntp = rtcp.ntp_time(1_700_000_000.25)
    read = RTCP(rtcp.Report(9, (block,), rtcp.SenderInfo(ntp, 1000, 50, 8000)).encode())
    assert (read.packet_type, read.sourcesync, read.count) == (200, 9, 1)
    info = read.sender_info
    assert info.ntp_timestamp == ntp
    assert (info.rtp_timestamp, info.sender_packet_count, info.sender_octet_count) == (1000, 50, 8000)
    (report,) = read.report_blocks
    assert (report.sourcesync, report.fraction_lost, report.cumulative_lost) == (5, 64, 300)
    assert (report.highest_seqnum_recv, report.interarrival_jitter) == (0x10007, 21)
    assert (report.last_SR_timestamp, report.delay_since_last_SR) == (0x11223344, 65536)


def test_a_report_of_scapy_is_read():
    made = RTCP(
        packet_type=200,
        sourcesync=9,
        count=1,
        sender_info=SenderInfo(ntp_timestamp=2, rtp_timestamp=3, sender_packet_count=4, sender_octet_count=5),
        report_blocks=[
            ReceptionReport(
                sourcesync=6,
                fraction_lost=7,
                cumulative_lost=8,
                highest_seqnum_recv=9,
                interarrival_jitter=10,
                last_SR_timestamp=11,
                delay_since_last_SR=12,
            )
        ],
    )
    (report,) = rtcp.parse(bytes(made))
    assert report == rtcp.Report(9, (rtcp.ReceptionBlock(6, 7, 8, 9, 10, 11, 12),), rtcp.SenderInfo(2, 3, 4, 5))


@pytest.mark.parametrize("name", ["a", "ab", "abc", "abcd", "0123456789abcdef"])
def test_a_description_goes_both_ways(name: str):
    read = RTCP(rtcp.Description.of(7, name).encode())
    (chunk,) = read.sdes_chunks
    assert chunk.sourcesync == 7
    assert (chunk.items[0].chunk_type, chunk.items[0].value) == (1, name.encode())
    items = [SDESItem(chunk_type="CNAME", value=name.encode()), SDESItem(chunk_type="END")]
    made = bytes(RTCP(packet_type=202, count=1, sdes_chunks=[SDESChunk(sourcesync=7, items=items)]))
    padded = made + bytes(-len(made) % 4)
    words = (len(padded) // 4 - 1).to_bytes(2, "big")
    (description,) = rtcp.parse(padded[:2] + words + padded[4:])
    assert isinstance(description, rtcp.Description)
    assert description.cname(7) == name
