"""The site's SIP registrar and phones, as a scenario file says them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, Literal

from simulator.action.declaration import ListOf, MapOf, Pairs
from simulator.action.kind import Choice, Duration, Text
from simulator.scenario.sip_plan import CODECS
from simulator.units import Seconds

ALGORITHMS = ("MD5", "SHA-256", "SHA-512-256")
SIP_USER = Text(r"[A-Za-z0-9._+*#-]{1,64}", "SIP user", example="2001")
_HOUR, _MINUTE = Seconds(3600.0), Seconds(60.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class RegistrarPlan:
    """The SIP registrar and proxy of the site: embedded, or a program elsewhere."""

    shorthand: ClassVar[str] = "external"

    external: Annotated[
        str,
        Text(r"[A-Za-z0-9._-]{1,253}:\d{1,5}", "registrar address", example="127.0.0.1:5060"),
        "Host and port of another program.",
    ] = ""
    domain: Annotated[str, "Domain of its users; by default its own address."] = ""
    realm: Annotated[str, "Realm of its challenges; the domain by default."] = ""
    users: Annotated[
        Pairs,
        MapOf(Text(r".{0,128}", "password", empty=True), SIP_USER),
        "User to password, beside the site's phones and the accounts of the speakers.",
    ] = ()
    open: Annotated[bool, "Whether everybody is let in, without a challenge."] = False
    algorithms: Annotated[
        tuple[str, ...], ListOf(Choice(ALGORITHMS), fewest=1), "Digest algorithms that it offers, in this order."
    ] = ("SHA-256", "MD5")
    expires: Annotated[Seconds, Duration(1.0), "Longest registration that it grants."] = _HOUR
    min_expires: Annotated[Seconds, Duration(), "Shorter ones are refused with 423."] = _MINUTE
    secondary: Annotated[bool, "Whether a second registrar with the same users stands beside it."] = False

    def specification(self) -> dict[str, Any]:
        """As the control API's populate call takes it."""
        return {
            "external": self.external or None,
            "domain": self.domain,
            "realm": self.realm,
            "users": dict(self.users),
            "open": self.open,
            "algorithms": list(self.algorithms),
            "expires": int(self.expires),
            "min_expires": int(self.min_expires),
            "secondary": self.secondary,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class PhonePlan:
    """A phone of the site."""

    shorthand: ClassVar[str] = "user"

    user: Annotated[str, SIP_USER, "User part of its address; its name by default."] = ""
    password: Annotated[str, Text(r".{0,128}", "password", empty=True), "Its password at the registrar."] = ""
    display: Annotated[str, "Name that it shows to those whom it calls."] = ""
    registers: Annotated[bool, "Whether it registers, where the site has a registrar."] = True
    transport: Annotated[Literal["udp", "tcp", "tls"], "How its requests leave."] = "udp"
    media_encryption: Annotated[
        Literal["none", "best_effort", "mandatory"], "SRTP, with keys in SDP: for speakers that use it."
    ] = "none"
    codecs: Annotated[tuple[str, ...], ListOf(Choice(CODECS), fewest=1), "Codecs, the first one preferred."] = (
        "PCMU",
        "PCMA",
    )
    incoming: Annotated[
        Literal["ring", "answer", "reject"], "What it does with calls, until the timeline says otherwise."
    ] = "ring"

    def specification(self) -> dict[str, Any]:
        """As the control API's populate call takes it."""
        return {
            "user": self.user or None,
            "password": self.password,
            "display": self.display,
            "registers": self.registers,
            "transport": self.transport,
            "media_encryption": self.media_encryption,
            "codecs": list(self.codecs),
            "incoming": self.incoming,
        }
