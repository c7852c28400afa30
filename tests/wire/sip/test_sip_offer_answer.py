"""Offer and answer as RFC 3264 and sheet sip-rtp 12 and 15 want them, seen in the descriptions and in what is agreed."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.errors import MalformedMessage
from simulator.wire.sip.agreement import Agreed, AudioSettings, Encryption, LocalMedia
from simulator.wire.sip.audio_format import G722, L16_16000, OPUS, PCMA, PCMU, AudioFormat
from simulator.wire.sip.crypto_line import KEY_LENGTHS, Crypto, choose, parse_crypto
from simulator.wire.sip.offer_answer import Negotiation, NotAcceptable
from simulator.wire.sip.sdp import Direction, parse


def negotiation(address: str = "127.0.0.2", **settings: object) -> Negotiation:
    local = LocalMedia(address, 4000, 3_900_000_000, 77, "0123456789abcdef")
    return Negotiation(AudioSettings(**settings), local, random.Random(1).randbytes)  # type: ignore[arg-type]


def offer(
    formats: str = "0 8 101",
    *lines: str,
    transport: str = "RTP/AVP",
    port: int = 42000,
    address: str = "127.0.0.9",
) -> str:
    text = ["v=0", f"o=- 1 1 IN IP4 {address}", "s=-", f"c=IN IP4 {address}", "t=0 0"]
    text += [f"m=audio {port} {transport} {formats}", "a=rtpmap:101 telephone-event/8000", *lines]
    return "\r\n".join(text)


def answered(ours: Negotiation, text: str) -> tuple[str, Agreed]:
    description, agreed = ours.answer(parse(text))
    return str(description), agreed


def test_our_offer_looks_like_pjmedia() -> None:
    assert str(negotiation(formats=(OPUS, PCMU)).offer()).splitlines() == [
        "v=0",
        "o=- 3900000000 3900000000 IN IP4 127.0.0.2",
        "s=pjmedia",
        "b=AS:84",
        "t=0 0",
        "a=X-nat:0",
        "m=audio 4000 RTP/AVP 96 0 101 97",
        "c=IN IP4 127.0.0.2",
        "b=TIAS:64000",
        "a=rtcp:4001 IN IP4 127.0.0.2",
        "a=sendrecv",
        "a=rtpmap:96 opus/48000/2",
        "a=fmtp:96 useinbandfec=1",
        "a=rtpmap:0 PCMU/8000",
        "a=rtpmap:101 telephone-event/8000",
        "a=fmtp:101 0-16",
        "a=rtpmap:97 telephone-event/48000",
        "a=fmtp:97 0-16",
        "a=ssrc:77 cname:0123456789abcdef",
    ]


def test_an_answer_takes_one_format_and_key_presses_of_its_clock() -> None:
    text, agreed = answered(negotiation(), offer("8 0 101 102", "a=rtpmap:102 telephone-event/48000"))
    assert "m=audio 4000 RTP/AVP 8 101\r\n" in text
    assert "o=- 3900000000 3900000001 IN IP4 127.0.0.2" in text
    assert agreed == Agreed(
        "127.0.0.9", 42000, 42001, PCMA, 8, {8: PCMA}, Direction.SENDRECV, event_payload_type=101
    )


@pytest.mark.parametrize(
    ("settings", "offered", "chosen"),
    [
        ({}, ("8 0",), (8, PCMA)),
        ({"own_order": True}, ("8 0",), (0, PCMU)),
        ({"formats": (G722, PCMU)}, ("18 9 0",), (9, G722)),
        ({"formats": (OPUS,)}, ("0 111", "a=rtpmap:111 OPUS/48000/2"), (111, AudioFormat("OPUS", 48_000, 2))),
        ({"formats": (L16_16000,)}, ("110", "a=rtpmap:110 L16/16000/1"), (110, L16_16000)),
    ],
)
def test_the_format_is_chosen(
    settings: dict[str, object], offered: tuple[str, ...], chosen: tuple[int, AudioFormat]
) -> None:
    text, agreed = answered(negotiation(**settings), offer(*offered))
    assert (agreed.payload_type, agreed.format) == chosen
    assert f"a=rtpmap:{chosen[0]} {chosen[1]}\r\n" in text


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (offer("96", "a=rtpmap:96 speex/8000"), "No suitable codec"),
        (offer("111", "a=rtpmap:111 opus/48000"), "No suitable codec"),
        (offer("101"), "No suitable codec"),
        (offer(port=0), "no audio"),
        (offer().replace("audio", "video"), "no audio"),
        (offer(transport="UDP/TLS/RTP/SAVP"), "not supported"),
        (offer(transport="udptl"), "not supported"),
        (offer(transport="RTP/SAVP"), "switched off"),
        (offer(address="::1"), "another family"),
        (offer(address="no.such.host"), "no IP address"),
        (offer().replace("c=", "i="), "no connection"),
        ("v=0", "no audio"),
    ],
)
def test_what_cannot_be_accepted(text: str, why: str) -> None:
    ours = negotiation()
    with pytest.raises(NotAcceptable, match=why) as caught:
        ours.answer(parse(text))
    assert ours.current is None
    assert caught.value.warning.startswith('"')


def test_other_media_are_refused_in_their_places() -> None:
    text = offer(
        "96",
        "m=audio 7 UDP/TLS/RTP/SAVP 0",
        "m=video 2 RTP/AVP 31 34",
        "m=audio 4 RTP/AVPF 0",
        "m=audio 6 RTP/AVP 0",
    )
    description, agreed = negotiation().answer(parse(text))
    assert [(m.kind, m.port, m.transport, m.formats) for m in description.media] == [
        ("audio", 0, "RTP/AVP", ["96"]),
        ("audio", 0, "UDP/TLS/RTP/SAVP", ["0"]),
        ("video", 0, "RTP/AVP", ["31", "34"]),
        ("audio", 4000, "RTP/AVPF", ["0"]),
        ("audio", 0, "RTP/AVP", ["0"]),
    ]
    assert agreed.port == 4
    assert parse(str(description)) == description


@pytest.mark.parametrize(
    ("theirs", "setting", "ours", "held"),
    [
        ("sendrecv", "sendrecv", "sendrecv", False),
        ("sendonly", "sendrecv", "recvonly", True),
        ("recvonly", "sendrecv", "sendonly", False),
        ("inactive", "sendrecv", "inactive", True),
        ("sendrecv", "recvonly", "recvonly", False),
        ("recvonly", "recvonly", "inactive", False),
        ("sendonly", "sendonly", "inactive", True),
    ],
)
def test_directions_are_answered_and_only_narrowed(theirs: str, setting: str, ours: str, held: bool) -> None:
    text, agreed = answered(negotiation(direction=Direction(setting)), offer("0", f"a={theirs}"))
    assert f"a={ours}\r\n" in text
    assert (agreed.direction, agreed.held) == (ours, held)


def test_hold_of_old_and_back_again() -> None:
    ours = negotiation()
    assert answered(ours, offer())[1].direction is Direction.SENDRECV
    text, agreed = answered(ours, offer().replace("c=IN IP4 127.0.0.9", "c=IN IP4 0.0.0.0"))
    assert (agreed.direction, agreed.held) == (Direction.RECVONLY, True)
    assert "o=- 3900000000 3900000002 " in text
    text, agreed = answered(ours, offer())
    assert (agreed.direction, agreed.held, agreed.address) == (Direction.SENDRECV, False, "127.0.0.9")
    assert "o=- 3900000000 3900000003 " in text


def test_the_version_stands_still_while_nothing_changes() -> None:
    ours = negotiation()
    assert answered(ours, offer())[0] == answered(ours, offer("0 101"))[0]
    assert "o=- 3900000000 3900000002 " in str(ours.offer())
    ours.wanted = Direction.SENDONLY
    held = str(ours.offer())
    assert "o=- 3900000000 3900000003 " in held
    assert "a=sendonly\r\n" in held
    assert str(ours.offer()) == held


def test_a_refused_offer_changes_nothing() -> None:
    ours = negotiation()
    first, agreed = answered(ours, offer())
    with pytest.raises(NotAcceptable):
        ours.answer(parse(offer("18")))
    assert ours.current == agreed
    assert answered(ours, offer())[0] == first


@pytest.mark.parametrize(
    ("lines", "ptime"),
    [
        ([], 20),
        (["a=ptime:30"], 30),
        (["a=ptime:40.5"], 40),
        (["a=ptime:35"], 20),
        (["a=ptime:9999999"], 20),
        (["a=ptime:60", "a=maxptime:45"], 40),
        (["a=maxptime:10"], 10),
        (["a=maxptime:1"], 10),
        (["a=ptime:x"], 20),
    ],
)
def test_packet_lengths(lines: list[str], ptime: int) -> None:
    assert answered(negotiation(), offer("0", *lines))[1].ptime == ptime


@pytest.mark.parametrize(
    ("lines", "knob", "port", "mux"),
    [
        (["a=rtcp:53020 IN IP4 1.2.3.4"], False, 53020, False),
        (["a=rtcp:0"], False, 42001, False),
        (["a=rtcp-mux"], False, 42001, False),
        (["a=rtcp-mux"], True, 42000, True),
        ([], True, 42001, False),
    ],
)
def test_where_rtcp_goes(lines: list[str], knob: bool, port: int, mux: bool) -> None:
    text, agreed = answered(negotiation(rtcp_mux=knob), offer("0", *lines))
    assert (agreed.rtcp_port, agreed.rtcp_mux) == (port, mux)
    assert ("a=rtcp-mux\r\n" in text) is mux


def test_a_call_over_ipv6() -> None:
    ours = negotiation("::1")
    text, agreed = answered(ours, offer().replace("IP4 127.0.0.9", "IP6 ::9"))
    assert agreed.address == "::9"
    assert "c=IN IP6 ::1\r\n" in text
    assert "o=- 3900000000 3900000001 IN IP6 ::1\r\n" in text


def test_an_answer_to_our_offer() -> None:
    ours = negotiation(formats=(OPUS, PCMU, PCMA))
    ours.offer()
    agreed = ours.answered(parse(offer("8 0 101", "a=sendonly")))
    assert (agreed.payload_type, agreed.format, agreed.direction) == (8, PCMA, Direction.RECVONLY)
    assert agreed.receives == {8: PCMA, 0: PCMU}
    assert agreed.event_payload_type == 101
    assert ours.current == agreed


def test_an_answer_may_number_a_format_its_own_way() -> None:
    ours = negotiation(formats=(OPUS,))
    ours.offer()
    agreed = ours.answered(parse(offer("107", "a=rtpmap:107 opus/48000/2")))
    assert agreed.payload_type == 107
    assert set(agreed.receives) == {96, 107}


@pytest.mark.parametrize("text", [offer(port=0), offer("9 0"), offer("101"), "v=0", offer(transport="RTP/SAVP")])
def test_an_answer_that_is_a_failure(text: str) -> None:
    ours = negotiation()
    ours.offer()
    with pytest.raises(NotAcceptable):
        ours.answered(parse(text))
    assert ours.current is None


ICE = (("ice-ufrag", "u"), ("ice-pwd", "p"), ("candidate", "1 1 UDP 1 127.0.0.2 4000 typ host"))


@pytest.mark.parametrize("theirs", [[], ["a=ice-ufrag:x", "a=ice-pwd:y"]])
def test_ice_is_answered_only_where_it_is_offered(theirs: list[str]) -> None:
    ours = negotiation()
    ours.local.attributes = (*ICE, ("label", "1"))
    assert ours.offer().media[0].attributes[-4:] == [*ICE, ("label", "1")]
    description, agreed = ours.answer(parse(offer("0", *theirs)))
    assert ("label", "1") in description.media[0].attributes
    assert all(line in description.media[0].attributes for line in ICE) is bool(theirs)
    assert (agreed.ice is not None) is bool(theirs)


def test_a_warning_is_a_quoted_string_whatever_was_offered() -> None:
    with pytest.raises(NotAcceptable) as caught:
        negotiation().answer(parse(offer(transport='x"y')))
    assert caught.value.warning == '"transport x\\"y is not supported"'


def test_without_a_format_there_is_no_offer() -> None:
    with pytest.raises(NotAcceptable, match="no codec is configured"):
        negotiation(formats=()).offer()


KEY_30, KEY_46 = "A" * 40, "B" * 60 + "BA=="
LINE_128 = f"1 AES_CM_128_HMAC_SHA1_80 inline:{KEY_30}"
LINE_256 = f"2 aes_256_cm_hmac_sha1_80 inline:{KEY_46}|2^31"


@pytest.mark.parametrize(
    ("policy", "transport", "lines", "tag"),
    [
        ("None", "RTP/AVP", [LINE_128], 0),
        ("SRTPBestEffort", "RTP/AVP", [], 0),
        ("SRTPBestEffort", "RTP/AVP", [LINE_128], 1),
        ("SRTPBestEffort", "RTP/SAVP", [LINE_256, LINE_128], 2),
        ("SRTPMandatory", "RTP/SAVP", [LINE_128], 1),
        ("SRTPMandatory", "RTP/AVP", [LINE_128], 1),
        ("SRTPBestEffort", "RTP/SAVP", [LINE_256 + "|1:4", LINE_128], 1),
        ("SRTPBestEffort", "RTP/SAVP", [LINE_256.replace("2^31", "2^20")], 2),
        ("SRTPBestEffort", "RTP/SAVP", ["1 F8_128_HMAC_SHA1_80 inline:" + KEY_30, LINE_256], 2),
    ],
)
def test_keys_are_agreed_by_policy(policy: str, transport: str, lines: list[str], tag: int) -> None:
    ours = negotiation(encryption=Encryption(policy))
    text, agreed = answered(ours, offer("0", *(f"a=crypto:{line}" for line in lines), transport=transport))
    cryptos = [parse_crypto(value) for value in parse(text).media[0].all("crypto")]
    assert f" {transport} 0" in text
    if not tag:
        assert (cryptos, agreed.local_crypto, agreed.remote_crypto) == ([], None, None)
        return
    assert cryptos == [agreed.local_crypto]
    assert agreed.remote_crypto is not None
    assert agreed.local_crypto is not None
    assert (cryptos[0].tag, cryptos[0].suite) == (tag, agreed.remote_crypto.suite)
    assert agreed.local_crypto.key != agreed.remote_crypto.key
    assert answered(ours, offer("0", *(f"a=crypto:{line}" for line in lines), transport=transport))[0] == text


@pytest.mark.parametrize(
    ("policy", "transport", "lines"),
    [
        ("None", "RTP/SAVP", [LINE_128]),
        ("SRTPBestEffort", "RTP/SAVP", []),
        ("SRTPMandatory", "RTP/SAVP", []),
        ("SRTPMandatory", "RTP/AVP", []),
        ("SRTPMandatory", "RTP/SAVP", [LINE_128[:-4], LINE_128 + "AAAA", LINE_128 + " UNENCRYPTED_SRTP", "1"]),
        ("SRTPMandatory", "UDP/TLS/RTP/SAVP", [LINE_128]),
    ],
)
def test_keys_that_do_not_fit_the_policy(policy: str, transport: str, lines: list[str]) -> None:
    with pytest.raises(NotAcceptable):
        answered(
            negotiation(encryption=Encryption(policy)),
            offer("0", *(f"a=crypto:{line}" for line in lines), transport=transport),
        )


@pytest.mark.parametrize(("policy", "transport"), [("SRTPBestEffort", "RTP/AVP"), ("SRTPMandatory", "RTP/SAVP")])
def test_our_own_offers_and_answers_meet_under_keys(policy: str, transport: str) -> None:
    caller, callee = (negotiation(encryption=Encryption(policy)) for _ in range(2))
    callee.random_bytes = random.Random(2).randbytes
    offered = caller.offer()
    assert offered.media[0].transport == transport
    assert [parse_crypto(value).suite for value in offered.media[0].all("crypto")] == list(KEY_LENGTHS)
    answer, theirs = callee.answer(parse(str(offered)))
    ours = caller.answered(parse(str(answer)))
    assert (ours.local_crypto, ours.remote_crypto) == (theirs.remote_crypto, theirs.local_crypto)
    assert str(caller.offer()) == str(offered), "keys and version stay"


settings = st.builds(
    AudioSettings,
    st.permutations((OPUS, G722, L16_16000, PCMU, PCMA)).flatmap(
        lambda order: st.integers(1, 5).map(lambda n: tuple(order[:n]))
    ),
    own_order=st.booleans(),
    direction=st.sampled_from(list(Direction)),
    encryption=st.sampled_from(list(Encryption)),
    event_payload_type=st.none() | st.integers(96, 127),
    ptime=st.sampled_from([20, 60]),
    rtcp_mux=st.booleans(),
)


@given(settings, settings, st.sampled_from(list(Direction)))
def test_both_sides_of_an_exchange_agree(mine: AudioSettings, yours: AudioSettings, wanted: Direction) -> None:
    """Whatever two of us are set to: what the callee answers is what the caller reads, seen from the other side."""
    caller, callee = negotiation(), negotiation("127.0.0.3")
    caller.settings, callee.settings, caller.wanted = mine, yours, wanted
    callee.random_bytes = random.Random(2).randbytes
    offered = caller.offer()
    try:
        answer, theirs = callee.answer(parse(offered.encode()))
    except NotAcceptable:
        common = [audio for audio in mine.formats if audio in yours.formats]
        assert not common or mine.encryption is not yours.encryption
        return
    ours = caller.answered(parse(answer.encode()))
    assert (ours.format, ours.payload_type) == (theirs.format, theirs.payload_type)
    assert ours.payload_type in theirs.receives
    assert theirs.payload_type in ours.receives
    assert ours.direction is theirs.direction.reversed()
    assert ours.event_payload_type == (None if mine.event_payload_type is None else theirs.event_payload_type)
    assert (ours.local_crypto, ours.remote_crypto) == (theirs.remote_crypto, theirs.local_crypto)
    assert ours.rtcp_mux is theirs.rtcp_mux
    assert (ours.address, theirs.address) == ("127.0.0.3", "127.0.0.2")


def test_a_plain_answer_is_a_failure_only_where_keys_are_mandatory() -> None:
    plain = parse(offer("0 101"))
    best_effort = negotiation(encryption=Encryption.BEST_EFFORT)
    best_effort.offer()
    assert best_effort.answered(plain).local_crypto is None
    mandatory = negotiation(encryption=Encryption.MANDATORY)
    mandatory.offer()
    with pytest.raises(NotAcceptable):
        mandatory.answered(plain)


def test_an_answer_under_a_key_that_was_not_offered_is_a_failure() -> None:
    ours = negotiation(encryption=Encryption.MANDATORY)
    ours.offer()
    with pytest.raises(NotAcceptable, match="not offered"):
        ours.answered(parse(offer("0", f"a=crypto:{LINE_128}", transport="RTP/SAVP")))


@pytest.mark.parametrize(
    "value",
    [
        "",
        "1 AES_CM_128_HMAC_SHA1_80",
        "x AES_CM_128_HMAC_SHA1_80 inline:" + KEY_30,
        f"1 AES_CM_128_HMAC_SHA1_80 inline:{KEY_30};inline:{KEY_30}",
        f"1 AES_CM_128_HMAC_SHA1_80 inline:{KEY_30}|1:4|2^31",
        f"1 AES_CM_128_HMAC_SHA1_80 inline:{KEY_30[:-1]}!",
        f"1 AES_CM_128_HMAC_SHA1_80 inline:{KEY_46}",
        f"1 AES_CM_128_HMAC_SHA1_80 inline:{KEY_30} KDR=1",
        f"1 AEAD_AES_128_GCM inline:{KEY_30}",
    ],
)
def test_what_is_no_usable_crypto_line(value: str) -> None:
    with pytest.raises(MalformedMessage):
        parse_crypto(value)


def test_a_crypto_line_with_all_that_we_pass_over() -> None:
    assert parse_crypto(LINE_128 + "|2^48 WSH=64").is_plain
    assert not parse_crypto(LINE_128 + "|4096|1:4").is_plain


@given(st.integers(0, 999_999_999), st.sampled_from(list(KEY_LENGTHS)), st.data())
def test_crypto_lines_survive_their_encoding(tag: int, suite: str, data: st.DataObject) -> None:
    length = KEY_LENGTHS[suite]
    crypto = Crypto(tag, suite, data.draw(st.binary(min_size=length, max_size=length)))
    assert parse_crypto(str(crypto)) == crypto
    assert choose(["junk", str(crypto)]) == crypto


@pytest.mark.fuzz
@given(
    st.lists(
        st.sampled_from(["1 ", "AES_CM_128_HMAC_SHA1_80", " inline:", KEY_30, "|2^31", "|1:4", "|", " ", ";"])
        | st.text(max_size=6),
        max_size=8,
    ).map("".join)
)
def test_any_crypto_line_is_read_or_refused(value: str) -> None:
    try:
        crypto = parse_crypto(value)
    except MalformedMessage:
        return
    assert parse_crypto(str(crypto)) == crypto._replace(is_plain=True)


@pytest.mark.fuzz
@given(
    st.lists(
        st.sampled_from(
            [
                "a=sendonly",
                "a=inactive",
                "m=audio 0 RTP/AVP 0",
                "m=audio 9 RTP/SAVP 0 8",
                "m=video 7 x y",
                "a=rtcp:9",
                "c=IN IP4 0.0.0.0",
                "c=IN IP6 ::",
                f"a=crypto:{LINE_128}",
                "a=ptime:60",
                "a=rtpmap:0 opus/48000/2",
                "a=rtcp-mux",
            ]
        )
        | st.text(st.characters(exclude_characters="\r\n"), max_size=9).map("a={}".format),
        max_size=5,
    ),
    st.sampled_from(list(Encryption)),
    st.booleans(),
)
def test_any_offer_is_answered_line_by_line_or_refused(lines: list[str], policy: Encryption, mux: bool) -> None:
    ours = negotiation(encryption=policy, rtcp_mux=mux)
    offered = parse(offer("0 101", *lines))
    try:
        description, agreed = ours.answer(offered)
    except NotAcceptable:
        return
    assert [m.kind for m in description.media] == [m.kind for m in offered.media]
    assert len([m for m in description.media if m.port]) == 1
    assert parse(str(description)) == description
    theirs = offered.direction_of(
        next(m for m, ours in zip(offered.media, description.media, strict=True) if ours.port)
    )
    assert agreed.direction.narrowed(theirs.reversed()) is agreed.direction
    assert (agreed.local_crypto is None) == (agreed.remote_crypto is None)
