"""mediaclip.cgi, playclip.cgi and stopclip.cgi (audio sheet 2.1 and 2.2)."""

from __future__ import annotations

import io
import struct
import wave
from dataclasses import replace
from itertools import pairwise

import pytest
from vapix_desk import Desk, Wire

from simulator.device.sound import level_of
from simulator.face.exchange import Endless

MEDIA, PLAY, STOP = "/axis-cgi/mediaclip.cgi", "/axis-cgi/playclip.cgi", "/axis-cgi/stopclip.cgi"
PLAYING, CURRENT = "tnsaxis:MediaClip/Playing", "tnsaxis:MediaClip/CurrentlyPlaying"
ALARM = 32


@pytest.fixture
def desk() -> Desk:
    made = Desk("C1410")
    made.events.clear()
    return made


def wav(seconds: float = 2.0, period: bytes = bytes(2)) -> bytes:
    """16 bits, mono, 8 kHz: silence, or a wave of which one period is given."""
    file = io.BytesIO()
    with wave.open(file, "wb") as writer:
        writer.setparams((1, 2, 8000, 0, "NONE", ""))
        writer.writeframes(period * (int(8000 * seconds) * 2 // len(period)))
    return file.getvalue()


def upload(desk: Desk, query: str, content: bytes, *, field: str = "anything"):
    body = (
        f'--cut\r\nContent-Disposition: form-data; name="{field}"; filename="clip.bin"\r\n'
        "Content-Type: audio/basic\r\n\r\n"
    ).encode()
    headers = {"content-type": "multipart/form-data; boundary=cut"}
    return desk.ask("POST", f"{MEDIA}?action=upload{query}", body + content + b"\r\n--cut--\r\n", headers=headers)


def playing(desk: Desk) -> list[str]:
    return [data["Playing"] for topic, data in desk.events if topic == PLAYING]


@pytest.mark.parametrize("path", [f"{MEDIA}?action=play&", f"{PLAY}?"])
@pytest.mark.parametrize(
    "more", ["", "&audiodeviceid=0&audiooutputid=0", "&audiooutput=1", "&repeat=0&volume=1000"]
)
def test_play_answers_at_once(desk: Desk, path: str, more: str) -> None:
    assert desk.get(f"{path}clip={ALARM}{more}") == "OK\nplaying=32\n"
    assert desk.waited == 0
    assert desk.device.clips.playing is not None
    assert (CURRENT, {"FileName": "alarm.mp3"}) in desk.events


@pytest.mark.parametrize("path", [f"{MEDIA}?action=stop", STOP])
def test_stop(desk: Desk, path: str) -> None:
    desk.get(f"{PLAY}?clip={ALARM}&repeat=-1")
    desk.advance(3600)
    assert desk.device.clips.playing is not None
    assert desk.get(path) == "OK\nstopping\n"
    assert desk.device.clips.playing is None
    assert playing(desk) == ["1", "0"]
    assert desk.ask("POST", path).body == b"OK\nstopping\n"


@pytest.mark.parametrize("location", ["alarm.mp3", "/etc/audioclips/alarm.mp3", "%2Fetc%2Faudioclips%2Falarm.mp3"])
def test_a_clip_by_its_location(desk: Desk, location: str) -> None:
    assert desk.get(f"{PLAY}?location={location}") == "OK\nplaying=32\n"


def test_a_star_picks_one_that_matches(desk: Desk) -> None:
    chosen = {desk.get(f"{PLAY}?location=dog_*.mp3") for _ in range(40)}
    assert chosen <= {f"OK\nplaying={number}\n" for number in range(37, 42)}
    assert len(chosen) > 1


def test_an_upload_plays_as_long_as_it_says(desk: Desk) -> None:
    answer = upload(desk, "&media=audio&name=Gong", wav(2))
    assert (answer.status, answer.content_type, answer.body) == (200, "text/plain", b"OK\nuploaded=0\n")
    assert desk.get("/axis-cgi/param.cgi?action=list&group=MediaClip.M0") == (
        "root.MediaClip.M0.Location=/etc/audioclips/MediaClip.M0.wav\n"
        "root.MediaClip.M0.Name=Gong\n"
        "root.MediaClip.M0.Type=audio\n"
    )
    desk.get(f"{PLAY}?clip=0&repeat=2")
    desk.advance(5.9)
    assert playing(desk) == ["1"]
    desk.advance(0.2)
    assert playing(desk) == ["1", "0"]


def test_media_may_be_missing_and_the_name_too(desk: Desk) -> None:
    assert upload(desk, "", wav()).body == b"OK\nuploaded=0\n"
    assert desk.device.clips.name(0) == "Clip MediaClip.M0"
    assert upload(desk, "&name=Zwölf%20Uhr", wav()).body == b"OK\nuploaded=1\n"
    assert desk.device.clips.name(1) == "Zwölf Uhr"


def test_a_name_that_exists_is_an_update(desk: Desk) -> None:
    upload(desk, "&name=Gong", wav(1))
    assert upload(desk, "&name=Gong", wav(2)).body == b"OK\nupdated=MediaClip.M0\n"
    assert desk.device.clips[0].seconds == 2


def test_rename_download_remove(desk: Desk) -> None:
    upload(desk, "", wav())
    assert desk.get(f"{MEDIA}?action=update&clip=0&name=Bell") == "OK\nupdated=0\n"
    assert desk.device.clips.name(0) == "Bell"
    answer = desk.ask("GET", f"{MEDIA}?action=download&clip=0")
    assert (answer.content_type, answer.body[:4]) == ("audio/basic", b".snd")
    assert struct.unpack(">4I", answer.body[8:24]) == (32_000, 1, 16_000, 1)  # 2 s of mu-law at 16 kHz
    assert desk.get(f"{MEDIA}?action=remove&clip=0") == "OK\nremoved=0\n"
    assert "MediaClip.M0.Name" not in desk.device.parameters


def test_a_long_clip_is_downloaded_piece_by_piece(desk: Desk) -> None:
    """Decoding minutes of sound would make everybody else wait."""
    upload(desk, "", wav(62, b"\x00\x40" * 8 + b"\x00\xc0" * 8))
    reply, wire = desk.opened(f"{MEDIA}?action=download&clip=0"), Wire()
    assert isinstance(reply, Endless)
    reply.open(wire)
    beats = 0
    while wire.ended is None:
        reply.beat()
        beats += 1
    assert beats == 13
    content = b"".join(wire.received)
    assert struct.unpack(">4I", content[8:24]) == (62 * 16_000, 1, 16_000, 1)
    assert len(content) == 24 + 62 * 16_000
    assert content.count(0xFF) < len(content) / 5  # which stands for zero


def test_an_au_file_is_downloaded_as_it_was_uploaded(desk: Desk) -> None:
    content = struct.pack(">4s5I", b".snd", 28, 4, 1, 8000, 1) + b"note\x00\x10\x20\x30"
    assert upload(desk, "", content).body == b"OK\nuploaded=0\n"
    assert desk.ask("GET", f"{MEDIA}?action=download&clip=0").body == content


def test_a_factory_clip_is_downloaded_as_the_sound_it_has_here(desk: Desk) -> None:
    """M32 is beeps of 780 Hz: 40 Hz above its neighbour."""
    answer = desk.ask("GET", f"{MEDIA}?action=download&clip={ALARM}")
    assert (answer.content_type, answer.body[:4]) == ("audio/basic", b".snd")
    crossings = sum(
        a < 128 <= b for a, b in pairwise(answer.body[24 : 24 + 8000])
    )  # the sign bit, in the first half second
    assert crossings == pytest.approx(390, abs=2)


@pytest.mark.parametrize(
    ("duplicate", "answer", "clips"),
    [("updated", "updated=MediaClip.M0", 1), ("replaced", "replaced=0", 1), ("uploaded", "uploaded=1", 2)],
)
def test_what_a_name_that_exists_is_answered_is_the_profiles(duplicate: str, answer: str, clips: int) -> None:
    desk = Desk("C1410")
    quirks = desk.device.profile.quirks
    audio = quirks.audio.model_copy(update={"clip_duplicate": duplicate})
    desk.device.profile = replace(desk.device.profile, quirks=quirks.model_copy(update={"audio": audio}))
    upload(desk, "&name=Gong", wav(1))
    assert upload(desk, "&name=Gong", wav(2)).body == f"OK\n{answer}\n".encode()
    assert len([clip for clip in desk.device.clips.items if clip.number < 25]) == clips


def test_a_clip_is_heard_as_it_was_uploaded_at_its_volume_and_so_often(desk: Desk) -> None:
    """A square wave at half of full scale: -3 dBFS, at half the volume, with 30 dB of attenuation."""
    upload(desk, "", wav(1, b"\x00\x40" * 8 + b"\x00\xc0" * 8))
    desk.get(f"{PLAY}?clip=0&volume=50&repeat=1")
    desk.advance(2)
    heard = desk.device.audio.render(2)
    assert level_of(heard[4000:28_000]) == pytest.approx(-3 - 6 - 30, abs=1)
    desk.advance(1)
    assert level_of(desk.device.audio.render(1)) == -90
    assert len(desk.device.audio.render(2.5)) == 40_000


@pytest.mark.parametrize(
    "query",
    [
        *(
            "",
            "action=list",
            "action=",
            "action=play",
            "action=play&clip=",
            "action=play&clip=0",
            "action=play&clip=x",
        ),
        *("action=play&clip=99999999999", "action=play&location=none.mp3", "action=play&location=/etc/passwd"),
        *("action=play&clip=32&repeat=-2", "action=play&clip=32&volume=1001", "action=play&clip=32&volume=loud"),
        *("action=play&clip=32&audiodeviceid=0", "action=play&clip=32&audiooutputid=0"),
        "action=play&clip=32&audiodeviceid=0&audiooutputid=0&audiooutput=1",
        *("action=play&clip=32&audiodeviceid=1&audiooutputid=0", "action=play&clip=32&audiooutput=2"),
        *("action=remove", "action=remove&clip=0", "action=update&clip=32", "action=update&clip=0&name=x"),
        *("action=update&clip=32&name=a%0Ab", "action=download&clip=0", "action=upload"),
    ],
)
def test_failures_are_400_and_say_why(desk: Desk, query: str) -> None:
    answer = desk.ask("GET", f"{MEDIA}?{query}")
    first, second, rest = answer.body.decode().split("\n")
    assert (answer.status, answer.content_type, first, rest) == (400, "text/plain", "400 Bad Request", "")
    assert second
    assert desk.device.clips.playing is None


@pytest.mark.parametrize(
    ("query", "content"),
    [
        ("", b"MZ no sound"),
        ("", b""),
        ("&media=video", wav()),
        ("&name=" + "x" * 256, wav()),
        ("&name=a%0Aroot.Brand.Brand=EVIL", wav()),
    ],
)
def test_uploads_that_are_refused(desk: Desk, query: str, content: bytes) -> None:
    answer = upload(desk, query, content)
    assert answer.status == 400
    assert answer.body.startswith(b"400 Bad Request\n")
    assert 0 not in desk.device.clips


def test_a_file_above_the_limit_and_a_full_store(desk: Desk) -> None:
    desk.device.parameters.put("MediaClip.MaxUploadSize", "1")
    assert upload(desk, "", wav(70)).status == 400
    for number in range(25):
        assert upload(desk, "", wav(0.01)).body == f"OK\nuploaded={number}\n".encode()
    assert upload(desk, "", wav(0.01)).status == 400


def test_curls_first_empty_post_is_asked_for_credentials(desk: Desk) -> None:
    assert desk.ask("POST", f"{MEDIA}?action=upload", login=None).status == 401


def test_who_may_what(desk: Desk) -> None:
    desk.device.accounts.add("vera", "v", ("viewer",))
    desk.device.accounts.add("olga", "o", ("operator",))
    for path, viewer in ((f"{MEDIA}?action=stop", 403), (f"{PLAY}?clip={ALARM}", 200), (STOP, 200)):
        assert desk.ask("GET", path, login=("vera", "v")).status == viewer
        assert desk.ask("GET", path, login=("olga", "o")).status == 200


def test_an_io_module_has_none_of_it() -> None:
    module = Desk("A9210")
    assert {module.ask("GET", path).status for path in (MEDIA, PLAY, STOP)} == {404}
