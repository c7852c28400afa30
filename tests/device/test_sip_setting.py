"""SIPConfiguration: factory state, ranges, attributes, access list, and what survives what (audio sheet 8.2)."""

from __future__ import annotations

from typing import Any

import pytest
from device_bench import Bench

from simulator.device.call_service import CallService
from simulator.device.call_setting import CallServiceRefused, Fault, Written
from simulator.device.sip_setting import SipConfiguration


def service_of(bench: Bench) -> CallService:
    service = bench.device.call_service
    assert service is not None
    return service


@pytest.fixture
def service() -> CallService:
    return service_of(Bench("C1410"))


def refused(service: CallService, **sent: Any) -> Fault:
    with pytest.raises(CallServiceRefused) as error:
        service.configure(sent)
    return error.value.fault


def test_factory_state_is_that_of_a_live_device(service: CallService) -> None:
    assert service.configuration.as_json() == {
        "SIPEnabled": False,
        "AllowIncomingCalls": False,
        "SIPPort": 5060,
        "SIPTLSPort": 5061,
        "RTPStartPort": 4000,
        "CallingTimeout": 60,
        "AnsweringTimeout": 60,
        "STUNEnabled": False,
        "STUNServers": [],
        "TURNEnabled": False,
        "TURNServers": [],
        "ICEEnabled": False,
        "ApplyUserAuthentication": False,
        "AllowedUsers": [],
        "ApplyAllowedURIs": False,
        "AllowedURIs": [],
        "Attribute": [],
    }


class TestRanges:
    """C1410 manual, SIP: ports 1024 to 65535; timeouts up to ten minutes."""

    @pytest.mark.parametrize("name", ["SIPPort", "SIPTLSPort", "RTPStartPort"])
    def test_ports(self, service: CallService, name: str) -> None:
        for good in (1024, 65_535):
            service.configure({name: good})
            assert service.configuration.as_json()[name] == good
        for bad in (1023, 65_536, -1, "5070", 5070.5, True, [5070]):
            assert refused(service, **{name: bad}) is Fault.INVALID

    @pytest.mark.parametrize("name", ["CallingTimeout", "AnsweringTimeout"])
    def test_timeouts(self, service: CallService, name: str) -> None:
        service.configure({name: 600})
        for bad in (0, 601, -5, 1e400, "60"):
            assert refused(service, **{name: bad}) is Fault.INVALID
        assert service.configuration.as_json()[name] == 600

    def test_two_ports_are_two(self, service: CallService) -> None:
        assert refused(service, SIPPort=5061) is Fault.INVALID

    @pytest.mark.parametrize("sent", [None, 5, "x", [], [{}]])
    def test_what_is_no_object(self, service: CallService, sent: object) -> None:
        with pytest.raises(CallServiceRefused):
            service.configure(sent)

    @pytest.mark.parametrize(
        "sent",
        [
            {"SIPEnabled": "true"},
            {"SIPEnabled": 1},
            {"STUNServers": [{}]},
            {"STUNServers": [{"Server": ""}]},
            {"STUNServers": "stun.example.com"},
            {"TURNServers": [{"Server": "a\r\nb"}]},
            {"AccessListPolicy": "Maybe"},
            {"AccessList": ["x" * 300]},
            {"AccessList": ["x"] * 101},
            {"Attribute": [{"Value": "x"}]},
        ],
    )
    def test_bad_values(self, service: CallService, sent: dict[str, Any]) -> None:
        with pytest.raises(CallServiceRefused):
            service.configure(sent)
        assert service.configuration == SipConfiguration()

    def test_unknown_members_and_the_names_inside_the_program_are_ignored(self, service: CallService) -> None:
        service.configure({"Nonsense": 1, "sip_port": 7000})
        assert service.configuration == SipConfiguration()


class TestKeepCurrent:
    def test_unnamed_and_null_values_stay(self, service: CallService) -> None:
        service.configure({"SIPPort": 7000, "STUNServers": [{"Server": "stun.example.com"}]})
        service.configure({"SIPTLSPort": 7001, "SIPPort": None})
        assert service.configuration.sip_port == 7000
        assert service.configuration.stun_servers[0].server == "stun.example.com"

    def test_false_resets_them(self, service: CallService) -> None:
        service.configure({"SIPPort": 7000, "SIPEnabled": True})
        service.configure({"SIPTLSPort": 7001}, keep_current=False)
        assert service.configuration == SipConfiguration.model_validate({"SIPTLSPort": 7001})


