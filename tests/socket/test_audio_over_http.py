"""Live audio to a speaker over HTTP, from programs we did not write: ffmpeg, curl, and clients as they are in the field.

What the loudspeaker plays is asked of the control API and judged by its frequency. Devices run in wire time here, because
that is what a talker lives in.
"""

from __future__ import annotations

import base64
import io
import socket
import struct
import subprocess
import time
import wave
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import numpy as np
import pytest
from vapix_fleet import ROOT, curl, fleet, running_curl, until

from simulator.fleet.handle import DeviceHandle
from simulator.fleet.session import Session

TRANSMIT, MEDIA, PLAY = "/axis-cgi/audio/transmit.cgi", "/axis-cgi/mediaclip.cgi", "/axis-cgi/playclip.cgi"
FFMPEG = pytest.mark.peer("ffmpeg")
CURL = pytest.mark.peer("curl")


@pytest.fixture(scope="module")
def session() -> Iterator[Session]:
    with fleet({"name": "speaker", "model": "C1410", "number": 7}, clock="real") as made:
        made.act({"set": {"device": "speaker", "parameter": "AudioSource.A0.OutputGain", "value": "0"}})
        yield made


@pytest.fixture
def speaker(session: Session) -> Iterator[DeviceHandle]:
    """Silent before and after each test."""
    url = session["speaker"].url
    curl(f"{url}/axis-cgi/stopclip.cgi")
    until(lambda: not heard(session)["sources"])
    yield session["speaker"]
    curl(f"{url}/axis-cgi/stopclip.cgi")
    until(lambda: not heard(session)["sources"])


def heard(session: Session, seconds: float = 0.5, tone: float | None = None) -> dict:
    return session.hearing("speaker", seconds, tone)


def sounds(session: Session, hertz: float, *, louder_than: float = -25.0) -> bool:
    """Whether a tone was played in the last half second."""
    return bool(heard(session, 0.5, hertz)["tone_level"] > louder_than)


def mulaw(hertz: float, seconds: float, tmp_path: Path) -> bytes:
    """A sine in mu-law at 8 kHz, made by ffmpeg."""
    path = tmp_path / "tone.ul"
    source = f"sine=frequency={hertz}:duration={seconds}:sample_rate=8000"
    ffmpeg("-f", "lavfi", "-i", source, "-af", "volume=4", "-f", "mulaw", str(path))
    return path.read_bytes()


def ffmpeg(*arguments: str) -> None:
    subprocess.run(["ffmpeg", "-v", "error", "-y", *arguments], check=True, timeout=30)


@contextmanager
def talking(session: Session, *arguments: str) -> Iterator[subprocess.Popen[bytes]]:
    """An ffmpeg that talks until the end of the block, to a speaker that bears with one that is starved for a while."""
    patience = {"device": "speaker", "parameter": "Audio.ReceiverTimeout"}
    session.act({"set": {**patience, "value": "9999"}})
    process = subprocess.Popen(["ffmpeg", "-v", "error", "-re", *arguments], stderr=subprocess.PIPE)
    try:
        yield process
    finally:
        process.kill()
        process.communicate()
        session.act({"set": {**patience, "value": "1000"}})


def sine(hertz: float, seconds: float) -> tuple[str, ...]:
    return ("-f", "lavfi", "-i", f"sine=frequency={hertz}:duration={seconds}", "-af", "volume=4")


def with_login(url: str) -> str:
    return url.replace("://", f"://{ROOT}@") + TRANSMIT


@contextmanager
def connected(url: str) -> Iterator[socket.socket]:
    place = urlsplit(url)
    with closing(socket.create_connection((place.hostname, place.port or 80), timeout=10)) as connection:
        yield connection


def head(*lines: str, version: str = "1.1", login: bool = True) -> bytes:
    credentials = f"Authorization: Basic {base64.b64encode(ROOT.encode()).decode()}"
    told = [f"POST {TRANSMIT} HTTP/{version}", "Host: speaker", "Content-Type: audio/basic", *lines]
    return "\r\n".join([*told, *([credentials] if login else []), "", ""]).encode()


