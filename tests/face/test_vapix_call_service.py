"""`/vapix/call` as clients meet it: every command, every fault, both forms (audio sheet 8)."""

from __future__ import annotations

import json
from typing import Any

import pytest
from vapix_desk import ALL, Desk

from simulator.device.call_service import CallService
from simulator.face.vapix.call_service import COMMANDS
from simulator.face.vapix.simple_form import parse_simple

PATH = "/vapix/call"
PHONE = "sip:alice@192.0.2.9"
DOCUMENTED = {
    "GetServiceCapabilities",
    *("Call", "TerminateCall", "GetCallStatus", "GetCallStatuses"),
    *("GetSIPConfiguration", "SetSIPConfiguration", "GetSupportedSIPConfigurationAttributes"),
    *(f"{verb}SIPAccount{s}" for verb in ("Get", "Set", "Remove") for s in ("", "s")),
    *("GetSIPAccountStatus", "GetSIPAccountStatuses"),
    *("GetSupportedSIPAccountAttributes", "GetSupportedMediaEncryptionModes"),
    *(
        f"{verb}DTMF{what}{s}"
        for verb in ("Get", "Set", "Remove")
        for what in ("Configuration", "Event", "Trigger")
        for s in ("", "s")
    ),
    *("GetVMSCallConfiguration", "SetVMSCallConfiguration"),
    *("GetDefaultAudioCodecs", "GetSupportedAudioCodecs", "GetAudioCodecs", "SetAudioCodecs"),
}
NOT_FOUND = ("env:Sender", "ter:InvalidArgVal", "ter:NotFound")
INVALID = ("env:Sender", "ter:InvalidArgVal", "ter:InvalidArgVal")
MISSING = ("env:Sender", "ter:InvalidArgs", None)
FAILED = ("env:Receiver", "ter:Action", "ter:Failure")
UNSUPPORTED = ("env:Receiver", "ter:ActionNotSupported", "ter:NotSupported")


def plain(value: Any) -> Any:
    """What the simple form can say of a JSON value: no types, no empty lists, and null for an empty string."""
    if isinstance(value, dict):
        return {name: plain(below) for name, below in value.items() if below != []}
    if isinstance(value, list):
        return [plain(below) for below in value]
    if isinstance(value, str):
        return value or None
    return value if value is None else json.dumps(value)


class Client(Desk):
    """Asks commands in JSON and in the simple form."""

    def __init__(self) -> None:
        super().__init__("C1410")
        service = self.device.call_service
        assert service is not None
        self.service: CallService = service

    def command(self, name: str, **values: Any) -> Any:
        """The answer's object; it must be one."""
        answer = self.ask("POST", PATH, json.dumps({f"axcall:{name}": values}))
        assert (answer.status, answer.content_type) == (200, "application/json"), answer.body
        return json.loads(answer.body)

    def fault(self, name: str, **values: Any) -> tuple[str, str, str | None]:
        """The three words of a fault; it must be one."""
        answer = self.ask("POST", PATH, json.dumps({f"axcall:{name}": values}))
        return self.fault_of(answer.status, answer.body)

    def fault_of(self, status: int, body: bytes) -> tuple[str, str, str | None]:
        content = json.loads(body)
        assert status == 400
        assert list(content) == ["Fault", "FaultCode", "FaultSubCode", "FaultReason", "FaultMsg"]
        assert content["FaultMsg"] is None
        return content["Fault"], content["FaultCode"], content["FaultSubCode"]

    def simple(self, query: str, *, method: str = "GET", status: int = 200) -> list[str]:
        """Lines of the answer to the simple form."""
        asked = f"format=simple&action=axcall:{query}"
        target, body = (f"{PATH}?{asked}", "") if method == "GET" else (PATH, asked)
        answer = self.ask(method, target, body)
        assert (answer.status, answer.content_type) == (status, "text/plain"), answer.body
        return answer.body.decode().splitlines()

    def enable(self) -> None:
        self.command("SetSIPConfiguration", SIPConfiguration={"SIPEnabled": True, "AllowIncomingCalls": True})


