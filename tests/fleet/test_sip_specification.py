"""The `sip:` block of a fleet: a speaker is set up as its installer would do it."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from simulator.chance import Chance
from simulator.clock import SimClock
from simulator.device.call_service import CallService
from simulator.device.device import Device
from simulator.device.profile import firmwares, load_profile
from simulator.device.world import World
from simulator.errors import FleetError
from simulator.fleet.sip_setting import set_up_sip
from simulator.fleet.sip_specification import RegistrarPlace, SipSpecification
from simulator.fleet.specification import DeviceSpecification
from simulator.journal import Journal
from simulator.scenario.compile import compile_text
from simulator.scenario.plan import DevicePlan
from simulator.scenario.sip_plan import CODECS, SipAccountPlan, SipPlan
from simulator.units import Seconds

SITE = (RegistrarPlace("127.19.0.5"), RegistrarPlace("127.19.0.15", "second.example.com"))


def device(model: str = "C1410", firmware: str = "12.9.57") -> Device:
    clock = SimClock(stepped=True)
    world = World(clock, Chance(1), Journal(clock))
    made = Device("speaker-1", 1, load_profile(model, firmware), world, lambda address: address)
    made.lifecycle.running_from_the_start()
    return made


def set_up(settings: dict[str, Any] | None = None, registrars: tuple[RegistrarPlace, ...] = SITE) -> CallService:
    made = device()
    set_up_sip(made, SipSpecification.model_validate(settings or {}), registrars)
    assert made.call_service is not None
    return made.call_service


def test_by_default_sip_is_on_and_takes_calls() -> None:
    service = set_up()
    assert service.configuration.sip_enabled
    assert service.configuration.allow_incoming_calls
    (account,) = service.accounts
    assert (account.user_id, account.auto_answer_enabled) == ("peer-to-peer", True)


def test_everything_that_can_be_said_is_set() -> None:
    service = set_up(
        {
            "allow_incoming": False,
            "auto_answer": False,
            "port": 7000,
            "tls_port": 7001,
            "rtp_start_port": 8000,
            "calling_timeout": 20,
            "answering_timeout": 30,
            "codecs": ["PCMA", "PCMU"],
            "dtmf": {"1": "stop audio", "2#": "door"},
            "attributes": {"DTMFPayloadType": "97"},
            "accounts": [
                {
                    "user": "6001",
                    "password": "secret",
                    "authentication_id": "auth",
                    "caller_id": "Hall",
                    "name": "hall",
                    "registrar": "site",
                    "domain": "example.com",
                    "secondary_registrar": "site",
                    "proxies": ["first", "second"],
                    "auto_answer": True,
                    "transport": "tls",
                    "media_encryption": "mandatory",
                    "certificate": "mine",
                    "verify": True,
                    "longest_call": 600,
                    "register_every": 120,
                    "tcp_switch": False,
                }
            ],
        }
    )
    configuration = service.configuration
    assert configuration.as_json() | {"Attribute": []} == {
        **SipSpecificationJson,
        "SIPEnabled": True,
        "AllowIncomingCalls": False,
        "SIPPort": 7000,
        "SIPTLSPort": 7001,
        "RTPStartPort": 8000,
        "CallingTimeout": 20,
        "AnsweringTimeout": 30,
    }
    assert configuration.dtmf_payload_type(service.quirks) == 97
    assert [codec.name for codec in service.settings.codecs] == ["PCMA", "PCMU"]
    sequences = {
        one.dtmf_sequence: service.dtmf.event(one.dtmf_event_id) for one in service.dtmf.settings.triggers
    }
    assert {keys: event.name for keys, event in sequences.items() if event} == {"1": "stop audio", "2#": "door"}
    assert len(service.dtmf.settings.configurations[0].dtmf_trigger_id) == 2
    peer, account = service.accounts
    assert not peer.auto_answer_enabled
    assert account.is_default
    shown = account.as_json()
    assert shown | {"Id": ""} == shown | {
        "Id": "",
        "Name": "hall",
        "UserId": "6001",
        "Password": "secret",
        "AuthenticationId": "auth",
        "CallerId": "Hall",
        "Registrar": "127.19.0.5",
        "PublicDomain": "example.com",
        "SecondaryRegistrar": "127.19.0.15",
        "SecondaryPublicDomain": "second.example.com",
        "AutoAnswerEnabled": True,
        "Transport": "tls",
        "MediaEncryption": "SRTPMandatory",
        "Certificate": "mine",
        "VerifyServerCertificate": True,
    }
    assert [proxy["Server"] for proxy in shown["SIPProxies"]] == ["first", "second"]
    quirks = service.quirks
    assert (account.longest_call(quirks), account.registration_interval(quirks)) == (600, 120)
    assert not account.tcp_switch(quirks)


SipSpecificationJson = device().call_service.configuration.as_json()  # type: ignore[union-attr]


def test_the_default_is_the_one_that_says_so_else_the_first() -> None:
    def default(*accounts: dict[str, Any]) -> str:
        found = set_up({"accounts": list(accounts)}).accounts.default
        assert found is not None
        return found.user_id

    assert default({"user": "a"}, {"user": "b"}) == "a"
    assert default({"user": "a"}, {"user": "b", "default": True}) == "b"


def test_without_the_factory_account() -> None:
    service = set_up({"peer_to_peer": False, "accounts": [{"user": "6001", "registrar": "site"}]})
    assert [account.user_id for account in service.accounts] == ["6001"]
    with pytest.raises(FleetError, match="has no SIP account"):
        set_up({"peer_to_peer": False})


@pytest.mark.parametrize(
    ("settings", "what"),
    [
        ({"port": 80}, "SIPPort"),
        ({"calling_timeout": 601}, "CallingTimeout"),
        ({"codecs": ["G729"]}, "no codec G729"),
        ({"dtmf": {"E": "x"}}, "DTMFSequence"),
        ({"attributes": {"Colour": "red"}}, "no SIP attribute 'Colour'"),
        ({"attributes": {"DTMFPayloadType": "5"}}, "a whole number from 96 to 127"),
        ({"accounts": [{"user": "a", "media_encryption": "mandatory"}]}, "needs Transport tls"),
    ],
)
def test_the_device_refuses_what_it_refuses_of_an_installer(settings: dict[str, Any], what: str) -> None:
    with pytest.raises(FleetError, match=what):
        set_up(settings)


@pytest.mark.parametrize("named", ["registrar", "secondary_registrar"])
def test_a_site_without_such_a_registrar(named: str) -> None:
    places = () if named == "registrar" else SITE[:1]
    with pytest.raises(FleetError, match="the site, which has no"):
        set_up({"accounts": [{"user": "a", named: "site"}]}, places)


def test_the_module_makes_no_calls() -> None:
    with pytest.raises(FleetError, match="makes no calls"):
        set_up_sip(device("A9210"), SipSpecification(), SITE)


@pytest.mark.parametrize(
    "wrong", [{"colour": "red"}, {"accounts": [{}]}, {"accounts": [{"user": "a", "transport": "x"}]}]
)
def test_mistakes_in_a_control_call_name_their_place(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError, match="sip"):
        DeviceSpecification.model_validate({"name": "a", "model": "C1410", "sip": wrong})


class TestScenario:
    def plan(self, sip: str) -> DevicePlan:
        text = f"scenario: s\nfleet:\n  speaker-1:\n    model: C1410\n    sip: {sip}\ntimeline:\n  - at: 1s\n    note: x\n"
        (case,) = compile_text(text, "s.scenario.yaml")
        (plan,) = case.fleet
        return plan

    def test_yes_is_the_default(self) -> None:
        assert self.plan("yes").sip == SipPlan()
        assert self.plan("no").sip is None

    def test_what_a_file_says_is_what_the_device_is_set_to(self) -> None:
        plan = self.plan(
            '{answering_timeout: 30s, accounts: [6001, {user: "6002", longest_call: 2m}], dtmf: {"1": stop}}'
        )
        assert plan.sip is not None
        assert plan.sip.accounts == (
            SipAccountPlan(user="6001"),
            SipAccountPlan(user="6002", longest_call=Seconds(120)),
        )
        specification = DeviceSpecification.model_validate(plan.specification())
        assert isinstance(specification.sip, SipSpecification)
        service = set_up(specification.sip.model_dump())
        assert service.configuration.answering_timeout == 30
        assert [account.user_id for account in service.accounts] == ["peer-to-peer", "6001", "6002"]

    def test_the_defaults_of_both_are_the_same(self) -> None:
        assert SipSpecification.model_validate(SipPlan().specification()) == SipSpecification()
        account = SipAccountPlan(user="a").specification()
        assert SipSpecification.model_validate({"accounts": [account]}) == SipSpecification.model_validate(
            {"accounts": [{"user": "a"}]}
        )

    @pytest.mark.parametrize("firmware", firmwares("C1410"))
    def test_the_codecs_of_the_language_are_those_of_every_firmware(self, firmware: str) -> None:
        quirks = load_profile("C1410", firmware).quirks.sip
        assert quirks is not None
        assert set(CODECS) == {codec.name for codec in quirks.codecs}
