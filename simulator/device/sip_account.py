"""The SIP accounts of a speaker: SIPAccount of the call service (audio sheet 8.3; C1410 manual, SIP, Accounts).

From the factory there is one, for calls from peer to peer, which answers by itself. There is exactly one default
account, which calls are made from that name none. Registration itself is for who speaks SIP; what came of it is told
with `registration` and shown as the account's status.
"""

from __future__ import annotations

from dataclasses import dataclass
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
    id_of,
    make,
    read,
    with_known_attributes,
)
from simulator.device.sip_setting import MOST_ENTRIES
from simulator.journal import Kind

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from simulator.device.call_service import CallService
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
_SHARED_BY_TLS = ("certificate", "encryption_protocols", "verify_server_certificate")
"""One value for all accounts that use TLS (audio sheet 8.3)."""
_SHARED_BY_PEERS = "dtmf_configuration_id"
"""One value for all peer-to-peer accounts (C1410 manual, SIP, DTMF)."""


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


@dataclass(frozen=True, slots=True)
class Registration:
    """What came of the last registration: the registrar's code and phrase."""

    status: int
    text: str


DOES_NOT_REGISTER = Registration(0, "Does not register")
SIP_DISABLED = Registration(0, "SIP disabled")
_UNTRIED = Registration(0, "")
"""Of an account that is about to register: nobody has answered yet [guess]."""


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


class SipAccounts:
    """The accounts of one speaker, and how their registrations stand."""

    __slots__ = ("_registrations", "_service")

    def __init__(self, service: CallService) -> None:
        self._service = service
        self._registrations: dict[str, Registration] = {}

    def __iter__(self) -> Iterator[SipAccount]:
        return iter(self._service.settings.accounts)

    def get(self, account_id: str) -> SipAccount | None:
        return next((one for one in self if one.id == account_id), None)

    @property
    def default(self) -> SipAccount | None:
        """The account of calls that name none; None where all accounts were removed, until the next start."""
        return next((one for one in self if one.is_default), None)

    def put(self, sent: object) -> str:
        """SetSIPAccount: update the account with this id, or add one; the id. Raises CallServiceRefused."""
        accounts = tuple(self)
        present = self.get(id_of(sent))
        account = account_from(sent, present, self._service.quirks)
        if present is None:
            self._service.check_room(len(accounts))
            account = account.model_copy(update={"id": account.id or self._free_id()})
        self._check_dtmf(account)
        if not any(one.is_default for one in accounts if one.id != account.id):
            account = account.model_copy(update={"is_default": True})
        others = [_beside(one, account) for one in accounts]
        changed = [account if one.id == account.id else one for one in others]
        self._store(changed if present is not None else [*others, account])
        return account.id

    def remove(self, account_ids: Sequence[str]) -> None:
        """Remove accounts; ids that do not exist are nothing to remove.

        Raises CallServiceRefused for the default while others stay: another must be made the default first.
        """
        kept = [one for one in self if one.id not in account_ids]
        if len(kept) == len(self._service.settings.accounts):
            return
        if kept and not any(one.is_default for one in kept):
            raise CallServiceRefused(Fault.FAILED, "the default account cannot be removed while there are others")
        self._store(kept)

    def restore_factory_account(self) -> None:
        """At a start: there is an account again where all were removed (audio sheet 8.3)."""
        if not self._service.settings.accounts:
            self._store([factory_account(self._service.quirks)])

    def leave_dtmf(self, configuration_ids: Sequence[str]) -> None:
        """DTMF configurations are gone: whoever used one uses the default's."""
        changed = [
            one.model_copy(update={"dtmf_configuration_id": DEFAULT_DTMF})
            if one.dtmf_configuration_id in configuration_ids
            else one
            for one in self
        ]
        self._store(changed)

    def media_encryption(self, account: SipAccount) -> MediaEncryption:
        """What holds for an account: among those from peer to peer the strictest (audio sheet 8.3)."""
        if not account.peer_to_peer:
            return account.media_encryption
        among = (one.media_encryption for one in self if one.peer_to_peer and one.enabled)
        return max((account.media_encryption, *among), key=MEDIA_ENCRYPTION.index)

    # ---- registrations

    def registration(self, account_id: str, status: int, text: str) -> None:
        """Tell what came of registering: the registrar's last code and phrase; 408 where it does not answer."""
        if self.get(account_id) is None or self._registrations.get(account_id) == Registration(status, text):
            return
        self._registrations[account_id] = Registration(status, text)
        self._service.device.note(Kind.STATE, "sip registration", account=account_id, status=status, text=text)

    def status(self, account: SipAccount) -> Registration:
        """`Status` and `StatusText` of GetSIPAccountStatus."""
        if not self._service.configuration.sip_enabled:
            return SIP_DISABLED
        if account.peer_to_peer or not account.enabled:
            return DOES_NOT_REGISTER
        return self._registrations.get(account.id, _UNTRIED)

    def forget_registrations(self) -> None:
        """SIP has stopped, or the device."""
        self._registrations.clear()

    # ---- inside

    def _store(self, accounts: Sequence[SipAccount]) -> None:
        known = {one.id for one in accounts}
        for gone in self._registrations.keys() - known:
            del self._registrations[gone]
        self._service.change("accounts", accounts=tuple(accounts))

    def _free_id(self) -> str:
        return self._service.free_id("sip_account_", (one.id for one in self))

    def _check_dtmf(self, account: SipAccount) -> None:
        if self._service.dtmf.configuration(account.dtmf_configuration_id) is None:
            raise CallServiceRefused(
                Fault.INVALID, f"there is no DTMF configuration {account.dtmf_configuration_id}"
            )


def _beside(other: SipAccount, new: SipAccount) -> SipAccount:
    """What another account becomes when `new` is set: no longer the default, and with the values they share."""
    changes: dict[str, object] = {}
    if new.is_default and other.is_default:
        changes["is_default"] = False
    if new.transport == other.transport == "tls":
        changes |= {name: getattr(new, name) for name in _SHARED_BY_TLS}
    if new.peer_to_peer and other.peer_to_peer:
        changes[_SHARED_BY_PEERS] = new.dtmf_configuration_id
    return other.model_copy(update=changes) if changes else other