@pytest.fixture
def client() -> Client:
    return Client()


class TestTheService:
    def test_every_documented_command_and_no_other(self) -> None:
        """There is none to answer, reject or hold a call."""
        assert set(COMMANDS) == DOCUMENTED

    def test_capabilities(self, client: Client) -> None:
        names = ("SIP", "DTMF", "AudioCodec", "MediaEncryption", "Certificate", "Attribute")
        assert client.command("GetServiceCapabilities") == {"Capabilities": dict.fromkeys(names, True)}

    @pytest.mark.parametrize("label", ["application/json", "application/x-www-form-urlencoded", "text/plain", ""])
    def test_the_label_of_the_body_does_not_matter(self, client: Client, label: str) -> None:
        sent = '{"axcall:GetSIPConfiguration":{}}'
        assert client.ask("POST", PATH, sent, headers={"content-type": label}).status == 200

    def test_discovery_and_properties_name_it_on_every_firmware(self) -> None:
        for firmware in ("12.9.57", "11.11.192", "10.12.130"):
            desk = Desk("C1410", firmware)
            apis = desk.rpc("/axis-cgi/apidiscovery.cgi", "getApiList")["data"]["apiList"]
            assert [(api["version"], api["name"]) for api in apis if api["id"] == "sip"] == [
                ("2.2", "Call service API")
            ]
            shown = desk.get("/axis-cgi/param.cgi?action=list&group=Properties.API.SIP")
            assert shown == "root.Properties.API.SIP.SIP=yes\nroot.Properties.API.SIP.Version=2.2\n"

    def test_the_module_has_none(self) -> None:
        desk = Desk("A9210")
        assert desk.ask("POST", PATH, '{"axcall:GetSIPConfiguration":{}}').status == 404
        apis = desk.rpc("/axis-cgi/apidiscovery.cgi", "getApiList")["data"]["apiList"]
        assert "sip" not in {api["id"] for api in apis}


class TestWhoMay:
    def ask(self, client: Client, name: str, login: tuple[str, str] | None) -> int:
        return client.ask("POST", PATH, json.dumps({f"axcall:{name}": {}}), login=login).status

    def test_levels(self, client: Client) -> None:
        client.device.accounts.add("op", "pass", ALL[1:])
        client.device.accounts.add("eye", "pass", ALL[2:])
        assert self.ask(client, "GetSIPAccounts", None) == 401
        assert self.ask(client, "GetSIPAccounts", ("op", "pass")) == 403
        assert self.ask(client, "GetCallStatuses", ("op", "pass")) == 200
        assert self.ask(client, "GetCallStatuses", ("eye", "pass")) == 403
        assert self.ask(client, "GetSIPAccounts", ("root", "pass word&=+")) == 200


