"""Of a speaker's sound, what is a guess or differs between firmwares: the part `audio` of `quirks.yaml`."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict


class AudioQuirks(BaseModel):
    """Typed values of one profile (audio sheet 2 to 4)."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    clip_duplicate: Literal["updated", "replaced", "uploaded"]
    """What an upload under a name that exists is answered: `updated=MediaClip.M<n>` or `replaced=<n>`, and that clip has
    the new file; or `uploaded=<n>`, and there are two of that name."""
    transmit_ahead: float
    """Seconds of sound that transmit.cgi takes in before they are due; more stays with the client."""
    transmit_busy_reason: str
    """Reason phrase of the 503 for a second talker."""
    transmit_beside_clip: bool
    """transmit.cgi is served while a clip plays; otherwise 503."""
    receive_off_status: int
    """HTTP status of receive.cgi while the audio input is off."""
    input_gain_range: tuple[int, int]
    """Lowest and highest gain of the audio input, in dB."""
