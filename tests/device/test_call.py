"""Calls of a speaker: states, reasons, limits of time, what is told and in which order (audio sheet 8.4 and 8.8)."""

from __future__ import annotations

import re

import pytest
from call_bench import FACTORY, PHONE, Line, quirk
from device_bench import Bench

from simulator.device.call import CallState, Outcome, Reason
from simulator.device.call_setting import CallServiceRefused, Fault
from simulator.journal import Kind


@pytest.fixture
def line() -> Line:
    return Line(Bench("C1410"))


class TestWhatHasCalls:
    def test_the_speaker_has_and_the_module_has_not(self) -> None:
        assert Bench("C1410").device.calls is not None
        assert Bench("A9210").device.calls is None

    def test_state_is_declared_only_while_sip_is_enabled(self) -> None:
        bench = Bench("C1410")
        assert bench.states("Call/State") == []
        line = Line(bench)
        assert bench.states("Call/State") == [{"Source": "NetworkSpeaker", "CallState": "Idle"}]
        line.service.configure({"SIPEnabled": False})
        assert bench.states("Call/State") == []

    def test_state_is_declared_again_after_a_restart(self, line: Line) -> None:
        line.bench.device.lifecycle.power_cut()
        assert line.bench.states("Call/State") == []
        line.bench.device.lifecycle.power_on()
        line.bench.boot()
        assert line.bench.states("Call/State") == [{"Source": "NetworkSpeaker", "CallState": "Idle"}]


class TestOutgoing:
    def test_answered_then_ended(self, line: Line) -> None:
        call = line.calls.place(PHONE)
        assert line.wishes == [("place", call)]
        call.ringing()
        call.answered("PCMU")
        assert (call.state, call.codec) == (CallState.ACTIVE, "PCMU")
        call.ended()
        assert line.told() == ["Initiated", "Calling", "AcceptedByRemote", "Active", "Terminated", "Idle"]
        assert call.over

    def test_the_event_carries_id_and_addresses(self, line: Line) -> None:
        call = line.calls.place(PHONE)
        assert line.bench.heard("StateChange") == [
            {
                "Source": "NetworkSpeaker",
                "Reason": "Initiated",
                "CallId": call.id,
                "RemoteURI": PHONE,
                "DeviceURI": call.local,
            }
        ]

    def test_the_id_has_the_documented_form(self, line: Line) -> None:
        """`Out-0-1401964712.117694-gIRuBDTzh7BDKXw-5mDFKF`, at most 64 characters (audio sheet 8.4)."""
        epoch = int(line.bench.device.time.utc().timestamp())
        call = line.calls.place(PHONE)
        assert re.fullmatch(rf"Out-0-{epoch}\.\d{{6}}-[A-Za-z0-9-]{{22}}", call.id)
        assert len(call.id) <= 64
        call.ended()
        assert line.ring().id.startswith("In-0-")

    @pytest.mark.parametrize(
        ("end", "reason"),
        [
            (Reason.BUSY, "Busy"),
            (Reason.FAILED, "Failed"),
            (Reason.NO_ANSWER, "NoAnswer"),
            (Outcome.DECLINED, "Failed"),
        ],
    )
    def test_an_unsuccessful_call_goes_back_to_idle(self, line: Line, end: Reason | Outcome, reason: str) -> None:
        line.calls.place(PHONE).ended(end)
        assert line.told() == ["Initiated", "Calling", reason, "Idle"]

    def test_calling_timeout_cancels_with_no_answer(self) -> None:
        line = Line(Bench("C1410"), CallingTimeout=20)
        call = line.calls.place(PHONE)
        line.bench.advance(19.9)
        assert line.wished == ["place"]
        line.bench.advance(0.2)
        assert line.wishes[-1] == ("hang up Calling", call)
        assert call.state is CallState.TERMINATING
        call.ended(Reason.FAILED)  # the 487 that a CANCEL brings is no failure
        assert line.told() == ["Initiated", "Calling", "NoAnswer", "Idle"]

    def test_an_answer_that_crosses_the_cancel_does_not_revive_the_call(self, line: Line) -> None:
        call = line.calls.place(PHONE)
        call.hang_up()
        call.answered()
        assert call.state is CallState.TERMINATING

    def test_an_answered_call_is_not_timed_out(self, line: Line) -> None:
        line.calls.place(PHONE).answered()
        line.bench.advance(3 * 3600)
        assert line.wished == ["place"]

    @pytest.mark.parametrize(
        "to",
        [
            "",
            "6001",
            "tel:123",
            "sip:",
            "sip:a@",
            "sip:a b@c",
            "sip:a@b>",
            "sip:a@b\r\nX: y",
            "sip:é@b",
            "sip:\ud800@b",
            "sip:" + "a" * 300,
        ],
    )
    def test_an_address_that_is_none_is_refused(self, line: Line, to: str) -> None:
        with pytest.raises(CallServiceRefused) as refused:
            line.calls.place(to)
        assert refused.value.fault is Fault.FAILED
        assert line.wishes == []
        assert line.told() == []

    @pytest.mark.parametrize(
        "to",
        [
            "sip:192.0.2.7",
            "sip:6001@example.axis.com",
            "sips:a.b@example.com:5061;transport=tls",
            "SIP:bob@[2001:db8::1]:5060",
        ],
    )
    def test_addresses_of_all_documented_forms_are_taken(self, line: Line, to: str) -> None:
        assert line.calls.place(to).remote == to

    def test_nothing_is_called_with_sip_off_or_a_wrong_account(self, line: Line) -> None:
        for attempt in (
            lambda: line.calls.place(PHONE, "sip_account_1"),
            lambda: line.calls.place(PHONE, "x" * 80),
        ):
            with pytest.raises(CallServiceRefused):
                attempt()
        line.account(Enabled=False)
        with pytest.raises(CallServiceRefused):
            line.calls.place(PHONE)
        line.account(Enabled=True)
        line.service.configure({"SIPEnabled": False})
        with pytest.raises(CallServiceRefused):
            line.calls.place(PHONE)
        assert list(line.calls) == []

    def test_one_call_at_a_time(self, line: Line) -> None:
        line.calls.place(PHONE)
        with pytest.raises(CallServiceRefused):
            line.calls.place(PHONE)

    def test_the_named_account_is_used_else_the_default(self, line: Line) -> None:
        other = line.service.accounts.put({"UserId": "6001", "Registrar": "pbx.example.com"})
        call = line.calls.place(PHONE, other)
        assert (call.account_id, call.local) == (other, "sip:6001@pbx.example.com")
        call.ended()
        assert line.calls.place(PHONE).account_id == FACTORY