class TestAttributes:
    def test_the_manuals_additional_settings_are_there(self, service: CallService) -> None:
        """Via and contact rewrite, DTMF payload type, max retransmissions, seconds until failback, direction."""
        names = set(service.quirks.configuration_attributes)
        assert names == {
            "AllowViaRewrite",
            "AllowContactRewrite",
            "DTMFPayloadType",
            "MaxRetransmissions",
            "FailbackTimeout",
            "AudioDirection",
        }

    def test_default_and_set_value(self, service: CallService) -> None:
        assert service.configuration.dtmf_payload_type(service.quirks) == 101
        service.configure({"Attribute": [{"Name": "DTMFPayloadType", "Value": "97"}]})
        assert service.configuration.dtmf_payload_type(service.quirks) == 97
        assert service.configuration.as_json()["Attribute"] == [{"Name": "DTMFPayloadType", "Value": "97"}]

    def test_unknown_names_are_ignored_and_the_last_of_two_counts(self, service: CallService) -> None:
        pairs = [("Colour", "red"), ("AllowViaRewrite", "false"), ("AllowViaRewrite", "true")]
        service.configure({"Attribute": [{"Name": name, "Value": value} for name, value in pairs]})
        assert service.configuration.as_json()["Attribute"] == [{"Name": "AllowViaRewrite", "Value": "true"}]

    @pytest.mark.parametrize(
        ("name", "value"),
        [
            ("DTMFPayloadType", "0"),
            ("DTMFPayloadType", "128"),
            ("DTMFPayloadType", "many"),
            ("AllowViaRewrite", "maybe"),
            ("MaxRetransmissions", "-1"),
            ("AudioDirection", "upwards"),
        ],
    )
    def test_bad_values(self, service: CallService, name: str, value: str) -> None:
        assert refused(service, Attribute=[{"Name": name, "Value": value}]) is Fault.INVALID


class TestAccessList:
    """User and host, or host alone; SIP sheet 19."""

    @pytest.mark.parametrize(
        ("policy", "listed", "caller", "admitted"),
        [
            (None, ["sip:bob@example.com"], "sip:bob@EXAMPLE.com:5060;user=phone", True),
            ("Allow", ["sip:bob@example.com"], "sip:carol@example.com", False),
            ("Allow", ["example.com"], "sips:carol@example.com", True),
            ("Allow", [], "sip:bob@example.com", False),
            ("Block", [], "sip:bob@example.com", True),
            ("Block", ["192.0.2.7"], "sip:192.0.2.7", False),
            ("Block", ["sip:bob@192.0.2.7"], "sip:Bob@192.0.2.7", True),
            ("Block", ["sip:[2001:db8::1]"], "sip:bob@[2001:DB8::1]:5060", False),
        ],
    )
    def test_policies(self, policy: str | None, listed: list[str], caller: str, admitted: bool) -> None:
        sent = {"ApplyAccessList": True, "AccessList": listed}
        configuration = SipConfiguration.model_validate(sent | ({"AccessListPolicy": policy} if policy else {}))
        assert configuration.admits(caller) is admitted

    def test_not_applied_admits_all(self) -> None:
        assert SipConfiguration.model_validate({"AccessList": []}).admits("sip:x@y")


class TestSimpleForm:
    """The simple form is text throughout; each field takes it for what it is."""

    def test_text_becomes_what_the_field_is(self, service: CallService) -> None:
        service.configure({"SIPEnabled": Written("true"), "SIPPort": Written("7000")})
        assert service.configuration.sip_enabled is True
        assert service.configuration.sip_port == 7000
        assert refused(service, SIPEnabled=Written("yes")) is Fault.INVALID
        assert refused(service, SIPPort=Written("5_060")) is Fault.INVALID
        assert refused(service, SIPPort=Written(" 5060")) is Fault.INVALID

    def test_a_text_of_digits_is_a_text_where_text_is_wanted(self, service: CallService) -> None:
        account = service.accounts.put({"UserId": Written("6001"), "Transport": Written("tcp")})
        found = service.accounts.get(account)
        assert found is not None
        assert (type(found.user_id), found.user_id, found.transport) == (str, "6001", "tcp")


class TestWhatSurvives:
    """DESIGN 3: a restart, not a factory default; a rollback restores."""

    def test_a_restart(self) -> None:
        bench = Bench("C1410")
        service_of(bench).configure({"SIPEnabled": True, "SIPPort": 7000})
        bench.device.lifecycle.restart("test")
        bench.boot()
        assert service_of(bench).configuration.sip_port == 7000

    @pytest.mark.parametrize("hard", [True, False])
    def test_factory_default(self, hard: bool) -> None:
        bench = Bench("C1410")
        service = service_of(bench)
        factory = service.settings
        service.configure({"SIPEnabled": True, "SIPPort": 7000})
        service.accounts.put({"UserId": "6001", "IsDefault": True})
        service.dtmf.set_event({"Name": "door"})
        bench.device.lifecycle.factory_default(hard=hard)
        bench.boot()
        assert service.settings == factory
        assert bench.states("Call/State") == []

    def test_a_rollback(self) -> None:
        bench = Bench("C1410")
        service = service_of(bench)
        service.configure({"SIPPort": 7000})
        saved = bench.device.save_settings()
        service.configure({"SIPPort": 7002})
        service.accounts.put({"UserId": "6001"})
        told: list[str] = []
        service.on_settings(told.append)
        bench.device.restore_settings(saved)
        assert service.configuration.sip_port == 7000
        assert [account.user_id for account in service.accounts] == ["peer-to-peer"]
        assert told == ["stack", "accounts"]


class TestWhoIsTold:
    def test_the_stack_restarts_for_ports_and_the_switch_only(self, service: CallService) -> None:
        told: list[str] = []
        stop = service.on_settings(told.append)
        for sent in ({"SIPEnabled": True}, {"RTPStartPort": 4002}, {"CallingTimeout": 30}, {"CallingTimeout": 30}):
            service.configure(sent)
        assert told == ["stack", "stack", "configuration"]
        stop()
        service.configure({"SIPEnabled": False})
        assert len(told) == 3


def test_a_thousand_speakers_share_their_factory_settings() -> None:
    first, second = service_of(Bench("C1410")), service_of(Bench("C1410"))
    assert first.settings is second.settings
