"""siren_and_light.cgi and the REST twin of its maintenance mode (audio sheet 6)."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from vapix_desk import Desk

PATH = "/axis-cgi/siren_and_light.cgi"
REST = "/config/rest/siren-and-light/v2alpha/maintenanceMode"
RED = {"pattern": "Steady", "colors": ["red"], "intensity": 5}
HEALTH = "tns1:Device/tnsaxis:SirenAndLight/HealthCheck"


@pytest.fixture
def desk() -> Desk:
    return Desk("C1410")


def ask(desk: Desk, method: str, **params: Any) -> dict[str, Any]:
    body = json.dumps({"apiVersion": "1.0", "context": "c", "method": method, "params": params}).encode()
    answer = desk.ask("POST", PATH, body)
    assert answer.status == 200
    content: dict[str, Any] = json.loads(answer.body)
    assert (content["apiVersion"], content["context"], content["method"]) == ("1.0", "c", method)
    return content


def done(desk: Desk, method: str, **params: Any) -> Any:
    content = ask(desk, method, **params)
    assert "error" not in content, content
    return content["data"]


def refused(desk: Desk, method: str, **params: Any) -> int:
    code: int = ask(desk, method, **params)["error"]["code"]
    return code


def colors(desk: Desk) -> list[str]:
    """Of what runs, the highest priority first."""
    return [one["colors"][0] for one in done(desk, "getStatus").get("light", [])]


def upload(desk: Desk, mode: str, file: str) -> dict[str, Any]:
    request = json.dumps({"apiVersion": "1.0", "method": "uploadProfiles", "params": {"uploadMode": mode}})
    parts = [("request", "application/json", request), ("file", "application/json", file)]
    body = "".join(
        f'--cut\r\nContent-Disposition: form-data; name="{name}"\r\nContent-Type: {kind}\r\n\r\n{text}\r\n'
        for name, kind, text in parts
    )
    headers = {"content-type": "multipart/form-data; boundary=cut"}
    content: dict[str, Any] = json.loads(
        desk.ask("POST", PATH, f"{body}--cut--\r\n".encode(), headers=headers).body
    )
    return content


def profile(name: str, **light: Any) -> dict[str, Any]:
    return {"name": name, "light": {**RED, **light}}


def names(desk: Desk) -> list[str]:
    return [one["name"] for one in done(desk, "getProfiles")["profiles"]]


def test_a_light_without_a_siren(desk: Desk) -> None:
    can = done(desk, "getCapabilities")["capabilities"]
    assert set(can) == {"light", "healthCheckSupport", "maintenanceModeSupport", "poeClass"}
    patterns = {one["name"]: one for one in can["light"]["supportedPatterns"]}
    assert set(patterns) == {"Blink", "Pulse", "Steady"}
    assert patterns["Steady"]["colors"]["possible"] == [
        "red", "green", "blue", "yellow", "purple", "turquoise", "white",
    ]  # fmt: skip
    assert patterns["Steady"]["priority"] == {"possible": list(range(1, 11)), "default": 3}
    assert refused(desk, "start", siren=RED) == 2210


def test_factory_profiles_are_those_of_the_preconfigured_rules(desk: Desk) -> None:
    profiles = done(desk, "getProfiles")["profiles"]
    assert [(one["name"], one["light"]["priority"]) for one in profiles] == [
        ("LiveStream", 3), ("Recording", 4), ("SIP", 5),
    ]  # fmt: skip
    assert {one["light"]["colors"][0] for one in profiles} == {"green"}


def test_the_highest_priority_is_on_top_and_the_others_come_back(desk: Desk) -> None:
    assert done(desk, "getStatus") == {}
    assert done(desk, "start", light={**RED, "priority": 2}) == {"lightId": 1}
    green = {**RED, "colors": ["green"], "priority": 7, "duration": {"unit": "seconds", "value": 5}}
    assert done(desk, "start", light=green) == {"lightId": 2}
    assert colors(desk) == ["green", "red"]
    assert desk.device.light.shown.colors == ("green",)
    assert done(desk, "getStatus")["light"][0]["durationLeft"] == 5
    desk.advance(5)
    assert colors(desk) == ["red"]
    assert "durationLeft" not in done(desk, "getStatus")["light"][0]
    assert done(desk, "start", light={**RED, "colors": ["blue"], "priority": 2}) == {"lightId": 1}
    assert colors(desk) == ["blue"]
    assert done(desk, "stop", lightId=1) == {}
    assert desk.device.light.shown is None


def test_a_hidden_timer_runs(desk: Desk) -> None:
    done(desk, "start", light={**RED, "priority": 1, "duration": {"unit": "seconds", "value": 3}})
    done(desk, "start", light={**RED, "colors": ["green"], "priority": 2})
    desk.advance(3)
    assert colors(desk) == ["green"]


def test_repetitions_take_their_time(desk: Desk) -> None:
    blink = {**RED, "pattern": "Blink", "speed": 2, "duration": {"unit": "repetitions", "value": 4}}
    done(desk, "start", light=blink)
    desk.advance(1.9)
    assert colors(desk) == ["red"]
    desk.advance(0.2)
    assert colors(desk) == []


@pytest.mark.parametrize("way", [{"all": ["siren", "light"]}, {"lightId": 1}, {"profile": "mine"}])
def test_three_ways_to_stop(desk: Desk, way: dict[str, Any]) -> None:
    done(desk, "addProfile", **profile("mine"))
    done(desk, "start", profile="mine")
    assert done(desk, "getStatus")["light"][0]["profile"] == "mine"
    assert done(desk, "stop", **way) == {}
    assert done(desk, "getStatus") == {}


@pytest.mark.parametrize(
    ("light", "code"),
    [
        ({"pattern": "Rotate"}, 2201),
        ({"intensity": 9}, 2203),
        ({"priority": 11}, 2205),
        ({"duration": {"unit": "hours", "value": 1}}, 2207),
        ({"duration": {"unit": "seconds", "value": 259_201}}, 2209),
        ({"duration": {"unit": "repetitions", "value": 21}}, 2209),
        ({"colors": []}, 2211),
        ({"colors": ["red", "green"]}, 2211),
        ({"colors": ["amber"]}, 2212),
        ({"speed": 7}, 2215),
        ({"colors": "red"}, 2104),
        ({"duration": 5}, 2104),
        ({"duration": {"unit": "seconds"}}, 2103),
        ({"intensity": True}, 2104),
    ],
)
def test_what_the_light_cannot_do(desk: Desk, light: dict[str, Any], code: int) -> None:
    assert refused(desk, "start", light={**RED, **light}) == code
    assert refused(desk, "addProfile", **profile("x", **light)) == code
    assert done(desk, "getStatus") == {}


@pytest.mark.parametrize(
    ("method", "params", "code"),
    [
        ("start", {}, 2103),
        ("start", {"profile": "nobody"}, 1202),
        ("start", {"profile": "SIP", "light": RED}, 2104),
        ("start", {"light": {"pattern": "Steady", "intensity": 5}}, 2103),
        ("stop", {}, 2103),
        ("stop", {"all": ["light"], "lightId": 1}, 2104),
        ("stop", {"all": "light"}, 2104),
        ("stop", {"lightId": 1}, 1203),
        ("stop", {"sirenId": 1}, 1203),
        ("stop", {"profile": "nobody"}, 1202),
        ("addProfile", {"light": RED}, 2103),
        ("addProfile", {"name": "x"}, 2103),
        ("addProfile", {"name": "x" * 51, "light": RED}, 2213),
        ("addProfile", {"name": "x", "description": "y" * 251, "light": RED}, 2214),
        ("addProfile", {"name": "SIP", "light": RED}, 1202),
        ("addProfile", {"name": "x", "siren": {}, "light": RED}, 2210),
        ("removeProfile", {"name": "nobody"}, 1202),
        ("getLastHealthCheck", {}, 1204),
        ("setMaintenanceMode", {"maintenanceMode": True}, 1205),
        ("startProfile", {"name": "SIP"}, 2102),
    ],
)
def test_errors_by_their_numbers(desk: Desk, method: str, params: dict[str, Any], code: int) -> None:
    assert refused(desk, method, **params) == code


def test_thirty_profiles_and_no_more(desk: Desk) -> None:
    for number in range(27):
        done(desk, "addProfile", **profile(f"p{number}"))
    assert len(names(desk)) == 30
    assert refused(desk, "addProfile", **profile("one more")) == 1201
    done(desk, "removeProfile", name="p5")
    done(desk, "addProfile", **profile("one more"))
    assert "p5" not in names(desk)
    assert "one more" in names(desk)


def test_a_profile_is_a_parameter_group(desk: Desk) -> None:
    done(desk, "addProfile", **profile("mine", duration={"unit": "seconds", "value": 9}))
    group = "root.API.SirenAndLightService1.Profile03"
    text = desk.get(f"/axis-cgi/param.cgi?action=list&group={group}")
    assert f"{group}.Name=mine\n" in text
    assert f"{group}.Light.DurationValue=9\n" in text
    desk.get(f"/axis-cgi/param.cgi?action=update&{group}.Light.Colors=blue")
    assert done(desk, "getProfiles")["profiles"][3]["light"]["colors"] == ["blue"]


def test_profiles_go_out_and_come_in(desk: Desk) -> None:
    done(desk, "addProfile", **profile("mine"), description="Ours")
    exported = json.dumps(done(desk, "getProfiles")["profiles"])
    other = Desk("C1410")
    assert upload(other, "add", exported)["error"]["code"] == 1202
    assert names(other) == ["LiveStream", "Recording", "SIP"]
    assert upload(other, "overwrite", exported)["data"] == {}
    assert done(other, "getProfiles") == done(desk, "getProfiles")
    assert upload(other, "erase_and_add", json.dumps([profile("only")]))["data"] == {}
    assert names(other) == ["only"]


@pytest.mark.parametrize(
    ("file", "code"),
    [
        ("not JSON", 2104),
        ("{}", 2104),
        ("[1]", 2104),
        (json.dumps([profile("same"), profile("same")]), 1202),
        (json.dumps([profile("good"), profile("bad", colors=["amber"])]), 2212),
        (json.dumps([profile(f"p{n}") for n in range(31)]), 1201),
    ],
)
@pytest.mark.parametrize("mode", ["overwrite", "erase_and_add"])
def test_an_upload_is_taken_whole_or_not_at_all(desk: Desk, mode: str, file: str, code: int) -> None:
    assert upload(desk, mode, file)["error"]["code"] == code
    assert names(desk) == ["LiveStream", "Recording", "SIP"]


def test_find_my_device_is_on_top_and_no_user_ends_it(desk: Desk) -> None:
    body = {"apiVersion": "1.1", "method": "find", "params": {"duration": 10}}
    desk.ask("POST", "/axis-cgi/findmydevice.cgi", json.dumps(body).encode())
    done(desk, "start", light={**RED, "priority": 10})
    top = done(desk, "getStatus")["light"][0]
    assert top["priority"] == 12
    assert refused(desk, "stop", lightId=top["lightId"]) == 1203
    done(desk, "stop", all=["light"])
    assert done(desk, "getStatus")["light"][0]["priority"] == 12
    desk.advance(10)
    assert done(desk, "getStatus") == {}


@pytest.mark.parametrize(
    ("broken", "told", "errors"),
    [
        (False, ["Done", "Success"], []),
        (True, ["Done", "Failed", "LightFailed"], [{"code": 101, "message": "Light error"}]),
    ],
)
def test_a_health_check_finds_a_dead_lamp(desk: Desk, broken: bool, told: list[str], errors: list[Any]) -> None:
    desk.device.light.broken = broken
    assert done(desk, "runHealthCheck") == {}
    assert done(desk, "getStatus")["light"][0]["priority"] == 13
    assert refused(desk, "getLastHealthCheck") == 1204
    desk.advance(5)
    assert [topic.removeprefix(HEALTH) for topic, _ in desk.events if topic.startswith(HEALTH)] == told
    assert done(desk, "getLastHealthCheck")["errors"] == errors
    assert done(desk, "getStatus") == {}


def test_a_profile_that_resumes_shines_after_a_restart(desk: Desk) -> None:
    name = "root.API.SirenAndLightService1.Profile02.ResumeOnStartup"
    desk.get(f"/axis-cgi/param.cgi?action=update&{name}=yes")
    done(desk, "start", light=RED)
    desk.device.lifecycle.restart("test")
    desk.advance(120)
    assert [one["profile"] for one in done(desk, "getStatus")["light"]] == ["SIP"]


def test_maintenance_mode_as_recorded(desk: Desk) -> None:
    shown = json.loads(desk.get(REST))
    assert shown == {"status": "success", "data": {"running": False, "supported": False}}
    answer = desk.ask("POST", f"{REST}/start", b'{"data":{}}')
    assert answer.status == 500
    assert json.loads(answer.body) == {"status": "error", "error": {"code": 0, "message": "Internal error"}}


def test_an_io_module_has_no_light() -> None:
    assert Desk("A9210").ask("POST", PATH, b"{}").status == 404


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["pattern", "colors", "intensity", "duration", "unit", "value"]), inner)
    ),
    max_leaves=8,
)


@pytest.mark.fuzz
@given(
    st.sampled_from(["start", "stop", "addProfile", "removeProfile", "setMaintenanceMode"]),
    st.dictionaries(st.sampled_from(["light", "siren", "profile", "name", "all", "lightId", "description"]), JSON),
)
def test_whatever_a_client_sends_is_answered(method: str, params: dict[str, Any]) -> None:
    body = json.dumps({"apiVersion": "1.0", "method": method, "params": params}).encode()
    content = json.loads(SHARED.ask("POST", PATH, body).body)
    assert ("data" in content) != ("error" in content)
    SHARED.device.light.activities.clear()


SHARED = Desk("C1410")