class TestFaults:
    """The table of audio sheet 8.1."""

    def test_unknown_ids_of_singular_commands(self, client: Client) -> None:
        for name, key in (
            ("GetSIPAccount", "SIPAccountId"),
            ("GetSIPAccountStatus", "SIPAccountId"),
            ("GetDTMFConfiguration", "DTMFConfigurationId"),
            ("GetDTMFEvent", "DTMFEventId"),
            ("GetDTMFTrigger", "DTMFTriggerId"),
            ("GetCallStatus", "CallId"),
            ("TerminateCall", "CallId"),
        ):
            assert client.fault(name, **{key: "nobody"}) == NOT_FOUND
            assert client.fault(name) == MISSING
            assert client.fault(name, **{key: ["a"]}) == INVALID

    def test_terminating_a_dead_call(self, client: Client) -> None:
        client.enable()
        call_id = client.command("Call", To=PHONE)["CallId"]
        assert client.command("TerminateCall", CallId=call_id) == {}
        assert client.fault("TerminateCall", CallId=call_id) == NOT_FOUND
        assert client.command("GetCallStatus", CallId=call_id)["CallStatus"]["CallState"] == "Terminated"

    def test_bad_values(self, client: Client) -> None:
        assert client.fault("SetSIPConfiguration", SIPConfiguration={"SIPPort": 80}) == INVALID
        assert client.fault("SetSIPConfiguration", SIPConfiguration=5) == INVALID
        assert client.fault("SetSIPConfiguration", SIPConfiguration={}, KeepCurrent="no") == INVALID
        assert client.fault("SetSIPAccount", SIPAccount={"MediaEncryption": "SRTPMandatory"}) == INVALID
        assert client.fault("SetAudioCodecs", AudioCodec=[]) == INVALID
        assert client.fault("SetAudioCodecs", AudioCodec=[{"Name": "mp3"}]) == INVALID
        assert client.fault("SetAudioCodecs", AudioCodec=[{"Name": "PCMU"}, {"Name": "PCMU"}]) == INVALID
        assert client.fault("GetSIPAccounts", SIPAccountId=5) == INVALID
        assert client.fault("SetVMSCallConfiguration", VMSCallConfiguration={"Timeout": -1}) == INVALID

    def test_missing_data(self, client: Client) -> None:
        for name in (
            "SetSIPConfiguration",
            "SetSIPAccount",
            "SetSIPAccounts",
            "RemoveSIPAccounts",
            "SetDTMFEvent",
            "SetVMSCallConfiguration",
            "SetAudioCodecs",
        ):
            assert client.fault(name) == MISSING
        assert client.fault("Call") == MISSING
        assert client.fault("SetDTMFTrigger", DTMFTrigger={"DTMFSequence": "1"}) == MISSING

    def test_calls_that_cannot_be_started(self, client: Client) -> None:
        assert client.fault("Call", To=PHONE) == FAILED  # SIP is off
        client.enable()
        assert client.fault("Call", To=PHONE, SIPAccountId="sip_account_1") == FAILED
        assert client.fault("Call", To="no address") == FAILED
        client.command("SetSIPAccount", SIPAccount={"Id": "sip_account_0", "Enabled": False})
        assert client.fault("Call", To=PHONE) == FAILED

    def test_unsupported(self, client: Client) -> None:
        assert client.fault("AnswerCall", CallId="x") == UNSUPPORTED
        assert client.fault("") == UNSUPPORTED

    @pytest.mark.parametrize("body", ["", "null", "[]", "5", "{", '"x"', "[" * 100_000, "\xff", "{}"])
    def test_what_is_no_request(self, client: Client, body: str) -> None:
        answer = client.ask("POST", PATH, body.encode("latin-1"))
        assert client.fault_of(answer.status, answer.body) in (INVALID, MISSING)

    def test_one_command_at_a_time(self, client: Client) -> None:
        two = {"axcall:GetSIPConfiguration": {}, "axcall:GetSIPAccounts": {}}
        answer = client.ask("POST", PATH, json.dumps(two))
        assert client.fault_of(answer.status, answer.body) == INVALID

    def test_a_request_that_is_too_large(self, client: Client) -> None:
        assert client.ask("POST", PATH, "x" * 200_000).status == 413

    def test_of_several_entities_none_is_set_if_one_is_wrong(self, client: Client) -> None:
        accounts = [{"UserId": "a", "IsDefault": True}, {"Transport": "pigeon"}]
        assert client.fault("SetSIPAccounts", SIPAccount=accounts) == INVALID
        (one,) = client.command("GetSIPAccounts")["SIPAccount"]
        assert one["IsDefault"] is True


