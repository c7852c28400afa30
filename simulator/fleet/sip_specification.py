"""The SIP settings of a speaker, as the control API, the scenario runner and the pytest plugin say them.

Ranges and rules are the device's own: it refuses what the web page and `/vapix/call` refuse.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

SITE = "site"
"""In place of a registrar: that of the bench's own site."""

Text = Annotated[str, Field(max_length=255)]
WholeSeconds = Annotated[int, Field(ge=0, le=86_400)]


@dataclass(frozen=True, slots=True)
class RegistrarPlace:
    """A registrar of the site: `host` or `host:port`, and the domain of its addresses where that is another."""

    address: str
    domain: str = ""


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class SipAccountSpecification(_Strict):
    """One account beside the factory's; the names are those of the web page in short."""

    user: Annotated[str, Field(min_length=1, max_length=255)]
    password: Text = ""
    authentication_id: Text = ""
    caller_id: Text = ""
    name: Text = ""
    registrar: Text = ""
    """`site`, or an address perhaps with a port; empty for an account from peer to peer."""
    domain: Text = ""
    secondary_registrar: Text = ""
    secondary_domain: Text = ""
    proxies: tuple[Text, ...] = Field(default=(), max_length=100)
    """In the order in which requests pass them."""
    default: bool = False
    enabled: bool = True
    auto_answer: bool = False
    transport: Literal["udp", "tcp", "tls"] = "udp"
    sips: bool = False
    media_encryption: Literal["none", "best_effort", "mandatory"] = "none"
    certificate: Text = ""
    """Alias of a client certificate that the device has."""
    verify: bool = False
    """It checks the server's certificate."""
    longest_call: Annotated[int, Field(ge=0, le=3600)] = 0
    """Seconds after which its calls are ended ("End calls after"), up to an hour; 0 for never."""
    register_every: WholeSeconds | None = None
    """Seconds of lifetime that its registrations ask for; by default the firmware's own."""
    tcp_switch: bool = True
    """Large requests go by TCP ("UDP-to-TCP switching")."""


class SipSpecification(_Strict):
    """By default SIP is on, calls may come in, and the factory's account answers them by itself."""

    enabled: bool = True
    allow_incoming: bool = True
    auto_answer: bool = True
    """Of the factory's peer-to-peer account."""
    peer_to_peer: bool = True
    """It still has the factory's account; without it there must be another."""
    port: int = 5060
    tls_port: int = 5061
    rtp_start_port: int = 4000
    calling_timeout: WholeSeconds = 60
    answering_timeout: WholeSeconds = 60
    """ "Incoming call duration": how long an incoming call rings."""
    accounts: tuple[SipAccountSpecification, ...] = Field(default=(), max_length=99)
    codecs: tuple[Text, ...] = Field(default=(), max_length=32)
    """In order of priority; by default the factory's."""
    dtmf: dict[Annotated[str, Field(max_length=64)], Text] = Field(default_factory=dict, max_length=100)
    """Key sequence to the name of the event that it makes, in all accounts."""
    attributes: dict[Text, Text] = Field(default_factory=dict, max_length=100)
    """Settings under "Additional", by the names of GetSupportedSIPConfigurationAttributes."""
