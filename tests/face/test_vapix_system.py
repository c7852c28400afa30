"""What a client asks first: systemready, apidiscovery, basicdeviceinfo, brand and start page."""

from __future__ import annotations

import json

import pytest
from axis.models.api_discovery import GetAllApisResponse, ListApisRequest
from axis.models.basic_device_info import GetAllPropertiesRequest, GetAllPropertiesResponse
from vapix_desk import Desk, header

from simulator.face.exchange import Admission, Held, Request
from simulator.face.vapix.route import ROUTES

READY = "/axis-cgi/systemready.cgi"
DISCOVERY = "/axis-cgi/apidiscovery.cgi"
INFO = "/axis-cgi/basicdeviceinfo.cgi"
EVERY_PROFILE = [
    (model, firmware) for model in ("A9210", "C1410") for firmware in ("12.9.57", "11.11.192", "10.12.130")
]


@pytest.fixture
def desk() -> Desk:
    return Desk()


def raw(desk: Desk, path: str, content: object) -> str:
    answer = desk.ask("POST", path, json.dumps(content), login=None)
    assert answer.status == 200
    return answer.body.decode()


def test_systemready_byte_for_byte_on_12_9(desk: Desk) -> None:
    answer = raw(desk, READY, {"apiVersion": "1", "method": "systemready", "params": {"timeout": 5}})
    uptime, bootid = int(desk.device.lifecycle.uptime()), desk.device.lifecycle.bootid
    assert answer == (
        '{"apiVersion": "1.5", "method": "systemready", "data": {"systemready": "yes", "needsetup": "no", '
        f'"uptime": "{uptime}", "bootid": "{bootid}", "passphrasepolicy": "none"}}}}\n'
    )


def test_systemready_on_older_tracks() -> None:
    old = raw(Desk(firmware="10.12"), READY, {"apiVersion": "1.0", "method": "systemready"})
    assert (
        old
        == '{"apiVersion": "1.2", "method": "systemready", "data": {"systemready": "yes", "needsetup": "no"}}\n'
    )
    newer = json.loads(raw(Desk(firmware="11.11"), READY, {"apiVersion": "1.1", "method": "systemready"}))
    assert newer["apiVersion"] == "1.4"
    assert list(newer["data"]) == ["systemready", "needsetup", "uptime", "bootid"]


def test_a_device_without_accounts_wants_set_up_and_shows_preview_mode_while_young() -> None:
    desk = Desk(setup=False, running=False)
    desk.device.lifecycle.power_on()
    desk.wait_until(lambda: desk.device.lifecycle.ready)
    data = desk.rpc(READY, "systemready", login=None)["data"]
    assert list(data) == ["systemready", "needsetup", "uptime", "bootid", "previewmode", "passphrasepolicy"]
    assert (data["needsetup"], data["previewmode"]) == ("yes", "7200")
    desk.advance(7200)
    assert "previewmode" not in desk.rpc(READY, "systemready", login=None)["data"]


def test_the_answer_is_held_until_ready_or_until_the_time_is_over() -> None:
    desk = Desk(running=False)
    desk.device.lifecycle.power_on()
    desk.wait_until(lambda: desk.device.lifecycle.phase == "starting")
    answer = desk.rpc(READY, "systemready", {"timeout": 3})
    assert answer["data"]["systemready"] == "no"
    assert desk.waited == pytest.approx(3)
    answer = desk.rpc(READY, "systemready", {"timeout": 20})
    assert (answer["data"]["systemready"], answer["context"]) == ("yes", "desk")
    assert desk.waited == pytest.approx(7)
    assert desk.rpc(READY, "systemready", {"timeout": 20})["data"]["systemready"] == "yes"
    assert desk.waited == 0


def test_a_client_that_goes_away_is_forgotten() -> None:
    desk = Desk(running=False)
    desk.device.lifecycle.power_on()
    desk.wait_until(lambda: desk.device.lifecycle.phase == "starting")
    head = desk.head("POST", READY)
    admission = desk.face.admit(head)
    assert isinstance(admission, Admission)
    held = admission.serve(Request(head, b'{"apiVersion":"1","method":"systemready","params":{"timeout":60}}'))
    assert isinstance(held, Held)
    delivered: list[object] = []
    held.start(delivered.append)()
    desk.wait_until(lambda: desk.device.lifecycle.ready)
    desk.advance(100)
    assert delivered == []


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'"x"', b"\xff", b"[" * 100_000, b'{"apiVersion": 1}'])
def test_systemready_has_one_error_for_all(desk: Desk, body: bytes) -> None:
    answer = desk.ask("POST", READY, body, login=None)
    content = json.loads(answer.body)
    assert (answer.status, content["error"]) == (200, {"code": 1000, "message": "Invalid JSON input"})
    assert content["apiVersion"] == "1.5"


