"""Sound out and in of a speaker: what is playing, how loud, and whether the microphone may hear.

Any source makes the event AudioOutputActive true: clips, calls, transmit.cgi, multicast (audio sheet 2.5); which of them
is heard, and how it sounds, is the loudspeaker's business. The output gain is a parameter,
in dB or `mute`, as `audiodevicecontrol.cgi` and the web page's slider set it (audio sheet 4.1). The microphone
has a mechanical switch, on from the factory, which nothing in software overrides (C1410 manual, Microphone
disable switch).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from simulator.device.gain import UNMUTED_OUTPUT, Gain
from simulator.device.loudspeaker import LOCATE, MEMORY, Loudspeaker, audible
from simulator.device.parameter import Refused
from simulator.journal import Kind

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from simulator.clock import Timer
    from simulator.device.device import Device
    from simulator.device.lifecycle import Phase
    from simulator.device.sound import Samples, Sound

OUTPUT_ACTIVE = "tns1:Device/tnsaxis:AudioOutputActive"
MICROPHONE_SWITCH = "tns1:Device/tnsaxis:Microphone/Switch"
OUTPUT = "AudioDevice0Output0"
SWITCH = 0
GAIN = "AudioSource.A0.OutputGain"
LONGEST_LOCATE = 3600.0
"""Seconds that findmydevice.cgi takes at most (audio sheet 6.5)."""


class Audio:
    """The audio device of a speaker: one output, one microphone."""

    def __init__(self, device: Device) -> None:
        self._device = device
        self._sources: dict[str, Sound | None] = {}
        self._ranking: tuple[str, ...] = ()
        self._loudspeaker = Loudspeaker()
        self._heard: str | None = None
        self._listeners: list[Callable[[], None]] = []
        self._switch_listeners: list[Callable[[], None]] = []
        self._locate_timer: Timer | None = None
        self._forgetting: Timer | None = None
        self.locating_changed: Callable[[bool], None] = lambda locating: None
        """Set by the product: what else it does to be found."""
        self._driver_works = True
        self.microphone_on = True
        """The mechanical switch. Hands move it with `switch_microphone`, power or not."""
        self.output = Gain(
            device.parameters, GAIN, UNMUTED_OUTPUT, lambda: device.profile.quirks.output_gain_range
        )
        """Gain of the output."""
        device.parameters.on_change(GAIN, lambda _name, _value: self._turn())
        device.lifecycle.on_phase(self._phase_changed)

    # ---- the output

    @property
    def sources(self) -> tuple[str, ...]:
        """What is sounding now, heard or not, in the order in which it began."""
        return tuple(self._sources)

    @property
    def heard(self) -> str | None:
        """The one source that is heard (`loudspeaker.audible`), muted or not; None for silence."""
        return self._heard

    def begin(self, source: str, sound: Sound | None = None) -> None:
        """A source begins to sound, or sounds differently; one that sounded already is the newest again."""
        self._sources.pop(source, None)
        self._sources[source] = sound
        self._arbitrate()
        self._publish_output()

    def end(self, source: str, sound: Sound | None = None) -> None:
        """A source falls silent; nothing happens if it was, or if another `sound` of it has begun since."""
        if source in self._sources and (sound is None or self._sources[source] is sound):
            del self._sources[source]
            self._arbitrate()
            self._publish_output()

    @property
    def ranking(self) -> tuple[str, ...]:
        """Sources by priority, the highest first, while the multicast controller is on; empty while it is off."""
        return self._ranking

    @ranking.setter
    def ranking(self, sources: Sequence[str]) -> None:
        self._ranking = tuple(sources)
        self._arbitrate()

    def on_heard(self, listener: Callable[[], None]) -> None:
        """Call back whenever a source began, ended, or another one is heard."""
        self._listeners.append(listener)

    def set_driver_works(self, works: bool) -> None:
        """Whether the loudspeaker makes any sound of what is sent to it (`acoustics.py`)."""
        self._driver_works = works
        self._turn()

    def render(self, seconds: float) -> Samples:
        """What the loudspeaker played in the last `seconds` (at most 30), gain applied; decoded only now.

        Where a source has a time line of its own, its seconds are meant; silence lasts as long as on the device clock.
        """
        from simulator.device.sound import RATE

        now = self._device.world.clock.now()
        end = round(self._loudspeaker.position(now) * RATE) / RATE
        return self._loudspeaker.samples(end - min(seconds, MEMORY), end, now)

    @property
    def played(self) -> float:
        """Seconds on the loudspeaker's time line, which goes on with what is heard."""
        return self._loudspeaker.position(self._device.world.clock.now())

    def samples(self, begin: float, end: float) -> Samples:
        """What it played from one second to another of that time line."""
        return self._loudspeaker.samples(begin, end, self._device.world.clock.now())

    def _arbitrate(self) -> None:
        """Decide anew who is heard."""
        heard = audible(self._sources, self._ranking)
        if heard != self._heard:
            self._heard = heard
            self._device.note(Kind.STATE, "audio heard", source=heard or "")
        self._turn()
        for listener in tuple(self._listeners):
            listener()

    def _turn(self) -> None:
        """Tell the loudspeaker who is heard, and how loud. What it played is let go of when it is too long ago."""
        if self._heard is None and self._loudspeaker.silent:
            return
        sound = None if self._heard is None else self._sources.get(self._heard)
        gain = float(self.gain) if self._driver_works and not self.muted else None
        clock = self._device.world.clock
        self._loudspeaker.turn(self._heard, sound, gain, clock.now())
        if self._forgetting is not None:
            self._forgetting.cancel()
            self._forgetting = None
        if self._heard is None:
            self._forgetting = clock.call_later(MEMORY, self._forget)

    @property
    def muted(self) -> bool:
        return self.output.muted

    @property
    def gain(self) -> int:
        """Output gain in dB that is set, muted or not."""
        return self.output.decibels

    def set_gain(self, gain: int) -> None:
        """Set the output gain in dB; a muted output stays muted. Raises Refused outside its range."""
        self.output.set(gain)

    def set_muted(self, muted: bool) -> None:
        """Mute the output, or let it sound again with the gain it had."""
        self.output.set_muted(muted)

    @property
    def volume(self) -> float:
        """Percent on the web page's slider, which is linear in dB over the range of the gain; 0 while muted."""
        low, high = self.output.limits
        return 0.0 if self.muted else 100.0 * (self.gain - low) / (high - low)

    def set_volume(self, percent: float) -> None:
        """Move the slider, 0 to 100. Raises Refused outside."""
        if not 0 <= percent <= 100:
            raise Refused("a volume is 0 to 100 percent")
        low, high = self.output.limits
        self.set_gain(round(low + (high - low) * percent / 100))

    def _forget(self) -> None:
        self._forgetting = None
        self._loudspeaker.forget(self._device.world.clock.now())

    # ---- locate

    @property
    def locating(self) -> bool:
        """Locate device: it makes a sound, and its status LED flashes red and green."""
        return LOCATE in self._sources

    def locate(self, seconds: float | None = None) -> None:
        """Begin to be found, until `stop_locating` or for up to an hour. Raises Refused for another duration."""
        if seconds is not None and not 0 < seconds <= LONGEST_LOCATE:
            raise Refused(f"a device is located for up to {LONGEST_LOCATE:g} s")
        self._cancel_locate()
        self.begin(LOCATE)
        self.locating_changed(True)
        if seconds is not None:
            self._locate_timer = self._device.world.clock.call_later(seconds, self.stop_locating)

    def stop_locating(self) -> None:
        """It has been found."""
        self._cancel_locate()
        self.end(LOCATE)
        self.locating_changed(False)

    def _cancel_locate(self) -> None:
        if self._locate_timer is not None:
            self._locate_timer.cancel()
            self._locate_timer = None

    # ---- the microphone

    def switch_microphone(self, on: bool) -> None:
        """A hand moves the mechanical switch."""
        if self.microphone_on != on:
            self.microphone_on = on
            self._device.note(Kind.STATE, "microphone switch", on=on)
            for listener in self._switch_listeners:
                listener()
            if self._device.lifecycle.reachable:
                self._publish_switch()

    def on_switch(self, listener: Callable[[], None]) -> None:
        """Call back when the switch has been moved."""
        self._switch_listeners.append(listener)

    # ---- events

    def publish_states(self) -> None:
        """The event system starts."""
        self._device.events.publish(OUTPUT_ACTIVE, {"AudioOutput": OUTPUT}, AudioOutputActive=bool(self._sources))
        self._publish_switch()

    def _publish_output(self) -> None:
        active = bool(self._sources)
        self._device.note(Kind.STATE, "audio output", sources=list(self._sources))
        self._device.events.publish(OUTPUT_ACTIVE, {"AudioOutput": OUTPUT}, AudioOutputActive=active)

    def _publish_switch(self) -> None:
        self._device.events.publish(MICROPHONE_SWITCH, {"switch": SWITCH}, state=self.microphone_on)

    def _phase_changed(self, phase: Phase) -> None:
        if not self._device.lifecycle.reachable:
            self._cancel_locate()
            self._sources.clear()
            self._arbitrate()
