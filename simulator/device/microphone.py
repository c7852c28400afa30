"""The built-in microphone: what it hears, and how loud that is.

What is around the speaker is a fact of the world: silence, a tone, a recording; hands change it. Beside it the microphone
picks up the speaker's own loudspeaker over the acoustic path, unless the echo canceller takes it out. Nothing reaches
the device while the mechanical switch is off, and nothing leaves it unless `AudioSource.A0.AudioSupport` and
`Audio.A0.Enabled` are both yes (audio sheet 1).

Sound level detection compares with `AudioSource.A0.AlarmLevel`, where 0 percent is -90 dBFS and 100 is 0 dBFS. The level
of what is around is known when it changes, so nobody measures in between; the own loudspeaker does not trigger.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING

from simulator.device.clip_sound import ClipSound
from simulator.device.gain import UNMUTED_INPUT, Gain
from simulator.device.parameter import Refused
from simulator.device.sound import FLOOR, RATE, amplified, count_of, level_of, silence, tone
from simulator.journal import Kind

if TYPE_CHECKING:
    from simulator.device.acoustics import Acoustics
    from simulator.device.audio import Audio
    from simulator.device.clip_sound import Recorded
    from simulator.device.device import Device
    from simulator.device.lifecycle import Phase
    from simulator.device.sound import Samples

    Listen = Callable[[float, float], Samples]

TRIGGER_LEVEL = "tns1:AudioSource/tnsaxis:TriggerLevel"
CHANNEL = 1
LIVE_STREAM = "tns1:VideoSource/tnsaxis:LiveStreamAccessed"
"""Told of sound too: a factory rule lights the front LED by it (C1410 manual, Front-facing LED activation)."""
_SUPPORT, _ENABLED = "AudioSource.A0.AudioSupport", "Audio.A0.Enabled"
_GAIN, _ALARM_LEVEL = "AudioSource.A0.InputGain", "AudioSource.A0.AlarmLevel"
_ECHO_CANCELLING = "AudioSource.A0.DynamicProcessing.EchoCancellingEnabled"
_PATH_HERTZ = 1000.0
"""Frequency whose loss over the acoustic path is taken for all of them."""
_DELAY = 0.1
"""Seconds by which it hears the loudspeaker late, so that what comes in bursts is there in time."""
_MOST_SHIFTS = 32
_MEASURED = 60.0
"""Seconds of a recording by which its level is known."""
_LOUDEST = 100
"""Percent of the alarm level."""


class Around:
    """What is around the speaker, as loud as it reaches the microphone at gain 0."""

    def __init__(self, words: str = "silence", level: float = FLOOR, samples: Listen | None = None) -> None:
        self.words = words
        self.level = level
        """dBFS."""
        self._samples = samples

    def samples(self, begin: float, end: float) -> Samples:
        """From one second to another of whoever listens."""
        return silence(count_of(begin, end)) if self._samples is None else self._samples(begin, end)


_SILENCE = Around()


class Listener:
    """A client that listens to the microphone."""

    __slots__ = ("_microphone",)

    def __init__(self, microphone: Microphone) -> None:
        self._microphone = microphone

    @property
    def active(self) -> bool:
        """It has not left, and the device has not gone down since."""
        return self._microphone.is_listening(self)

    def leave(self) -> None:
        """It listens no more. Safe to repeat."""
        self._microphone.leave(self)


class Microphone:
    """The one audio input of a speaker."""

    def __init__(self, device: Device, audio: Audio, acoustics: Acoustics) -> None:
        self._device = device
        self._audio = audio
        self._acoustics = acoustics
        self._around = _SILENCE
        self._triggered = False
        self._listeners: set[Listener] = set()
        self._shifts: tuple[float, ...] = ()
        self._on_listeners: list[Callable[[], None]] = []
        self.input = Gain(device.parameters, _GAIN, UNMUTED_INPUT, self._limits)
        """Gain of the input."""
        setting_changed = self._setting_changed
        for name in (_SUPPORT, _ENABLED, _GAIN, _ALARM_LEVEL):
            device.parameters.on_change(name, setting_changed)
        audio.on_switch(self._judge)
        device.lifecycle.on_phase(self._phase_changed)

    def _limits(self) -> tuple[int, int]:
        quirks = self._device.profile.quirks.audio
        return (0, 0) if quirks is None else quirks.input_gain_range

    # ---- what is around

    @property
    def around(self) -> str:
        """What it hears, in words."""
        return self._around.words

    def hear_silence(self) -> None:
        """Nothing is around."""
        self._hear(_SILENCE)

    def hear_tone(self, hertz: float, level: float) -> None:
        """A tone is around, so loud in dBFS. Raises Refused outside what can be sampled."""
        if not 20 <= hertz <= RATE / 2 - 500 or not FLOOR <= level <= 0:
            raise Refused(f"a tone has 20 to {RATE / 2 - 500:g} Hz and {FLOOR:g} to 0 dBFS")
        self._hear(Around(f"tone {hertz:g} Hz", level, lambda begin, end: tone(hertz, level, begin, end)))

    def hear_recording(self, name: str, recording: Recorded, seconds: float, level: float | None = None) -> None:
        """A recording is around, again and again: as loud as it is, or so loud on average. Raises Refused."""
        if seconds <= 0:
            raise Refused(f"{name} is no sound")
        own = level_of(recording.samples(0.0, min(seconds, _MEASURED)))
        if level is not None and (own <= FLOOR or not FLOOR <= level <= 0):
            raise Refused(f"{name} cannot be made {level:g} dBFS loud")
        wanted = own if level is None else level
        clock = self._device.world.clock
        sound = ClipSound(clock, recording, seconds=seconds, times=math.inf, volume=100)
        self._hear(Around(name, wanted, lambda begin, end: amplified(sound.samples(begin, end), wanted - own)))

    def _hear(self, around: Around) -> None:
        self._around = around
        self._device.note(Kind.STATE, "microphone hears", sound=around.words, level=round(around.level, 1))
        self._judge()

    # ---- what the device gets of it

    @property
    def on(self) -> bool:
        """Switched on, by the mechanical switch and by its parameters."""
        return self._audio.microphone_on and self.turned_on

    def turn(self, on: bool) -> None:
        """Turn the audio input on or off, as the web page does. The mechanical switch stays where it is."""
        self._device.parameters.write(_SUPPORT, "yes" if on else "no")
        if on:
            self._device.parameters.write(_ENABLED, "yes")

    @property
    def turned_on(self) -> bool:
        """Turned on by the parameters, whatever the mechanical switch says."""
        parameters = self._device.parameters
        return parameters.enabled(_SUPPORT) and parameters.enabled(_ENABLED)

    @property
    def level(self) -> float:
        """dBFS that the device measures of what is around."""
        if not self.on or self.input.muted or self._around.level <= FLOOR:
            return FLOOR
        return min(0.0, self._around.level + self.input.decibels)

    def samples(self, begin: float, end: float) -> Samples:
        """What the device hears from one second to another of the listener's own time line; silence while it is off.

        Of the loudspeaker it is what was played last, piece after piece without a seam.
        """
        import numpy as np

        if not self.on or self.input.muted:
            return silence(count_of(begin, end))
        heard = self._around.samples(begin, end).astype(np.int32)
        if not self._device.parameters.enabled(_ECHO_CANCELLING):
            shift, path = self._shift(end), self._acoustics.gain(_PATH_HERTZ)
            heard += amplified(self._audio.samples(begin + shift, end + shift), path)[: len(heard)]
        return amplified(np.clip(heard, -32768, 32767).astype(np.int16), self.input.decibels)

    def _shift(self, end: float) -> float:
        """From a listener's time line to the loudspeaker's. It stays the same while both go on at one pace."""
        wanted = self._audio.played - _DELAY - end
        for shift in self._shifts:
            if abs(shift - wanted) < _DELAY:
                return shift
        self._shifts = (*self._shifts[-_MOST_SHIFTS:], round(wanted * RATE) / RATE)
        return self._shifts[-1]

    # ---- who listens

    @property
    def listeners(self) -> int:
        """Streams from the device to clients: receive.cgi."""
        return len(self._listeners)

    def listen(self) -> Listener:
        """One more client listens. Raises Refused where `Audio.MaxListeners` do."""
        if self.listeners >= int(self._device.parameters["Audio.MaxListeners"]):
            raise Refused("the maximum number of clients are already connected")
        listener = Listener(self)
        self._listeners.add(listener)
        self._tell_listeners()
        return listener

    def leave(self, listener: Listener) -> None:
        """A client listens no more; nothing happens if it did not."""
        if listener in self._listeners:
            self._listeners.remove(listener)
            self._tell_listeners()

    def is_listening(self, listener: Listener) -> bool:
        """Whether this client still listens: not after the device went down."""
        return listener in self._listeners

    def on_listeners(self, listener: Callable[[], None]) -> None:
        """Call back when their number changed."""
        self._on_listeners.append(listener)

    def _tell_listeners(self) -> None:
        self._device.note(Kind.STATE, "audio listeners", count=self.listeners)
        if self._device.lifecycle.reachable:
            self._publish_access()
        for tell in tuple(self._on_listeners):
            tell()

    def _phase_changed(self, phase: Phase) -> None:
        if not self._device.lifecycle.reachable and self._listeners:
            self._listeners.clear()
            self._tell_listeners()

    # ---- sound level detection

    @property
    def threshold(self) -> float:
        """dBFS above which the sound level triggers."""
        return FLOOR * (1 - int(self._device.parameters[_ALARM_LEVEL]) / _LOUDEST)

    def _setting_changed(self, _name: str, _value: str) -> None:
        self._judge()

    def _judge(self) -> None:
        triggered = self.level > self.threshold
        if triggered != self._triggered:
            self._triggered = triggered
            self._device.note(Kind.STATE, "sound level", triggered=triggered, level=round(self.level, 1))
            if self._device.lifecycle.reachable:
                self._publish_level()

    def publish_states(self) -> None:
        """The event system starts."""
        self._publish_level()
        self._publish_access()

    def _publish_access(self) -> None:
        """Published even where a second client came: the bus tells changes only."""
        self._device.events.publish(LIVE_STREAM, {}, accessed=self.listeners > 0)

    def _publish_level(self) -> None:
        self._device.events.publish(TRIGGER_LEVEL, {"channel": CHANNEL}, triggered=self._triggered)
