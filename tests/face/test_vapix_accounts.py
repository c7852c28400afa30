"""pwdgrp.cgi and usergroup.cgi: the first administrator byte for byte, and what clients parse."""

from __future__ import annotations

from urllib.parse import urlencode

import pytest
from axis.models.pwdgrp_cgi import CreateUserRequest, GetUsersRequest, GetUsersResponse, SecondaryGroup
from vapix_desk import ROOT, Desk

PATH = "/axis-cgi/pwdgrp.cgi"
FIRST = {"action": "add", "user": "root", "pwd": ROOT[1], "grp": "root", "sgrp": "admin:operator:viewer:ptz"}


def page(text: str) -> bytes:
    return (
        f"<html><head><title>User accounts</title></head><body bgcolor=#ffffff>{text}\r\n</body>\r\n\r\n</html>\r\n"
    ).encode()


def form(**fields: str) -> str:
    return urlencode(fields)


@pytest.fixture
def desk() -> Desk:
    return Desk()


@pytest.mark.parametrize("firmware", ["12.9.57", "11.11.192", "10.12.130"])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_the_first_administrator_byte_for_byte(firmware: str, method: str) -> None:
    desk = Desk(firmware=firmware, setup=False)
    target, body = (f"{PATH}?{form(**FIRST)}", "") if method == "GET" else (PATH, form(**FIRST))
    answer = desk.ask(method, target, body, login=None)
    assert (answer.status, answer.content_type, answer.body) == (200, "text/html", page("Created account root."))
    assert desk.get("/axis-cgi/usergroup.cgi") == "root\nadmin operator viewer ptz\n"
    assert desk.ask("POST", PATH, form(**FIRST), login=None).status == 401


def test_before_that_nothing_else_is_possible() -> None:
    desk = Desk(setup=False)
    answer = desk.ask("GET", f"{PATH}?action=get", login=None)
    assert (answer.status, answer.body) == (401, page("Error: initial admin user must be created first."))
    for wrong in ({"sgrp": "viewer"}, {"grp": "users"}, {"user": ""}, {"user": "ü"}, {"sgrp": "admin"}):
        answer = desk.ask("POST", PATH, form(**{**FIRST, **wrong}), login=None)
        assert (answer.status, answer.body) == (401, page("Error: not a valid initial admin user.")), wrong
    answer = desk.ask("POST", PATH, form(**{**FIRST, "pwd": ""}), login=None)
    assert answer.body == page("Error: invalid password.")
    assert desk.device.accounts.empty


def test_below_11_5_the_first_one_is_root_without_a_comment() -> None:
    for wrong in ({"user": "admin"}, {"comment": "me"}):
        old = Desk(firmware="10.12", setup=False)
        assert old.ask("POST", PATH, form(**{**FIRST, **wrong}), login=None).status == 401
        assert Desk(setup=False).ask("POST", PATH, form(**{**FIRST, **wrong}), login=None).status == 200


def test_arguments_in_the_query_of_a_post_do_not_count() -> None:
    desk = Desk(setup=False)
    assert desk.ask("POST", f"{PATH}?{form(**FIRST)}", login=None).status == 401
    desk = Desk()
    assert desk.form(f"{PATH}?action=get", "") == page("Error: action operation type.").decode()


def test_add_update_remove_with_the_recorded_texts(desk: Desk) -> None:
    new = {"action": "add", "user": "joe", "pwd": 'a&b=c +"', "grp": "users", "sgrp": "operator:viewer"}
    assert desk.form(PATH, form(**new)).encode() == page("Created account joe.")
    assert desk.get("/axis-cgi/usergroup.cgi", login=("joe", new["pwd"])) == "joe\noperator viewer\n"
    assert desk.form(PATH, form(**new)).encode() == page(
        "Error: this user name already exists, consult the system log file."
    )
    assert desk.form(PATH, form(action="update", user="joe", pwd="new")).encode() == page("Modified account joe.")
    assert desk.ask("GET", "/axis-cgi/usergroup.cgi", login=("joe", new["pwd"])).status == 401
    assert desk.ask("GET", "/axis-cgi/usergroup.cgi", login=("joe", "new")).status == 200
    assert desk.form(PATH, form(action="remove", user="joe")).encode() == page("Removed account joe.")
    for action in ("update", "remove"):
        assert desk.form(PATH, form(action=action, user="joe")).encode() == page("Error: account user name.")