def status_of(connection: socket.socket) -> bytes:
    """The first line of the answer, or nothing where the connection ends without one."""
    received = b""
    while b"\r\n" not in received:
        more = connection.recv(4096)
        if not more:
            break
        received += more
    return received.partition(b"\r\n")[0]


@pytest.fixture
def basic(session: Session) -> Iterator[None]:
    """Basic authentication is allowed, so that a raw client needs no sums."""
    policy = {"device": "speaker", "parameter": "Network.HTTP.AuthenticationPolicy"}
    session.act({"set": {**policy, "value": "basic"}})
    yield
    session.act({"set": {**policy, "value": "digest"}})


# ---- clients that speak proper HTTP


@FFMPEG
def test_ffmpeg_talks_chunked_and_is_heard(session: Session, speaker: DeviceHandle) -> None:
    """Credentials in the URL, chunks without end, as a published alert sender does it."""
    more = ("-f", "mulaw", "-ar", "8000", "-ac", "1", "-content_type", "audio/basic")
    with talking(session, *sine(1000, 30), *more, with_login(speaker.url)) as process:
        until(lambda: sounds(session, 1000))
        state = heard(session, 0.5)
        assert (state["heard"], state["sources"]) == ("VAPIXAudio", ["VAPIXAudio"])
        assert state["strongest"]["hertz"] == pytest.approx(1000, abs=5)
        assert process.poll() is None
        assert active(session) == "1"
    until(lambda: not heard(session)["sources"])
    assert active(session) == "0"


def active(session: Session) -> str:
    states = session.states("speaker")
    return next(str(each["data"]["AudioOutputActive"]) for each in states if "AudioOutputActive" in each["topic"])


@FFMPEG
@pytest.mark.parametrize(
    ("content_type", "codec"),
    [
        ("audio/basic", ("-f", "mulaw", "-ar", "8000")),
        ("audio/axis-mulaw-128", ("-f", "mulaw", "-ar", "16000")),
        ("audio/G726-32", ("-f", "g726le", "-ar", "8000", "-code_size", "4")),
        ("audio/G726-24", ("-f", "g726le", "-ar", "8000", "-code_size", "3")),
    ],
)
@CURL
def test_a_file_in_every_codec_is_answered_when_it_was_played(
    session: Session, speaker: DeviceHandle, tmp_path: Path, content_type: str, codec: tuple[str, ...]
) -> None:
    path = tmp_path / "speech"
    ffmpeg(*sine(700, 1.5), *codec, "-ac", "1", str(path))
    sent = ("-H", f"Content-Type: {content_type}", "-H", "Expect:", "--data-binary", f"@{path}")
    with running_curl(*sent, speaker.url + TRANSMIT) as talker:
        until(lambda: sounds(session, 700))
        answer = talker.answer()
    assert (answer.code, answer.status) == (0, 200)
    assert answer.seconds > 1.4


@CURL
@pytest.mark.parametrize(("size", "least", "most"), [(0, 0.0, 0.8), (4000, 0.5, 1.2)])
def test_the_answer_comes_when_the_last_of_it_was_played_and_not_later(
    speaker: DeviceHandle, tmp_path: Path, size: int, least: float, most: float
) -> None:
    """Which is before the receiver's timeout of a second would have passed."""
    path = tmp_path / "speech"
    path.write_bytes(b"\xff" * size)
    sent = ("-H", "Content-Type: audio/basic", "--data-binary", f"@{path}", speaker.url + TRANSMIT)
    answers = [curl(*sent) for _ in range(3)]
    assert {answer.status for answer in answers} == {200}
    assert least <= min(answer.seconds for answer in answers) < most


