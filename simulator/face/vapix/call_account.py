"""Commands of the call service about SIP accounts (audio sheet 8.3)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from simulator.device.call_setting import CallServiceRefused, Fault
from simulator.device.sip_account import MEDIA_ENCRYPTION
from simulator.device.sip_setting import attribute_list
from simulator.face.vapix.call_command import Asked, Command, Json

if TYPE_CHECKING:
    from collections.abc import Iterator

    from simulator.device.sip_account import SipAccount

_ID = "SIPAccountId"


def get_account(asked: Asked) -> Json:
    return {"SIPAccount": _named(asked).as_json()}


def get_accounts(asked: Asked) -> Json:
    return {"SIPAccount": [account.as_json() for account in _chosen(asked)]}


def set_account(asked: Asked) -> Json:
    return {_ID: asked.service.accounts.put(asked.required("SIPAccount"))}


def set_accounts(asked: Asked) -> Json:
    return {_ID: [asked.service.accounts.put(one) for one in asked.objects("SIPAccount")]}


def remove_account(asked: Asked) -> Json:
    asked.service.accounts.remove([asked.id(_ID)])
    return {}


def remove_accounts(asked: Asked) -> Json:
    asked.required(_ID)
    asked.service.accounts.remove(asked.ids(_ID))
    return {}


def get_status(asked: Asked) -> Json:
    return {"SIPAccountStatus": _status(asked, _named(asked))}


def get_statuses(asked: Asked) -> Json:
    return {"SIPAccountStatus": [_status(asked, account) for account in _chosen(asked)]}


def get_supported_attributes(asked: Asked) -> Json:
    return {"AttributeInfo": attribute_list(asked.service.quirks.account_attributes)}


def get_media_encryption_modes(asked: Asked) -> Json:
    """The name of the member is a guess: that of the account's field."""
    return {"MediaEncryption": list(MEDIA_ENCRYPTION)}


def _named(asked: Asked) -> SipAccount:
    account = asked.service.accounts.get(asked.id(_ID))
    if account is None:
        raise CallServiceRefused(Fault.NOT_FOUND, f"there is no account {asked.id(_ID)}")
    return account


def _chosen(asked: Asked) -> Iterator[SipAccount]:
    """Those that are named and exist, or all."""
    wanted = asked.ids(_ID)
    return (account for account in asked.service.accounts if not wanted or account.id in wanted)


def _status(asked: Asked, account: SipAccount) -> Json:
    registration = asked.service.accounts.status(account)
    return {
        _ID: account.id,
        "SIPURI": asked.service.uri_of(account),
        "IsDefault": account.is_default,
        "RegURI": account.registers_at,
        "Status": registration.status,
        "StatusText": registration.text,
    }


ACCOUNT_COMMANDS: Final[dict[str, Command]] = {
    "GetSIPAccount": Command(get_account),
    "GetSIPAccounts": Command(get_accounts),
    "SetSIPAccount": Command(set_account),
    "SetSIPAccounts": Command(set_accounts),
    "RemoveSIPAccount": Command(remove_account),
    "RemoveSIPAccounts": Command(remove_accounts),
    "GetSIPAccountStatus": Command(get_status),
    "GetSIPAccountStatuses": Command(get_statuses),
    "GetSupportedSIPAccountAttributes": Command(get_supported_attributes),
    "GetSupportedMediaEncryptionModes": Command(get_media_encryption_modes),
}