class TestIncoming:
    def test_an_account_that_answers_by_itself(self, line: Line) -> None:
        decision = line.calls.incoming(PHONE, "sip:me@192.0.2.1", FACTORY)
        assert decision.verdict == "answer"
        assert decision.call is not None
        decision.call.answered("opus")
        decision.call.ended()
        assert line.told() == ["Ringing", "AcceptedByDevice", "Active", "Terminated", "Idle"]

    def test_without_the_flash_of_ringing(self) -> None:
        bench = Bench("C1410")
        quirk(bench, rings_before_auto_answer=False)
        line = Line(bench)
        line.ring().answered()
        assert line.told() == ["AcceptedByDevice", "Active"]

    def test_an_account_that_rings_is_answered_by_a_rule(self, line: Line) -> None:
        line.account(AutoAnswerEnabled=False)
        assert line.calls.answer() is False
        call = line.ring()
        assert call.state is CallState.RINGING
        assert line.calls.answer() is True
        assert line.wishes == [("answer", call)]
        assert call.state is CallState.RINGING  # until the answer is on its way
        call.answered()
        assert line.told() == ["Ringing", "AcceptedByDevice", "Active"]
        with pytest.raises(CallServiceRefused):
            call.answer()

    def test_nobody_answers(self) -> None:
        line = Line(Bench("C1410"), AnsweringTimeout=30)
        line.account(AutoAnswerEnabled=False)
        call = line.ring()
        line.bench.advance(30)
        assert line.wishes == [("hang up Ringing", call)]
        call.ended()
        assert line.told() == ["Ringing", "NoAnswer", "Idle"]

    def test_the_caller_gives_up(self, line: Line) -> None:
        line.account(AutoAnswerEnabled=False)
        line.ring().ended(Outcome.CANCELLED)
        assert line.told() == ["Ringing", "Terminated", "Idle"]

    def test_a_firmware_that_says_no_answer_then(self) -> None:
        bench = Bench("C1410")
        quirk(bench, caller_cancelled="NoAnswer")
        line = Line(bench)
        line.ring().ended(Outcome.CANCELLED)
        assert line.told()[-2:] == ["NoAnswer", "Idle"]

    def test_not_allowed_is_denied_and_stays_idle(self, line: Line) -> None:
        line.service.configure({"AllowIncomingCalls": False})
        decision = line.calls.incoming(PHONE, "sip:me@192.0.2.1", FACTORY)
        assert (decision.verdict, decision.call) == ("denied", None)
        assert line.told() == ["Denied"]
        (ended,) = line.calls
        assert (ended.state, ended.reason, ended.remote) == (CallState.TERMINATED, Reason.DENIED, PHONE)

    def test_an_unknown_or_disabled_account_is_denied(self, line: Line) -> None:
        assert line.calls.incoming(PHONE, "sip:x@y", "sip_account_9").verdict == "denied"
        line.account(Enabled=False)
        assert line.calls.incoming(PHONE, "sip:x@y", FACTORY).verdict == "denied"

    def test_the_access_list_denies(self, line: Line) -> None:
        line.service.configure({"ApplyAccessList": True, "AccessList": ["sip:alice@192.0.2.9"]})
        assert line.calls.incoming("sip:mallory@192.0.2.9", "sip:x@y", FACTORY).verdict == "denied"
        assert line.calls.incoming(f"<{PHONE}:5062>", "sip:x@y", FACTORY).verdict == "answer"

    def test_of_a_callers_address_only_text_is_told(self, line: Line) -> None:
        line.calls.incoming("sip:\udcff\r\n\x00é@b", "sip:me@192.0.2.1", FACTORY)
        assert line.calls.live[0].remote == "sip:????é@b"

    def test_of_a_callers_endless_address_a_part_is_kept(self, line: Line) -> None:
        decision = line.calls.incoming("sip:" + "x" * 60_000, "sip:me@192.0.2.1", FACTORY)
        assert decision.call is not None
        assert len(decision.call.remote) == 255

    def test_busy_changes_nothing(self, line: Line) -> None:
        call = line.ring()
        call.answered()
        line.bench.published.clear()
        assert line.calls.incoming(PHONE, "sip:x@y", FACTORY).verdict == "busy"
        assert line.told() == []
        assert list(line.calls) == [call]

    def test_two_calls_where_two_are_allowed(self) -> None:
        bench = Bench("C1410")
        quirk(bench, most_calls=2)
        line = Line(bench)
        first, second = line.ring(), line.ring()
        assert [first.slot, second.slot] == [0, 1]
        first.answered()
        second.ended()
        assert line.told()[-1] == "Terminated"  # the state is still that of the first
        first.ended()
        assert line.told()[-1] == "Idle"