@FFMPEG
@CURL
def test_curl_asks_before_it_sends(session: Session, speaker: DeviceHandle, tmp_path: Path) -> None:
    """`Expect: 100-continue` with the credentials: 100, then the body, then 200 after it was played."""
    path = tmp_path / "speech"
    path.write_bytes(mulaw(900, 1, tmp_path))
    sent = ("-H", "Content-Type: audio/basic", "-H", "Expect: 100-continue", "--data-binary", f"@{path}")
    assert curl(*sent, speaker.url + TRANSMIT).status == 200
    assert sounds(session, 900)


@FFMPEG
@CURL
def test_the_second_talker_is_refused_and_the_first_goes_on(
    session: Session, speaker: DeviceHandle, tmp_path: Path
) -> None:
    path = tmp_path / "speech"
    path.write_bytes(mulaw(500, 5, tmp_path))
    more = ("-f", "mulaw", "-ar", "8000", "-ac", "1", "-content_type", "audio/basic")
    sent = ("-i", "-H", "Content-Type: audio/basic", "--data-binary", f"@{path}")
    with talking(session, *sine(1000, 30), *more, with_login(speaker.url)):
        until(lambda: sounds(session, 1000))
        answer = curl(*sent, speaker.url + TRANSMIT)
        assert answer.status == 503
        assert "503 Receiving audio from another client" in answer.body
        until(lambda: sounds(session, 1000))
        assert not sounds(session, 500)


@CURL
@pytest.mark.parametrize("method", ["GET", "POST", "HEAD"])
def test_a_scanner_knows_a_speaker_by_401(speaker: DeviceHandle, method: str) -> None:
    more = ("-I",) if method == "HEAD" else ("-X", method)
    assert curl(*more, speaker.url + TRANSMIT, login="").status == 401


@CURL
def test_wrong_verb_and_wrong_format(speaker: DeviceHandle, tmp_path: Path) -> None:
    assert curl(speaker.url + TRANSMIT).status == 405
    path = tmp_path / "speech"
    path.write_bytes(bytes(200_000))
    refused = curl("-H", "Content-Type: audio/flac", "--data-binary", f"@{path}", speaker.url + TRANSMIT)
    assert refused.status == 415


@FFMPEG
@CURL
def test_over_tls_and_longer_than_what_is_taken_in_ahead(
    session: Session, speaker: DeviceHandle, tmp_path: Path
) -> None:
    """Four seconds in one go: the answer comes after four seconds. Over TLS a device takes basic authentication."""
    path = tmp_path / "speech"
    path.write_bytes(mulaw(800, 4, tmp_path))
    sent = (
        "--insecure",
        "--basic",
        "-H",
        "Content-Type: audio/basic",
        "-H",
        "Expect:",
        "--data-binary",
        f"@{path}",
    )
    with running_curl(*sent, speaker.https_url + TRANSMIT) as talker:
        until(lambda: sounds(session, 800))
        answer = talker.answer()
    assert answer.status == 200
    assert 3.9 < answer.seconds < 8


# ---- clients as they are in the field


@FFMPEG
@pytest.mark.usefixtures("basic")
@pytest.mark.parametrize("lengths", [(), ("Content-Length: 999999999",)], ids=["no length", "huge length"])
def test_a_recorder_streams_right_behind_the_head(
    session: Session, speaker: DeviceHandle, tmp_path: Path, lengths: tuple[str, ...]
) -> None:
    """First without credentials, then with them and the sound at once; it never waits for an answer."""
    said = mulaw(1200, 2, tmp_path)
    with connected(speaker.url) as connection:
        connection.sendall(head(*(lengths and ("Content-Length: 0",)), login=False))
        assert status_of(connection).startswith(b"HTTP/1.1 401")
    with connected(speaker.url) as connection:
        connection.sendall(head(*lengths) + said[:4000])
        connection.sendall(said[4000:])
        until(lambda: sounds(session, 1200))