class TestConfiguration:
    def test_set_and_get(self, client: Client) -> None:
        sent = {
            "SIPEnabled": True,
            "AllowIncomingCalls": True,
            "SIPPort": 7000,
            "SIPTLSPort": 7001,
            "RTPStartPort": 8000,
            "CallingTimeout": 30,
            "AnsweringTimeout": 45,
            "STUNEnabled": True,
            "STUNServers": [{"Server": "stun.example.com"}],
            "TURNEnabled": True,
            "TURNServers": [{"Server": "turn.example.com", "Username": "u", "Password": "p"}],
            "ICEEnabled": True,
            "ApplyUserAuthentication": True,
            "AllowedUsers": ["bob"],
            "ApplyAllowedURIs": True,
            "AllowedURIs": ["sip:bob@example.com"],
            "ApplyAccessList": True,
            "AccessList": ["sip:bob@example.com"],
            "AccessListPolicy": "Block",
            "Attribute": [{"Name": "MaxRetransmissions", "Value": "5"}],
        }
        assert client.command("SetSIPConfiguration", SIPConfiguration=sent) == {}
        assert client.command("GetSIPConfiguration") == {"SIPConfiguration": sent}

    def test_keep_current_false_resets_what_is_not_named(self, client: Client) -> None:
        factory = client.command("GetSIPConfiguration")["SIPConfiguration"]
        client.command("SetSIPConfiguration", SIPConfiguration={"SIPPort": 7000})
        client.command("SetSIPConfiguration", SIPConfiguration={"CallingTimeout": 30}, KeepCurrent=None)
        assert client.command("GetSIPConfiguration")["SIPConfiguration"]["SIPPort"] == 7000
        client.command("SetSIPConfiguration", SIPConfiguration={"CallingTimeout": 30}, KeepCurrent=False)
        assert client.command("GetSIPConfiguration")["SIPConfiguration"] == factory | {"CallingTimeout": 30}

    def test_attributes(self, client: Client) -> None:
        listed = client.command("GetSupportedSIPConfigurationAttributes")["AttributeInfo"]
        assert {"Name": "DTMFPayloadType", "Type": "int", "Default": "101"} in listed
        listed = client.command("GetSupportedSIPAccountAttributes")["AttributeInfo"]
        assert [row["Name"] for row in listed] == ["DisableTCPSwitch", "MaxCallDuration", "RegistrationInterval"]
        assert {row["Type"] for row in listed} == {"bool", "int"}


class TestAccounts:
    def test_life_of_an_account(self, client: Client) -> None:
        made = client.command("SetSIPAccount", SIPAccount={"UserId": "6001", "Registrar": "pbx.example.com"})
        assert made == {"SIPAccountId": "sip_account_1"}
        shown = client.command("GetSIPAccount", **made)["SIPAccount"]
        assert (shown["UserId"], shown["Registrar"]) == ("6001", "pbx.example.com")
        assert client.command("RemoveSIPAccount", **made) == {}
        assert client.command("RemoveSIPAccount", **made) == {}
        assert client.fault("GetSIPAccount", **made) == NOT_FOUND

    def test_plural_commands(self, client: Client) -> None:
        made = client.command("SetSIPAccounts", SIPAccount=[{"UserId": "a"}, {"UserId": "b"}])
        assert made == {"SIPAccountId": ["sip_account_1", "sip_account_2"]}

        def users(**values: Any) -> list[str]:
            return [one["UserId"] for one in client.command("GetSIPAccounts", **values)["SIPAccount"]]

        assert users() == users(SIPAccountId=[]) == ["peer-to-peer", "a", "b"]
        assert users(SIPAccountId=["sip_account_2", "nobody"]) == ["b"]
        client.command("RemoveSIPAccounts", SIPAccountId=["sip_account_1", "sip_account_2", "nobody"])
        assert users() == ["peer-to-peer"]

    def test_the_default_stays_while_there_are_others(self, client: Client) -> None:
        client.command("SetSIPAccount", SIPAccount={"UserId": "a"})
        assert client.fault("RemoveSIPAccount", SIPAccountId="sip_account_0") == FAILED

    def test_status(self, client: Client) -> None:
        client.enable()
        client.command("SetSIPAccount", SIPAccount={"UserId": "6001", "Registrar": "example.axis.com"})
        client.service.accounts.registration("sip_account_1", 403, "Forbidden")
        peer, registered = client.command("GetSIPAccountStatuses")["SIPAccountStatus"]
        assert peer | {"SIPURI": ""} == {
            "SIPAccountId": "sip_account_0",
            "SIPURI": "",
            "IsDefault": True,
            "RegURI": "",
            "Status": 0,
            "StatusText": "Does not register",
        }
        assert peer["SIPURI"].startswith("sip:")
        assert peer["SIPURI"].endswith(":5060")
        assert registered == {
            "SIPAccountId": "sip_account_1",
            "SIPURI": "sip:6001@example.axis.com",
            "IsDefault": False,
            "RegURI": "example.axis.com",
            "Status": 403,
            "StatusText": "Forbidden",
        }
        single = client.command("GetSIPAccountStatus", SIPAccountId="sip_account_1")
        assert single == {"SIPAccountStatus": registered}

    def test_media_encryption_modes(self, client: Client) -> None:
        (modes,) = client.command("GetSupportedMediaEncryptionModes").values()
        assert modes == ["None", "SRTPBestEffort", "SRTPMandatory"]


