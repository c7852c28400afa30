"""A phone of the site: what a person does with it, and which rules it breaks (SIP sheet 7, 8, 13, 14, 20)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar, Final, Literal

from simulator.action.action import Action, check_use
from simulator.action.declaration import ListOf
from simulator.action.kind import Duration, Number, Text, Whole
from simulator.action.target import DeviceTarget, Target
from simulator.errors import FleetError
from simulator.units import Seconds

PHONE_USES: Final[dict[str, tuple[str, ...]]] = {
    "call": ("device", "to", "offer", "direct"),
    "ring": (),
    "answer": (),
    "reject": ("status",),
    "hang-up": (),
    "cancel": (),
    "hold": (),
    "resume": (),
    "reinvite": (),
    "dtmf": ("digits!", "method"),
    "play": ("tone", "level", "file", "for"),
    "quiet": (),
    "register": (),
    "unregister": (),
    "auto-answer": ("delay",),
    "auto-reject": ("status",),
    "auto-ring": (),
    "break": ("rule!", "chance", "jitter", "count", "for"),
    "mend": ("rule",),
}
"""What a phone can be told, and which fields each takes."""

PHONE_NAME = Text(r"[a-z][a-z0-9-]{0,62}", "phone name", example="desk")
Rule = Literal[
    "no-ack", "lose-bye", "late-answer", "malformed", "wrong-payload-type", "rtp-stop", "rtp-loss", "rtp-jitter",
    "rtp-ssrc",
]  # fmt: skip
"""Rules that a phone can break: see `Phone`."""
_NEEDS: Final[dict[str, str]] = {"rtp-loss": "chance", "rtp-jitter": "jitter"}


@dataclass(frozen=True, slots=True)
class PhoneUse(Action):
    """Use a phone of the site.

    call: a speaker by `device`, or anybody by `to`. ring, answer, reject: what it does with the call that came in;
    auto-answer, auto-reject and auto-ring what it does with those that will come. hang-up ends a call, cancel one
    that is not answered yet. hold, resume and reinvite change it. dtmf sends digits; play sends a tone or a file
    instead of silence, quiet ends that. break: from now on it breaks a rule, mend: it keeps it again. no-ack: never
    acknowledges an answer. lose-bye: its BYE is lost. late-answer: answers although the caller has given up.
    malformed: its next requests are no SIP. wrong-payload-type, rtp-stop, rtp-loss, rtp-jitter, rtp-ssrc: what is
    wrong with the sound that it sends.
    """

    verb: ClassVar[str] = "phone"
    family: ClassVar[str] = "phone"
    shorthand: ClassVar[str] = "do"

    do: Annotated[
        Literal[
            "call", "ring", "answer", "reject", "hang-up", "cancel", "hold", "resume", "reinvite", "dtmf", "play",
            "quiet", "register", "unregister", "auto-answer", "auto-reject", "auto-ring", "break", "mend",
        ],
        "What is done with the phone.",
    ]  # fmt: skip
    name: Annotated[str, PHONE_NAME, "Name of the phone; the only one by default."] = ""
    device: Annotated[Target | None, DeviceTarget(), "Speaker that is called."] = None
    to: Annotated[str, Text(r"[!-~]{1,255}", "party", example="2001"), "Who else is called: a user, or a URI."] = (
        ""
    )
    offer: Annotated[bool, "Whether the INVITE carries an offer; without, the answer to it comes in the ACK."] = (
        True
    )
    direct: Annotated[bool, "Whether a speaker is called at its own address, not through the registrar."] = False
    status: Annotated[int | None, Whole(300, 699), "Status of a refusal; 486, busy here, by default."] = None
    digits: Annotated[str, Text(r"[0-9A-D*#]{1,64}", "digits", example="123#"), "Digits to send."] = ""
    method: Annotated[
        Literal["rfc4733", "info", "in-band"], "How digits are sent: as RTP events, by SIP INFO, or as tones."
    ] = "rfc4733"
    tone: Annotated[
        tuple[float, ...], ListOf(Number(20, 20_000)), "Frequencies of a tone in hertz; 1000 by default."
    ] = ()
    level: Annotated[float, Number(-90, 0), "Level of the tone in decibels below full scale."] = -10.0
    file: Annotated[str, "WAV file to play instead of a tone."] = ""
    rule: Annotated[Rule | None, "The rule; of mend: all by default."] = None
    chance: Annotated[float | None, Number(0, 1), "Probability that a packet is lost."] = None
    jitter: Annotated[Seconds | None, Duration(), "How late packets are at most, each by chance."] = None
    count: Annotated[int | None, Whole(1, 1_000_000), "How many messages; all by default."] = None
    delay: Annotated[Seconds | None, Duration(), "How long it rings before; not at all by default."] = None
    for_: Annotated[Seconds | None, Duration(0.001), "Ends by itself after this time on the device clock."] = None

    def __post_init__(self) -> None:
        check_use(self, "do", PHONE_USES)
        if self.do == "call" and (self.device is None) == (not self.to):
            raise FleetError("call needs one of 'device' and 'to'", hint="a speaker's name, a user or a sip: URI")
        if self.do == "play" and self.tone and self.file:
            raise FleetError("'tone' and 'file' exclude each other", hint="leave one out")
        needed = _NEEDS.get(self.rule or "") if self.do == "break" else None
        if needed and getattr(self, needed) is None:
            raise FleetError(f"rule: {self.rule} needs {needed!r}", hint=f"for example {needed}: 0.1")
