"""DTMF: configurations, events, triggers, and the sequences that keys complete (audio sheet 8.5; SIP sheet 14.1)."""

from __future__ import annotations

from typing import Any

import pytest
from device_bench import Bench
from hypothesis import given
from hypothesis import strategies as st

from simulator.device.call import Call
from simulator.device.call_service import CallService
from simulator.device.call_setting import CallServiceRefused, Fault, make
from simulator.device.dtmf import DigitMatcher, DtmfTrigger, Origin
from simulator.device.sip_quirks import SipQuirks

FACTORY = "sip_account_0"


class Keypad:
    """An active call whose far end presses keys, at wire seconds that only this clock counts."""

    def __init__(self) -> None:
        self.bench = Bench("C1410")
        service = self.bench.device.call_service
        assert service is not None
        self.service: CallService = service
        self.now = 1000.0
        service.configure({"SIPEnabled": True, "AllowIncomingCalls": True})
        self.call = self.answered_call()

    def answered_call(self) -> Call:
        call = self.service.calls.incoming("sip:a@b", "sip:c@d", FACTORY).call
        assert call is not None
        call.answered()
        return call

    def sequence(self, keys: str, name: str = "") -> str:
        """As the web page's "+ Add sequence" does it: event, trigger, configuration; the event's id."""
        event = self.service.dtmf.set_event({"Name": name or keys})
        trigger = self.service.dtmf.set_trigger({"DTMFSequence": keys, "DTMFEventId": event})
        present = self.service.dtmf.settings.configurations[0]
        triggers = [*present.dtmf_trigger_id, trigger]
        self.service.dtmf.set_configuration({"Id": present.id, "DTMFTriggerId": triggers})
        return event

    def press(self, keys: str, origin: Origin = "rtp", *, after: float = 0.5) -> None:
        for key in keys:
            self.now += after
            self.service.calls.digit(self.call, key, origin, self.now)

    def heard(self) -> list[str]:
        return [event["DTMFEventId"] for event in self.bench.heard("Call/DTMF")]


@pytest.fixture
def pad() -> Keypad:
    return Keypad()


class TestMatching:
    def test_the_event_says_which_call(self, pad: Keypad) -> None:
        event = pad.sequence("1")
        pad.press("1")
        assert pad.bench.heard("Call/DTMF") == [{"DTMFEventId": event, "CallId": pad.call.id}]

    def test_a_sequence_is_found_at_the_end_of_whatever_was_pressed(self, pad: Keypad) -> None:
        event = pad.sequence("12#")
        pad.press("9911212#")
        assert pad.heard() == [event]

    def test_once_per_match(self, pad: Keypad) -> None:
        event = pad.sequence("55")
        pad.press("555")
        assert pad.heard() == [event]
        pad.press("5")
        assert pad.heard() == [event, event]

    def test_all_that_one_key_completes(self, pad: Keypad) -> None:
        events = [pad.sequence("12"), pad.sequence("2"), pad.sequence("A2")]
        pad.press("12")
        assert pad.heard() == events[:2]

    def test_several_sequences_may_make_one_event(self, pad: Keypad) -> None:
        event = pad.sequence("1")
        trigger = pad.service.dtmf.set_trigger({"DTMFSequence": "2", "DTMFEventId": event})
        present = pad.service.dtmf.settings.configurations[0]
        pad.service.dtmf.set_configuration(
            {"Id": present.id, "DTMFTriggerId": [*present.dtmf_trigger_id, trigger]}
        )
        pad.press("12")
        assert pad.heard() == [event, event]

    def test_old_keys_do_not_count(self, pad: Keypad) -> None:
        pad.sequence("12")
        pad.press("1")
        pad.press("2", after=10.5)
        assert pad.heard() == []
        pad.press("1")
        pad.press("2", after=9.5)
        assert len(pad.heard()) == 1

    def test_keys_of_two_calls_do_not_mix(self, pad: Keypad) -> None:
        pad.sequence("12")
        pad.press("1")
        pad.call.ended()
        pad.call = pad.answered_call()
        pad.press("2")
        assert pad.heard() == []

    def test_triggers_of_other_configurations_do_not_count(self, pad: Keypad) -> None:
        event = pad.service.dtmf.set_event({"Name": "x"})
        pad.service.dtmf.set_trigger({"DTMFSequence": "7", "DTMFEventId": event})
        pad.press("7")
        assert pad.heard() == []

    @pytest.mark.parametrize("key", ["a", "E", "", "12", "٣", " "])
    def test_what_is_no_key(self, pad: Keypad, key: str) -> None:
        pad.service.calls.digit(pad.call, key, "rtp", 1.0)
        assert list(pad.bench.noted("call digit")) == []

    def test_only_in_an_active_call(self, pad: Keypad) -> None:
        pad.sequence("1")
        pad.call.hang_up()
        pad.press("1")
        assert pad.heard() == []


