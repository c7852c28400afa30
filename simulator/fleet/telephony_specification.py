"""The site's SIP registrar and phones, as the control API, the scenario runner and the pytest plugin say them."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

MOST_PHONES = 64
MOST_USERS = 10_000
SipUser = Annotated[str, Field(pattern=r"^[A-Za-z0-9._+*#-]{1,64}$")]
Algorithm = Literal["MD5", "SHA-256", "SHA-512-256"]
Codec = Literal["PCMU", "PCMA", "G722", "opus", "L16/8000", "L16/16000"]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class RegistrarSpecification(_Strict):
    """The site's registrar and proxy: embedded, or any other by address."""

    external: Annotated[str, Field(pattern=r"^[A-Za-z0-9._-]{1,253}:[0-9]{1,5}$")] | None = None
    """`host:port` of another program, which takes no orders."""
    domain: Annotated[str, Field(max_length=253, pattern=r"^[A-Za-z0-9.-]*$")] = ""
    """Of the addresses of record; by default the registrar's own address."""
    realm: Annotated[str, Field(max_length=253, pattern=r'^[^"\\\x00-\x1f]*$')] = ""
    """Of challenges; the domain by default."""
    users: dict[SipUser, Annotated[str, Field(max_length=128)]] = Field(
        default_factory=dict, max_length=MOST_USERS
    )
    """User to password, beside the site's phones and the accounts of the fleet's speakers."""
    open: bool = False
    """Everybody is let in, and nobody is challenged."""
    algorithms: Annotated[tuple[Algorithm, ...], Field(min_length=1, max_length=3)] = ("SHA-256", "MD5")
    """One challenge for each, in this order (RFC 8760)."""
    expires: Annotated[int, Field(ge=1, le=604_800)] = 3600
    """Longest registration that is granted, in seconds."""
    min_expires: Annotated[int, Field(ge=0, le=3600)] = 60
    """Shorter ones are refused with 423."""
    secondary: bool = False
    """A second registrar, with the same users, stands beside it."""


class PhoneSpecification(_Strict):
    """A phone of the site."""

    user: SipUser | None = None
    """User part of its address; its name by default."""
    password: Annotated[str, Field(max_length=128)] = ""
    display: Annotated[str, Field(max_length=128, pattern=r"^[^\x00-\x1f]*$")] = ""
    """Name that it shows to those whom it calls."""
    registers: bool = True
    """At the site's registrar, where there is one; otherwise it calls and is called by address."""
    transport: Literal["udp", "tcp", "tls"] = "udp"
    media_encryption: Literal["none", "best_effort", "mandatory"] = "none"
    """SRTP, with keys in SDP."""
    codecs: Annotated[tuple[Codec, ...], Field(min_length=1, max_length=6)] = ("PCMU", "PCMA")
    """In the order in which it offers them."""
    incoming: Literal["ring", "answer", "reject"] = "ring"
    """What it does with calls, until hands tell it otherwise."""


def phone_user(name: str, phone: PhoneSpecification) -> str:
    """The user part of a phone's address."""
    return phone.user or name
