"""The SIP accounts of a speaker together: ids, the default, what they share, and how registrations stand (audio sheet
8.3; C1410 manual, SIP, Accounts).

Registration itself is for who speaks SIP; what came of it is told with `registration` and shown as the account's status.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from simulator.device.call_setting import (
    LONGEST_TEXT,
    CallServiceRefused,
    Fault,
    id_of,
    outside_name,
    shown_text,
)
from simulator.device.sip_account import (
    DEFAULT_DTMF,
    MEDIA_ENCRYPTION,
    MediaEncryption,
    SipAccount,
    account_from,
    factory_account,
)
from simulator.journal import Kind

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from simulator.device.call_service import CallService

_SHARED_BY_TLS: Final = ("certificate", "encryption_protocols", "verify_server_certificate")
"""One value for all accounts that use TLS."""
_SHARED_BY_PEERS: Final = "dtmf_configuration_id"
"""One value for all peer-to-peer accounts (C1410 manual, SIP, DTMF)."""


@dataclass(frozen=True, slots=True)
class Registration:
    """What came of the last registration: the registrar's code and phrase."""

    status: int
    text: str


DOES_NOT_REGISTER = Registration(0, "Does not register")
SIP_DISABLED = Registration(0, "SIP disabled")
_UNTRIED = Registration(0, "")
"""Of an account that is about to register: nobody has answered yet [guess]."""

DAEMON = "sipd"
"""Who writes lines about calls and registrations into the system log: the name is a guess."""


class SipAccounts:
    """The accounts of one speaker. There is exactly one default, which calls are made from that name none."""

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
        account = _sharing(account, [one for one in accounts if one is not present], sent)
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
        told = Registration(status, shown_text(text, LONGEST_TEXT))
        if self.get(account_id) is None or self._registrations.get(account_id) == told:
            return
        self._registrations[account_id] = told
        self._service.device.note(
            Kind.STATE, "sip registration", account=account_id, status=status, text=told.text
        )
        if status >= 300:
            text = f"Registration of account {account_id} failed: {status} {told.text}"
            self._service.device.logs.system(DAEMON, "WARNING", text)

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


def _sharing(account: SipAccount, others: Iterable[SipAccount], sent: object) -> SipAccount:
    """An account with the values that those of its kind share, where it names none of its own."""
    named = {outside for outside, value in sent.items() if value is not None} if isinstance(sent, dict) else set()
    changes: dict[str, object] = {}
    for other in others:
        shared = [*_SHARED_BY_TLS] if other.transport == account.transport == "tls" else []
        shared += [_SHARED_BY_PEERS] if other.peer_to_peer and account.peer_to_peer else []
        changes |= {name: getattr(other, name) for name in shared if outside_name(name) not in named}
    return account.model_copy(update=changes) if changes else account


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
