"""What of a speaker's telephony differs between firmwares, and its guesses: the entry `sip` of `quirks.yaml`."""

from __future__ import annotations

from functools import cached_property
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

from simulator.device.call_setting import AttributeInfo, make


class CodecQuirks(BaseModel):
    """One audio codec of calls: its name in the API and the sample rate shown with it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    rate: int
    default: bool
    """It is in the factory's list."""


class SipQuirks(BaseModel):
    """The values of the call service (audio sheet 8; SIP sheet 1, 14.1, 19). Times are device seconds."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    source: str
    """`Source` of the call events."""
    most_entities: int
    """Entities of each type that are taken."""
    most_calls: int
    """Calls at one time; one more is refused as busy."""
    history: int
    """Ended calls that GetCallStatuses still lists."""
    configuration: tuple[str, ...]
    """Attributes of the configuration: `Name type default`, and what it takes: `1..9` or `one/other`."""
    account: tuple[str, ...]
    """Attributes of an account, written likewise."""
    codecs: tuple[CodecQuirks, ...]
    """In the factory's order of priority."""
    ringing_status: Literal["Ringing", "Calling"]
    """CallState of GetCallStatus while an incoming call rings; the page does not list Ringing."""
    password: str
    """Of the peer-to-peer account."""
    caller_cancelled: Literal["Terminated", "NoAnswer"]
    """Reason where the caller gives up while it rings."""
    rejected: Literal["Busy", "Failed"]
    """Reason where the callee declines with 603."""
    rings_before_auto_answer: bool
    """Call/State passes through Ringing where an account answers by itself."""
    incoming_limits_talk: bool
    """The incoming call duration limits an incoming call after its answer, too."""
    dtmf_history: int
    """Digits kept for matching."""
    dtmf_forget_seconds: float
    """Digits older than this do not count."""
    dtmf_match_clears: bool
    """A sequence that matched is taken out: its digits count for no other."""
    dtmf_same_digit_seconds: float
    """The same digit by RTP and by INFO within this counts once; 0 counts both."""
    vms_enabled: bool
    vms_thresholds: tuple[int, int, int]
    """Factory counts of audio from the device, audio to it and video from it that make a call; 0 is unused."""
    vms_timeout: int

    @cached_property
    def configuration_attributes(self) -> dict[str, AttributeInfo]:
        """By name."""
        return _attributes(self.configuration)

    @cached_property
    def account_attributes(self) -> dict[str, AttributeInfo]:
        """By name."""
        return _attributes(self.account)


def _attributes(rows: tuple[str, ...]) -> dict[str, AttributeInfo]:
    return {info.name: info for info in map(_attribute, rows)}


def _attribute(row: str) -> AttributeInfo:
    name, kind, default, *limits = row.split(" ")
    values: dict[str, Any] = {"name": name, "type": kind, "default": default}
    if limits and kind == "int":
        low, _, high = limits[0].partition("..")
        values["numbers"] = (int(low), int(high))
    elif limits:
        values["choices"] = tuple(limits[0].split("/"))
    return make(AttributeInfo, **values)
