"""SIP accounts: the factory's, the default, the rules, registrations (audio sheet 8.3; C1410 manual, SIP, Accounts)."""

from __future__ import annotations

import contextlib
from typing import Any

import pytest
from device_bench import Bench
from hypothesis import given, settings
from hypothesis import strategies as st

from simulator.device.call_service import CallService
from simulator.device.call_setting import CallServiceRefused, Fault
from simulator.device.sip_account import SipAccount

FACTORY = "sip_account_0"


@pytest.fixture
def service() -> CallService:
    found = Bench("C1410").device.call_service
    assert found is not None
    return found


def account(service: CallService, account_id: str) -> SipAccount:
    found = service.accounts.get(account_id)
    assert found is not None
    return found


def refusal(service: CallService, **sent: Any) -> Fault:
    with pytest.raises(CallServiceRefused) as error:
        service.accounts.put(sent)
    return error.value.fault


def defaults(service: CallService) -> list[str]:
    return [one.id for one in service.accounts if one.is_default]


def test_the_factory_account(service: CallService) -> None:
    (one,) = service.accounts
    shown = one.as_json()
    live = {
        "Id": FACTORY,
        "Enabled": True,
        "Name": "peer-to-peer",
        "CallerId": "peer-to-peer",
        "UserId": "peer-to-peer",
        "Password": "",
        "Registrar": None,
        "PublicDomain": None,
        "SIPProxies": [],
        "SecondarySIPProxies": [],
        "IsDefault": True,
        "AutoAnswerEnabled": True,
        "Transport": "udp",
        "StreamParameters": "",
        "DTMFConfigurationId": "dtmf_config_default",
        "MediaEncryption": "None",
        "Attribute": [],
    }
    assert {name: shown[name] for name in live} == live


class TestIds:
    def test_new_ones_are_counted_from_one(self, service: CallService) -> None:
        assert [service.accounts.put({"UserId": name}) for name in "ab"] == ["sip_account_1", "sip_account_2"]
        service.accounts.remove(["sip_account_1"])
        assert service.accounts.put({"UserId": "c"}) == "sip_account_1"

    def test_a_known_id_updates_and_keeps_what_is_not_named(self, service: CallService) -> None:
        made = service.accounts.put({"UserId": "6001", "Registrar": "pbx.example.com"})
        assert service.accounts.put({"Id": made, "CallerId": "Hall"}) == made
        changed = account(service, made)
        assert (changed.user_id, changed.registrar, changed.caller_id) == ("6001", "pbx.example.com", "Hall")

    def test_an_unknown_id_makes_an_account_of_that_name(self, service: CallService) -> None:
        assert service.accounts.put({"Id": "lobby", "UserId": "1"}) == "lobby"

    @pytest.mark.parametrize("bad", ["x" * 65, 7, ["a"], "a\nb"])
    def test_ids_are_short_texts(self, service: CallService, bad: object) -> None:
        assert refusal(service, Id=bad) is Fault.INVALID

    def test_there_is_room_for_a_hundred(self, service: CallService) -> None:
        for _ in range(99):
            service.accounts.put({"UserId": "x"})
        assert refusal(service, UserId="x") is Fault.FAILED
        service.accounts.put({"Id": FACTORY, "UserId": "still changed"})


class TestDefault:
    def test_the_last_one_set_wins(self, service: CallService) -> None:
        made = service.accounts.put({"UserId": "6001", "IsDefault": True})
        assert defaults(service) == [made]
        service.accounts.put({"Id": FACTORY, "IsDefault": True})
        assert defaults(service) == [FACTORY]

    def test_there_is_always_one(self, service: CallService) -> None:
        service.accounts.put({"Id": FACTORY, "IsDefault": False})
        assert defaults(service) == [FACTORY]

    def test_the_default_is_removed_only_after_another_is_made_it(self, service: CallService) -> None:
        made = service.accounts.put({"UserId": "6001"})
        with pytest.raises(CallServiceRefused):
            service.accounts.remove([FACTORY])
        service.accounts.put({"Id": made, "IsDefault": True})
        service.accounts.remove([FACTORY])
        assert [one.id for one in service.accounts] == [made]

    def test_removing_what_is_not_there_is_fine(self, service: CallService) -> None:
        service.accounts.remove(["nobody"])
        assert defaults(service) == [FACTORY]

    def test_the_factory_account_comes_back_at_a_start(self) -> None:
        bench = Bench("C1410")
        service = bench.device.call_service
        assert service is not None
        service.accounts.put({"Id": FACTORY, "UserId": "changed"})
        service.accounts.remove([FACTORY])
        assert list(service.accounts) == []
        assert service.accounts.default is None
        service.configure({"SIPEnabled": True})
        with pytest.raises(CallServiceRefused):
            service.calls.place("sip:a@b")
        bench.device.lifecycle.restart("test")
        bench.boot()
        assert [one.user_id for one in service.accounts] == ["peer-to-peer"]