class TestCalls:
    def test_an_outgoing_call_from_beginning_to_end(self, client: Client) -> None:
        client.enable()
        call_id = client.command("Call", To=PHONE)["CallId"]
        client.advance(3)
        status = client.command("GetCallStatus", CallId=call_id)["CallStatus"]
        assert status["CallState"] == "Calling"
        assert "StopTime" not in status
        call = client.service.calls.get(call_id)
        assert call is not None
        call.answered("PCMU")
        status = client.command("GetCallStatus", CallId=call_id)["CallStatus"]
        assert (status["CallState"], status["AudioCodec"]) == ("Active", "PCMU")
        client.advance(10)
        call.ended()
        (listed,) = client.command("GetCallStatuses")["CallStatus"]
        assert listed | {"DeviceURI": ""} == {
            "CallId": call_id,
            "Source": "NetworkSpeaker",
            "CallState": "Terminated",
            "CallStateReason": "Terminated",
            "StartTime": "2026-03-01T08:00:00Z",
            "StopTime": "2026-03-01T08:00:13Z",
            "Direction": "Outgoing",
            "DeviceURI": "",
            "RemoteURI": PHONE,
            "CallType": "SIP",
            "AudioCodec": "PCMU",
            "VideoCodec": "",
            "SIPAccountId": "sip_account_0",
        }

    def test_a_null_account_is_the_default(self, client: Client) -> None:
        client.enable()
        call_id = client.command("Call", To=PHONE, SIPAccountId=None)["CallId"]
        status = client.command("GetCallStatus", CallId=call_id)["CallStatus"]
        assert status["SIPAccountId"] == "sip_account_0"

    def test_an_incoming_call_rings(self, client: Client) -> None:
        client.enable()
        client.command("SetSIPAccount", SIPAccount={"Id": "sip_account_0", "AutoAnswerEnabled": False})
        client.service.calls.incoming(PHONE, "sip:me@192.0.2.1", "sip_account_0")
        (status,) = client.command("GetCallStatuses")["CallStatus"]
        assert (status["CallState"], status["Direction"], status["RemoteURI"]) == ("Ringing", "Incoming", PHONE)

    def test_unknown_ids_are_skipped(self, client: Client) -> None:
        assert client.command("GetCallStatuses", CallId=["nobody"]) == {"CallStatus": []}

    def test_a_vms_call_needs_no_sip(self, client: Client) -> None:
        call_id = client.command("Call", To="VMS_CALL")["CallId"]
        assert client.command("GetCallStatus", CallId=call_id)["CallStatus"]["CallType"] == "VMS"
        client.command("TerminateCall", CallId=call_id)
        client.command("SetVMSCallConfiguration", VMSCallConfiguration={"Enabled": False})
        assert client.fault("Call", To="VMS_CALL") == FAILED

    def test_vms_configuration(self, client: Client) -> None:
        client.command("SetVMSCallConfiguration", VMSCallConfiguration={"Timeout": 5})
        assert client.command("GetVMSCallConfiguration") == {
            "VMSCallConfiguration": {
                "Enabled": True,
                "AudioFromDeviceToNetworkStreams": 0,
                "AudioFromNetworkToDeviceStreams": 1,
                "VideoFromDeviceToNetworkStreams": 0,
                "Timeout": 5,
            }
        }


