"""`/config/rest/snmp/v1` and the parameters behind it: one state, two doors (core sheet 2.4, 3.5, A.4)."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from vapix_desk import ALL, Desk

from simulator.device.parameter import Level
from simulator.face.exchange import Answer, Request
from simulator.face.vapix.call import Call
from simulator.face.vapix.snmp_rest import ROUTES

ROOT = "/config/rest/snmp/v1"
JSON = {"content-type": "application/json"}


def get(desk: Desk, path: str = "") -> Any:
    return json.loads(desk.get(ROOT + path))["data"]


def patch(desk: Desk, data: Any, path: str = "", method: str = "PATCH", **more: Any) -> tuple[int, Any]:
    answer = desk.ask(method, ROOT + path, json.dumps({"data": data}), headers=JSON, **more)
    return answer.status, json.loads(answer.body)


def test_the_factory_state_as_a_whole() -> None:
    desk = Desk()
    assert get(desk) == {
        "enabled": False,
        "engineBoots": 0,
        "transportProtocol": "udp",
        "snmpV1": {"enabled": False},
        "snmpV2": {"enabled": False},
        "snmpV1V2Common": {
            "address": "",
            "readCommunity": "public",
            "writeCommunity": "write",
            "trap": {
                "enabled": False,
                "community": "public",
                "authFailEnabled": False,
                "coldStartEnabled": False,
                "linkUpEnabled": False,
                "linkDownEnabled": False,
            },
        },
        "snmpV3": {"enabled": False, "userPasswdSet": False},
    }
    answer = desk.ask("GET", ROOT)
    assert answer.body.startswith(b'{\n  "status": "success",\n')
    assert answer.body.endswith(b"}\n")


@pytest.mark.parametrize("suffix", ["alpha", "beta"])
def test_parts_are_read_by_their_path(suffix: str) -> None:
    desk = Desk()
    assert get(desk, "/snmpV1V2Common/readCommunity") == "public"
    assert get(desk, f"{suffix}/snmpV3") == {"enabled": False, "userPasswdSet": False}
    assert desk.ask("GET", f"{ROOT}/snmpV3/userPasswd").status == 404
    assert desk.ask("GET", f"{ROOT}/nothing").status == 404


def test_what_is_set_here_is_seen_there_and_the_other_way_round() -> None:
    desk = Desk()
    wish = {"enabled": True, "snmpV1V2Common": {"trap": {"enabled": True, "linkDownEnabled": True}}}
    assert patch(desk, wish) == (200, {"status": "success"})
    assert "SNMP.Enabled=yes" in desk.get("/axis-cgi/param.cgi?action=list&group=SNMP")
    assert get(desk, "/snmpV1V2Common/trap/linkDownEnabled") is True
    desk.get("/axis-cgi/param.cgi?action=update&SNMP.V2c=yes")
    assert get(desk, "/snmpV2/enabled") is True
    assert patch(desk, "tcp", "/transportProtocol")[0] == 200
    assert desk.device.parameters["SNMP.TransportProtocol"] == "tcp"


@pytest.mark.parametrize(
    ("path", "data", "part"),
    [
        ("", {"enabled": "yes"}, "boolean"),
        ("", {"engineBoots": 3}, "read-only"),
        ("", {"nothing": 3}, "not known"),
        ("", [], "object"),
        ("/transportProtocol", "sctp", "none of tcp, udp"),
        ("/snmpV1V2Common", {"readCommunity": ""}, "characters"),
        ("/snmpV1V2Common", {"address": "x" * 47}, "characters"),
        ("/snmpV3", {"userPasswd": "short"}, "8 to 50"),
        ("/snmpV1V2Common/readCommunity", "a\nb", "control"),
    ],
)
def test_a_value_that_is_not_taken_changes_nothing(path: str, data: Any, part: str) -> None:
    desk = Desk()
    before = get(desk)
    both = {**data, "snmpV1": {"enabled": True}} if path == "" and isinstance(data, dict) else data
    status, told = patch(desk, both, path)
    assert (status, told["error"]["code"]) == (400, 5)
    assert told["error"]["message"].startswith("Validation error: ")
    assert part in told["error"]["message"]
    assert get(desk) == before


@pytest.mark.parametrize("body", ["", "{", "[]", '{"date": 1}', "[" * 100_000])
def test_a_body_without_data(body: str) -> None:
    answer = Desk().ask("PATCH", ROOT, body, headers=JSON)
    assert (answer.status, json.loads(answer.body)["error"]["code"]) == (400, 5)


def test_the_password_is_set_once_and_never_shown() -> None:
    desk = Desk()
    assert patch(desk, {"userPasswd": "secret-one"}, "/snmpV3")[0] == 200
    assert get(desk, "/snmpV3/userPasswdSet") is True
    status, told = patch(desk, {"userPasswd": "secret-two"}, "/snmpV3")
    assert status == 400
    assert "set already" in told["error"]["message"]
    listed = desk.get("/axis-cgi/param.cgi?action=list&group=SNMP")
    assert "secret-one" not in listed
    assert "Error" in desk.get("/axis-cgi/param.cgi?action=update&SNMP.InitialUserPasswd=secret-three")
    assert desk.device.snmp.password == "secret-one"
    desk.device.lifecycle.factory_default(hard=True)
    desk.advance(120)
    desk.device.accounts.add("root", "pass word&=+", ALL)
    assert get(desk, "/snmpV3/userPasswdSet") is False
    assert patch(desk, {"userPasswd": "secret-two"}, "/snmpV3")[0] == 200


def test_reading_asks_for_a_viewer_and_writing_for_an_administrator() -> None:
    desk = Desk()
    desk.device.accounts.add("eve", "secret", ("viewer",))
    login = ("eve", "secret")
    assert desk.ask("GET", ROOT, login=login).status == 200
    status, told = patch(desk, {"enabled": True}, login=login)
    assert (status, told["error"]) == (403, {"code": 3, "message": "Access denied"})
    assert desk.ask("GET", ROOT, login=None).status == 401


def test_what_differs_between_firmwares() -> None:
    assert Desk(firmware="10.12.130").ask("GET", ROOT).status == 404, "the framework came with 11.8"
    older = Desk(firmware="11.11.192")
    answer = older.ask(
        "PATCH", ROOT, json.dumps({"data": {"enabled": True}}), headers={"content-type": "text/plain"}
    )
    assert (answer.status, json.loads(answer.body)["error"]["code"]) == (400, 11)
    assert patch(older, {"enabled": True})[0] == 200
    assert patch(older, {"enabled": True}, method="PUT")[0] == 405


_NAMES = ["enabled", "snmpV3", "snmpV1V2Common", "trap", "address", "userPasswd"]


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.sampled_from(_NAMES) | st.text(), inner),
    )
)
def test_no_data_upset_the_api(data: Any) -> None:
    desk = _SHARED
    body = json.dumps({"data": data}).encode()
    request = Request(desk.head("PATCH", ROOT), body)
    answer = ROUTES[0].handler(Call(desk.device, request, desk.face, ROUTES[0], "root", Level.ADMINISTRATOR))
    assert isinstance(answer, Answer)
    assert answer.status in (200, 400)


_SHARED = Desk()