class TestRules:
    def test_sips_forces_tls(self, service: CallService) -> None:
        made = account(service, service.accounts.put({"UserId": "a", "SIPSEnabled": True, "Transport": "udp"}))
        assert (made.transport, made.scheme) == ("tls", "sips")

    @pytest.mark.parametrize("mode", ["SRTPBestEffort", "SRTPMandatory"])
    @pytest.mark.parametrize("transport", ["udp", "tcp"])
    def test_media_encryption_needs_tls(self, service: CallService, mode: str, transport: str) -> None:
        assert refusal(service, Transport=transport, MediaEncryption=mode) is Fault.INVALID
        service.accounts.put({"Transport": "tls", "MediaEncryption": mode})

    def test_among_peers_the_strictest_encryption_holds(self, service: CallService) -> None:
        lax = service.accounts.put({"UserId": "a"})
        service.accounts.put({"UserId": "b", "Transport": "tls", "MediaEncryption": "SRTPMandatory"})
        registered = service.accounts.put({"UserId": "c", "Registrar": "pbx"})
        accounts = service.accounts
        assert accounts.media_encryption(account(service, lax)) == "SRTPMandatory"
        assert accounts.media_encryption(account(service, registered)) == "None"

    def test_tls_accounts_share_certificate_protocols_and_verification(self, service: CallService) -> None:
        first = service.accounts.put({"UserId": "a", "Transport": "tls"})
        plain = service.accounts.put({"UserId": "b"})
        service.accounts.put(
            {
                "UserId": "c",
                "Transport": "tls",
                "Certificate": "mine",
                "EncryptionProtocols": "TLSv12,TLSv13",
                "VerifyServerCertificate": True,
            }
        )
        shared = account(service, first)
        assert (shared.certificate, shared.encryption_protocols) == ("mine", "TLSv12,TLSv13")
        assert shared.verify_server_certificate is True
        assert account(service, plain).certificate is None

    def test_a_new_account_takes_what_those_of_its_kind_share(self, service: CallService) -> None:
        keys = service.dtmf.set_configuration({"Name": "keys"})
        service.accounts.put({"Id": FACTORY, "DTMFConfigurationId": keys})
        peer = service.accounts.put({"UserId": "a"})
        assert account(service, peer).dtmf_configuration_id == keys
        assert account(service, FACTORY).dtmf_configuration_id == keys
        first = service.accounts.put({"UserId": "b", "Transport": "tls", "Certificate": "mine"})
        second = service.accounts.put({"UserId": "c", "Registrar": "pbx", "Transport": "tls"})
        assert account(service, second).certificate == "mine"
        service.accounts.put({"Id": second, "Transport": "tcp"})
        service.accounts.put({"Id": first, "Certificate": "other"})
        service.accounts.put({"Id": second, "Transport": "tls"})
        assert account(service, second).certificate == "other"
        assert account(service, first).certificate == "other"

    def test_peers_share_one_dtmf_configuration(self, service: CallService) -> None:
        keys = service.dtmf.set_configuration({"Name": "keys"})
        registered = service.accounts.put({"UserId": "r", "Registrar": "pbx"})
        service.accounts.put({"UserId": "a", "DTMFConfigurationId": keys})
        assert account(service, FACTORY).dtmf_configuration_id == keys
        assert account(service, registered).dtmf_configuration_id == "dtmf_config_default"

    @pytest.mark.parametrize(
        "sent",
        [
            {"Transport": "sctp"},
            {"MediaEncryption": "SRTP"},
            {"EncryptionProtocols": "SSLv3"},
            {"DTMFConfigurationId": "nothing"},
            {"UserId": "a\r\nVia: x"},
            {"Name": "x" * 256},
            {"SIPProxies": [{"Username": "no server"}]},
            {"SIPProxies": {"Server": "x"}},
            {"IsDefault": "yes"},
            {"Attribute": [{"Name": "MaxCallDuration", "Value": "forever"}]},
            {"Attribute": [{"Name": "MaxCallDuration", "Value": "3601"}]},
            {"Attribute": [{"Name": "RegistrationInterval", "Value": "0"}]},
        ],
    )
    def test_bad_values_change_nothing(self, service: CallService, sent: dict[str, Any]) -> None:
        before = service.settings
        with pytest.raises(CallServiceRefused):
            service.accounts.put(sent)
        assert service.settings is before

    def test_username_of_old_examples(self, service: CallService) -> None:
        made = account(service, service.accounts.put({"Username": "6001"}))
        assert made.as_json()["UserId"] == "6001"

    def test_proxies_keep_their_order_and_passwords_come_back(self, service: CallService) -> None:
        proxies = [{"Server": name, "Username": "u", "Password": "p"} for name in ("first", "second")]
        made = account(service, service.accounts.put({"UserId": "a", "Password": "secret", "SIPProxies": proxies}))
        assert made.as_json()["SIPProxies"] == proxies
        assert made.as_json()["Password"] == "secret"

    def test_passwords_do_not_stand_in_what_is_printed(self, service: CallService) -> None:
        made = account(service, service.accounts.put({"UserId": "a", "Password": "secret"}))
        assert "secret" not in repr(made)