class TestDtmf:
    def test_a_sequence_as_the_web_page_adds_it(self, client: Client) -> None:
        event = client.command("SetDTMFEvent", DTMFEvent={"Name": "stop audio"})
        trigger = client.command("SetDTMFTrigger", DTMFTrigger={"DTMFSequence": "1", **event})
        sent = {"Id": "dtmf_config_default", "DTMFTriggerId": [trigger["DTMFTriggerId"]]}
        assert client.command("SetDTMFConfiguration", DTMFConfiguration=sent) == {
            "DTMFConfigurationId": "dtmf_config_default"
        }
        (shown,) = client.command("GetDTMFConfigurations")["DTMFConfiguration"]
        assert shown == sent | {"Name": "default", "RFC2833": True, "RFC2976": True}
        assert client.command("GetDTMFEvents") == {
            "DTMFEvent": [{"Id": event["DTMFEventId"], "Name": "stop audio"}]
        }
        assert client.command("GetDTMFTrigger", **trigger)["DTMFTrigger"]["DTMFSequence"] == "1"

    def test_the_documentations_misspellings_are_taken(self, client: Client) -> None:
        event = client.command("SetDTMFEvent", DTMEvent={"Name": "x"})["DTMFEventId"]
        sent = {"DTMFSequence": "1", "DTMFEventId": event}
        trigger = client.command("SetDTMFTrigger", DTMTrigger=sent)["DTMFTriggerId"]
        assert client.command("GetDTMFTrigger", DTMTriggerId=trigger)["DTMFTrigger"]["Id"] == trigger

    def test_the_same_sequence_twice(self, client: Client) -> None:
        event = client.command("SetDTMFEvent", DTMFEvent={"Name": "x"})["DTMFEventId"]
        twice = [{"DTMFSequence": "1", "DTMFEventId": event}] * 2
        assert client.fault("SetDTMFTriggers", DTMFTrigger=twice) == INVALID
        assert client.command("GetDTMFTriggers") == {"DTMFTrigger": []}

    def test_removal(self, client: Client) -> None:
        made = client.command("SetDTMFEvents", DTMFEvent=[{"Name": "x"}, {"Name": "y"}])
        client.command("RemoveDTMFEvents", **made)
        client.command("RemoveDTMFEvent", DTMFEventId="nobody")
        assert client.command("GetDTMFEvents") == {"DTMFEvent": []}
        assert client.fault("RemoveDTMFConfiguration", DTMFConfigurationId="dtmf_config_default") == FAILED


class TestCodecs:
    def test_order_is_priority(self, client: Client) -> None:
        default = client.command("GetDefaultAudioCodecs")["AudioCodec"]
        assert default[0] == {"Name": "opus", "SampleRate": 48_000}
        assert client.command("GetAudioCodecs")["AudioCodec"] == default
        client.command("SetAudioCodecs", AudioCodec=[{"Name": "PCMA"}, {"Name": "G722", "Options": "x"}])
        assert client.command("GetAudioCodecs")["AudioCodec"] == [
            {"Name": "PCMA", "SampleRate": 8_000},
            {"Name": "G722", "Options": "x", "SampleRate": 16_000},
        ]
        assert client.command("GetSupportedAudioCodecs")["AudioCodec"] == default


