"""What an expectation asks about the telephony of the site: a phone, the registrar."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar, Final, Literal

from simulator.action.kind import Choice, Number, Text, Whole
from simulator.action.phone import PHONE_NAME
from simulator.errors import FleetError
from simulator.expect.query import Query

PHONE_STATES: Final = ("idle", "calling", "ringing", "active", "held")
PHONE_SIGHTINGS: Final = ("trying", "ringing", "called", "answered", "held", "resumed", "ended", "failed", "digit")
"""What a phone can see happen: `called` is a call that comes in, `ringing` the other side's 180."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PhoneQuery(Query):
    """What a phone of the site shows, saw and hears."""

    shorthand: ClassVar[str] = "state"

    name: Annotated[str, PHONE_NAME, "Name of the phone; the only one by default."] = ""
    state: Annotated[str, Choice(PHONE_STATES), "State of its call now."] = ""
    registered: Annotated[bool | None, "Whether it is registered."] = None
    saw: Annotated[str, Choice(PHONE_SIGHTINGS), "What it has seen happen since the moment."] = ""
    status: Annotated[int | None, Whole(100, 699), "SIP status with which it saw that."] = None
    digits: Annotated[
        str, Text(r"[0-9A-D*#]{1,64}", "digits", example="123#"), "Digits that came in this call."
    ] = ""
    codec: Annotated[str, "Codec of the call."] = ""
    tone: Annotated[float | None, Number(20, 20_000), "Frequency in hertz of the tone that it hears now."] = None
    level: Annotated[
        float | None, Number(-90, 0), "Least level of that tone, or of any sound, in decibels below full scale."
    ] = None
    silence: Annotated[bool, "It hears nothing now."] = False
    packets: Annotated[int | None, Whole(1), "RTP packets that it has got in this call, at least."] = None

    def __post_init__(self) -> None:
        asked = (self.state, self.saw, self.digits, self.codec, self.silence)
        numbers = (self.registered, self.tone, self.level, self.packets)
        if not any(asked) and all(number is None for number in numbers):
            raise FleetError("nothing is asked about the phone", hint="for example phone: {state: active}")
        if self.status is not None and not self.saw:
            raise FleetError("'status' needs 'saw'", hint="for example saw: failed, status: 486")
        if self.silence and (self.tone is not None or self.level is not None):
            raise FleetError("'silence' has neither tone nor level", hint="leave it out")


@dataclass(frozen=True, slots=True, kw_only=True)
class RegistrarQuery(Query):
    """Who is registered at the site's registrar, and what it has answered."""

    shorthand: ClassVar[str] = "user"

    user: Annotated[str, "User that is registered, or is not."] = ""
    server: Annotated[Literal["primary", "secondary"], "Which of the two registrars."] = "primary"
    registered: Annotated[bool, "Whether it has a binding now."] = True
    contact: Annotated[str, "Its contact; may hold globs."] = ""
    answered: Annotated[
        int | None, Whole(100, 699), "Instead: a request of the user was answered so since the moment."
    ] = None
    method: Annotated[str, Text(r"[A-Z]+", "SIP method", example="INVITE"), "Of that request."] = "REGISTER"

    def __post_init__(self) -> None:
        if not self.user and self.answered is None:
            raise FleetError("nothing is asked about the registrar", hint="name a user, or answered: 401")
