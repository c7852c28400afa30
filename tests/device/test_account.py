"""Accounts: names, passwords, roles, the first administrator and the digest secret."""

from __future__ import annotations

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.chance import Chance
from simulator.clock import SimClock
from simulator.device.account import AccountFault, AccountRefused, Accounts
from simulator.device.device import Device
from simulator.device.parameter import Level
from simulator.device.profile import load_profile
from simulator.device.world import World
from simulator.journal import Journal

REALM = "AXIS_B8A44F010203"
ADMIN = ("admin", "operator", "viewer", "ptz")


def rules(track: str = "12.9", **changes: object) -> object:
    return load_profile("A9210", track).quirks.model_copy(update=changes)


def accounts(*, admin: bool = True, track: str = "12.9", **changes: object) -> Accounts:
    made = Accounts(REALM, rules(track, **changes))
    if admin:
        made.add("root", "pass", ADMIN)
    return made


def fault_of(refused: pytest.ExceptionInfo[AccountRefused]) -> AccountFault:
    return refused.value.fault


def test_factory_state_has_no_account() -> None:
    fresh = accounts(admin=False)
    assert fresh.empty
    assert fresh.all() == ()
    assert fresh.level("root") is Level.ANYONE
    assert not fresh.check_password("root", "")


def test_the_secret_is_the_digest_of_rfc_7616() -> None:
    expected = hashlib.md5(b"root:AXIS_B8A44F010203:pass").hexdigest()
    account = accounts().get("root")
    assert account is not None
    assert account.ha1 == expected
    assert "pass" not in repr(account)


@pytest.mark.parametrize(
    ("groups", "level", "listed"),
    [
        (("admin", "operator", "viewer"), Level.ADMINISTRATOR, ("admin", "operator", "viewer")),
        (("viewer", "ptz", "operator"), Level.OPERATOR, ("operator", "viewer", "ptz")),
        (("viewer",), Level.VIEWER, ("viewer",)),
        (("admin",), Level.ADMINISTRATOR, ("admin", "operator", "viewer")),
    ],
)
def test_roles(groups: tuple[str, ...], level: Level, listed: tuple[str, ...]) -> None:
    made = accounts()
    assert made.add("joe", "secret", groups).groups == listed
    assert made.level("joe") is level


@pytest.mark.parametrize("groups", [(), ("ptz",), ("root",), ("admin", "wheel")])
def test_no_role(groups: tuple[str, ...]) -> None:
    made = accounts()
    with pytest.raises(AccountRefused) as refused:
        made.add("joe", "secret", groups)
    assert fault_of(refused) is AccountFault.GROUPS


@pytest.mark.parametrize("name", ["", "a" * 15, "a-b", "ä", "a b", "a:b", "joe\n", "../x"])
def test_names_are_1_to_14_letters_and_digits(name: str) -> None:
    with pytest.raises(AccountRefused) as refused:
        accounts().add(name, "secret", ("viewer",))
    assert fault_of(refused) is AccountFault.NAME


def test_names_are_taken_once() -> None:
    with pytest.raises(AccountRefused) as refused:
        accounts().add("root", "other", ADMIN)
    assert fault_of(refused) is AccountFault.TAKEN


@pytest.mark.parametrize("password", ["", "a" * 65, "p\u00e4ss", "tab\t", "line\n", "\x7f"])
def test_passwords_are_1_to_64_printable_ascii(password: str) -> None:
    made = accounts()
    with pytest.raises(AccountRefused) as refused:
        made.add("joe", password, ("viewer",))
    assert fault_of(refused) is AccountFault.PASSWORD
    with pytest.raises(AccountRefused):
        made.update("root", password)
    assert made.check_password("root", "pass")


@pytest.mark.parametrize("password", ["a", " ", "&=+\"'", "~" * 64])
def test_every_printable_password_works(password: str) -> None:
    made = accounts()
    made.add("joe", password, ("viewer",))
    assert made.check_password("joe", password)


@pytest.mark.parametrize(
    ("policy", "good", "bad"),
    [
        ("length", "a" * 15, "a" * 14),
        ("complex", "Abcdefghij1!", "Abcdefghij12"),
        ("complex", "aB3$aB3$aB3$", "aB3$aB3$aB3"),
        ("none", "a", ""),
    ],
)
def test_passphrase_policies(policy: str, good: str, bad: str) -> None:
    made = accounts(admin=False, passphrase_policy=policy)
    with pytest.raises(AccountRefused) as refused:
        made.add("root", bad, ADMIN)
    assert fault_of(refused) is AccountFault.PASSWORD
    made.add("root", good, ADMIN)
    assert made.check_password("root", good)