class TestSimpleForm:
    def test_an_answer_in_lines(self, client: Client) -> None:
        client.enable()
        lines = client.simple("GetSIPAccountStatus&SIPAccountId=sip_account_0")
        assert [line for line in lines if "SIPURI" not in line] == [
            'SIPAccountStatus_SIPAccountId="sip_account_0"',
            "SIPAccountStatus_IsDefault=true",
            "SIPAccountStatus_RegURI=null",
            "SIPAccountStatus_Status=0",
            'SIPAccountStatus_StatusText="Does+not+register"',
        ]

    @pytest.mark.parametrize("method", ["GET", "POST"])
    def test_settings_keep_their_types(self, client: Client, method: str) -> None:
        sent = (
            "SIPConfiguration_SIPEnabled=true&SIPConfiguration_SIPPort=7000"
            "&SIPConfiguration_STUNServers_0_Server=%22stun.example.com%22&KeepCurrent=true"
        )
        assert client.simple(f"SetSIPConfiguration&{sent}", method=method) == []
        assert client.service.configuration.sip_port == 7000
        assert client.service.configuration.sip_enabled is True
        assert client.service.configuration.stun_servers[0].server == "stun.example.com"

    def test_an_account_of_digits(self, client: Client) -> None:
        lines = client.simple("SetSIPAccount&SIPAccount_UserId=6001&SIPAccount_Registrar=null")
        assert lines == ['SIPAccountId="sip_account_1"']
        account = client.service.accounts.get("sip_account_1")
        assert account is not None
        assert (account.user_id, account.registrar) == ("6001", None)

    def test_a_call(self, client: Client) -> None:
        client.enable()
        (line,) = client.simple("Call&To=sip:alice@192.0.2.9&SIPAccountId=sip_account_0")
        call_id = line.removeprefix('CallId="').removesuffix('"')
        assert 'CallStatus_CallState="Calling"' in client.simple(f"GetCallStatus&CallId={call_id}")
        assert client.simple(f"TerminateCall&CallId={call_id}") == []

    @pytest.mark.parametrize("name", sorted(name for name in DOCUMENTED if name.startswith("Get")))
    def test_both_forms_say_the_same(self, client: Client, name: str) -> None:
        client.enable()
        event = client.command("SetDTMFEvent", DTMFEvent={"Name": 'stöp "it" & 100 %+'})
        trigger = client.command("SetDTMFTrigger", DTMFTrigger={"DTMFSequence": "*1#", **event})
        account = {"UserId": "6001", "SIPProxies": [{"Server": "a"}, {"Server": "b"}], "IsDefault": True}
        made = {**event, **trigger, **client.command("SetSIPAccount", SIPAccount=account)}
        made |= {**client.command("Call", To=PHONE), "DTMFConfigurationId": "dtmf_config_default"}
        single = name.removeprefix("Get").removesuffix("Status") + "Id"
        named = {single: made[single]} if single in made else {}
        lines = client.simple("&".join([name, *(f"{key}={value}" for key, value in named.items())]))
        said = parse_simple("&".join(lines))
        assert said == plain(client.command(name, **named))

    def test_a_fault(self, client: Client) -> None:
        lines = client.simple("TerminateCall&CallId=nobody", status=400)
        assert lines[:3] == ['Fault="env:Sender"', 'FaultCode="ter:InvalidArgVal"', 'FaultSubCode="ter:NotFound"']

    def test_without_its_name_a_get_is_a_fault(self, client: Client) -> None:
        assert client.ask("GET", f"{PATH}?action=axcall:GetSIPAccounts").status == 400
        assert client.ask("GET", PATH).status == 400

    def test_the_query_of_a_post_may_name_the_form(self, client: Client) -> None:
        answer = client.ask("POST", f"{PATH}?format=simple&action=axcall:GetSIPAccountStatuses")
        assert answer.body.startswith(b"SIPAccountStatus_0_SIPAccountId=")
