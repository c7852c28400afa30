"""pwdgrp.cgi: accounts, and the first administrator (core sheet 1.5 and 1.6).

Open to anyone while there is no account, for administrators after that. The answers are recorded byte for byte and
identical from 10.12 to 12.9; clients read the text between the body tags.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from simulator.device.account import GROUPS, AccountFault, AccountRefused
from simulator.face.exchange import Answer, Reply
from simulator.face.vapix.call import Call, Route, on_every_product

if TYPE_CHECKING:
    from collections.abc import Callable

    from simulator.device.device import Device

NOT_FIRST = "Error: not a valid initial admin user."
FIRST_NEEDED = "Error: initial admin user must be created first."
FAILED = "Error: consult the system log file."
_MOST_GROUP_NAMES = 16

_TEXTS = {
    AccountFault.NAME: "Error: account user name.",
    AccountFault.UNKNOWN: "Error: account user name.",
    AccountFault.TAKEN: "Error: this user name already exists, consult the system log file.",
    AccountFault.PASSWORD: "Error: invalid password.",
    AccountFault.PROTECTED: "Error: malformed action operation, remove.",
}


def pwdgrp(call: Call) -> Reply:
    """Before set-up nothing but the first administrator can be added, and every refusal is a 401."""
    action = call.fields.get("action", "")
    if call.device.accounts.empty:
        return first_administrator(call) if action == "add" else _refused(call, FIRST_NEEDED)
    act = _ACTIONS.get(action)
    if act is None:
        return accounts_page("Error: action operation type.")
    try:
        return act(call)
    except AccountRefused as refused:
        call.device.logs.system("pwdgrp", "WARNING", f"Account {action} refused: {refused}")
        return accounts_page(_TEXTS.get(refused.fault, FAILED))


def _refused(call: Call, text: str) -> Answer:
    """401 with the challenge that every 401 carries: clients read the serial number from it."""
    answer = accounts_page(text, 401)
    answer.headers = (("WWW-Authenticate", call.front.challenge(call.request.head)),)
    return answer


def accounts_page(text: str, status: int = 200) -> Answer:
    """The HTML around every answer but that of `get`; CRLF where recorded."""
    page = (
        "<html><head><title>User accounts</title></head><body bgcolor=#ffffff>"
        f"{text}\r\n</body>\r\n\r\n</html>\r\n"
    )
    return Answer(status, page.encode("utf-8", "replace"), "text/html")


def first_administrator(call: Call) -> Answer:
    """An administrator with PTZ, in group `root`; below 11.5 named root and without a comment."""
    fields, device = call.fields, call.device
    only_root = device.profile.quirks.first_account == "root_only"
    if fields.get("grp") != "root" or (only_root and fields.get("comment")):
        return _refused(call, NOT_FIRST)
    try:
        return _create(call)
    except AccountRefused as refused:
        if refused.fault is AccountFault.PASSWORD:
            return accounts_page(_TEXTS[refused.fault])
        return _refused(call, NOT_FIRST)


def add(call: Call) -> Answer:
    if call.fields.get("grp") not in ("users", "root"):
        return accounts_page("Error: malformed action operation, add.")
    return _create(call)


def _create(call: Call) -> Answer:
    name = call.fields.get("user", "")
    call.device.accounts.add(name, call.fields.get("pwd", ""), _wanted_groups(call.fields.get("sgrp", "")))
    return _done(call, "Created", name)


def update(call: Call) -> Answer:
    """Password, roles or both; what is not given stays."""
    fields = call.fields
    groups = _wanted_groups(fields["sgrp"]) if "sgrp" in fields else None
    call.device.accounts.update(fields.get("user", ""), fields.get("pwd"), groups)
    return _done(call, "Modified", fields.get("user", ""))


def remove(call: Call) -> Answer:
    call.device.accounts.remove(call.fields.get("user", ""))
    return _done(call, "Removed", call.fields.get("user", ""))


def _wanted_groups(text: str) -> list[str]:
    return text.split(":", _MOST_GROUP_NAMES)


def _done(call: Call, verb: str, name: str) -> Answer:
    by = call.account or "anonymous"
    text = f"{verb} account {name}, by {by}@{call.request.head.peer}."
    call.device.logs.audit("pwdgrp", "Account Change", text)
    return accounts_page(f"{verb} account {name}.")


def get(call: Call) -> Answer:
    """One line per group and one for all; system groups besides on 10.12, of which `users` is the known one."""
    accounts = call.device.accounts
    everybody = ",".join(account.name for account in accounts.all())
    lines = [f'{group}="{",".join(accounts.members(group))}"' for group in GROUPS]
    if call.device.profile.quirks.pwdgrp_users_line:
        lines.append(f'users="{everybody}"')
    lines.append(f'digusers="{everybody}"')
    return Answer(body="".join(f"{line}\n" for line in lines).encode())


_ACTIONS: dict[str, Callable[[Call], Answer]] = {"add": add, "update": update, "remove": remove, "get": get}


def pwdroot(call: Call) -> Reply:
    """The way of old tools to set the first password: `action=update&user=root&pwd=`; below 11.5 only."""
    fields, accounts = call.fields, call.device.accounts
    if fields.get("action") != "update" or fields.get("user") != "root":
        return accounts_page("Error: action operation type.")
    try:
        if accounts.empty:
            accounts.add("root", fields.get("pwd", ""), GROUPS)
        else:
            accounts.update("root", fields.get("pwd", ""))
    except AccountRefused as refused:
        return accounts_page(_TEXTS.get(refused.fault, FAILED))
    return _done(call, "Modified", "root")


def _has_pwdroot(device: Device) -> bool:
    return device.profile.quirks.pwdroot_cgi


ROUTES = (
    Route(("/axis-cgi/pwdgrp.cgi",), pwdgrp, api="user-management", before_setup=True, served=on_every_product),
    Route(("/axis-cgi/pwdroot/pwdroot.cgi",), pwdroot, before_setup=True, served=_has_pwdroot),
)