@pytest.mark.parametrize(
    ("track", "name", "groups", "accepted"),
    [
        ("12.9", "joe", ADMIN, True),
        ("12.9", "joe", ("admin", "operator", "viewer"), False),
        ("12.9", "joe", ("viewer", "ptz"), False),
        ("11.11", "joe", ADMIN, True),
        ("10.12", "joe", ADMIN, False),
        ("10.12", "root", ADMIN, True),
    ],
)
def test_the_first_account(track: str, name: str, groups: tuple[str, ...], accepted: bool) -> None:
    """Core sheet 1.6: administrator and PTZ; below 11.5 named root."""
    made = accounts(admin=False, track=track)
    if accepted:
        made.add(name, "pass", groups)
        assert not made.empty
        return
    with pytest.raises(AccountRefused) as refused:
        made.add(name, "pass", groups)
    assert fault_of(refused) is AccountFault.FIRST
    assert made.empty


def test_a_hundred_accounts_and_no_more() -> None:
    made = accounts()
    for number in range(99):
        made.add(f"user{number}", "p", ("viewer",))
    with pytest.raises(AccountRefused) as refused:
        made.add("onemore", "p", ("viewer",))
    assert fault_of(refused) is AccountFault.FULL


def test_update_changes_what_is_given() -> None:
    made = accounts()
    made.add("joe", "old", ("viewer",))
    made.update("joe", "new")
    assert (made.check_password("joe", "new"), made.check_password("joe", "old")) == (True, False)
    made.update("joe", groups=("operator",))
    assert made.level("joe") is Level.OPERATOR
    assert made.check_password("joe", "new")
    with pytest.raises(AccountRefused):
        made.update("joe", "newer", ("nonsense",))
    assert made.check_password("joe", "new")


def test_unknown_accounts_cannot_be_changed() -> None:
    made = accounts()
    for change in (lambda: made.update("joe", "p"), lambda: made.remove("joe")):
        with pytest.raises(AccountRefused) as refused:
            change()
        assert fault_of(refused) is AccountFault.UNKNOWN


@pytest.mark.parametrize("track", ["10.12", "12.9"])
def test_root_is_protected(track: str) -> None:
    """Both manuals: the root account cannot be deleted."""
    with pytest.raises(AccountRefused) as refused:
        accounts(track=track).remove("root")
    assert fault_of(refused) is AccountFault.PROTECTED


def test_the_last_administrator_of_another_name_can_be_removed() -> None:
    """Managers refuse that, the device does not (core sheet 1.5)."""
    made = accounts(admin=False)
    made.add("judy", "pw", ADMIN)
    made.remove("judy")
    assert made.empty


def test_groups_list_their_members_in_order_of_creation() -> None:
    made = accounts()
    made.add("zoe", "p", ("viewer",))
    made.add("abe", "p", ("operator",))
    assert made.members("viewer") == ("root", "zoe", "abe")
    assert made.members("admin") == ("root",)
    assert made.members("ptz") == ("root",)


def test_clear_is_factory_state() -> None:
    made, changes = accounts(), []
    made.on_change(lambda: changes.append(made.empty))
    made.policy = "complex"
    made.clear()
    assert (made.empty, made.policy, changes) == (True, "none", [True])


def test_a_snapshot_brings_accounts_back() -> None:
    made = accounts()
    saved = made.snapshot()
    made.update("root", "changed")
    made.add("joe", "p", ("viewer",))
    made.restore(saved)
    assert [account.name for account in made.all()] == ["root"]
    assert made.check_password("root", "pass")


@pytest.mark.fuzz
@given(st.text(max_size=80), st.text(max_size=80))
def test_any_credentials_are_an_account_or_refused(name: str, password: str) -> None:
    made = accounts()
    assert made.check_password(name, password) == ((name, password) == ("root", "pass"))
    try:
        made.add(name, password, ("viewer",))
    except AccountRefused:
        return
    assert name.isascii()
    assert name.isalnum()
    assert made.check_password(name, password)
    assert not made.check_password(name, password + "x")


def test_the_parameter_says_whether_the_device_is_set_up() -> None:
    """Core sheet A.4: `System.RootPwdSet` is no until the first administrator exists."""
    clock = SimClock(stepped=True)
    world = World(clock, Chance(1), Journal(clock))
    device = Device("io-1", 1, load_profile("A9210", "12.9"), world, lambda address: address)
    assert device.parameters["System.RootPwdSet"] == "no"
    device.accounts.add("root", "pass", ADMIN)
    assert device.parameters["System.RootPwdSet"] == "yes"
    device.accounts.clear()
    assert device.parameters["System.RootPwdSet"] == "no"
