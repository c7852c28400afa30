"""streamprofile.cgi and param.cgi: two doors to one list (core sheet 2.7, A.4)."""

from __future__ import annotations

import json
from typing import Any

import pytest
from axis.models.stream_profile import ListStreamProfilesRequest, ListStreamProfilesResponse
from hypothesis import given
from hypothesis import strategies as st
from vapix_desk import Desk

PATH = "/axis-cgi/streamprofile.cgi"
PARAM = "/axis-cgi/param.cgi"
LOBBY = {"name": "lobby", "description": "In the lobby", "parameters": "audiocodec=aac"}


@pytest.fixture
def desk() -> Desk:
    return Desk("C1410")


def call(desk: Desk, method: str, params: Any = None) -> Any:
    answer = desk.rpc(PATH, method, params)
    return answer["data"] if "data" in answer else answer["error"]["code"]


def test_a_new_speaker_has_none_and_the_axis_library_takes_that(desk) -> None:
    request = ListStreamProfilesRequest()
    answer = desk.ask("POST", request.path, request.content)
    assert ListStreamProfilesResponse.decode(answer.body).data == {}
    assert call(desk, "list") == {"streamProfile": [], "maxProfiles": 26}


def test_an_io_module_has_no_such_api() -> None:
    assert Desk("A9210").ask("POST", PATH, "{}").status == 404


def test_what_one_door_makes_the_other_shows(desk) -> None:
    assert call(desk, "create", {"streamProfile": [LOBBY]}) == {}
    shown = desk.get(f"{PARAM}?action=list&group=StreamProfile.S0")
    assert "root.StreamProfile.S0.Parameters=audiocodec=aac\n" in shown
    desk.get(f"{PARAM}?action=add&template=streamprofile&group=StreamProfile&StreamProfile.S.Name=yard")
    assert [profile["name"] for profile in call(desk, "list")["streamProfile"]] == ["lobby", "yard"]
    assert call(desk, "list", {"streamProfileName": [{"name": "lobby"}]})["streamProfile"] == [LOBBY]
    assert call(desk, "update", {"streamProfile": [{"name": "lobby", "description": "x"}]}) == {}
    assert "S0.Description=x" in desk.get(f"{PARAM}?action=list&group=StreamProfile.S0")
    assert call(desk, "remove", {"streamProfileName": [{"name": "lobby"}]}) == {}
    assert [profile["name"] for profile in call(desk, "list")["streamProfile"]] == ["yard"]


@pytest.mark.parametrize(
    ("method", "params", "code"),
    [
        ("list", {"streamProfileName": [{"name": "none"}]}, 2006),
        ("list", {"streamProfileName": 5}, 1000),
        ("update", {"streamProfile": [{"name": "none"}]}, 2006),
        ("remove", {"streamProfileName": [{"name": "none"}]}, 2006),
        ("remove", {}, 2001),
        ("create", {}, 2001),
        ("create", {"streamProfile": [LOBBY, LOBBY]}, 1000),
        ("create", {"streamProfile": [{"name": ""}]}, 1000),
        ("create", {"streamProfile": [{"name": "a", "colour": "b"}]}, 1000),
        ("create", {"streamProfile": [{"name": "a", "parameters": "x" * 1025}]}, 1000),
        ("create", {"streamProfile": [{"name": f"p{number}"} for number in range(27)]}, 1000),
        ("explode", {}, 2005),
    ],
)
def test_errors(desk, method, params, code) -> None:
    assert call(desk, method, params) == code


def test_a_viewer_lists_and_does_not_create(desk) -> None:
    desk.device.accounts.add("view", "secret", ("viewer",))
    login = ("view", "secret")
    assert desk.rpc(PATH, "list", login=login)["data"]["maxProfiles"] == 26
    content = json.dumps({"apiVersion": "1.0", "method": "create", "params": {"streamProfile": [LOBBY]}})
    assert desk.ask("POST", PATH, content, login=login).status == 403


@given(
    st.sampled_from(["list", "create", "update", "remove"]),
    st.dictionaries(
        st.sampled_from(["streamProfile", "streamProfileName"]),
        st.one_of(
            st.none(),
            st.text(max_size=5),
            st.lists(
                st.one_of(
                    st.integers(),
                    st.dictionaries(st.sampled_from(["name", "parameters", "x"]), st.text(max_size=9)),
                ),
                max_size=3,
            ),
        ),
    ),
)
def test_any_parameters_are_answered(method, params) -> None:
    answer = SPEAKER.rpc(PATH, method, params)
    assert ("data" in answer) != ("error" in answer)


SPEAKER = Desk("C1410")
