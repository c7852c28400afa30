"""Hands on a speaker's SIP: what goes wrong with its answers, its requests and the sound that it sends (SIP sheet 20)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar, Final, Literal

from simulator.action.action import Action, check_use
from simulator.action.kind import Duration, Number, Text, Whole
from simulator.action.target import DeviceTarget, Target
from simulator.errors import FleetError
from simulator.units import Seconds

SIP_USES: Final[dict[str, tuple[str, ...]]] = {
    "answer": ("method!", "status!", "delay", "retry_after", "count", "for"),
    "silent": ("method!", "count", "for"),
    "slow": ("delay!", "for"),
    "omit": ("method!", "for"),
    "rtp-stop": ("for",),
    "rtp-one-way": ("for",),
    "rtp-loss": ("chance!", "for"),
    "rtp-jitter": ("delay!", "for"),
    "rtp-type": ("type!", "for"),
    "rtp-ssrc": ("for",),
    "rtp-drift": ("drift!", "for"),
}
"""What can go wrong, and which fields each takes."""


@dataclass(frozen=True, slots=True)
class Sip(Action):
    """Let something go wrong at a speaker's SIP, until `for` or `count` is over or `clear` of its `sip` ends it.

    answer: requests of a method get this status, whatever is true. silent: they get none. slow: every answer is late. omit:
    the speaker does not send requests of this method and believes it has; ACK, BYE, CANCEL and PRACK only. rtp-stop: neither
    RTP nor RTCP leaves. rtp-one-way: no RTP leaves. rtp-loss: packets are lost by chance. rtp-jitter: each is late by
    up to `delay`. rtp-type: they carry another payload type. rtp-ssrc: the source changes, once. rtp-drift: the clock
    of the sound runs too fast by `drift` parts in a million.
    """

    verb: ClassVar[str] = "sip"
    family: ClassVar[str] = "sip"

    device: Annotated[Target, DeviceTarget(), "Speaker."]
    do: Annotated[
        Literal[
            "answer", "silent", "slow", "omit", "rtp-stop", "rtp-one-way", "rtp-loss", "rtp-jitter", "rtp-type",
            "rtp-ssrc", "rtp-drift",
        ],
        "What goes wrong.",
    ]  # fmt: skip
    method: Annotated[str, Text(r"[A-Z]{1,20}", "method", example="INVITE"), "Method of the requests."] = ""
    status: Annotated[int | None, Whole(100, 699), "Status of the answer; 100 and nothing more is one, too."] = (
        None
    )
    delay: Annotated[Seconds | None, Duration(), "How late it is, in wire time."] = None
    retry_after: Annotated[int | None, Whole(0, 86_400), "Retry-After of the answer, in seconds."] = None
    count: Annotated[int | None, Whole(1, 1_000_000), "Ends by itself after so many requests."] = None
    chance: Annotated[float | None, Number(0, 1), "Probability that a packet is lost."] = None
    type: Annotated[int | None, Whole(0, 127), "Payload type."] = None
    drift: Annotated[int | None, Whole(-10_000, 10_000), "Parts in a million."] = None
    for_: Annotated[Seconds | None, Duration(0.001), "Ends by itself after this time on the device clock."] = None

    def __post_init__(self) -> None:
        check_use(self, "do", SIP_USES)
        if self.do == "omit" and self.method not in OMITTED:
            raise FleetError(f"{self.method} cannot be omitted", hint=f"one of {', '.join(OMITTED)}")


OMITTED: Final = ("ACK", "BYE", "CANCEL", "PRACK")
