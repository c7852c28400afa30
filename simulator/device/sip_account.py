"""A SIP account of a speaker: SIPAccount of the call service (audio sheet 8.3; C1410 manual, SIP, Accounts).

From the factory there is one, for calls from peer to peer, which answers by itself.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from simulator.device.call_setting import (
    Attribute,
    CallServiceRefused,
    Entity,
    Fault,
    Flag,
    Id,
    Setting,
    Text,
    Word,
    make,
    read,
    with_known_attributes,
)
from simulator.device.sip_setting import MOST_ENTRIES

if TYPE_CHECKING:
    from simulator.device.sip_quirks import SipQuirks

PEER_TO_PEER = "peer-to-peer"
FACTORY_ID = "sip_account_0"
DEFAULT_DTMF = "dtmf_config_default"

DISABLE_TCP_SWITCH = "DisableTCPSwitch"
MAX_CALL_DURATION = "MaxCallDuration"
REGISTRATION_INTERVAL = "RegistrationInterval"

MediaEncryption = Literal["None", "SRTPBestEffort", "SRTPMandatory"]
MEDIA_ENCRYPTION: tuple[MediaEncryption, ...] = ("None", "SRTPBestEffort", "SRTPMandatory")
"""From the laxest to the strictest."""
TLS_VERSIONS = ("TLSv1", "TLSv11", "TLSv12", "TLSv13")
"""What EncryptionProtocols may list; empty is "Automatic", the most secure version that both sides can."""


class SipProxy(Setting):
    """One hop of an account's requests, and the login it wants."""

    server: Text = Field(min_length=1)
    username: Text = ""
    password: Text = Field(default="", repr=False)


class SipAccount(Entity):
    """SIPAccount. A field's JSON name is its capitalised form: `user_id` is UserId."""

    enabled: Flag = True
    name: Text = ""
    caller_id: Text = ""
    """Display name that the called see."""
    user_id: Text = ""
    authentication_id: Text = ""
    """For the digest; empty means `user_id`."""
    password: Text = Field(default="", repr=False)
    registrar: Text | None = None
    public_domain: Text | None = None
    secondary_registrar: Text | None = None
    secondary_public_domain: Text | None = None
    sip_proxies: tuple[SipProxy, ...] = Field(default=(), max_length=MOST_ENTRIES, strict=False)
    """In the order in which they are passed."""
    secondary_sip_proxies: tuple[SipProxy, ...] = Field(default=(), max_length=MOST_ENTRIES, strict=False)
    is_default: Flag = False
    auto_answer_enabled: Flag = False
    """ "Answer automatically"; off for an account that does not say [guess], on for the factory's own."""
    transport: Annotated[Literal["udp", "tcp", "tls"], Word] = "udp"
    sips_enabled: Flag = False
    """sips: URIs; makes the transport tls."""
    prioritize_ipv6: Flag = False
    stream_parameters: Text = ""
    """Of video calls: kept and returned."""
    dtmf_configuration_id: Id = DEFAULT_DTMF
    media_encryption: Annotated[MediaEncryption, Word] = "None"
    """Needs tls. Among peer-to-peer accounts the strictest holds for all: ask `SipAccounts.media_encryption`."""
    allow_mwi: Flag = False
    certificate: Text | None = None
    """Alias of the device's certificate; shared by all tls accounts, as the next two."""
    encryption_protocols: Text = ""
    """Comma-separated TLS versions, empty for automatic."""
    verify_server_certificate: Flag = False
    attribute: tuple[Attribute, ...] = Field(default=(), max_length=MOST_ENTRIES, strict=False)

    @property
    def scheme(self) -> str:
        return "sips" if self.sips_enabled else "sip"

    @property
    def domain(self) -> str:
        """Domain of the address of record: the public one, else the registrar; empty from peer to peer."""
        return self.public_domain or self.registrar or ""

    @property
    def registers_at(self) -> str:
        """Where it registers: the registrar, else the public domain; empty if it does not."""
        return self.registrar or self.public_domain or ""

    @property
    def peer_to_peer(self) -> bool:
        """It registers nowhere."""
        return not self.registers_at

    @property
    def address_of_record(self) -> str:
        """`sip:6001@example.axis.com`; of a peer-to-peer account without the host, which is the device's own."""
        return f"{self.scheme}:{self.user_id}@{self.domain}" if self.domain else f"{self.scheme}:{self.user_id}"

    @property
    def login(self) -> str:
        """User name for the digest."""
        return self.authentication_id or self.user_id

    def attribute_value(self, name: str, quirks: SipQuirks) -> str:
        """Value of an attribute, or its default."""
        found = next((one.value for one in self.attribute if one.name == name), None)
        return quirks.account_attributes[name].default if found is None else found

    def longest_call(self, quirks: SipQuirks) -> int:
        """Seconds after which a SIP call is ended; 0 for never ("End calls after")."""
        return int(self.attribute_value(MAX_CALL_DURATION, quirks))

    def registration_interval(self, quirks: SipQuirks) -> int:
        """Seconds of lifetime that a registration asks for."""
        return int(self.attribute_value(REGISTRATION_INTERVAL, quirks))

    def tcp_switch(self, quirks: SipQuirks) -> bool:
        """Whether large requests go by TCP ("UDP-to-TCP switching")."""
        return self.attribute_value(DISABLE_TCP_SWITCH, quirks) != "true"


def factory_account(quirks: SipQuirks) -> SipAccount:
    """The peer-to-peer account, as real devices have it from the factory."""
    return make(
        SipAccount,
        id=FACTORY_ID,
        name=PEER_TO_PEER,
        caller_id=PEER_TO_PEER,
        user_id=PEER_TO_PEER,
        password=quirks.password,
        is_default=True,
        auto_answer_enabled=True,
    )


def account_from(sent: object, present: SipAccount | None, quirks: SipQuirks) -> SipAccount:
    """An account as SetSIPAccount gives it, by its own rules alone. Raises CallServiceRefused.

    What an update does not name stays [guess].
    """
    wanted = read(SipAccount, _modern(sent), base=present)
    changes: dict[str, object] = {"attribute": with_known_attributes(wanted.attribute, quirks.account_attributes)}
    if wanted.sips_enabled:
        changes["transport"] = "tls"
    account = wanted.model_copy(update=changes)
    if account.media_encryption != "None" and account.transport != "tls":
        raise CallServiceRefused(Fault.INVALID, "MediaEncryption needs Transport tls")
    versions = [part.strip() for part in account.encryption_protocols.split(",") if part.strip()]
    if any(version not in TLS_VERSIONS for version in versions):
        raise CallServiceRefused(Fault.INVALID, f"EncryptionProtocols lists {', '.join(TLS_VERSIONS)}")
    return account


def _modern(sent: object) -> object:
    """Older examples say Username where devices say UserId (audio sheet 8.3)."""
    if isinstance(sent, dict) and "Username" in sent and "UserId" not in sent:
        return {**sent, "UserId": sent["Username"]}
    return sent