class TestEnding:
    def test_the_device_hangs_up_once(self, line: Line) -> None:
        call = line.ring()
        call.answered()
        call.hang_up()
        call.hang_up()
        assert line.wished == ["hang up Active"]
        assert line.told()[-1] == "Active"  # until the far end knows
        call.ended(Reason.FAILED)
        call.ended(Reason.BUSY)
        assert line.told()[-2:] == ["Terminated", "Idle"]

    def test_without_anybody_who_speaks_sip_a_call_ends_at_once(self) -> None:
        bench = Bench("C1410")
        service = bench.device.call_service
        assert service is not None
        service.configure({"SIPEnabled": True})
        call = service.calls.place(PHONE)
        call.hang_up()
        assert call.over

    def test_max_call_duration(self, line: Line) -> None:
        line.account(Attribute=[{"Name": "MaxCallDuration", "Value": "600"}])
        call = line.ring()
        call.answered()
        line.bench.advance(599.9)
        assert line.wished == []
        line.bench.advance(0.2)
        assert line.wished == ["hang up Active"]
        call.ended()
        assert line.told()[-2:] == ["Terminated", "Idle"]

    def test_the_incoming_duration_can_limit_the_talk(self) -> None:
        bench = Bench("C1410")
        quirk(bench, incoming_limits_talk=True)
        line = Line(bench, AnsweringTimeout=30)
        line.ring().answered()
        line.bench.advance(30)
        assert line.wished == ["hang up Active"]

    def test_turning_sip_off_ends_the_call_first(self, line: Line) -> None:
        call = line.ring()
        call.answered()
        parts: list[tuple[str, list[str]]] = []
        line.service.on_settings(lambda part: parts.append((part, line.wished)))
        line.service.configure({"SIPEnabled": False})
        assert parts == [("stack", ["hang up Active"])]
        assert line.bench.states("Call/State") == [{"Source": "NetworkSpeaker", "CallState": "Active"}]
        call.ended()
        assert line.told()[-2:] == ["Terminated", "Idle"]
        assert line.bench.states("Call/State") == []

    def test_an_orderly_restart_hangs_up(self, line: Line) -> None:
        line.ring().answered()
        line.bench.device.lifecycle.restart("test")
        assert line.wished == ["hang up Active"]

    def test_power_cut_forgets_everything_silently(self, line: Line) -> None:
        call = line.ring()
        call.answered()
        line.bench.published.clear()
        line.bench.device.lifecycle.power_cut()
        assert line.bench.published == []
        assert list(line.calls) == []
        line.bench.device.lifecycle.power_on()
        line.bench.boot()
        line.bench.advance(7200)
        call.ended()
        assert line.bench.states("Call/State") == [{"Source": "NetworkSpeaker", "CallState": "Idle"}]
        assert list(line.calls) == []

    def test_the_last_calls_are_remembered(self, line: Line) -> None:
        quirks = line.service.quirks
        ids = []
        for _ in range(quirks.history + 5):
            call = line.ring()
            ids.append(call.id)
            call.ended()
        assert [call.id for call in line.calls] == ids[-quirks.history :]
        assert line.calls.get(ids[-1]) is not None
        assert line.calls.get(ids[0]) is None

    def test_times_are_those_of_the_devices_clock(self, line: Line) -> None:
        call = line.ring()
        line.bench.advance(12)
        call.ended()
        assert call.stopped_at is not None
        assert (call.stopped_at - call.started_at).total_seconds() == 12


def test_events_name_the_change_as_their_cause(line: Line) -> None:
    line.ring()
    records = {record.number: record for record in line.bench.journal.since(0)}
    events = [r for r in records.values() if r.kind is Kind.EVENT and r.what == "tnsaxis:Call/State"]
    cause = events[-1].cause
    assert cause is not None
    assert (records[cause].kind, records[cause].what) == (Kind.STATE, "call")
