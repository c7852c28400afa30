"""Hands on speakers: microphone switch, driver and surroundings, lamp, clips, speaker test."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from simulator.device.acoustics import Driver
from simulator.device.speaker_test import SoftwareState
from simulator.errors import FleetError, UnknownTarget

if TYPE_CHECKING:
    from collections.abc import Callable

    from simulator.action.speaker import Acoustics, Lamp, Microphone, PlayClip, RunSpeakerTest
    from simulator.action.target import Target
    from simulator.device.clip import Clip, Clips
    from simulator.device.device import Device
    from simulator.fleet.bench import Bench

_DRIVERS = {"break-driver": Driver.BROKEN, "tear-driver": Driver.TORN, "mend-driver": Driver.GOOD}


def microphone(bench: Bench, action: Microphone) -> None:
    """Raises FleetError where a device is no speaker."""
    for device in _speakers(bench, action.device):
        assert device.audio is not None
        device.audio.switch_microphone(action.do == "on")


def acoustics(bench: Bench, action: Acoustics) -> None:
    """Raises FleetError where a device is no speaker."""
    for device in _speakers(bench, action.device):
        path = device.acoustics
        assert path is not None
        if action.do in _DRIVERS:
            path.set_driver(_DRIVERS[action.do])
        elif action.do == "move":
            assert action.wall is not None
            path.move(action.wall)
        else:
            path.obstruct(action.loss if action.do == "obstruct" else 0.0)


def lamp(bench: Bench, action: Lamp) -> None:
    """Raises FleetError for an unknown profile on one of them; then none is changed."""
    _all_or_none([_lamp_deed(device, action) for device in _speakers(bench, action.device)])


def _lamp_deed(device: Device, action: Lamp) -> Callable[[], object]:
    light = device.light
    if light is None:
        raise FleetError(f"{device.name} has no light")
    if action.do in ("break", "mend"):
        return partial(light.set_broken, action.do == "break")
    _must_run(device)
    names = [profile.name for profile in light.profiles]
    if action.profile not in names:
        raise UnknownTarget("light profile", f"{device.name} {action.profile}", names)
    return partial(light.start if action.do == "start" else light.stop, action.profile)


def clip(bench: Bench, action: PlayClip) -> None:
    """Raises FleetError for an unknown clip on one of them; then nothing plays."""
    _all_or_none([_clip_deed(device, action) for device in _speakers(bench, action.device)])


def _clip_deed(device: Device, action: PlayClip) -> Callable[[], object]:
    clips = device.clips
    assert clips is not None
    if action.do == "stop":
        return clips.stop
    _must_run(device)
    found = _named(clips, action.name)
    if found is None:
        raise UnknownTarget(
            "clip", f"{device.name} {action.name}", [clips.name(one.number) for one in clips.items]
        )
    return partial(clips.play, found.number, repeat=action.repeat, volume=action.volume)


def _named(clips: Clips, text: str) -> Clip | None:
    if text.isascii() and text.isdigit() and int(text) in clips:
        return clips[int(text)]
    return clips.named(text) or next((one for one in clips.items if one.file_name == text), None)


def speaker_test(bench: Bench, action: RunSpeakerTest) -> None:
    """Raises FleetError where the device refuses it: no calibration, microphone off, a test is running."""
    for device in _speakers(bench, action.device):
        test = device.speaker_test
        assert test is not None
        if action.do == "calibrate":
            test.calibrate()
        elif action.do == "run":
            test.perform()
        else:
            test.service = SoftwareState(action.do)


def _speakers(bench: Bench, target: Target) -> list[Device]:
    devices = [host.device for host in bench.targets(target)]
    for device in devices:
        if device.audio is None:
            raise FleetError(f"{device.name} is no speaker", hint="name a device of model C1410")
    return devices


def _must_run(device: Device) -> None:
    if not device.lifecycle.reachable:
        raise FleetError(f"{device.name} is down", hint="power: restore")


def _all_or_none(deeds: list[Callable[[], object]]) -> None:
    for deed in deeds:
        deed()