@FFMPEG
@pytest.mark.usefixtures("basic")
def test_an_old_client_ends_with_its_half_of_the_connection(
    session: Session, speaker: DeviceHandle, tmp_path: Path
) -> None:
    with connected(speaker.url) as connection:
        connection.sendall(head(version="1.0") + mulaw(1500, 1, tmp_path))
        connection.shutdown(socket.SHUT_WR)
        assert status_of(connection) == b"HTTP/1.1 200 OK"
        assert connection.recv(65536) == b"" or connection.recv(65536) == b""
    assert sounds(session, 1500)


@FFMPEG
@pytest.mark.usefixtures("basic")
def test_a_head_in_pieces(session: Session, speaker: DeviceHandle, tmp_path: Path) -> None:
    sent = head()
    with connected(speaker.url) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for at in range(0, len(sent), 40):
            connection.sendall(sent[at : at + 40])
        connection.sendall(mulaw(1100, 1, tmp_path))
        until(lambda: sounds(session, 1100))


@FFMPEG
@pytest.mark.usefixtures("basic")
def test_a_client_that_stalls_is_cut_off_without_an_answer(
    session: Session, speaker: DeviceHandle, tmp_path: Path
) -> None:
    with connected(speaker.url) as connection:
        connection.sendall(head("Content-Length: 80000") + mulaw(1000, 0.5, tmp_path))
        assert status_of(connection) == b""
    assert not heard(session)["sources"]


@FFMPEG
@pytest.mark.usefixtures("basic")
def test_a_client_that_dies_is_gone_at_once(session: Session, speaker: DeviceHandle, tmp_path: Path) -> None:
    with connected(speaker.url) as connection:
        connection.sendall(head("Content-Length: 80000") + mulaw(1000, 3, tmp_path))
        until(lambda: sounds(session, 1000))
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    until(lambda: not heard(session)["sources"])


