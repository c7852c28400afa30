"""AXIS C1410 Mk II Network Mini Speaker: what it has beyond every network device.

Its only connector is the network jack, so it has no ports (io-events sheet 0).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from simulator.device.acoustics import Acoustics
from simulator.device.audio import Audio
from simulator.device.audio_mixer import AudioMixer
from simulator.device.call_service import CallService
from simulator.device.clip import Clips
from simulator.device.light.light import Light
from simulator.device.microphone import Microphone
from simulator.device.motion import MotionSensor
from simulator.device.multicast import MulticastController
from simulator.device.speaker_test import SpeakerTest

if TYPE_CHECKING:
    from simulator.device.device import Device


def equip(device: Device) -> None:
    """Build in loudspeaker, microphone, light, PIR sensor and telephone.

    A brief press of the button calibrates the speaker test.
    """
    audio = Audio(device)
    clips = Clips(device, audio)
    quirks = device.profile.quirks
    assert quirks.acoustics is not None, "a speaker has a loudspeaker"
    acoustics = Acoustics(device, quirks.acoustics)
    test = SpeakerTest(device, audio, acoustics)
    motion = MotionSensor(device)
    device.microphone = Microphone(device, audio, acoustics)
    device.audio_mixer = AudioMixer(device)
    device.audio, device.clips, device.speaker_test, device.motion = audio, clips, test, motion
    device.call_service = CallService(device)
    device.call_service.vms.follow(audio, device.microphone)
    device.acoustics = acoustics
    if quirks.light is not None:
        device.light = Light(device, quirks.light)
        audio.locating_changed = device.light.identify
    if quirks.multicast is not None:
        device.multicast = MulticastController(device, audio, quirks.multicast)
    device.button.short_press = test.button_pressed