class TestOrigins:
    def test_the_same_key_both_ways_counts_once(self, pad: Keypad) -> None:
        pad.sequence("11")
        pad.press("1", "rtp")
        pad.press("1", "info", after=0.2)
        assert pad.heard() == []
        pad.press("1", "info")
        pad.press("1", "rtp", after=0.0)
        assert len(pad.heard()) == 1

    def test_the_same_key_twice_one_way_counts_twice(self, pad: Keypad) -> None:
        pad.sequence("11")
        pad.press("11", "rtp", after=0.1)
        assert len(pad.heard()) == 1

    def test_two_quick_keys_both_ways_are_two(self, pad: Keypad) -> None:
        pad.sequence("113")
        for key, origin in (("1", "rtp"), ("1", "rtp"), ("1", "info"), ("1", "info"), ("3", "rtp")):
            pad.press(key, origin, after=0.05)  # type: ignore[arg-type]
        assert len(pad.heard()) == 1

    def test_later_than_that_they_are_two(self, pad: Keypad) -> None:
        pad.sequence("11")
        pad.press("1", "rtp")
        pad.press("1", "info", after=0.4)
        assert len(pad.heard()) == 1

    @pytest.mark.parametrize(("switch", "deaf", "hears"), [("RFC2833", "rtp", "info"), ("RFC2976", "info", "rtp")])
    def test_a_way_that_is_off(self, pad: Keypad, switch: str, deaf: Origin, hears: Origin) -> None:
        pad.sequence("1")
        pad.service.dtmf.set_configuration({"Id": "dtmf_config_default", switch: False})
        pad.press("1", deaf)
        assert pad.heard() == []
        pad.press("1", hears)
        assert len(pad.heard()) == 1


class TestSettings:
    def refusal(self, act: Any, **sent: Any) -> Fault:
        with pytest.raises(CallServiceRefused) as error:
            act(sent)
        return error.value.fault

    def test_factory_state(self, pad: Keypad) -> None:
        (one,) = pad.service.dtmf.settings.configurations
        assert (one.id, one.rfc2833, one.rfc2976, one.dtmf_trigger_id) == ("dtmf_config_default", True, True, ())

    @pytest.mark.parametrize("sequence", ["", "E", "12 3", "1" * 65, "a", "1\n"])
    def test_sequences_have_1_to_64_keys(self, pad: Keypad, sequence: str) -> None:
        event = pad.service.dtmf.set_event({"Name": "x"})
        refusal = self.refusal(pad.service.dtmf.set_trigger, DTMFSequence=sequence, DTMFEventId=event)
        assert refusal is Fault.INVALID
        pad.service.dtmf.set_trigger({"DTMFSequence": "0123456789ABCD*#" * 4, "DTMFEventId": event})

    def test_the_same_sequence_twice_is_invalid(self, pad: Keypad) -> None:
        event = pad.service.dtmf.set_event({"Name": "x"})
        trigger = pad.service.dtmf.set_trigger({"DTMFSequence": "1", "DTMFEventId": event})
        refusal = self.refusal(pad.service.dtmf.set_trigger, DTMFSequence="1", DTMFEventId=event)
        assert refusal is Fault.INVALID
        pad.service.dtmf.set_trigger({"Id": trigger, "DTMFSequence": "1", "DTMFEventId": event})

    def test_what_is_missing(self, pad: Keypad) -> None:
        assert self.refusal(pad.service.dtmf.set_trigger, DTMFSequence="1") is Fault.MISSING

    def test_references_must_exist(self, pad: Keypad) -> None:
        dtmf = pad.service.dtmf
        assert self.refusal(dtmf.set_trigger, DTMFSequence="1", DTMFEventId="none") is Fault.INVALID
        assert self.refusal(dtmf.set_configuration, DTMFTriggerId=["none"]) is Fault.INVALID

    def test_removing_an_event_takes_its_triggers_with_it(self, pad: Keypad) -> None:
        event = pad.sequence("1")
        pad.service.dtmf.remove_events([event, "nobody"])
        assert pad.service.dtmf.settings.triggers == ()
        assert pad.service.dtmf.settings.configurations[0].dtmf_trigger_id == ()

    def test_removing_a_configuration_leaves_its_accounts_the_default(self, pad: Keypad) -> None:
        keys = pad.service.dtmf.set_configuration({"Name": "keys"})
        pad.service.accounts.put({"Id": FACTORY, "DTMFConfigurationId": keys})
        pad.service.dtmf.remove_configurations([keys])
        assert [one.dtmf_configuration_id for one in pad.service.accounts] == ["dtmf_config_default"]
        with pytest.raises(CallServiceRefused):
            pad.service.dtmf.remove_configurations(["dtmf_config_default"])


def quirks(**changed: object) -> SipQuirks:
    sip = Bench("C1410").device.profile.quirks.sip
    assert sip is not None
    return sip.model_copy(update=changed)


def trigger(sequence: str) -> DtmfTrigger:
    return make(DtmfTrigger, id=sequence, dtmf_sequence=sequence, dtmf_event_id="e")


PLAIN = quirks(dtmf_match_clears=False)
KEYS = st.text(alphabet="12#", min_size=1, max_size=80)


@given(KEYS, st.lists(st.text(alphabet="12#", min_size=1, max_size=4), max_size=5, unique=True))
def test_without_clearing_a_match_is_a_suffix_of_the_last_64_keys(keys: str, sequences: list[str]) -> None:
    matcher, triggers = DigitMatcher(PLAIN), [trigger(one) for one in sequences]
    for count, key in enumerate(keys, 1):
        assert matcher.press(key, "rtp", count * 0.01)
        found = {one.dtmf_sequence for one in matcher.matches(triggers)}
        assert found == {one for one in sequences if keys[:count][-64:].endswith(one)}


@given(
    st.lists(st.tuples(st.sampled_from("12"), st.sampled_from(["rtp", "info"]), st.floats(0, 20)), max_size=300)
)
def test_memory_is_bounded_whatever_is_pressed(presses: list[tuple[str, Origin, float]]) -> None:
    matcher, now = DigitMatcher(quirks()), 0.0
    for key, origin, wait in presses:
        now += wait
        matcher.press(key, origin, now)
    assert len(matcher._buffer) <= 64
    assert len(matcher._unpaired) <= 64