class TestAddresses:
    """AOR = scheme : UserId @ (PublicDomain or Registrar); registers at Registrar, else PublicDomain, else not."""

    @pytest.mark.parametrize(
        ("sent", "address", "registers_at"),
        [
            ({}, "sip:6001", ""),
            ({"Registrar": "192.0.2.2"}, "sip:6001@192.0.2.2", "192.0.2.2"),
            ({"PublicDomain": "example.com"}, "sip:6001@example.com", "example.com"),
            ({"Registrar": "192.0.2.2", "PublicDomain": "example.com"}, "sip:6001@example.com", "192.0.2.2"),
            ({"Registrar": "pbx", "SIPSEnabled": True}, "sips:6001@pbx", "pbx"),
            ({"Registrar": ""}, "sip:6001", ""),
        ],
    )
    def test_address_of_record(
        self, service: CallService, sent: dict[str, Any], address: str, registers_at: str
    ) -> None:
        made = account(service, service.accounts.put({"UserId": "6001", **sent}))
        assert (made.address_of_record, made.registers_at) == (address, registers_at)
        assert made.peer_to_peer is (not registers_at)

    def test_login(self, service: CallService) -> None:
        made = service.accounts.put({"UserId": "6001"})
        assert account(service, made).login == "6001"
        service.accounts.put({"Id": made, "AuthenticationId": "auth"})
        assert account(service, made).login == "auth"


class TestRegistration:
    def status(self, service: CallService, account_id: str) -> tuple[int, str]:
        found = service.accounts.status(account(service, account_id))
        return found.status, found.text

    def test_the_documented_words(self, service: CallService) -> None:
        made = service.accounts.put({"UserId": "6001", "Registrar": "pbx"})
        assert self.status(service, FACTORY) == (0, "SIP disabled")
        service.configure({"SIPEnabled": True})
        assert self.status(service, FACTORY) == (0, "Does not register")
        for said in ((200, "OK"), (403, "Forbidden"), (408, "Request Timeout")):
            service.accounts.registration(made, *said)
            assert self.status(service, made) == said
        service.accounts.registration("nobody", 200, "OK")

    def test_a_registrars_phrase_is_a_stranger(self, service: CallService) -> None:
        service.configure({"SIPEnabled": True})
        made = service.accounts.put({"UserId": "6001", "Registrar": "pbx"})
        service.accounts.registration(made, 500, "\udcff\r\n" + "x" * 9_000)
        assert self.status(service, made) == (500, "???" + "x" * 252)

    def test_a_new_start_of_sip_forgets(self, service: CallService) -> None:
        service.configure({"SIPEnabled": True})
        made = service.accounts.put({"UserId": "6001", "Registrar": "pbx"})
        service.accounts.registration(made, 200, "OK")
        service.configure({"SIPPort": 7000})
        assert self.status(service, made) == (0, "")

    def test_it_is_journalled_once_per_change(self) -> None:
        bench = Bench("C1410")
        service = bench.device.call_service
        assert service is not None
        made = service.accounts.put({"UserId": "6001", "Registrar": "pbx"})
        for said in ((200, "OK"), (200, "OK"), (401, "Unauthorized")):
            service.accounts.registration(made, *said)
        noted = [(data["status"], data["text"]) for data in bench.noted("sip registration")]
        assert noted == [(200, "OK"), (401, "Unauthorized")]


class TestAttributes:
    def test_defaults_and_values(self, service: CallService) -> None:
        quirks = service.quirks
        assert set(quirks.account_attributes) == {"DisableTCPSwitch", "MaxCallDuration", "RegistrationInterval"}
        plain = account(service, FACTORY)
        assert plain.longest_call(quirks) == 0
        assert plain.registration_interval(quirks) == 300
        assert plain.tcp_switch(quirks)
        service.accounts.put(
            {
                "Id": FACTORY,
                "Attribute": [
                    {"Name": "DisableTCPSwitch", "Value": "true"},
                    {"Name": "RegistrationInterval", "Value": "60"},
                    {"Name": "MaxCallDuration", "Value": 3600},
                    {"Name": "Unheard", "Value": "of"},
                ],
            }
        )
        changed = account(service, FACTORY)
        assert changed.longest_call(quirks) == 3600
        assert changed.registration_interval(quirks) == 60
        assert not changed.tcp_switch(quirks)
        assert len(changed.attribute) == 3


FIELDS = st.sampled_from([field.alias or "" for field in SipAccount.model_fields.values()])
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=12),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


@given(st.lists(st.dictionaries(FIELDS, JSON, max_size=5), max_size=4))
@settings(deadline=None)
def test_whatever_is_sent_there_is_one_default_and_every_id_once(sent: list[dict[str, Any]]) -> None:
    service = FUZZED
    service.reset()
    for one in sent:
        with contextlib.suppress(CallServiceRefused):
            service.accounts.put(one)
    ids = [one.id for one in service.accounts]
    assert len(set(ids)) == len(ids)
    assert len(defaults(service)) == 1
    for one in service.accounts:
        assert one.media_encryption == "None" or one.transport == "tls"


def _fuzzed() -> CallService:
    found = Bench("C1410").device.call_service
    assert found is not None
    return found


FUZZED = _fuzzed()
