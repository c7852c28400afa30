"""The call service as its documentation's curl examples use it, and as a published web front end does.

The engine runs in a process of its own, its clock is stepped; what a call brings is seen on the event stream's states
and in the device's truth.
"""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import Any

import httpx
import pytest
from vapix_fleet import ROOT, Answer, curl, fleet

from simulator.fleet.session import Session

pytestmark = pytest.mark.peer("curl")

PATH = "/vapix/call"
NUMBERS = count(1)


@pytest.fixture(scope="module")
def session() -> Iterator[Session]:
    neighbour = {"name": "neighbour", "model": "C1410", "number": 200}
    with fleet(neighbour) as made:
        yield made


@pytest.fixture
def silent() -> Iterator[str]:
    """`host:port` of somebody who takes what is sent to him and never says a word."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taker:
        taker.bind(("127.0.0.1", 0))
        yield "{}:{}".format(*taker.getsockname())


class Speaker:
    """A device of a test's own."""

    def __init__(self, session: Session, **more: Any) -> None:
        self.name = f"speaker-{next(NUMBERS)}"
        self._session = session
        self.url = session.add(self.name, model="C1410", **more).url

    def post(self, command: str, **values: Any) -> Answer:
        """`curl -d` labels JSON as a form, as the documented examples do."""
        return curl("-d", json.dumps({f"axcall:{command}": values}), self.url + PATH)

    def asked(self, command: str, **values: Any) -> Any:
        answer = self.post(command, **values)
        assert (answer.status, answer.content_type) == (200, "application/json")
        return json.loads(answer.body)

    def simple(self, arguments: str) -> Answer:
        return curl(f"{self.url}{PATH}?format=simple&action=axcall:{arguments}")

    def states(self) -> list[dict[str, Any]]:
        return [one["data"] for one in self._session.states(self.name) if one["topic"] == "tnsaxis:Call/State"]

    @property
    def truth(self) -> dict[str, Any]:
        telephone = self._session.snapshot(self.name)["telephone"]
        assert isinstance(telephone, dict)
        return telephone


def test_an_installer_switches_sip_on_adds_an_account_and_reads_it_back(session: Session) -> None:
    speaker = Speaker(session)
    assert speaker.asked("SetSIPConfiguration", SIPConfiguration={"SIPEnabled": True, "SIPPort": 5070}) == {}
    account = {"UserId": "6001", "Registrar": "example.axis.com", "Password": 'p&=+"ä', "IsDefault": True}
    made = speaker.asked("SetSIPAccount", SIPAccount=account)
    shown = speaker.asked("GetSIPAccount", **made)["SIPAccount"]
    assert {name: shown[name] for name in account} == account
    assert speaker.states() == [{"CallState": "Idle"}]
    assert speaker.truth["accounts"]["sip_account_1"]["default"] is True


def test_the_simple_form_over_get_and_post(session: Session) -> None:
    speaker = Speaker(session)
    sent = "SIPConfiguration_SIPEnabled=true&SIPConfiguration_CallingTimeout=20"
    answer = speaker.simple(f"SetSIPConfiguration&{sent}")
    assert (answer.status, answer.body) == (200, "")
    answer = speaker.simple("GetSIPAccountStatus&SIPAccountId=%22sip_account_0%22")
    assert 'SIPAccountStatus_StatusText="Does+not+register"\n' in answer.body
    assert "SIPAccountStatus_RegURI=null\n" in answer.body
    asked = ("-d", "format=simple&action=axcall:SetSIPAccount&SIPAccount_UserId=6002")
    assert curl(*asked, speaker.url + PATH).body == 'SIPAccountId="sip_account_1"\n'


def test_a_call_that_nobody_answers(session: Session, silent: str) -> None:
    speaker = Speaker(session, sip={"calling_timeout": 20})
    last = session.journal()["last"]
    call_id = speaker.asked("Call", To=f"sip:{silent}")["CallId"]
    assert speaker.asked("GetCallStatus", CallId=call_id)["CallStatus"]["CallState"] == "Calling"
    assert speaker.states() == [{"CallState": "Calling"}]
    session.advance(21)
    assert [call["state"] for call in speaker.truth["calls"]] in ([], ["Terminating"])
    records = session.journal(last, device=speaker.name, kinds="event")["records"]
    told = [next(iter(record["data"]["data"].values())) for record in records if "Call/State" in record["what"]]
    assert told[:2] == ["Initiated", "Calling"]
    assert told[2:] in ([], ["NoAnswer", "Idle"])  # the latter as soon as nobody has to be told by SIP