def test_discovery_as_recorded(desk: Desk) -> None:
    answer = desk.ask("POST", DISCOVERY, '{"apiVersion":"1.0","method":"getApiList"}', login=None)
    assert answer.content_type == "application/json; charset=utf8"
    text = answer.body.decode()
    assert text.startswith(
        '{"method": "getApiList", "apiVersion": "1.1", "data": {"apiList": [{"id": "api-discovery"'
    )
    assert text.endswith("]}}\n")
    assert text.count("\n") == 1
    first = json.loads(text)["data"]["apiList"][0]
    assert first == {
        "id": "api-discovery",
        "version": "1.1",
        "name": "API Discovery Service",
        "docLink": "https://www.axis.com/partner_pages/vapix_library/#/",
        "status": "official",
    }


def test_discovery_filters_by_globs(desk: Desk) -> None:
    def ids(**params: str) -> list[str]:
        return [api["id"] for api in desk.rpc(DISCOVERY, "getApiList", params)["data"]["apiList"]]

    assert ids(id="fwmgr") == ["fwmgr"]
    assert "basic-device-info" in ids(id="*-d?*")
    assert ids(id="[f]wmgr") == []
    assert ids(id="no-such-api") == []
    assert "fwmgr" in ids(version="1.*")
    assert ids(id="fwmgr", version="2.*") == []
    assert ids(id="*" * 200 + "x") == []
    assert desk.rpc(DISCOVERY, "getApiList", {"id": 5})["error"]["code"] == 1000


def test_discovery_tells_its_versions_without_a_version(desk: Desk) -> None:
    answer = raw(desk, DISCOVERY, {"method": "getSupportedVersions"})
    assert answer == '{"method": "getSupportedVersions", "data": {"apiVersions": ["1.1"]}}\n'


@pytest.mark.parametrize(("model", "firmware"), EVERY_PROFILE)
def test_discovery_lists_what_is_served_and_nothing_else(model: str, firmware: str) -> None:
    desk = Desk(model, firmware)
    listed = [api["id"] for api in desk.rpc(DISCOVERY, "getApiList")["data"]["apiList"]]
    assert len(listed) == len(set(listed))
    assert set(listed) <= set(desk.device.profile.apis)
    order = list(desk.device.profile.apis)
    assert listed == sorted(listed, key=order.index)
    for route in ROUTES:
        found = {desk.once(desk.head("GET", path)).status != 404 for path in route.paths}
        assert len(found) == 1
        if route.api in desk.device.profile.apis:
            assert found == {route.api in listed}
    assert {route.api for route in ROUTES} >= set(listed)


def test_axis_library_reads_the_list(desk: Desk) -> None:
    asked = ListApisRequest()
    answer = desk.ask("POST", asked.path, asked.content, login=None)
    apis = GetAllApisResponse.decode(answer.body).data
    assert apis["basic-device-info"].version == "1.3"


def test_unrestricted_properties_need_no_login_all_do(desk: Desk) -> None:
    open_ones = desk.rpc(INFO, "getAllUnrestrictedProperties", login=None)["data"]["propertyList"]
    answer = desk.ask("POST", INFO, '{"apiVersion":"1.0","method":"getAllProperties"}', login=None)
    assert answer.status == 401
    assert answer.content_type == "application/json; charset=utf-8"
    assert f"AXIS_{desk.device.identity.serial}" in header(answer, "WWW-Authenticate")
    assert json.loads(answer.body)["error"]["code"] == 2001
    everything = desk.rpc(INFO, "getAllProperties")["data"]["propertyList"]
    assert set(everything) - set(open_ones) == {"Architecture", "Soc", "SocSerialNumber"}
    assert list(everything) == [
        "Architecture",
        "ProdNbr",
        "HardwareID",
        "ProdFullName",
        "Version",
        "ProdType",
        "SocSerialNumber",
        "Soc",
        "Brand",
        "WebURL",
        "ProdVariant",
        "SerialNumber",
        "ProdShortName",
        "BuildDate",
    ]


def test_a_viewer_is_told_that_he_may_not_see_all_properties(desk: Desk) -> None:
    desk.device.accounts.add("vera", "v", ("viewer",))
    answer = desk.ask("POST", INFO, '{"apiVersion":"1.0","method":"getAllProperties"}', login=("vera", "v"))
    assert answer.status == 403
    wrong = desk.ask("POST", INFO, '{"apiVersion":"1.0","method":"getAllProperties"}', login=("vera", "w"))
    assert (wrong.status, desk.waited) == (401, pytest.approx(0.21))


