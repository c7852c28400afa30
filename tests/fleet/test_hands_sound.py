"""Hands on what a microphone hears, the sound of a speaker in the control API, and talkers when a device goes down."""

from __future__ import annotations

import base64
import io
import wave
from pathlib import Path

import numpy as np
import pytest
from engine_bench import PASSWORD, USER, EngineBench, eventually, module, speaker

from simulator.errors import FleetError

LISTEN = {"AudioSource.A0.AudioSupport": "yes", "Audio.A0.Enabled": "yes", "AudioSource.A0.AlarmLevel": "50"}


def listening(bench: EngineBench) -> None:
    """A speaker whose microphone is on, and triggers above -45 dBFS."""
    bench.fleet(speaker(), module())
    for name, value in LISTEN.items():
        bench.act("set", {"device": "speaker-1", "parameter": name, "value": value})


def triggered(bench: EngineBench) -> list[str]:
    return [r["data"]["data"]["triggered"] for r in bench.records("event", "speaker-1", what="TriggerLevel")][1:]


def test_a_tone_and_silence_move_the_sound_level(bench: EngineBench) -> None:
    listening(bench)
    bench.act("hear", "speaker-1", tone=1000, level=-50)
    bench.act("hear", "speaker-1", tone=1000)
    bench.act("hear", "speaker-1", silence=True)
    bench.act("hear", "speaker-1", tone=440, level=-10)
    bench.act("microphone", {"do": "off", "device": "speaker-1"})
    assert triggered(bench) == ["1", "0", "1", "0"]
    assert bench.state("speaker-1")["audio"]["microphone"] is False


def test_a_recording_is_heard(bench: EngineBench, tmp_path: Path) -> None:
    path = tmp_path / "noise.wav"
    with wave.open(str(path), "wb") as writer:
        writer.setparams((1, 2, 8000, 0, "NONE", ""))
        writer.writeframes(np.resize(np.array([9000, -9000], "<i2"), 8000).tobytes())
    listening(bench)
    bench.act("hear", "speaker-1", file=str(path))
    assert triggered(bench) == ["1"]
    bench.act("hear", "speaker-1", file=str(path), level=-60)
    assert triggered(bench) == ["1", "0"]


@pytest.mark.parametrize(
    ("content", "told"), [(None, "cannot be read"), (b"no sound", "is no recording"), (b".snd", "is no recording")]
)
def test_no_recording(bench: EngineBench, tmp_path: Path, content: bytes | None, told: str) -> None:
    path = tmp_path / "x.wav"
    if content is not None:
        path.write_bytes(content)
    bench.fleet(speaker())
    with pytest.raises(FleetError, match=told):
        bench.act("hear", "speaker-1", file=str(path))


def test_only_speakers_hear(bench: EngineBench) -> None:
    bench.fleet(speaker(), module())
    with pytest.raises(FleetError, match="no microphone"):
        bench.act("hear", "*", tone=1000)
    assert bench.records("state", "speaker-1", what="microphone hears") == []
    with pytest.raises(FleetError):
        bench.act("hear", "speaker-1", tone=1000, level=3)


# ---- the control API


def test_sound_and_hearing_of_a_clip(bench: EngineBench) -> None:
    bench.fleet(speaker())
    assert bench.get("/axis-cgi/playclip.cgi?clip=32", "speaker-1").text.startswith("OK")
    bench.advance(0.5)
    told = bench.call("GET", "/v1/devices/speaker-1/hearing?seconds=0.5&tone=780")
    assert (told["heard"], told["sources"]) == ("VAPIXMediaClip", ["VAPIXMediaClip"])
    assert told["strongest"]["hertz"] == pytest.approx(780, abs=2)
    assert told["tone_level"] == pytest.approx(-12 - 30, abs=0.5)
    with wave.open(io.BytesIO(bench.call("GET", "/v1/devices/speaker-1/sound?seconds=0.25"))) as reader:
        assert (reader.getnframes(), reader.getframerate()) == (4000, 16_000)
        assert any(reader.readframes(4000))
    assert bench.state("speaker-1")["audio"]["heard"] == "VAPIXMediaClip"


@pytest.mark.parametrize("query", ["seconds=31", "seconds=-1", "seconds=nan", "seconds=x", "tone=0", "tone=1e9"])
def test_what_cannot_be_listened_to(bench: EngineBench, query: str) -> None:
    bench.fleet(speaker(), module())
    with pytest.raises(FleetError, match="query parameter"):
        bench.call("GET", f"/v1/devices/speaker-1/hearing?{query}")
    with pytest.raises(FleetError, match="no loudspeaker"):
        bench.call("GET", "/v1/devices/io-1/sound")
    with pytest.raises(FleetError):
        bench.call("GET", "/v1/devices/nobody/sound")


# ---- who talks or listens when the device goes down


def request(bench: EngineBench, line: str, *headers: str) -> bytes:
    policy = {"device": "speaker-1", "parameter": "Network.HTTP.AuthenticationPolicy", "value": "basic"}
    bench.act("set", policy)
    login = base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
    return "\r\n".join([line, "Host: x", f"Authorization: Basic {login}", *headers, "", ""]).encode()


def light(bench: EngineBench) -> str:
    """The front light once the rules have had their moment."""
    bench.advance(1)
    return str(bench.state("speaker-1")["speaker"]["light"])


def test_the_front_light_is_green_while_somebody_listens(bench: EngineBench) -> None:
    """As a rule from the factory has it."""
    listening(bench)
    listener = bench.connect("speaker-1")
    listener.sendall(request(bench, "GET /axis-cgi/audio/receive.cgi?audiocodec=g711 HTTP/1.1"))
    assert listener.recv(10).startswith(b"HTTP/1.1 2")
    assert light(bench) == "green"
    listener.close()
    eventually(lambda: bench.state("speaker-1")["audio"]["listeners"] == 0)
    assert light(bench) == "off"


@pytest.mark.parametrize("deed", [("power", "cut"), ("reboot", None)])
def test_a_talker_and_a_listener_are_gone_with_the_device(
    bench: EngineBench, deed: tuple[str, str | None]
) -> None:
    listening(bench)
    talker, listener = bench.connect("speaker-1"), bench.connect("speaker-1")
    head = request(bench, "POST /axis-cgi/audio/transmit.cgi HTTP/1.1", "Content-Type: audio/basic")
    talker.sendall(head + b"\xff" * 4000)
    listener.sendall(request(bench, "GET /axis-cgi/audio/receive.cgi?audiocodec=g711 HTTP/1.1"))
    eventually(lambda: bench.state("speaker-1")["audio"]["sources"] == ["VAPIXAudio"])
    assert listener.recv(10).startswith(b"HTTP/1.1 2")
    verb, what = deed
    bench.act(verb, what or "speaker-1", **({"device": "speaker-1"} if what else {}))
    bench.advance(20)
    state = eventually(lambda: (told := bench.state("speaker-1")["audio"])["listeners"] == 0 and told)
    assert state["sources"] == []
    if deed[0] == "power":
        bench.act("power", "restore", device="speaker-1")
    bench.boot("speaker-1")
    again = bench.connect("speaker-1")
    again.sendall(head + b"\xff" * 400)
    eventually(lambda: bench.state("speaker-1")["audio"]["sources"] == ["VAPIXAudio"])
