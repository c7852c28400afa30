"""Virtual inputs, which clients switch to start rules, and the manual trigger (io-events sheet 1.5).

All are inactive after a boot. The manual trigger is port 1 of the event VirtualPort, whatever number
`Properties.IO.ManualTriggerNbr` gives it in virtualinput.cgi.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from simulator.device.parameter import Refused
from simulator.device.sequence import StateSequence, Step, check_steps
from simulator.journal import Kind

if TYPE_CHECKING:
    from collections.abc import Sequence

    from simulator.clock import Timer
    from simulator.device.device import Device
    from simulator.device.event import Key
    from simulator.device.lifecycle import Phase

VIRTUAL_INPUT = "tns1:Device/tnsaxis:IO/VirtualInput"
MANUAL_TRIGGER = "tns1:Device/tnsaxis:IO/VirtualPort"
TRIGGER_PORT = 1
LONGEST_DURATION = 2.0**31 - 1
"""Seconds that a 32-bit count holds."""


@cache
def _keys(count: int) -> dict[Key, None]:
    """Topic and source of every virtual input, in order, shared by all devices."""
    return {(VIRTUAL_INPUT, (("port", str(number)),)): None for number in range(1, count + 1)}


class VirtualInputs:
    """Virtual inputs 1 to 64 (32 on old firmware) and the manual trigger of one device."""

    def __init__(self, device: Device) -> None:
        self._device = device
        self._active: dict[int, Timer | None] = {}
        self._sequence: StateSequence | None = None
        self.triggered = False
        """State of the manual trigger."""
        device.lifecycle.on_phase(self._phase_changed)

    @property
    def count(self) -> int:
        """How many there are."""
        return self._device.profile.quirks.virtual_inputs

    @property
    def active(self) -> tuple[int, ...]:
        """The numbers of those that are active, in ascending order."""
        return tuple(sorted(self._active))

    def is_active(self, number: int) -> bool:
        """Raises Refused for a number that does not exist."""
        self._check(number)
        return number in self._active

    def activate(self, number: int, duration: float | None = None) -> bool:
        """Activate, for `duration` seconds or until told otherwise; False if it was active already.

        A new activation replaces the time of the one before. Raises Refused for an unknown number and for a
        duration that is not above 0 and at most 2^31 - 1 s.
        """
        self._check(number)
        if duration is not None and not 0 < duration <= LONGEST_DURATION:
            raise Refused(f"a virtual input is active for up to {LONGEST_DURATION:.0f} s")
        was_active = number in self._active
        self._stop_timer(number)
        self._active[number] = None
        if duration is not None:
            clock = self._device.world.clock
            self._active[number] = clock.call_later(duration, lambda: self._switch_off(number))
        if not was_active:
            self._publish(number, active=True)
        return not was_active

    def deactivate(self, number: int) -> bool:
        """Deactivate; False if it was inactive already. Raises Refused for an unknown number."""
        self._check(number)
        was_active = number in self._active
        if was_active:
            self._stop_timer(number)
            self._switch_off(number)
        return was_active

    def trigger(self, steps: Sequence[Step]) -> None:
        """Run the manual trigger through states: (active, milliseconds until the next). The last one stays.

        A sequence that is running ends at once. Raises Refused for what is no sequence.
        """
        sequence = StateSequence(self._device.world.clock, check_steps(steps), self._set_trigger, None)
        if self._sequence is not None:
            self._sequence.end()
        self._sequence = sequence
        sequence.begin()

    def publish_states(self) -> None:
        """The event system starts: all are inactive."""
        self._device.events.assume(_keys(self.count), (("active", "0"),))
        self._device.events.publish(MANUAL_TRIGGER, {"port": TRIGGER_PORT}, state=False)

    def _check(self, number: int) -> None:
        if not 1 <= number <= self.count:
            raise Refused(f"no virtual input {number}; there are 1 to {self.count}")

    def _switch_off(self, number: int) -> None:
        del self._active[number]
        self._publish(number, active=False)

    def _stop_timer(self, number: int) -> None:
        timer = self._active.get(number)
        if timer is not None:
            timer.cancel()

    def _publish(self, number: int, *, active: bool) -> None:
        self._device.note(Kind.STATE, "virtual input", port=number, active=active)
        self._device.events.publish(VIRTUAL_INPUT, {"port": number}, active=active)

    def _set_trigger(self, active: bool) -> None:
        if self.triggered != active:
            self.triggered = active
            self._device.note(Kind.STATE, "manual trigger", active=active)
            self._device.events.publish(MANUAL_TRIGGER, {"port": TRIGGER_PORT}, state=active)

    def _phase_changed(self, phase: Phase) -> None:
        if not self._device.lifecycle.reachable:
            for number in self._active:
                self._stop_timer(number)
            self._active.clear()
            if self._sequence is not None:
                self._sequence.abandon()
            self._sequence, self.triggered = None, False
