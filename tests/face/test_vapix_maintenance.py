"""Restart and factory default, logs, the server report, applications."""

from __future__ import annotations

import io
import tarfile
import zipfile

import pytest
from lxml import etree
from vapix_desk import Desk, header

EVERYWHERE = ["/axis-cgi/{}.cgi", "/axis-cgi/admin/{}.cgi"]


@pytest.fixture
def desk() -> Desk:
    return Desk()


@pytest.mark.parametrize("place", EVERYWHERE)
def test_restart_answers_first_and_then_acts(desk: Desk, place: str) -> None:
    bootid, phases = desk.device.lifecycle.bootid, []
    desk.device.lifecycle.on_phase(phases.append)
    outcome = desk.ask("GET", place.format("restart"))
    assert (outcome.status, outcome.content_type) == (200, "text/html")
    assert phases == ["stopping"]
    ready = desk.rpc("/axis-cgi/systemready.cgi", "systemready")["data"]
    assert (ready["systemready"], ready["bootid"]) == ("yes", bootid)
    desk.wait_until(lambda: desk.device.lifecycle.phase == "running")
    assert desk.rpc("/axis-cgi/systemready.cgi", "systemready")["data"]["bootid"] != bootid
    assert desk.ask("GET", "/axis-cgi/usergroup.cgi").status == 200


@pytest.mark.parametrize(("name", "hard"), [("factorydefault", False), ("hardfactorydefault", True)])
@pytest.mark.parametrize("place", EVERYWHERE)
def test_defaults_clear_the_accounts_and_the_hard_one_the_address_too(
    desk: Desk, name: str, hard: bool, place: str
) -> None:
    desk.get("/axis-cgi/param.cgi?action=update&Network.IPAddress=10.9.8.7&Network.UPnP.Enabled=yes")
    answer = desk.ask("POST", place.format(name))
    assert answer.status == 200
    assert b"factoryMessage2.shtml?server=10.0.0.5" in answer.body
    desk.wait_until(lambda: desk.device.lifecycle.phase == "running")
    assert desk.rpc("/axis-cgi/systemready.cgi", "systemready")["data"]["needsetup"] == "yes"
    assert (desk.device.parameters["Network.IPAddress"] == "10.9.8.7") is not hard
    assert desk.device.parameters["Network.UPnP.Enabled"] == "no"


def test_nothing_happens_without_a_login(desk: Desk) -> None:
    assert desk.ask("GET", "/axis-cgi/restart.cgi", login=None).status == 401
    desk.device.accounts.add("olga", "o", ("operator",))
    assert desk.ask("GET", "/axis-cgi/restart.cgi", login=("olga", "o")).status == 403
    assert desk.device.lifecycle.phase == "running"


@pytest.mark.parametrize("place", EVERYWHERE)
def test_the_system_log_as_recorded(desk: Desk, place: str) -> None:
    for number in range(4):
        desk.device.logs.system("udhcpc", "INFO", f"udhcpc: sending renew {number}")
    desk.device.logs.system("fwmgr", "WARNING", "something else")
    answer = desk.ask("GET", place.format("systemlog"))
    assert answer.content_type == "text/plain"
    lines = answer.body.decode().split("\n")
    assert lines[:4] == ["", "----- System log -----", "", ""]
    assert "[ INFO    ] udhcpc[" in lines[4]
    path = place.format("systemlog")
    assert desk.get(f"{path}?tail=1").count("\n") == 5
    assert "something else" in desk.get(f"{path}?tail=1")
    assert "----- Contents of SYSTEM_LOG for 'fwmgr' -----" in desk.get(f"{path}?appname=fwmgr")
    assert "udhcpc" not in desk.get(f"{path}?appname=fwmgr")
    assert desk.get(f"{path}?text=something").count("WARNING") == 1
    assert "udhcpc" in desk.get(f"{path}?text=%22&tail=x&format=y")


def test_the_access_log_is_empty_until_it_is_switched_on(desk: Desk) -> None:
    assert desk.get("/axis-cgi/accesslog.cgi") == "\n----- Access log -----\n\n\n"
    desk.get("/axis-cgi/param.cgi?action=update&System.AccessLog=On")
    assert "root@10.0.0.9 GET /axis-cgi/accesslog.cgi" in desk.get("/axis-cgi/accesslog.cgi")


def test_the_audit_log_exists_where_discovery_lists_it(desk: Desk) -> None:
    assert desk.get("/axis-cgi/auditlog.cgi?version=true") == "1.0.0\n"
    assert "] httpd[" in desk.get("/axis-cgi/auditlog.cgi?tail=1")
    assert Desk(firmware="11.11").ask("GET", "/axis-cgi/auditlog.cgi").status == 404


def test_the_server_report_takes_half_a_minute_and_is_real(desk: Desk) -> None:
    desk.device.logs.system("monolith", "ERR", "a line to look for")
    text = desk.get("/axis-cgi/serverreport.cgi")
    assert desk.waited == pytest.approx(30)
    for needle in ("Server Report Start", "a line to look for", "[Brand]", '"activeFirmwareVersion": "12.9.57"'):
        assert needle in text
    assert 'ProdNbr                  = "A9210"' in text


@pytest.mark.parametrize("mode", ["zip", "zip_with_image"])
def test_the_report_as_zip(desk: Desk, mode: str) -> None:
    answer = desk.ask("POST", "/axis-cgi/admin/serverreport.cgi", f"mode={mode}")
    assert answer.content_type == "application/zip"
    assert answer.body.startswith(b"PK")
    name = header(answer, "Content-Disposition")
    assert desk.device.identity.serial in name
    assert name.startswith('attachment; filename="Axis_SR_')
    with zipfile.ZipFile(io.BytesIO(answer.body)) as archive:
        assert archive.testzip() is None
        assert b"Server Report Start" in archive.read("serverreport.txt")


def test_the_report_as_tar_and_unknown_modes(desk: Desk) -> None:
    answer = desk.ask("GET", "/axis-cgi/serverreport.cgi?mode=tar_all")
    with tarfile.open(fileobj=io.BytesIO(answer.body)) as archive:
        assert "serverreport.txt" in archive.getnames()
    assert desk.ask("GET", "/axis-cgi/serverreport.cgi?mode=png").status == 400


def test_the_parameter_list_by_itself(desk: Desk) -> None:
    text = desk.get("/axis-cgi/admin/paramlist.cgi")
    assert text.startswith('RELEASE="12.9.57"\nBUILD="1"\n')
    assert "---- Parameter list ----\n# Axis Parameter list, Sun Mar  1 08:00:00 2026\n" in text


def test_applications_are_those_that_ship(desk: Desk) -> None:
    answer = desk.ask("GET", "/axis-cgi/applications/list.cgi")
    assert answer.content_type == "text/xml"
    assert [app.get("NiceName") for app in etree.fromstring(answer.body)] == ["AXIS Door Monitoring"]
    speaker = etree.fromstring(Desk("C1410").ask("GET", "/axis-cgi/applications/list.cgi").body)
    assert speaker.get("result") == "ok"
    assert len(speaker) >= 1
    assert {app.get("Status") for app in speaker} <= {"Running", "Stopped", "Idle"}
    assert {app.get("License") for app in speaker} == {"None"}
