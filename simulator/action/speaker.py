"""What hands can do to a speaker: its microphone switch, its driver and surroundings, its lamp, its clips and its test."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar, Final, Literal

from simulator.action.action import Action, check_use
from simulator.action.kind import Number, Text, Whole
from simulator.action.target import DeviceTarget, Target

_Speaker = Annotated[Target, DeviceTarget(), "Speaker: spk-1, spk-*, spk-{1..4}."]

ACOUSTICS_USES: Final[dict[str, tuple[str, ...]]] = {
    "break-driver": (),
    "tear-driver": (),
    "mend-driver": (),
    "obstruct": ("loss",),
    "unobstruct": (),
    "move": ("wall!",),
}
"""What can happen to a loudspeaker, and which fields each takes."""


@dataclass(frozen=True, slots=True)
class Microphone(Action):
    """Move the mechanical microphone switch of a speaker, which nothing in software overrides."""

    verb: ClassVar[str] = "microphone"
    family: ClassVar[str] = "speaker"

    do: Annotated[Literal["on", "off"], "Where the switch is put."]
    device: _Speaker


@dataclass(frozen=True, slots=True)
class Acoustics(Action):
    """Change how a speaker sounds where it hangs: a speaker test finds out.

    break-driver: no sound. tear-driver: the low tones are gone. mend-driver: a new driver. obstruct, unobstruct:
    something stands before it. move: it hangs elsewhere, or a wall was built.
    """

    verb: ClassVar[str] = "acoustics"
    family: ClassVar[str] = "speaker"

    do: Annotated[
        Literal["break-driver", "tear-driver", "mend-driver", "obstruct", "unobstruct", "move"], "What happens."
    ]
    device: _Speaker
    loss: Annotated[float, Number(0.1, 60), "dB that the obstruction takes away at 1 kHz."] = 20.0
    wall: Annotated[float | None, Number(0.05, 1000), "Metres to the wall that sends the sound back."] = None

    def __post_init__(self) -> None:
        check_use(self, "do", ACOUSTICS_USES)


LAMP_USES: Final[dict[str, tuple[str, ...]]] = {
    "start": ("profile!",),
    "stop": ("profile!",),
    "break": (),
    "mend": (),
}


@dataclass(frozen=True, slots=True)
class Lamp(Action):
    """Start or stop a light profile as on the web page, or break the lamp and mend it."""

    verb: ClassVar[str] = "light"
    family: ClassVar[str] = "speaker"

    do: Annotated[Literal["start", "stop", "break", "mend"], "What is done."]
    device: _Speaker
    profile: Annotated[str, Text(r"[^\x00-\x1f]{1,50}", "profile", example="SIP"), "Name of the profile."] = ""

    def __post_init__(self) -> None:
        check_use(self, "do", LAMP_USES)


CLIP_USES: Final[dict[str, tuple[str, ...]]] = {"play": ("name!", "repeat", "volume"), "stop": ()}


@dataclass(frozen=True, slots=True)
class PlayClip(Action):
    """Play an audio clip of the store as on the web page, or stop what plays."""

    verb: ClassVar[str] = "clip"
    family: ClassVar[str] = "speaker"

    do: Annotated[Literal["play", "stop"], "What is done."]
    device: _Speaker
    name: Annotated[
        str, Text(r"[^\x00-\x1f]{1,255}", "clip", example="Alarm"), "Name, file or number of the clip."
    ] = ""
    repeat: Annotated[int, Whole(-1, 2**31 - 1), "Times after the first; -1 is for ever."] = 0
    volume: Annotated[int, Whole(0, 1000), "Percent of the recorded loudness."] = 100

    def __post_init__(self) -> None:
        check_use(self, "do", CLIP_USES)


@dataclass(frozen=True, slots=True)
class RunSpeakerTest(Action):
    """Calibrate or run the speaker test as on the web page, or spoil the software of the test.

    stuck: what is begun stays Pending until a restart. failing: it ends in InternalError. working: it is well again.
    """

    verb: ClassVar[str] = "speaker-test"
    family: ClassVar[str] = "speaker"

    do: Annotated[Literal["calibrate", "run", "stuck", "failing", "working"], "What is done."]
    device: _Speaker
