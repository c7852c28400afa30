"""The speaker's audio APIs: device control, mixer, streaming capabilities, clip metadata, receive.cgi (audio sheet 3, 4)."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from vapix_desk import Desk, Wire

from simulator.face.exchange import Answer, Endless
from simulator.wire.live_audio import G726_32, MULAW, decoded
from simulator.wire.sound.analysis import dominant

CONTROL, MIXER = "/axis-cgi/audiodevicecontrol.cgi", "/axis-cgi/audiomixer.cgi"
CAPABILITIES, CLIPS = "/axis-cgi/audio/streamingcapabilities.cgi", "/axis-cgi/mediaclip2.cgi"
RECEIVE = "/axis-cgi/audio/receive.cgi"


@pytest.fixture
def desk() -> Desk:
    return Desk("C1410")


def call(desk: Desk, path: str, method: str, params: Any = None, **more: Any) -> dict[str, Any]:
    body = {
        "apiVersion": "1.0",
        "context": "c",
        "method": method,
        **({} if params is None else {"params": params}),
    }
    answer = desk.ask("POST", path, json.dumps(body), **more)
    assert answer.status == 200
    return json.loads(answer.body)


def channel(side: str, **values: Any) -> dict[str, Any]:
    """The smallest tree that sets one channel."""
    signaling = {"id": "unbalanced", "channels": [{"id": "0", **values}]}
    return {"devices": [{"id": "0", side: [terminal(signaling)]}]}


def terminal(signaling: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"id": "0", "connectionTypes": [{"id": "internal", "signalingTypes": [signaling]}], **more}


# ---- audiodevicecontrol.cgi


def test_the_tree_is_as_clients_want_it(desk: Desk) -> None:
    answer = call(desk, CONTROL, "getDevicesSettings")
    assert answer == {
        "apiVersion": "1.0",
        "context": "c",
        "method": "getDevicesSettings",
        "data": {
            "devices": [
                {
                    "id": "0",
                    "name": "Audio Device 0",
                    "inputs": [
                        {
                            "id": "0",
                            "name": "Input 0",
                            "enabled": False,
                            "connectionTypeSelected": "internal",
                            "connectionTypes": [
                                {
                                    "id": "internal",
                                    "signalingTypeSelected": "unbalanced",
                                    "signalingTypes": [
                                        {
                                            "id": "unbalanced",
                                            "powerType": "Off",
                                            "channels": [{"id": "0", "gain": 0, "mute": False}],
                                        }
                                    ],
                                }
                            ],
                        }
                    ],
                    "outputs": [
                        {
                            "id": "0",
                            "name": "Output 0",
                            "enabled": True,
                            "connectionTypeSelected": "internal",
                            "connectionTypes": [
                                {
                                    "id": "internal",
                                    "signalingTypeSelected": "unbalanced",
                                    "signalingTypes": [
                                        {
                                            "id": "unbalanced",
                                            "channels": [{"id": "0", "gain": -30, "mute": False}],
                                        }
                                    ],
                                }
                            ],
                        }
                    ],
                }
            ]
        },
    }


def test_a_client_that_sends_back_what_it_read_changes_nothing_but_the_slider(desk: Desk) -> None:
    """Percent to dB between first and last of gainValues, then the whole tree back; and it reads again."""
    capable = call(desk, CONTROL, "getDevicesCapabilities")["data"]["devices"][0]["outputs"][0]
    gains = capable["connectionTypes"][0]["signalingTypes"][0]["gainValues"]
    assert gains == sorted(gains)
    tree = call(desk, CONTROL, "getDevicesSettings")["data"]
    slot = tree["devices"][0]["outputs"][0]["connectionTypes"][0]["signalingTypes"][0]["channels"][0]
    slot["gain"] = round(gains[0] + (gains[-1] - gains[0]) * 0.8)
    assert call(desk, CONTROL, "setDevicesSettings", tree)["data"] == {}
    assert call(desk, CONTROL, "getDevicesSettings")["data"] == tree
    assert desk.device.audio.gain == slot["gain"] == -19
    assert desk.device.parameters["AudioSource.A0.OutputGain"] == "-19"


def test_mute_and_gain_of_both_sides(desk: Desk) -> None:
    assert "error" not in call(desk, CONTROL, "setDevicesSettings", channel("outputs", mute=True, gain=-50))
    assert (desk.device.audio.muted, desk.device.audio.gain) == (True, -50)
    assert desk.device.parameters["AudioSource.A0.OutputGain"] == "mute"
    assert "error" not in call(desk, CONTROL, "setDevicesSettings", channel("inputs", mute=True))
    assert desk.device.parameters["AudioSource.A0.InputGain"] == "mute"
    assert "error" not in call(desk, CONTROL, "setDevicesSettings", channel("inputs", mute=False, gain=12))
    assert desk.device.parameters["AudioSource.A0.InputGain"] == "12"


def test_the_input_is_turned_on_here(desk: Desk) -> None:
    wanted = {"devices": [{"id": 0, "inputs": [{"id": 0, "enabled": True}]}]}
    assert call(desk, CONTROL, "setDevicesSettings", wanted)["data"] == {}
    assert desk.device.parameters["AudioSource.A0.AudioSupport"] == "yes"
    assert desk.device.microphone.on


@pytest.mark.parametrize(
    ("params", "code"),
    [
        ({}, 2103),
        ({"devices": [{}]}, 2103),
        ({"devices": [{"id": "0", "outputs": [{"enabled": True}]}]}, 2103),
        ({"devices": [{"id": "0", "outputs": [{"id": "0", "connectionType": {"id": "internal"}}]}]}, 2103),
        ({"devices": [{"id": "1"}]}, 2104),
        ({"devices": "0"}, 2104),
        ({"devices": [{"id": "0", "outputs": [{"id": "0", "enabled": False}]}]}, 2104),
        ({"devices": [{"id": "0", "inputs": [{"id": "0", "connectionTypeSelected": "line"}]}]}, 2104),
        ({"devices": [{"id": "0", "inputs": [terminal({"id": "unbalanced", "powerType": "Phantom"})]}]}, 2104),
        (channel("outputs", gain=1), 2104),
        (channel("outputs", gain=-30.5), 2104),
        (channel("outputs", gain=True), 2104),
        (channel("outputs", mute="yes"), 2104),
        (channel("inputs", gain=-10), 2104),
    ],
)
def test_what_is_wrong_in_the_tree_changes_nothing(desk: Desk, params: Any, code: int) -> None:
    before = call(desk, CONTROL, "getDevicesSettings")["data"]
    answer = call(desk, CONTROL, "setDevicesSettings", params)
    assert (answer["error"]["code"], answer["method"], answer["context"]) == (code, "setDevicesSettings", "c")
    assert call(desk, CONTROL, "getDevicesSettings")["data"] == before


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-200, 200) | st.sampled_from(["0", "internal", "unbalanced", ""]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                [
                    "id",
                    "devices",
                    "inputs",
                    "outputs",
                    "connectionTypes",
                    "signalingTypes",
                    "channels",
                    "gain",
                    "mute",
                ]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)
_DESK = Desk("C1410")


@pytest.mark.fuzz
@given(JSON_VALUES, st.sampled_from([(CONTROL, "setDevicesSettings"), (MIXER, "setPluginsSettings")]))
def test_any_tree_gets_an_answer(params: Any, where: tuple[str, str]) -> None:
    answer = call(_DESK, *where, params)
    assert "error" not in answer or answer["error"]["code"] in (2103, 2104)


def test_other_methods_of_device_control(desk: Desk) -> None:
    assert call(desk, CONTROL, "getHazardousSettings")["data"] == {"powerTypes": []}
    assert call(desk, CONTROL, "getSupportedVersions")["data"] == {"apiVersions": ["1.0"]}
    assert call(desk, CONTROL, "getDevices")["error"]["code"] == 2102
    desk.device.accounts.add("vera", "v", ("viewer",))
    assert "data" in call(desk, CONTROL, "getDevicesSettings", login=("vera", "v"))
    body = json.dumps({"apiVersion": "1.0", "method": "setDevicesSettings", "params": channel("outputs", gain=0)})
    assert desk.ask("POST", CONTROL, body, login=("vera", "v")).status in (401, 403)
    assert desk.device.audio.gain == -30


# ---- audiomixer.cgi


def test_plugins_have_schema_and_settings(desk: Desk) -> None:
    jsonschema = pytest.importorskip("jsonschema", reason="jsonschema is not installed")
    tree = call(desk, MIXER, "getPluginsSettings")["data"]["devices"][0]
    for side, plugin in (("inputs", "automaticGainControl"), ("outputs", "simpleEq")):
        (found,) = tree[side][0]["plugins"]
        assert found["id"] == plugin
        schema = call(desk, MIXER, "getPluginSchema", {"plugin": plugin})["data"]
        jsonschema.Draft7Validator.check_schema(schema)
        jsonschema.validate(found["settings"], schema)
    assert call(desk, MIXER, "getPluginSchema", {"plugin": "reverb"})["error"]["code"] == 2104


def plugin(side: str, name: str, **settings: Any) -> dict[str, Any]:
    return {"devices": [{"id": "0", side: [{"id": "0", "plugins": [{"id": name, "settings": settings}]}]}]}


def test_plugins_are_set_in_part_and_reset_with_the_factory_default(desk: Desk) -> None:
    answer = call(desk, MIXER, "setPluginsSettings", plugin("inputs", "automaticGainControl", target=-40))
    assert answer == {"apiVersion": "1.0", "context": "c", "method": "setPluginsSettings"}
    inputs = call(desk, MIXER, "getPluginsSettings")["data"]["devices"][0]["inputs"]
    assert inputs[0]["plugins"][0]["settings"] == {"enabled": False, "target": -40, "dynamicRange": 0}
    wrong = plugin("outputs", "simpleEq", band0=3, band1=99)
    assert call(desk, MIXER, "setPluginsSettings", wrong)["error"]["code"] == 2104
    assert call(desk, MIXER, "setPluginsSettings", plugin("inputs", "simpleEq"))["error"]["code"] == 2104
    equaliser = call(desk, MIXER, "getPluginsSettings")["data"]["devices"][0]["outputs"][0]["plugins"][0]
    assert equaliser["settings"]["band0"] == 0
    desk.device.lifecycle.factory_default()
    desk.advance(600)
    mixer = desk.device.audio_mixer
    assert mixer.settings(mixer.plugin("automaticGainControl"))["target"] == -20


# ---- streamingcapabilities.cgi


def test_encoders_are_as_a_strict_client_wants_them(desk: Desk) -> None:
    encoders = call(desk, CAPABILITIES, "list")["data"]["encoders"]
    assert {"g711", "g726", "aac", "opus", "lpcm"} == set(encoders)
    for entries in encoders.values():
        for entry in entries:
            assert set(entry) == {"sample_rate", "bit_rates"}
            assert all(type(number) is int for number in (entry["sample_rate"], *entry["bit_rates"]))
    assert encoders["aac"][1] == {
        "sample_rate": 16_000,
        "bit_rates": [12_000, 16_000, 24_000, 32_000, 48_000, 64_000],
    }


def test_the_apis_are_discovered(desk: Desk) -> None:
    body = json.dumps({"apiVersion": "1.0", "method": "getApiList"})
    listed = json.loads(desk.ask("POST", "/axis-cgi/apidiscovery.cgi", body).body)["data"]["apiList"]
    found = {each["id"]: each["version"] for each in listed}
    for api in ("audio-device-control", "audio-mixer", "audio-streaming-capabilities", "mediaclip"):
        assert found[api] == "1.0"
    paths = (CONTROL, MIXER, CAPABILITIES, CLIPS, RECEIVE)
    assert {Desk("A9210").ask("POST", path).status for path in paths} == {404}


@pytest.mark.parametrize("path", ["/axis-cgi/audio/audiostatus.cgi", "/axis-cgi/audio/getaudiodevices.cgi"])
def test_what_clients_guess_is_not_there(desk: Desk, path: str) -> None:
    assert desk.ask("GET", path).status == 404


# ---- mediaclip2.cgi


def metadata(desk: Desk, **sent: Any) -> dict[str, Any]:
    answer = desk.ask("POST", CLIPS, json.dumps({"apiVersion": "0.1", **sent}))
    assert answer.status == 200
    return json.loads(answer.body)


def test_all_metadata_and_delete(desk: Desk) -> None:
    data = metadata(desk, method="getAllMetadata")["data"]
    assert data["32"] == {"name": "Alarm", "fileName": "alarm.mp3"}
    assert len(data) == 25
    assert "error" not in metadata(desk, method="delete", clipId="32")
    assert "32" not in metadata(desk, method="getAllMetadata")["data"]
    assert metadata(desk, method="delete", clipId="32")["error"]["code"] == 2104
    assert metadata(desk, method="delete", clipId=True)["error"]["code"] == 2104
    assert metadata(desk, method="delete")["error"]["code"] == 2103
    assert metadata(desk, method="rename")["error"]["code"] == 2102
    assert json.loads(desk.ask("POST", CLIPS, "[]").body)["error"]["code"] == 2101


# ---- receive.cgi


def listening(desk: Desk, query: str = "") -> tuple[Endless, Wire]:
    reply = desk.opened(f"{RECEIVE}?{query}")
    assert isinstance(reply, Endless), reply
    return reply, Wire()


def heard(reply: Endless, wire: Wire, beats: int) -> bytes:
    stop = reply.open(wire)
    for _ in range(beats):
        reply.beat()
    stop()
    reply.beat()
    return b"".join(wire.received)


@pytest.fixture
def hearing(desk: Desk) -> Desk:
    """A speaker whose microphone is on and hears 1 kHz."""
    desk.device.microphone.turn(True)
    desk.device.microphone.hear_tone(1000, -20)
    return desk


def test_a_singlepart_body_is_the_codec_alone(hearing: Desk) -> None:
    reply, wire = listening(hearing, "audiocodec=g711&httptype=singlepart")
    assert (reply.content_type, reply.every) == ("audio/basic", 0.064)
    found = dominant(decoded(heard(reply, wire, 30), MULAW, 16_000)[2000:])
    assert found == (pytest.approx(1000, abs=2), pytest.approx(-20, abs=0.5))


@pytest.mark.parametrize(
    ("query", "content_type", "size", "made"),
    [
        ("audiocodec=g711", "audio/basic", 512, MULAW),
        ("audiocodec=g726&audiobitrate=32000", "audio/G726-32", 256, G726_32),
        ("audiocodec=g726&audiobitrate=24000", "audio/G726-24", 192, None),
        ("audiocodec=lpcm&audiosamplerate=16000", "audio/L24", 3072, None),
    ],
)
def test_parts_hold_64_ms(hearing: Desk, query: str, content_type: str, size: int, made) -> None:
    reply, wire = listening(hearing, f"{query}&httptype=multipart")
    assert reply.content_type == "multipart/x-mixed-replace; boundary=myboundary"
    stream = heard(reply, wire, 40)
    parts = stream.split(b"--myboundary\r\n")[1:]
    assert len(parts) >= 30
    bodies = []
    for part in parts:
        head, _, rest = part.partition(b"\r\n\r\n")
        assert head.decode().split("\r\n") == [f"Content-Type: {content_type}", f"Content-Length: {size}"]
        assert (len(rest), rest[size:]) == (size + 2, b"\r\n")
        bodies.append(rest[:size])
    if made is not None:
        assert dominant(decoded(b"".join(bodies), made, 16_000)[2000:])[0] == pytest.approx(1000, abs=2)


def test_without_arguments_it_is_as_the_parameters_say(hearing: Desk) -> None:
    reply, wire = listening(hearing)
    assert reply.content_type == "audio/mpeg4-generic"
    assert heard(reply, wire, 10)[:2] == b"\xff\xf1"  # ADTS
    hearing.device.parameters.write("AudioSource.A0.AudioEncoding", "g711")
    hearing.device.parameters.write("Audio.A0.HTTPMessageType", "multipart")
    assert "multipart" in listening(hearing)[0].content_type


@pytest.mark.parametrize(
    "query",
    [
        *("audiocodec=mp3", "audiocodec=g711&audiosamplerate=16000", "audiocodec=aac&httptype=multipart"),
        *("httptype=both", "audiochannel=2", "audionbrofchannels=2", "audiodeviceid=0", "audio=0", "camera=7"),
        *("audiochannel=1&audiodeviceid=0&audioinputid=0", "audiobitrate=fast", "audiobitrate=-1"),
    ],
)
def test_what_it_does_not_take(hearing: Desk, query: str) -> None:
    reply = hearing.opened(f"{RECEIVE}?{query}")
    assert isinstance(reply, Answer)
    assert reply.status == 400


def test_who_may_not_listen(desk: Desk) -> None:
    assert desk.ask("GET", RECEIVE).status == 404
    desk.device.microphone.turn(True)
    assert desk.ask("GET", RECEIVE, login=None).status == 401
    assert desk.ask("POST", RECEIVE).status == 405
    desk.device.audio.switch_microphone(False)
    assert desk.ask("GET", RECEIVE).status == 404
    desk.device.audio.switch_microphone(True)
    desk.device.parameters.write("Audio.DuplexMode", "post")
    assert desk.ask("GET", RECEIVE).status == 405


def test_one_listener_too_many(hearing: Desk) -> None:
    hearing.device.parameters.write("Audio.MaxListeners", "2")
    (first, wire), (second, _) = listening(hearing), listening(hearing)
    stop, _ = first.open(wire), second.open(wire)
    assert hearing.ask("GET", RECEIVE).status == 503
    stop()
    assert isinstance(hearing.opened(RECEIVE), Endless)
    assert hearing.device.microphone.listeners == 1