def test_faults_are_400_with_the_documented_words(session: Session) -> None:
    speaker = Speaker(session)
    answer = speaker.post("Call", To="sip:192.0.2.9")
    assert answer.status == 400
    assert json.loads(answer.body) | {"FaultReason": ""} == {
        "Fault": "env:Receiver",
        "FaultCode": "ter:Action",
        "FaultSubCode": "ter:Failure",
        "FaultReason": "",
        "FaultMsg": None,
    }
    assert speaker.simple("GetCallStatus&CallId=nobody").status == 400
    assert curl("-d", "{", speaker.url + PATH).status == 400
    assert curl("-d", "{}", speaker.url + PATH, login="").status == 401


def test_settings_outlive_a_restart_and_go_with_a_factory_default(session: Session) -> None:
    speaker = Speaker(
        session, sip={"port": 5070, "accounts": [{"user": "6001", "registrar": "registrar.invalid"}]}
    )
    assert curl(f"{speaker.url}/axis-cgi/restart.cgi").status == 200
    session.advance(120)
    assert speaker.asked("GetSIPConfiguration")["SIPConfiguration"]["SIPPort"] == 5070
    body = '{"apiVersion":"1.0","method":"factoryDefault","params":{"factoryDefaultMode":"soft"}}'
    assert curl("-d", body, f"{speaker.url}/axis-cgi/firmwaremanagement.cgi").status == 200
    session.advance(180)
    assert speaker.truth["enabled"] is False
    assert list(speaker.truth["accounts"]) == ["sip_account_0"]


def test_the_published_front_end_dials_watches_and_hangs_up(session: Session, silent: str) -> None:
    """It posts with a digest, passes `sip_account_1` always, and reads `CallId` and `CallState` (audio sheet 10)."""
    speaker = Speaker(session, sip={"accounts": [{"user": "6001", "registrar": silent, "password": "x"}]})
    user, password = ROOT.split(":")

    with httpx.Client(auth=httpx.DigestAuth(user, password), base_url=speaker.url) as front_end:

        def ask(command: str, **values: str) -> httpx.Response:
            return front_end.post(PATH, json={f"axcall:{command}": values})

        call_id = ask("Call", To=f"sip:6002@{silent}", SIPAccountId="sip_account_1").json()["CallId"]
        assert ask("GetCallStatus", CallId=call_id).json()["CallStatus"]["CallState"] == "Calling"
        assert ask("TerminateCall", CallId=call_id).status_code == 200
        session.advance(60)
        state = ask("GetCallStatus", CallId=call_id).json()["CallStatus"]["CallState"]
        assert state in ("Terminating", "Terminated")
        assert ask("Call", To="sip:6002@example.com", SIPAccountId="sip_account_7").status_code == 400


def test_a_vms_calls_and_its_talking_is_the_answer(session: Session, tmp_path: Path) -> None:
    """It needs no SIP: sound of half a second is sent by transmit.cgi, and the call lasts as long."""
    speaker = Speaker(session)
    last = session.journal()["last"]
    sound = tmp_path / "talk.au"
    sound.write_bytes(b"\xff" * 4_000)
    call_id = speaker.asked("Call", To="VMS_CALL")["CallId"]
    sent = ("-H", "Content-Type: audio/basic", "--data-binary", f"@{sound}")
    assert curl(*sent, f"{speaker.url}/axis-cgi/audio/transmit.cgi").status == 200
    status = speaker.asked("GetCallStatus", CallId=call_id)["CallStatus"]
    assert (status["CallState"], status["CallType"], status["Direction"]) == ("Terminated", "VMS", "Outgoing")
    records = session.journal(last, device=speaker.name, kinds="event")["records"]
    told = [next(iter(record["data"]["data"].values())) for record in records if "Call/State" in record["what"]]
    assert told == ["Initiated", "Calling", "AcceptedByRemote", "Active", "Terminated", "Idle"]


def test_discovery_names_it_on_the_speaker_only(session: Session) -> None:
    speaker = Speaker(session)
    body = '{"apiVersion":"1.0","method":"getApiList"}'
    answer = curl("-d", body, f"{speaker.url}/axis-cgi/apidiscovery.cgi")
    assert [api["version"] for api in json.loads(answer.body)["data"]["apiList"] if api["id"] == "sip"] == ["2.2"]
    module = session.add(f"io-{next(NUMBERS)}", model="A9210").url
    assert curl("-d", "{}", module + PATH).status == 404
