"""findmydevice.cgi: make a device show and sound where it is (audio sheet 6.5).

On the speaker the status LED flashes red and green, a sound is played, and the light shows an activity of priority 12
(C1410 manual, Locate device and LED indicators).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from simulator.device.parameter import Refused
from simulator.face.vapix.call import Route
from simulator.face.vapix.envelope import Json, JsonService, Method
from simulator.face.vapix.fault import FAMILY_B

if TYPE_CHECKING:
    from simulator.device.device import Device
    from simulator.face.vapix.envelope import Invocation


def find(asked: Invocation) -> Json:
    """For `duration` seconds, at most an hour, or until it is stopped."""
    audio = asked.call.device.audio
    assert audio is not None, "the path exists where there is a loudspeaker"
    seconds = asked.params.get("duration")
    if seconds is not None and (not isinstance(seconds, int) or isinstance(seconds, bool)):
        raise asked.invalid("duration")
    try:
        audio.locate(seconds)
    except Refused:
        raise asked.invalid("duration") from None
    return {}


def stop(asked: Invocation) -> Json:
    """It has been found; nothing happens if nobody looked for it."""
    audio = asked.call.device.audio
    assert audio is not None, "the path exists where there is a loudspeaker"
    audio.stop_locating()
    return {}


SERVICE = JsonService("findmydevice", FAMILY_B, {"find": Method(find), "stop": Method(stop)})


def can_be_found(device: Device) -> bool:
    """By its sound."""
    return device.audio is not None


ROUTES = (
    Route(
        ("/axis-cgi/findmydevice.cgi",),
        SERVICE,
        methods=("POST",),
        api="findmydevice",
        served=can_be_found,
        service=SERVICE,
    ),
)
