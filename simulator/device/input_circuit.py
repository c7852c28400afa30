"""The measuring half of a port: a loop, the converter that reads it, and the debounce between loop and state."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from simulator.device.loop import HIGHEST_LEVEL, Loop, LoopState
from simulator.device.supervision import state_of
from simulator.journal import Kind

if TYPE_CHECKING:
    from simulator.chance import Stream
    from simulator.clock import Timer
    from simulator.device.device import Device
    from simulator.device.loop import Converter
    from simulator.device.terminal import Port


class InputCircuit:
    """What an input port sees of its wires.

    The state follows from the level without noise, so that it never depends on how often somebody has asked;
    the noise is in the level that is told. A loop must read a new state for the debounce time (a quirk) before
    the port follows.
    """

    __slots__ = ("_candidate", "_converter", "_device", "_noise", "_port", "_timer", "loop", "state")

    def __init__(self, device: Device, port: Port, converter: Converter) -> None:
        self._device = device
        self._port = port
        self._converter = converter
        self.loop = Loop(self._rewired)
        self.state: LoopState | None = None
        """What the device takes the loop for, after debounce; None while it is not an input that is read."""
        self._candidate: LoopState | None = None
        self._timer: Timer | None = None
        self._noise: Stream | None = None

    @property
    def level(self) -> int:
        """A fresh reading, 0 to 4095, with its noise."""
        if self._noise is None:
            self._noise = self._device.world.chance.stream("device", self._device.name, "level", self._port.id)
        most = self._device.profile.quirks.level_noise
        reading = self._converter.level(self.loop.ohms) + self._noise.randint(-most, most)
        return min(max(reading, 0), HIGHEST_LEVEL)

    def reading(self) -> LoopState:
        """What the loop is at this instant, before debounce.

        Without supervision the input has a single threshold, and anything above it is an open circuit.
        """
        ranges = self._port.ranges if self._port.supervised else ()
        if ranges:
            return state_of(self._converter.level(self.loop.ohms), ranges)
        closed = self.loop.ohms < self._device.profile.quirks.input_threshold_ohms
        return LoopState.CLOSED if closed else LoopState.OPEN

    def settle(self) -> bool:
        """Take the loop for what it reads now; True if that is new."""
        self.cancel()
        before, self.state = self.state, self.reading()
        return self.state is not before

    def assume(self) -> None:
        """Nobody can read the loop, and nobody has before: it counts as open [guess]."""
        self.cancel()
        self.state = self.state or LoopState.OPEN

    def release(self) -> None:
        """Nobody reads the loop any more."""
        self.cancel()
        self.state = None

    def cancel(self) -> None:
        """Give up a change that has not lasted long enough yet."""
        self._candidate = None
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _rewired(self, deed: str) -> None:
        ohms = self.loop.ohms
        shown = "inf" if math.isinf(ohms) else round(ohms, 1)
        self._device.note(Kind.STATE, "loop", port=self._port.id, deed=deed, ohms=shown)
        if self._port.read:
            self._watch(self.reading())

    def _watch(self, reading: LoopState) -> None:
        """Follow a reading that lasts; one that goes back in time has never been."""
        if reading is self._candidate:
            return
        self.cancel()
        if reading is not self.state:
            self._candidate = reading
            wait = self._device.profile.quirks.debounce
            self._timer = self._device.world.clock.call_later(wait, self._port.settle)
