"""Accounts: who may log in, and as what.

A device keeps no password. It keeps the digest secret `MD5(user:realm:password)`, which answers Digest challenges
and, by the same sum, checks Basic credentials. A device in factory state has no account at all; the first one must
be an administrator (core sheet 1.4 to 1.6).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import cache
from hashlib import md5
from hmac import compare_digest
from typing import TYPE_CHECKING, Literal, Protocol

from simulator.device.parameter import Level, Refused

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

Policy = Literal["none", "length", "complex"]
"""Rule for new passwords: any, at least 15 characters, or at least 12 of all four kinds."""

GROUPS = ("admin", "operator", "viewer", "ptz")
"""In the order in which `pwdgrp.cgi` and `usergroup.cgi` list them."""

_INCLUDES = {"admin": {"operator", "viewer"}, "operator": {"viewer"}}
_LEVELS = {"admin": Level.ADMINISTRATOR, "operator": Level.OPERATOR, "viewer": Level.VIEWER}
_NAME = re.compile(r"[A-Za-z0-9]{1,14}")
_PASSWORD = re.compile(r"[\x20-\x7e]{1,64}")
_KINDS = ("[A-Z]", "[a-z]", "[0-9]", "[^A-Za-z0-9]")
_SHORTEST: dict[Policy, int] = {"none": 1, "length": 15, "complex": 12}


class AccountFault(StrEnum):
    """Why an account could not be made, changed or removed; a face words it."""

    NAME = "no usable account name"
    TAKEN = "the name is taken"
    UNKNOWN = "no such account"
    PASSWORD = "no acceptable password"
    GROUPS = "no usable groups"
    FULL = "no room for another account"
    FIRST = "not acceptable as the first account"
    PROTECTED = "this account cannot be removed"


class AccountRefused(Refused):
    """A change the device does not make; `fault` is the reason."""

    def __init__(self, fault: AccountFault, name: str) -> None:
        super().__init__(f"account {name[:20]!r}: {fault}")
        self.fault = fault


@dataclass(frozen=True, slots=True)
class Account:
    """One account. `groups` is in the order of `GROUPS`; an administrator is in operator and viewer too."""

    name: str
    groups: tuple[str, ...]
    ha1: str
    """MD5 of `name:realm:password`, 32 lower-case hex digits (RFC 7616 3.4.2)."""

    @property
    def level(self) -> Level:
        return _level_of(self.groups)


@cache
def _level_of(groups: tuple[str, ...]) -> Level:
    return max(_LEVELS.get(group, Level.ANYONE) for group in groups)


class AccountRules(Protocol):
    """What a firmware says about accounts; the quirks of a profile are such rules."""

    @property
    def account_limit(self) -> int: ...
    @property
    def first_account(self) -> Literal["root_only", "any"]: ...
    @property
    def passphrase_policy(self) -> Policy: ...


class Accounts:
    """The accounts of one device, in order of creation."""

    def __init__(self, realm: str, rules: AccountRules) -> None:
        self.realm = realm
        self.rules = rules
        """Those of the firmware that runs; another firmware brings others."""
        self.policy: Policy = rules.passphrase_policy
        """Settable by an administrator (`/config/rest/user-management/v2`); `clear` brings the factory's back."""
        self._accounts: dict[str, Account] = {}
        self._listeners: list[Callable[[], None]] = []

    @property
    def empty(self) -> bool:
        """No account yet: the device needs to be set up."""
        return not self._accounts

    def add(self, name: str, password: str, groups: Iterable[str]) -> Account:
        """Make an account. Raises AccountRefused.

        The first one must be administrator with PTZ, and is named `root` below AXIS OS 11.5. Names are 1 to 14
        of A-Z, a-z, 0-9; passwords 1 to 64 printable ASCII characters that the passphrase policy allows.
        """
        self._check_name(name)
        members = _with_included(name, groups)
        if self.empty and not self._may_be_first(name, members):
            raise AccountRefused(AccountFault.FIRST, name)
        self._check_password(name, password)
        account = self._accounts[name] = Account(name, members, self._secret(name, password))
        self._changed()
        return account

    def update(self, name: str, password: str | None = None, groups: Iterable[str] | None = None) -> Account:
        """Change the password, the groups or both. Raises AccountRefused; then nothing has changed."""
        account = self._existing(name)
        if groups is not None:
            account = replace(account, groups=_with_included(name, groups))
        if password is not None:
            self._check_password(name, password)
            account = replace(account, ha1=self._secret(name, password))
        self._accounts[name] = account
        self._changed()
        return account

    def remove(self, name: str) -> None:
        """Remove an account, even the last administrator's (managers refuse that, the device does not).

        Raises AccountRefused for an unknown name, and for `root`, which cannot be deleted (both manuals, Accounts).
        """
        self._existing(name)
        if name == "root":
            raise AccountRefused(AccountFault.PROTECTED, name)
        del self._accounts[name]
        self._changed()

    def get(self, name: str) -> Account | None:
        return self._accounts.get(name)

    def all(self) -> tuple[Account, ...]:
        return tuple(self._accounts.values())

    def members(self, group: str) -> tuple[str, ...]:
        """Names of the accounts in a group, as one line of `pwdgrp.cgi?action=get` lists them."""
        return tuple(account.name for account in self._accounts.values() if group in account.groups)

    def level(self, name: str) -> Level:
        """What an account may; `ANYONE` for one that does not exist."""
        account = self._accounts.get(name)
        return Level.ANYONE if account is None else account.level

    def check_password(self, name: str, password: str) -> bool:
        """Are these the credentials of an account (Basic)?"""
        account = self._accounts.get(name)
        return account is not None and compare_digest(account.ha1, self._secret(name, password))

    def clear(self) -> None:
        """Factory state: no account, the factory's passphrase policy."""
        self._accounts.clear()
        self.policy = self.rules.passphrase_policy
        self._changed()

    def snapshot(self) -> tuple[Account, ...]:
        """All accounts, as a firmware rollback restores them."""
        return self.all()

    def restore(self, snapshot: tuple[Account, ...]) -> None:
        """Make the accounts those of `snapshot`."""
        self._accounts = {account.name: account for account in snapshot}
        self._changed()

    def on_change(self, listener: Callable[[], None]) -> None:
        """Call `listener` after each change of any account."""
        self._listeners.append(listener)

    def _existing(self, name: str) -> Account:
        account = self._accounts.get(name)
        if account is None:
            raise AccountRefused(AccountFault.UNKNOWN, name)
        return account

    def _check_name(self, name: str) -> None:
        if not _NAME.fullmatch(name):
            raise AccountRefused(AccountFault.NAME, name)
        if name in self._accounts:
            raise AccountRefused(AccountFault.TAKEN, name)
        if len(self._accounts) >= self.rules.account_limit:
            raise AccountRefused(AccountFault.FULL, name)

    def _may_be_first(self, name: str, groups: tuple[str, ...]) -> bool:
        return {"admin", "ptz"} <= set(groups) and (self.rules.first_account == "any" or name == "root")

    def _check_password(self, name: str, password: str) -> None:
        allowed = _PASSWORD.fullmatch(password) and len(password) >= _SHORTEST[self.policy]
        if not allowed or (self.policy == "complex" and not all(re.search(kind, password) for kind in _KINDS)):
            raise AccountRefused(AccountFault.PASSWORD, name)

    def _secret(self, name: str, password: str) -> str:
        text = f"{name}:{self.realm}:{password}".encode(errors="surrogateescape")
        return md5(text, usedforsecurity=False).hexdigest()

    def _changed(self) -> None:
        for listener in tuple(self._listeners):
            listener()


def _with_included(name: str, groups: Iterable[str]) -> tuple[str, ...]:
    """An administrator is an operator is a viewer; PTZ alone is no role."""
    wanted = set(groups)
    if not wanted <= set(GROUPS):
        raise AccountRefused(AccountFault.GROUPS, name)
    for group in tuple(wanted):
        wanted |= _INCLUDES.get(group, set())
    if "viewer" not in wanted:
        raise AccountRefused(AccountFault.GROUPS, name)
    return tuple(group for group in GROUPS if group in wanted)