@pytest.mark.parametrize(
    ("fields", "text"),
    [
        ({"action": "fly"}, "Error: action operation type."),
        ({}, "Error: action operation type."),
        (
            {"action": "add", "user": "a b", "pwd": "x", "grp": "users", "sgrp": "viewer"},
            "Error: account user name.",
        ),
        (
            {"action": "add", "user": "x" * 15, "pwd": "x", "grp": "users", "sgrp": "viewer"},
            "Error: account user name.",
        ),
        (
            {"action": "add", "user": "joe", "pwd": "", "grp": "users", "sgrp": "viewer"},
            "Error: invalid password.",
        ),
        (
            {"action": "add", "user": "joe", "pwd": "é", "grp": "users", "sgrp": "viewer"},
            "Error: invalid password.",
        ),
        (
            {"action": "add", "user": "joe", "pwd": "x" * 65, "grp": "users", "sgrp": "viewer"},
            "Error: invalid password.",
        ),
        (
            {"action": "add", "user": "joe", "pwd": "x", "sgrp": "viewer"},
            "Error: malformed action operation, add.",
        ),
        ({"action": "add", "user": "joe", "pwd": "x", "grp": "users"}, "Error: consult the system log file."),
        (
            {"action": "add", "user": "joe", "pwd": "x", "grp": "users", "sgrp": "boss"},
            "Error: consult the system log file.",
        ),
    ],
)
def test_what_is_refused_and_how(desk: Desk, fields: dict[str, str], text: str) -> None:
    assert desk.form(PATH, form(**fields)).encode() == page(text)


def test_the_hundred_and_first_account_is_refused(desk: Desk) -> None:
    for number in range(99):
        desk.device.accounts.add(f"u{number}", "x", ("viewer",))
    answer = desk.form(PATH, form(action="add", user="more", pwd="x", grp="users", sgrp="viewer"))
    assert answer.encode() == page("Error: consult the system log file.")


def test_get_has_exactly_five_lines_and_no_empty_one(desk: Desk) -> None:
    desk.device.accounts.add("vera", "v", ("viewer",))
    answer = desk.ask("GET", f"{PATH}?action=get")
    assert answer.content_type == "text/plain"
    assert answer.body == (
        b'admin="root"\noperator="root"\nviewer="root,vera"\nptz="root"\ndigusers="root,vera"\n'
    )
    assert 'users="root"' in Desk(firmware="10.12").get(f"{PATH}?action=get")


def test_axis_library_manages_users(desk: Desk) -> None:
    asked = CreateUserRequest("kane", "pass word", SecondaryGroup.OPERATOR)
    assert b"Created account kane." in desk.ask("POST", asked.path, urlencode(asked.data)).body
    listed = GetUsersRequest()
    answer = desk.ask("POST", listed.path, urlencode(listed.data))
    users = GetUsersResponse.decode(answer.body).data
    assert users["kane"].operator
    assert not users["kane"].admin
    assert users["root"].admin


def test_the_old_way_to_the_first_password_exists_below_11_5_only() -> None:
    target = "/axis-cgi/pwdroot/pwdroot.cgi?action=update&user=root&pwd=x"
    assert Desk(setup=False).ask("GET", target, login=None).status == 404
    desk = Desk(firmware="10.12", setup=False)
    assert desk.ask("GET", target, login=None).body == page("Modified account root.")
    assert desk.ask("GET", "/axis-cgi/usergroup.cgi", login=("root", "x")).status == 200
    assert desk.ask("GET", target, login=None).status == 401


def test_an_account_change_is_audited(desk: Desk) -> None:
    desk.form(PATH, form(action="add", user="joe", pwd="x", grp="users", sgrp="viewer"))
    assert any("Account Change: Created account joe" in line for line in desk.device.logs.audit_lines())
