"""What the microphone hears, as a call sends it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from simulator.device.sound import FLOOR

if TYPE_CHECKING:
    from simulator.device.device import Device
    from simulator.device.microphone import Microphone
    from simulator.device.sound import Samples

_ECHO_CANCELLING = "AudioSource.A0.DynamicProcessing.EchoCancellingEnabled"


class Ear:
    """The microphone on the time line of one call, which begins with it and goes by the clock of its media."""

    __slots__ = ("_device", "_microphone")

    position = 0.0

    def __init__(self, device: Device, microphone: Microphone) -> None:
        self._device = device
        self._microphone = microphone

    @property
    def silent(self) -> bool:
        """Nothing is heard, so that nothing need be computed: it is off, or neither the room nor an echo sounds."""
        if not self._microphone.on or self._microphone.input.muted:
            return True
        return self._microphone.level <= FLOOR and self._device.parameters.enabled(_ECHO_CANCELLING)

    def samples(self, begin: float, end: float) -> Samples:
        """From one second of the call to another."""
        return self._microphone.samples(begin, end)