def test_axis_library_reads_the_properties(desk: Desk) -> None:
    asked = GetAllPropertiesRequest()
    answer = desk.ask("POST", asked.path, asked.content)
    info = GetAllPropertiesResponse.decode(answer.body).data
    assert info.serial_number == desk.device.identity.serial
    assert info.firmware_version == "12.9.57"
    assert info.product_full_name == f"{info.product_short_name} {info.product_type}"


def test_no_method_key_in_the_answer_and_the_context_comes_back(desk: Desk) -> None:
    text = raw(desk, INFO, {"apiVersion": "1.0", "method": "getAllUnrestrictedProperties"})
    assert text.startswith('{"apiVersion": "1.3", "data": {"propertyList": {"ProdNbr": "A9210"')
    answer = desk.rpc(INFO, "getAllUnrestrictedProperties", version="1.2")
    assert list(answer) == ["apiVersion", "context", "data"]
    assert answer["context"] == "desk"


def test_chosen_properties_and_the_errors_of_this_family(desk: Desk) -> None:
    answer = desk.rpc(INFO, "getProperties", {"propertyList": ["ProdNbr", "Soc"]})
    assert answer["data"]["propertyList"] == {"ProdNbr": "A9210", "Soc": "i.MX8MN"}
    assert desk.rpc(INFO, "getProperties", {"propertyList": ["Colour"]})["error"]["code"] == 1000
    assert "Colour" in desk.rpc(INFO, "getProperties", {"propertyList": ["Colour"]})["error"]["message"]
    assert desk.rpc(INFO, "getProperties", {})["error"]["code"] == 4002
    assert desk.rpc(INFO, "getProperties", {"propertyList": "Soc"})["error"]["code"] == 1000
    assert desk.rpc(INFO, "getAll")["error"] == {
        "code": 2004,
        "message": "JSON semantic error: Unknown method 'getAll'",
    }
    assert desk.rpc(INFO, "getProperties", version="2.0")["error"]["code"] == 2003
    assert desk.rpc(INFO, "getProperties", version="1.9")["error"]["code"] == 2003
    assert json.loads(desk.get(INFO))["error"]["code"] == 2002
    assert desk.rpc(INFO, "getSupportedVersions", login=None)["data"] == {"apiVersions": ["1.3"]}


def test_brand_for_scanners(desk: Desk) -> None:
    text = desk.get("/axis-cgi/prod_brand_info/getbrand.cgi", login=None)
    assert text.startswith('{\n  "Brand": {\n    "Brand": "AXIS",\n    "ProdType": "Network I/O Relay Module",\n')
    assert list(json.loads(text)["Brand"]) == ["Brand", "ProdType", "ProdNbr", "ProdShortName", "ProdFullName"]


def test_the_start_page_is_what_scanners_look_for(desk: Desk) -> None:
    root = desk.get("/", login=None)
    assert '<meta http-equiv="refresh" content="0; URL=/index.html" />' in root
    page = desk.get("/index.html", login=None)
    assert "<title>AXIS</title>" in page
    assert "Axis Communications AB" in page
    assert "password" not in page


@pytest.mark.parametrize("body", [b"", b'{"apiVersion":"1.0","method":"getAllProperties"}'])
def test_basicdeviceinfo_challenges_who_comes_for_a_nonce(desk: Desk, body: bytes) -> None:
    """curl --digest sends a POST without a body first, and no credentials at all after a 200."""
    answer = desk.ask("POST", INFO, body, login=None)
    assert (answer.status, json.loads(answer.body)["error"]["code"]) == (401, 2001)
    assert header(answer, "WWW-Authenticate").startswith("Digest realm=")


def test_basicdeviceinfo_without_a_body_but_with_a_login_is_bad_json(desk: Desk) -> None:
    assert json.loads(desk.ask("POST", INFO, b"").body)["error"]["code"] == 4000


@pytest.mark.parametrize(("firmware", "sent"), [("12.9.57", 5), ("11.11.192", 5), ("10.12.130", 0)])
def test_security_headers_are_those_of_the_track(firmware: str, sent: int) -> None:
    names = {
        "X-Content-Type-Options",
        "X-Frame-Options",
        "X-XSS-Protection",
        "Content-Security-Policy",
        "Referrer-Policy",
    }
    answer = Desk(firmware=firmware).ask("GET", "/", login=None)
    assert len(names & {name for name, _ in answer.headers}) == sent
