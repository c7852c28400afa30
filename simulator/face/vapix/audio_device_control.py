"""audiodevicecontrol.cgi: the speaker's one audio device as a tree, with gain and mute (audio sheet 4.1).

    device 0 / inputs and outputs 0 / connection type `internal` / signaling type `unbalanced` / channel 0

Ids are text and `enabled` is there, because a published client's strict schema asks for it. A client may set part of the
tree or send back all of it; everything is checked before anything is set.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from simulator.device.parameter import Level
from simulator.face.vapix.call import Route
from simulator.face.vapix.envelope import Invocation, Json, JsonService, Method
from simulator.face.vapix.fault import FAMILY_B

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from simulator.device.audio import Audio
    from simulator.device.gain import Gain
    from simulator.device.microphone import Microphone

DEVICE = OUTPUT = INPUT = CHANNEL = "0"
CONNECTION, SIGNALING = "internal", "unbalanced"
_MOST = 16
"""Entries of a list that a client may send."""


def get_settings(asked: Invocation) -> Json:
    """The tree as it is now."""
    audio, microphone = _parts(asked)
    inputs = _terminal(
        "Input 0", microphone.turned_on, {"powerType": "Off", "channels": [_channel(microphone.input)]}
    )
    outputs = _terminal("Output 0", True, {"channels": [_channel(audio.output)]})
    return {"devices": [{"id": DEVICE, "name": "Audio Device 0", "inputs": [inputs], "outputs": [outputs]}]}


def get_capabilities(asked: Invocation) -> Json:
    """The same tree with what may be set."""
    audio, microphone = _parts(asked)
    inputs = {"gainValues": _gains(microphone.input), "powerTypes": ["Off"]}
    return {
        "devices": [
            {
                "id": DEVICE,
                "inputs": [_capable(INPUT, inputs)],
                "outputs": [_capable(OUTPUT, {"gainValues": _gains(audio.output)})],
            }
        ]
    }


def _parts(asked: Invocation) -> tuple[Audio, Microphone]:
    audio, microphone = asked.call.device.audio, asked.call.device.microphone
    assert audio is not None
    assert microphone is not None
    return audio, microphone


def _channel(gain: Gain) -> Json:
    return {"id": CHANNEL, "gain": gain.decibels, "mute": gain.muted}


def _gains(gain: Gain) -> list[int]:
    low, high = gain.limits
    return list(range(low, high + 1))


def _terminal(name: str, enabled: bool, signaling: Json) -> Json:
    """One input or output."""
    kind = {
        "id": CONNECTION,
        "signalingTypeSelected": SIGNALING,
        "signalingTypes": [{"id": SIGNALING, **signaling}],
    }
    return {
        "id": "0",
        "name": name,
        "enabled": enabled,
        "connectionTypeSelected": CONNECTION,
        "connectionTypes": [kind],
    }


def _capable(number: str, values: Json) -> Json:
    signaling = {"id": SIGNALING, **values}
    return {"id": number, "connectionTypes": [{"id": CONNECTION, "signalingTypes": [signaling]}]}


# ---- setting


def set_settings(asked: Invocation) -> Json:
    """Set what is there; what is left out stays."""
    audio, microphone = _parts(asked)
    wishes: list[Callable[[], None]] = []
    for device in _entries(asked, asked.required("devices"), "devices"):
        _check_id(asked, device, DEVICE)
        for terminal in _listed(asked, device, "inputs"):
            wishes += _input_wishes(asked, terminal, microphone)
        for terminal in _listed(asked, device, "outputs"):
            wishes += _output_wishes(asked, terminal, audio)
    for wish in wishes:
        wish()
    return {}


def _input_wishes(asked: Invocation, terminal: Json, microphone: Microphone) -> Iterator[Callable[[], None]]:
    enabled = _truth(asked, terminal, "enabled")
    if enabled is not None and enabled is not microphone.turned_on:
        yield lambda: microphone.turn(enabled)
    for signaling in _signalings(asked, terminal):
        if signaling.get("powerType", "Off") != "Off":
            raise asked.invalid("powerType")
        yield from _channel_wishes(asked, signaling, microphone.input)


def _output_wishes(asked: Invocation, terminal: Json, audio: Audio) -> Iterator[Callable[[], None]]:
    """The web page has no switch for the only output (manual, Device settings)."""
    if _truth(asked, terminal, "enabled") is False:
        raise asked.invalid("enabled")
    for signaling in _signalings(asked, terminal):
        yield from _channel_wishes(asked, signaling, audio.output)


def _signalings(asked: Invocation, terminal: Json) -> Iterator[Json]:
    """The signaling types of an input or output that are to be set. Ids on the way must be those that there are."""
    _check_id(asked, terminal, "0")
    _check_selected(asked, terminal, "connectionType", CONNECTION)
    for connection in _listed(asked, terminal, "connectionTypes"):
        _check_id(asked, connection, CONNECTION)
        _check_selected(asked, connection, "signalingType", SIGNALING)
        for signaling in _listed(asked, connection, "signalingTypes"):
            _check_id(asked, signaling, SIGNALING)
            yield signaling


def _channel_wishes(asked: Invocation, signaling: Json, gain: Gain) -> Iterator[Callable[[], None]]:
    for channel in _listed(asked, signaling, "channels"):
        _check_id(asked, channel, CHANNEL)
        if "gain" in channel:
            decibels = channel["gain"]
            low, high = gain.limits
            if type(decibels) is not int or not low <= decibels <= high:
                raise asked.invalid("gain")
            yield lambda wanted=decibels: gain.set(wanted)  # type: ignore[misc]
        mute = _truth(asked, channel, "mute")
        if mute is not None:
            yield lambda wanted=mute: gain.set_muted(wanted)  # type: ignore[misc]


def _check_selected(asked: Invocation, entry: Json, name: str, only: str) -> None:
    """There is one of each; the singular without `Selected` is a mistake of a published client."""
    if isinstance(entry.get(name), dict):
        raise asked.missing(f"{name}s")
    if entry.get(f"{name}Selected", only) != only:
        raise asked.invalid(f"{name}Selected")


def _check_id(asked: Invocation, entry: Json, only: str) -> None:
    """Ids are text; some clients send numbers."""
    if "id" not in entry:
        raise asked.missing("id")
    if isinstance(entry["id"], bool) or str(entry["id"]) != only:
        raise asked.invalid("id")


def _listed(asked: Invocation, entry: Json, name: str) -> list[Json]:
    return _entries(asked, entry.get(name, []), name)


def _entries(asked: Invocation, value: object, name: str) -> list[Json]:
    if not isinstance(value, list) or len(value) > _MOST or not all(isinstance(each, dict) for each in value):
        raise asked.invalid(name)
    return value


def _truth(asked: Invocation, entry: Json, name: str) -> bool | None:
    value: Any = entry.get(name)
    if value is not None and not isinstance(value, bool):
        raise asked.invalid(name)
    return value


def hazardous(_asked: Invocation) -> Json:
    """Power types that may harm what is connected: nothing is."""
    return {"powerTypes": []}


SERVICE = JsonService(
    "audio-device-control",
    FAMILY_B,
    {
        "getDevicesCapabilities": Method(get_capabilities, Level.OPERATOR),
        "getDevicesSettings": Method(get_settings, Level.VIEWER),
        "setDevicesSettings": Method(set_settings, Level.OPERATOR),
        "getHazardousSettings": Method(hazardous, Level.OPERATOR),
    },
)

ROUTES = (
    Route(
        ("/axis-cgi/audiodevicecontrol.cgi",),
        SERVICE,
        methods=("POST",),
        level=Level.VIEWER,
        api="audio-device-control",
    ),
)
