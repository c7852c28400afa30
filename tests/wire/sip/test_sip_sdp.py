"""Session descriptions: our own look, what is read of others', and the shapes that RFC 4566 leaves open."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.errors import MalformedMessage
from simulator.wire.sip.audio_format import G722, OPUS, PCMA, PCMU, AudioFormat
from simulator.wire.sip.sdp import Direction, Ice, Media, OfferedFormat, Origin, SessionDescription, parse

BARESIP = b"""v=0
o=- 3908 1 IN IP4 127.0.0.9
s=-
c=IN IP4 127.0.0.9
t=0 0
a=tool:baresip 1.0.0
a=recvonly
m=audio 10000 RTP/AVP 96 9 0 101
b=AS:125
a=rtpmap:96 opus/48000/2
a=fmtp:96 stereo=1;sprop-stereo=1
a=rtpmap:101 telephone-event/8000
a=fmtp:101 0-15
a=label:1
a=ptime:20
m=video 10002 RTP/AVP 97
c=IN IP4 224.2.1.1/127/3
a=sendonly
"""


@pytest.mark.parametrize("line_end", [b"\n", b"\r\n", b"\r"])
def test_a_description_of_somebody_else(line_end: bytes) -> None:
    description = parse(BARESIP.replace(b"\n", line_end))
    audio, video = description.media
    assert description.origin == Origin("-", "3908", "1", "127.0.0.9")
    assert description.direction_of(audio) is Direction.RECVONLY
    assert description.direction_of(video) is Direction.SENDONLY
    assert description.address_of(audio) == "127.0.0.9"
    assert description.address_of(video) == "224.2.1.1"
    assert audio.audio_formats() == [
        OfferedFormat(96, OPUS, "stereo=1;sprop-stereo=1"),
        OfferedFormat(9, G722),
        OfferedFormat(0, PCMU),
        OfferedFormat(101, AudioFormat("telephone-event", 8000), "0-15"),
    ]
    assert (audio.get("ptime"), audio.get("none"), description.get("tool")) == ("20", None, "baresip 1.0.0")
    assert parse(str(description)) == description


def test_lines_in_no_order_and_lines_that_are_missing() -> None:
    description = parse(
        "t=0 0\r\n\r\nm=audio 4 RTP/AVP 8 \r\na=sendonly\r\ni=what\r\nc=IN IP6 ::1\r\nv=0\r\na=rtpmap:8  PCMA/8000\r\nk=x"
    )
    assert description.address_of(description.media[0]) == "::1"
    assert description.direction_of(description.media[0]) is Direction.SENDONLY
    assert description.media[0].audio_formats() == [OfferedFormat(8, PCMA)]


def test_ice_attributes_are_kept_as_data() -> None:
    text = "v=0|a=ice-lite|a=ice-pwd:p|m=audio 4 RTP/AVP 0|a=ice-ufrag:u|a=candidate:1 1 udp 1 ::1 4 typ host"
    description = parse(text.replace("|", "\r\n"))
    assert description.ice_of(description.media[0]) == Ice("u", "p", ("1 1 udp 1 ::1 4 typ host",), "", True)
    assert parse(BARESIP).ice_of(Media("audio", 1)) is None


@pytest.mark.parametrize(
    "text",
    [
        "",
        "hello",
        "v=1\r\n",
        "v=0\r\nv=0\r\n",
        "o=- 1 1 IN IP4 h\r\n",
        "v=0\r\no=- 1 1 IN\r\n",
        "v=0\r\nc=IN IP4\r\n",
        "v=0\r\nm=audio\r\n",
        "v=0\r\nm=audio x RTP/AVP 0\r\n",
        "v=0\r\nm=audio 65536 RTP/AVP 0\r\n",
        "v=0\r\nm=audio -1 RTP/AVP 0\r\n",
        "v=0\r\n" + "m=audio 1 RTP/AVP 0\r\n" * 65,
        "v=0\r\n<xml>\r\n",
        "v=0\r\n" + "a=x\r\n" * 20_000,
    ],
)
def test_what_is_no_description(text: str) -> None:
    with pytest.raises(MalformedMessage):
        parse(text)


@pytest.mark.parametrize(
    ("formats", "maps", "found"),
    [
        (["0"], ["0 pcma/8000"], [AudioFormat("pcma", 8000)]),
        (["96", "97"], ["96 L16/0", "97 L16/8000/0"], []),
        (["3", "x", "200", "96"], [], [AudioFormat("GSM", 8000)]),
        (["96"], ["96 L16/16000", "96 opus/48000/2"], [AudioFormat("L16", 16_000)]),
    ],
)
def test_formats_by_rtpmap_else_by_number(formats: list[str], maps: list[str], found: list[AudioFormat]) -> None:
    media = Media("audio", 1, formats=formats, attributes=[("rtpmap", value) for value in maps])
    assert [offered.format for offered in media.audio_formats()] == found


@pytest.mark.parametrize("first", list(Direction))
@pytest.mark.parametrize("second", list(Direction))
def test_directions(first: Direction, second: Direction) -> None:
    assert first.reversed().reversed() is first
    narrowed = first.narrowed(second)
    assert narrowed.sends == (first.sends and second.sends)
    assert narrowed.receives == (first.receives and second.receives)


word = st.text("abcXYZ019-./+", min_size=1, max_size=8)
line = st.text(st.characters(exclude_characters="\r\n\0", exclude_categories=["Cs", "Zs", "Cc"]), max_size=12)
attributes = st.lists(st.tuples(word, st.none() | line), max_size=4)
address = st.sampled_from(["127.0.0.1", "::1", "host"])
media = st.builds(
    Media,
    word,
    st.integers(0, 65_535),
    word,
    st.lists(word, max_size=4),
    st.none() | address,
    st.lists(st.tuples(word, word), max_size=2),
    attributes,
)
descriptions = st.builds(
    SessionDescription,
    st.builds(Origin, word, word, word, address),
    line,
    st.none() | address,
    st.lists(st.tuples(word, word), max_size=2),
    line,
    attributes,
    st.lists(media, max_size=3),
)


@given(descriptions)
def test_what_is_written_is_read(description: SessionDescription) -> None:
    assert parse(description.encode()) == description


@pytest.mark.fuzz
@given(
    st.lists(
        st.one_of(
            st.binary(max_size=20),
            st.sampled_from([b"v=0", *BARESIP.splitlines(), b"c=IN IP6 x", b"m=audio 1/2 y 0"]),
        ),
        max_size=8,
    )
)
def test_any_bytes_are_read_or_refused(lines: list[bytes]) -> None:
    try:
        description = parse(b"\n".join(lines))
    except MalformedMessage:
        return
    assert parse(description.encode()) == description
    for media in description.media:
        media.audio_formats()
        description.ice_of(media)
        description.direction_of(media)
