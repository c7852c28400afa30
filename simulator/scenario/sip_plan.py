"""The SIP settings of a speaker, as a scenario file says them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, Literal

from simulator.action.declaration import ListOf, MapOf, Pairs
from simulator.action.kind import Choice, Duration, Text, Whole
from simulator.errors import FleetError
from simulator.units import Seconds

CODECS = ("opus", "L16/16000", "G722", "PCMU", "PCMA", "L16/8000")
"""Audio codecs by the names of GetSupportedAudioCodecs."""
_MINUTE, _FOREVER, HOUR = Seconds(60.0), Seconds(0.0), Seconds(3600.0)
_REGISTRAR = Text(r"site|[A-Za-z0-9.\[\]:-]{1,255}", "registrar", example="site")
_PORT = Whole(1024, 65_535)


@dataclass(frozen=True, slots=True, kw_only=True)
class SipAccountPlan:
    """A SIP account of a speaker, beside that of the factory."""

    shorthand: ClassVar[str] = "user"

    user: Annotated[str, Text(r"[^\s@<>:\"]{1,64}", "user id", example="6001"), "User id: extension or number."]
    password: Annotated[str, "Password at the registrar."] = ""
    authentication_id: Annotated[str, "Name for the login, where that is another than the user id."] = ""
    caller_id: Annotated[str, "Name that the called see."] = ""
    name: Annotated[str, "Descriptive name; the user id by default."] = ""
    registrar: Annotated[
        str,
        _REGISTRAR,
        "Where it registers: site (the bench's own registrar), or an address with or without port; by default nowhere, "
        "for calls from peer to peer.",
    ] = ""
    domain: Annotated[str, "Domain of its address, where that is another than the registrar."] = ""
    secondary_registrar: Annotated[
        str, _REGISTRAR, "Where it registers if that fails; site: the secondary one of the bench."
    ] = ""
    secondary_domain: Annotated[str, "Domain of its address then."] = ""
    proxies: Annotated[tuple[str, ...], "Proxies in the order in which its requests pass them."] = ()
    default: Annotated[
        bool,
        "Whether calls that name no account are made from it; by default the first account that a file names.",
    ] = False
    enabled: Annotated[bool, "Whether it can be used."] = True
    auto_answer: Annotated[bool, "Whether it answers calls by itself; otherwise they ring."] = False
    transport: Annotated[Literal["udp", "tcp", "tls"], "How its requests go."] = "udp"
    sips: Annotated[bool, "Whether it uses sips: addresses, which makes the transport tls."] = False
    media_encryption: Annotated[
        Literal["none", "best_effort", "mandatory"], "SRTP; other than none needs transport tls."
    ] = "none"
    certificate: Annotated[str, "Alias of the device's certificate for TLS."] = ""
    verify: Annotated[bool, "Whether it checks the server's certificate."] = False
    longest_call: Annotated[Seconds, Duration(), "When its calls are ended, up to 1h; 0s for never."] = _FOREVER
    register_every: Annotated[
        Seconds | None, Duration(1.0), "Lifetime that its registrations ask for, in wire time."
    ] = None
    tcp_switch: Annotated[bool, "Whether large requests go by TCP instead of UDP."] = True

    def __post_init__(self) -> None:
        if self.longest_call > HOUR:
            raise FleetError("longest_call is at most 1h", hint="0s for calls without end")
        if self.media_encryption != "none" and self.transport != "tls" and not self.sips:
            raise FleetError("media_encryption needs transport tls", hint="write transport: tls")

    def specification(self) -> dict[str, Any]:
        """As the control API's populate call takes it."""
        values = {name: getattr(self, name) for name in self.__slots__}
        register_every = self.register_every
        return {
            **values,
            "longest_call": int(self.longest_call),
            "register_every": None if register_every is None else int(register_every),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class SipPlan:
    """Settings of a speaker's call service."""

    enabled: Annotated[bool, "Whether SIP is on."] = True
    allow_incoming: Annotated[bool, "Whether calls may come in."] = True
    auto_answer: Annotated[bool, "Whether the factory's peer-to-peer account answers calls by itself."] = True
    peer_to_peer: Annotated[bool, "Whether it still has the factory's account."] = True
    port: Annotated[int, _PORT, "SIP port, UDP and TCP."] = 5060
    tls_port: Annotated[int, _PORT, "SIP port for TLS."] = 5061
    rtp_start_port: Annotated[int, _PORT, "First port for media."] = 4000
    calling_timeout: Annotated[
        Seconds, Duration(1.0), "How long an outgoing call waits for an answer, up to 10m."
    ] = _MINUTE
    answering_timeout: Annotated[Seconds, Duration(1.0), "How long an incoming call rings, up to 10m."] = _MINUTE
    accounts: Annotated[tuple[SipAccountPlan, ...], "Accounts beside the factory's, by user id or as maps."] = ()
    codecs: Annotated[
        tuple[str, ...], ListOf(Choice(CODECS)), "Audio codecs in order of priority; by default all of them."
    ] = ()
    dtmf: Annotated[
        Pairs,
        MapOf(Text(r".{1,64}", "name"), Text(r"[0-9A-D*#]{1,64}", "key sequence", example="12#")),
        "Key sequences that are events: the keys, and the name of the event.",
    ] = ()
    attributes: Annotated[Pairs, "Additional settings, by the names of the call service: DTMFPayloadType."] = ()

    def __post_init__(self) -> None:
        if not self.peer_to_peer and not self.accounts:
            raise FleetError("a speaker needs a SIP account", hint="give it accounts, or leave peer_to_peer")
        if self.port == self.tls_port:
            raise FleetError("port and tls_port are the same")

    def specification(self) -> dict[str, Any]:
        """As the control API's populate call takes it."""
        return {
            "enabled": self.enabled,
            "allow_incoming": self.allow_incoming,
            "auto_answer": self.auto_answer,
            "peer_to_peer": self.peer_to_peer,
            "port": self.port,
            "tls_port": self.tls_port,
            "rtp_start_port": self.rtp_start_port,
            "calling_timeout": int(self.calling_timeout),
            "answering_timeout": int(self.answering_timeout),
            "accounts": [account.specification() for account in self.accounts],
            "codecs": list(self.codecs),
            "dtmf": dict(self.dtmf),
            "attributes": dict(self.attributes),
        }