@pytest.mark.usefixtures("basic")
def test_what_follows_a_refused_post_is_the_next_request(speaker: DeviceHandle) -> None:
    """Without a length a POST has no body, unless somebody takes what follows for one."""
    with connected(speaker.url) as connection:
        first = head(login=False).replace(TRANSMIT.encode(), b"/axis-cgi/nothing.cgi")
        connection.sendall(first + b"GET /axis-cgi/io/none.cgi HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        received = b""
        while more := connection.recv(65536):
            received += more
    assert received.count(b"HTTP/1.1 404") == 2


# ---- the microphone


@pytest.fixture
def hearing(session: Session, speaker: DeviceHandle) -> Iterator[str]:
    """The microphone is on and hears 1 kHz; the URL that a player with credentials opens."""
    for name in ("AudioSource.A0.AudioSupport", "Audio.A0.Enabled"):
        session.act({"set": {"device": "speaker", "parameter": name, "value": "yes"}})
    session.act({"hear": {"device": "speaker", "tone": 1000, "level": -20}})
    yield speaker.url.replace("://", f"://{ROOT}@") + "/axis-cgi/audio/receive.cgi"
    session.act({"hear": {"device": "speaker", "silence": True}})
    until(lambda: session.snapshot("speaker")["audio"]["listeners"] == 0)


def recorded(url: str, seconds: float, path: Path, *form: str) -> tuple[float, float]:
    """What ffmpeg hears in so many seconds of a stream: strongest frequency, and length of what it got in seconds."""
    ffmpeg(*form, "-i", url, "-t", str(seconds), "-ac", "1", "-ar", "16000", str(path))
    with wave.open(str(path)) as reader:
        samples = np.frombuffer(reader.readframes(reader.getnframes()), np.int16)
    spectrum = np.abs(np.fft.rfft(samples * np.hanning(len(samples))))
    return float(np.argmax(spectrum)) * 16_000 / len(samples), len(samples) / 16_000


@FFMPEG
@pytest.mark.parametrize(
    ("query", "form"),
    [
        ("audiocodec=g711", ("-f", "mulaw", "-ar", "8000")),
        ("audiocodec=g726&audiobitrate=32000", ("-f", "g726le", "-sample_rate", "8000", "-code_size", "4")),
        ("audiocodec=g726&audiobitrate=24000", ("-f", "g726le", "-sample_rate", "8000", "-code_size", "3")),
        ("audiocodec=lpcm&audiosamplerate=16000", ("-f", "s24be", "-ar", "16000")),
        ("audiocodec=aac&audiosamplerate=16000&audiobitrate=32000", ()),
        ("audiocodec=opus&audiosamplerate=48000&audiobitrate=64000", ()),
    ],
)
def test_ffmpeg_hears_what_the_microphone_hears(
    hearing: str, tmp_path: Path, query: str, form: tuple[str, ...]
) -> None:
    hertz, seconds = recorded(f"{hearing}?{query}", 1.5, tmp_path / "heard.wav", *form)
    assert (hertz, seconds) == (pytest.approx(1000, abs=3), pytest.approx(1.5, abs=0.1))


@CURL
def test_the_stream_comes_in_real_time(session: Session, hearing: str, speaker: DeviceHandle) -> None:
    """Three seconds of mu-law take three seconds, in parts of 64 ms."""
    with running_curl(f"{speaker.url}/axis-cgi/audio/receive.cgi?audiocodec=g711&httptype=multipart") as listener:
        begun, part = (
            None,
            len(b"--myboundary\r\nContent-Type: audio/basic\r\nContent-Length: 512\r\n\r\n\r\n") + 512,
        )
        for _ in range(48):
            data = listener.read(part)
            begun = begun or time.monotonic()
            assert data.startswith(b"--myboundary\r\nContent-Type: audio/basic\r\nContent-Length: 512\r\n\r\n")
        assert session.snapshot("speaker")["audio"]["listeners"] == 1
        assert time.monotonic() - begun == pytest.approx(47 * 0.064, abs=0.3)


@CURL
def test_one_listener_too_many(session: Session, hearing: str, speaker: DeviceHandle) -> None:
    session.act({"set": {"device": "speaker", "parameter": "Audio.MaxListeners", "value": "1"}})
    url = f"{speaker.url}/axis-cgi/audio/receive.cgi?audiocodec=g711"
    with running_curl(url) as listener:
        listener.read(100)
        assert curl(url).status == 503
    until(lambda: session.snapshot("speaker")["audio"]["listeners"] == 0)
    session.act({"set": {"device": "speaker", "parameter": "Audio.MaxListeners", "value": "20"}})
    with running_curl(url) as listener:
        assert listener.read(100)


@FFMPEG
def test_an_echo_of_the_loudspeaker(session: Session, hearing: str, speaker: DeviceHandle, tmp_path: Path) -> None:
    """The clip is 20 dB softer over the acoustic path than at the loudspeaker, but louder than silence."""
    session.act({"hear": {"device": "speaker", "silence": True}})
    curl(f"{speaker.url}{PLAY}?clip=32&repeat=-1")
    hertz, _ = recorded(f"{hearing}?audiocodec=g711", 1.5, tmp_path / "echo.wav", "-f", "mulaw", "-ar", "8000")
    assert hertz == pytest.approx(780, abs=3)
    curl(f"{speaker.url}/axis-cgi/stopclip.cgi")


# ---- clips


@FFMPEG
@CURL
@pytest.mark.parametrize(
    ("extension", "codec"),
    [
        ("au", ("-c:a", "pcm_mulaw", "-ar", "8000")),
        ("wav", ("-ar", "48000", "-ac", "2")),
        ("mp3", ("-b:a", "128k")),
        ("opus", ("-c:a", "libopus")),
        ("ogg", ("-c:a", "libvorbis")),
    ],
)
def test_a_clip_of_every_format_is_uploaded_with_curl_and_heard(
    session: Session, speaker: DeviceHandle, tmp_path: Path, extension: str, codec: tuple[str, ...]
) -> None:
    path = tmp_path / f"clip.{extension}"
    ffmpeg(*sine(1300, 2), *codec, str(path))
    upload = curl("-F", f"file=@{path};type=audio/basic", f"{speaker.url}{MEDIA}?action=upload&name={extension}")
    assert upload.status == 200
    number = upload.body.strip().rpartition("=")[2]
    link = f"{speaker.url}{PLAY}?location=MediaClip.M{number}.*&repeat=1&volume=80&audiooutput=1"
    assert curl(link).body.startswith("OK\n")
    until(lambda: sounds(session, 1300))
    assert curl(f"{speaker.url}/axis-cgi/stopclip.cgi").body == "OK\nstopping\n"
    assert not heard(session)["sources"]
    assert curl(f"{speaker.url}{MEDIA}?action=remove&clip={number}").status == 200


@FFMPEG
@CURL
def test_a_download_is_an_au_file_for_others(speaker: DeviceHandle, tmp_path: Path) -> None:
    path, out = tmp_path / "clip.mp3", tmp_path / "clip.wav"
    ffmpeg(*sine(600, 2), "-b:a", "128k", str(path))
    number = curl("-F", f"f=@{path}", f"{speaker.url}{MEDIA}?action=upload").body.strip().rpartition("=")[2]
    loaded = tmp_path / "clip.au"
    curl("-o", str(loaded), f"{speaker.url}{MEDIA}?action=download&clip={number}")
    ffmpeg("-i", str(loaded), str(out))
    with wave.open(str(out)) as reader:
        samples = np.frombuffer(reader.readframes(reader.getnframes()), np.int16)
        rate = reader.getframerate()
    spectrum = np.abs(np.fft.rfft(samples * np.hanning(len(samples))))
    assert np.argmax(spectrum) * rate / len(samples) == pytest.approx(600, abs=2)
    assert curl(f"{speaker.url}{MEDIA}?action=remove&clip={number}").status == 200


@pytest.mark.usefixtures("basic")
@pytest.mark.parametrize("length", [60_000, 10], ids=["cut off", "shorter than it is"])
def test_an_upload_that_lies_about_its_length_leaves_nothing(
    session: Session, speaker: DeviceHandle, length: int
) -> None:
    body = b'--x\r\nContent-Disposition: form-data; name="f"; filename="a.wav"\r\n\r\n' + wav() + b"\r\n--x--\r\n"
    with connected(speaker.url) as connection:
        sent = head(f"Content-Length: {length}").replace(TRANSMIT.encode(), f"{MEDIA}?action=upload".encode())
        connection.sendall(sent.replace(b"audio/basic", b"multipart/form-data; boundary=x") + body)
        connection.shutdown(socket.SHUT_WR)
        status = status_of(connection)
    assert status == b"" or status.startswith(b"HTTP/1.1 400")
    parameters = curl(f"{speaker.url}/axis-cgi/param.cgi?action=list&group=MediaClip").body
    assert "MediaClip.M0" not in parameters


def wav() -> bytes:
    file = io.BytesIO()
    with wave.open(file, "wb") as writer:
        writer.setparams((1, 2, 8000, 0, "NONE", ""))
        writer.writeframes(bytes(8000))
    return file.getvalue()


# ---- what was heard, for everybody


@CURL
def test_the_control_api_gives_what_was_heard(session: Session, speaker: DeviceHandle) -> None:
    curl(f"{speaker.url}{PLAY}?clip=32&repeat=-1")

    def strongest() -> float:
        with wave.open(io.BytesIO(session.sound("speaker", 1.0))) as reader:
            assert (reader.getframerate(), reader.getnchannels(), reader.getnframes()) == (16_000, 1, 16_000)
            samples = np.frombuffer(reader.readframes(16_000), np.int16)
        return float(np.argmax(np.abs(np.fft.rfft(samples))))

    until(lambda: strongest() == pytest.approx(780, abs=4))
