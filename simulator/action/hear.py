"""Hands on what a speaker's microphone hears."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar

from simulator.action.action import Action
from simulator.action.kind import Number, Text
from simulator.action.target import DeviceTarget, Target
from simulator.errors import FleetError


@dataclass(frozen=True, slots=True)
class Hear(Action):
    """Let the microphone of a speaker hear a tone, a recording or silence around it, beside its own loudspeaker."""

    verb: ClassVar[str] = "hear"
    family: ClassVar[str] = "sound"
    shorthand: ClassVar[str] = "device"

    device: Annotated[Target, DeviceTarget(), "Speaker whose microphone it is."]
    tone: Annotated[float | None, Number(20, 7500), "A tone of this frequency in Hz; at -20 dBFS by default."] = (
        None
    )
    silence: Annotated[bool, "Nothing is to be heard around."] = False
    file: Annotated[
        str,
        Text(empty=True),
        "A recording, again and again: path of an au, wav, mp3, opus or Vorbis file on the engine's machine.",
    ] = ""
    level: Annotated[
        float | None,
        Number(-90, 0),
        "How loud it reaches the microphone, in dBFS; a recording by default as it is.",
    ] = None

    def __post_init__(self) -> None:
        if sum([self.tone is not None, self.silence, bool(self.file)]) != 1:
            raise FleetError("hear takes one of tone, silence and file")
        if self.level is not None and self.tone is None and not self.file:
            raise FleetError("level says how loud a tone or a file is")
