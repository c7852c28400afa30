"""SRTP: the suites beside the RFCs written out with another library, their keys in SDP, and what is refused."""

from __future__ import annotations

import hashlib
import hmac
import struct

import pytest
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from hypothesis import given
from hypothesis import strategies as st

from simulator.errors import MalformedMessage
from simulator.wire.rtp.packet import encode
from simulator.wire.rtp.rtcp import Report
from simulator.wire.rtp.srtp import (
    SUITES,
    Protector,
    Suite,
    Unauthenticated,
    Unprotector,
    suite_named,
)

ALL = list(SUITES.values())
AES128, AES256 = SUITES["AES_CM_128_HMAC_SHA1_80"], SUITES["AES_256_CM_HMAC_SHA1_80"]


def key_for(suite: Suite, first: int = 0) -> bytes:
    return bytes((first + number) & 0xFF for number in range(suite.key_length))


def packet(sequence: int = 7, payload: bytes = b"\xff" * 160) -> bytes:
    return encode(0, sequence, 160, 0xDEADBEEF, payload)


def counter_mode(key: bytes, start: int, length: int) -> bytes:
    """AES in counter mode by another library."""
    encryptor = Cipher(algorithms.AES(key), modes.CTR(start.to_bytes(16, "big"))).encryptor()
    return encryptor.update(bytes(length))


def derived(master: bytes, label: int, length: int) -> bytes:
    """Session keys as RFC 3711 section 4.3 makes them."""
    key, salt = master[:-14], int.from_bytes(master[-14:], "big")
    return counter_mode(key, (salt ^ label << 48) << 16, length)


def written_out(suite: Suite, master: bytes, clear: bytes) -> bytes:
    """SRTP written out from the RFC, for a packet whose rollover counter is 0."""
    cipher, salt = derived(master, 0, suite.key_length - 14), int.from_bytes(derived(master, 2, 14), "big")
    sequence, ssrc = struct.unpack_from("!H", clear, 2)[0], struct.unpack_from("!I", clear, 8)[0]
    start = (salt << 16) ^ (ssrc << 64) ^ (sequence << 16)
    stream = counter_mode(cipher, start, len(clear) - 12)
    secret = clear[:12] + bytes(one ^ other for one, other in zip(clear[12:], stream, strict=True))
    tag = hmac.new(derived(master, 1, 20), secret + bytes(4), hashlib.sha1).digest()
    return secret + tag[: suite.tag_length]


def test_the_reference_derives_the_keys_of_the_rfcs():
    master = bytes.fromhex("E1F97A0D3E018BE0D64FA32C06DE41390EC675AD498AFEEBB6960B3AABE6")
    assert derived(master, 0, 16).hex().upper() == "C61E7A93744F39EE10734AFE3FF7A087"
    assert derived(master, 2, 14).hex().upper() == "30CBBC08863D8C85D49DB34A9AE1"
    master = bytes.fromhex(
        "f0f04914b513f2763a1b1fa130f10e2998f6f6e43e4309d1e622a0e332b9f1b63b04803de51ee7c96423ab5b78d2"
    )
    assert derived(master, 0, 32).hex() == "5ba1064e30ec51613cad926c5a28ef731ec7fb397f70a960653caf06554cd8c4"


@pytest.mark.parametrize("suite", ALL, ids=lambda suite: suite.name)
def test_what_is_protected_is_what_the_rfc_says(suite: Suite):
    assert Protector(suite, key_for(suite)).protect(packet()) == written_out(suite, key_for(suite), packet())


@pytest.mark.parametrize("suite", ALL, ids=lambda suite: suite.name)
def test_each_suite_goes_both_ways_and_has_its_tag(suite: Suite):
    sender, receiver = Protector(suite, key_for(suite)), Unprotector(suite, key_for(suite))
    sealed = sender.protect(packet())
    assert len(sealed) == len(packet()) + suite.tag_length
    assert sealed[:12] == packet()[:12]
    assert receiver.unprotect(sealed) == packet()
    report = Report(7).encode()
    sealed = sender.protect_rtcp(report)
    assert len(sealed) == len(report) + 4 + 10
    assert sealed[-14] & 0x80
    assert receiver.unprotect_rtcp(sealed) == report


def test_another_key_a_changed_byte_and_a_repetition_are_unauthenticated():
    sender, receiver = Protector(AES128, key_for(AES128)), Unprotector(AES128, key_for(AES128))
    sealed = sender.protect(packet())
    with pytest.raises(Unauthenticated):
        Unprotector(AES128, key_for(AES128, 1)).unprotect(sealed)
    for place in (1, 20, len(sealed) - 1):
        with pytest.raises(Unauthenticated):
            receiver.unprotect(sealed[:place] + bytes((sealed[place] ^ 1,)) + sealed[place + 1 :])
    assert receiver.unprotect(sealed) == packet()
    with pytest.raises(Unauthenticated):
        receiver.unprotect(sealed)


def test_the_replay_window_is_64_packets():
    sender, receiver = Protector(AES256, key_for(AES256)), Unprotector(AES256, key_for(AES256))
    sealed = [sender.protect(packet(number)) for number in range(1, 101)]
    receiver.unprotect(sealed[-1])
    assert receiver.unprotect(sealed[40]) == packet(41)
    with pytest.raises(Unauthenticated):
        receiver.unprotect(sealed[30])


def test_the_rollover_counter_goes_on_over_the_edge():
    sender, receiver = Protector(AES128, key_for(AES128)), Unprotector(AES128, key_for(AES128))
    for number in range(65530, 65545):
        assert receiver.unprotect(sender.protect(packet(number & 0xFFFF))) == packet(number & 0xFFFF)


def test_a_packet_of_l16_at_48_kilohertz_fits():
    sender, receiver = Protector(AES128, key_for(AES128)), Unprotector(AES128, key_for(AES128))
    large = packet(payload=bytes(1920))
    assert receiver.unprotect(sender.protect(large)) == large


def test_an_unknown_suite_is_refused():
    with pytest.raises(MalformedMessage):
        suite_named("F8_128_HMAC_SHA1_80")


RECEIVERS = [Unprotector(suite, key_for(suite)) for suite in ALL]


@pytest.mark.fuzz
@given(st.sampled_from(RECEIVERS), st.binary(max_size=200))
def test_any_bytes_are_unauthenticated(receiver: Unprotector, data: bytes):
    with pytest.raises(Unauthenticated):
        receiver.unprotect(data)
    with pytest.raises(Unauthenticated):
        receiver.unprotect_rtcp(data)
