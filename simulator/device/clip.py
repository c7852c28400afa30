"""Audio clips of a speaker: which there are, and which one is playing.

A clip is a group of parameters `MediaClip.M<n>` (audio sheet 2.2, core sheet A.2): `Name` can be changed,
`Location` and `Type` cannot. Factory clips are M25 to M49; an uploaded one gets the lowest free number. Playing
takes its time on the device clock; how a clip sounds, its recording knows.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from simulator.device.clip_sound import ClipSound
from simulator.device.factory_clip import FACTORY_FILES, FIRST_FACTORY_NUMBER, Beeps
from simulator.device.loudspeaker import CLIP
from simulator.device.parameter import Definition, Refused
from simulator.journal import Kind

if TYPE_CHECKING:
    from simulator.chance import Stream
    from simulator.clock import Timer
    from simulator.device.audio import Audio
    from simulator.device.clip_sound import Recorded
    from simulator.device.device import Device
    from simulator.device.lifecycle import Phase

PLAYING = "tnsaxis:MediaClip/Playing"
CURRENTLY_PLAYING = "tnsaxis:MediaClip/CurrentlyPlaying"
OUTPUT = 1
FOLDER = "/etc/audioclips"
FOREVER = -1
LOUDEST = 1000
"""Percent of the recorded loudness (audio sheet 2.1)."""
LONGEST_NAME = 255
_ANY_NAME = Definition("Name", "", longest=LONGEST_NAME)
MOST_REPETITIONS = 2**31 - 1
MEGABYTE = 1 << 20
LONGEST_CLIP = 86_400.0
"""Seconds: more than the largest file holds at the lowest rate."""
_EXTENSIONS = ("au", "mp3", "opus", "vorbis", "wav", "ogg")


@dataclass(frozen=True, slots=True)
class Clip:
    """One clip. Factory clips have no content here: their files cannot be published."""

    number: int
    location: str
    """Full path on the device."""
    seconds: float | None
    """Playing time as the file says, None where it is not known."""
    content: bytes
    recording: Recorded | None
    """How it sounds; None for silence."""
    definitions: tuple[Definition, ...]
    """Its parameters: Location, Name, Type."""

    @property
    def file_name(self) -> str:
        return self.location.rpartition("/")[2]

    @property
    def extension(self) -> str:
        """Of the file that was uploaded; factory clips have none here."""
        return self.location.rpartition(".")[2] if self.content else ""

    @property
    def name_parameter(self) -> str:
        return f"MediaClip.M{self.number}.Name"


@dataclass(frozen=True, slots=True)
class Playback:
    """What is playing."""

    clip: Clip
    repeat: int
    """Times after the first; -1 is for ever."""
    volume: int
    """Percent of the recorded loudness, linear; for this clip only."""
    started_at: float
    """Device seconds."""
    timer: Timer | None


def _clip(
    number: int,
    name: str,
    location: str,
    recording: Recorded | None,
    seconds: float | None = None,
    content: bytes = b"",
) -> Clip:
    group = f"MediaClip.M{number}."
    fixed = frozenset({"ro"})
    definitions = (
        Definition(f"{group}Location", location, "7717", flags=fixed),
        Definition(f"{group}Name", name, "7714", longest=LONGEST_NAME),
        Definition(f"{group}Type", "audio", "7717", flags=fixed),
    )
    return Clip(number, location, seconds, content, recording, definitions)


FACTORY_CLIPS: dict[int, Clip] = {
    number: _clip(number, name, f"{FOLDER}/{file}", Beeps(number))
    for number, (name, file) in enumerate(FACTORY_FILES, FIRST_FACTORY_NUMBER)
}
"""Recorded on 12.9.57 (core sheet A.2). Shared by all speakers."""


class Clips:
    """The clip store and the player of one speaker."""

    def __init__(self, device: Device, audio: Audio) -> None:
        self._device = device
        self._audio = audio
        self._clips: dict[int, Clip] = {}
        self._choices: Stream | None = None
        self.playing: Playback | None = None
        for clip in FACTORY_CLIPS.values():
            self._keep(clip)
        device.lifecycle.on_phase(self._phase_changed)
        device.lifecycle.on_default(self._defaulted)

    # ---- the store

    @property
    def items(self) -> tuple[Clip, ...]:
        """All clips, in order of their numbers."""
        return tuple(self._clips[number] for number in sorted(self._clips))

    def __getitem__(self, number: int) -> Clip:
        """Raises Refused for an unknown number."""
        clip = self._clips.get(number)
        if clip is None:
            raise Refused(f"no clip {number}")
        return clip

    def __contains__(self, number: int) -> bool:
        return number in self._clips

    def name(self, number: int) -> str:
        """The name people gave it. Raises Refused for an unknown number."""
        return self._device.parameters[self[number].name_parameter]

    def named(self, name: str) -> Clip | None:
        """The clip of this name with the lowest number, or None."""
        return next((clip for clip in self.items if self.name(clip.number) == name), None)

    def at(self, location: str) -> Clip:
        """The clip at a location: a full path, or a file name in the store; `*` picks one of those that match.

        Raises Refused where there is none.
        """
        path = location if location.startswith("/") else f"{FOLDER}/{location}"
        pattern = path.replace("[", "[[]").replace("?", "[?]")
        found = [clip for clip in self.items if fnmatchcase(clip.location, pattern)]
        if not found:
            raise Refused(f"no clip at {location[:80]!r}")
        return found[0] if len(found) == 1 else self._draw(found)

    def _draw(self, clips: list[Clip]) -> Clip:
        if self._choices is None:
            self._choices = self._device.world.chance.stream("device", self._device.name, "clip")
        return self._choices.choice(clips)

    def add(
        self,
        name: str,
        content: bytes,
        *,
        extension: str,
        seconds: float | None = None,
        recording: Recorded | None = None,
    ) -> int:
        """Store an uploaded file under the lowest free number, which is returned. No name is the default one.

        Raises Refused for another extension than au, mp3, opus, vorbis, wav and ogg, a file above
        `MediaClip.MaxUploadSize`, a full store, and a name that is too long or holds control characters.
        """
        self._check_file(content, extension, seconds)
        number = self._lowest_free()
        given = _ANY_NAME.checked(name) or f"Clip MediaClip.M{number}"
        self._keep(_clip(number, given, f"{FOLDER}/MediaClip.M{number}.{extension}", recording, seconds, content))
        self._device.note(Kind.STATE, "clip added", clip=number, bytes=len(content))
        return number

    def replace(
        self,
        number: int,
        content: bytes,
        *,
        extension: str,
        seconds: float | None = None,
        recording: Recorded | None = None,
    ) -> None:
        """Store another file under the number and name of a present clip. Raises Refused."""
        name = self.name(number)
        self._check_file(content, extension, seconds)
        self._forget(number)
        self._keep(_clip(number, name, f"{FOLDER}/MediaClip.M{number}.{extension}", recording, seconds, content))
        self._device.note(Kind.STATE, "clip replaced", clip=number, bytes=len(content))

    def rename(self, number: int, name: str) -> None:
        """Give a clip another name. Raises Refused."""
        self._device.parameters.write(self[number].name_parameter, name)

    def remove(self, number: int) -> None:
        """Delete a clip, factory clips too; one that is playing stops. Raises Refused for an unknown number."""
        self._forget(self[number].number)
        self._device.note(Kind.STATE, "clip removed", clip=number)

    def _check_file(self, content: bytes, extension: str, seconds: float | None) -> None:
        if extension not in _EXTENSIONS:
            raise Refused(f"a clip is one of {', '.join(_EXTENSIONS)}")
        if seconds is not None and not 0 < seconds <= LONGEST_CLIP:
            raise Refused(f"a clip lasts up to {LONGEST_CLIP:g} s")
        largest = float(self._device.parameters.get("MediaClip.MaxUploadSize", "1.5")) * MEGABYTE
        if len(content) > largest:
            raise Refused(f"a clip has at most {largest / MEGABYTE:g} MB")

    def _lowest_free(self) -> int:
        most = int(self._device.parameters["MediaClip.MaxGroups"])
        if len(self._clips) >= most:
            raise Refused(f"the store holds {most} clips")
        return next(number for number in range(most) if number not in self._clips)

    def _keep(self, clip: Clip) -> None:
        self._clips[clip.number] = clip
        for definition in clip.definitions:
            self._device.parameters.define(definition)

    def _forget(self, number: int) -> None:
        if self.playing is not None and self.playing.clip.number == number:
            self.stop()
        for definition in self._clips.pop(number).definitions:
            self._device.parameters.remove(definition.name)

    def _defaulted(self, hard: bool) -> None:
        """Uploaded clips go, and those from the factory come back."""
        for number, clip in tuple(self._clips.items()):
            if clip is not FACTORY_CLIPS.get(number):
                self._forget(number)
        for number, clip in FACTORY_CLIPS.items():
            if number not in self._clips:
                self._keep(clip)

    # ---- the player

    def play(self, number: int, *, repeat: int = 0, volume: int = 100) -> None:
        """Play a clip once and `repeat` times more, or for ever with -1, at `volume` percent, 0 to 1000.

        Returns at once; what was playing stops. Raises Refused for an unknown clip, values outside, and while the
        device is down.
        """
        clip = self[number]
        if not FOREVER <= repeat <= MOST_REPETITIONS:
            raise Refused(f"a clip is repeated -1 to {MOST_REPETITIONS} times")
        if not 0 <= volume <= LOUDEST:
            raise Refused(f"a clip is played at 0 to {LOUDEST} percent")
        if not self._device.lifecycle.reachable:
            raise Refused("nothing plays while the device is down")
        self._replace_playback(clip, repeat, volume)

    def stop(self) -> None:
        """Stop what is playing; nothing happens if nothing is."""
        if self.playing is not None:
            self._drop_timer()
            self.playing = None
            self._device.note(Kind.STATE, "clip stopped")
            self._audio.end(CLIP)
            self._device.events.publish(PLAYING, {"AudioOutput": OUTPUT}, Playing=False)

    def _replace_playback(self, clip: Clip, repeat: int, volume: int) -> None:
        self._drop_timer()
        clock = self._device.world.clock
        timer = None if repeat == FOREVER else clock.call_later(self.seconds(clip) * (repeat + 1), self.stop)
        self.playing = Playback(clip, repeat, volume, clock.now(), timer)
        self._device.note(Kind.STATE, "clip playing", clip=clip.number, repeat=repeat, volume=volume)
        self._audio.begin(CLIP, self._sound(clip, repeat, volume))
        self._device.events.publish(PLAYING, {"AudioOutput": OUTPUT}, Playing=True)
        self._device.events.publish(CURRENTLY_PLAYING, {"AudioOutput": OUTPUT}, FileName=clip.file_name)

    def _sound(self, clip: Clip, repeat: int, volume: int) -> ClipSound:
        times = math.inf if repeat == FOREVER else repeat + 1
        clock, seconds = self._device.world.clock, self.seconds(clip)
        return ClipSound(clock, clip.recording, seconds=seconds, times=times, volume=volume)

    def seconds(self, clip: Clip) -> float:
        """Playing time of one repetition; of a clip whose file says none, the profile's."""
        return self._device.profile.quirks.clip_seconds if clip.seconds is None else clip.seconds

    def _drop_timer(self) -> None:
        if self.playing is not None and self.playing.timer is not None:
            self.playing.timer.cancel()

    # ---- what the device tells it

    def publish_states(self) -> None:
        """The event system starts."""
        self._device.events.publish(PLAYING, {"AudioOutput": OUTPUT}, Playing=self.playing is not None)

    def _phase_changed(self, phase: Phase) -> None:
        if not self._device.lifecycle.reachable:
            self._drop_timer()
            self.playing = None
