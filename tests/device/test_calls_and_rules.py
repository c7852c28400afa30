"""What the manual lets rules do about calls: ring loudly, announce a call before it is answered, stop sound by a key.

C1410 manual: Set up audio for incoming SIP calls, Stop audio with DTMF, Rules. Whoever speaks SIP is in `Line`.
"""

from __future__ import annotations

from dataclasses import replace

import pytest
from device_bench import Bench

from simulator.device.call import Call, CallState
from simulator.device.call_service import CallService
from simulator.device.rule.rule import EventFilter

ACTION = "com.axis.action"
FACTORY = "sip_account_0"


class Line:
    """A speaker that is rung up; whoever speaks SIP does at once what the device wants."""

    def __init__(self, *, auto_answer: bool = False) -> None:
        self.bench = Bench("C1410")
        service = self.bench.device.call_service
        assert service is not None
        self.service: CallService = service
        service.configure({"SIPEnabled": True, "AllowIncomingCalls": True})
        service.accounts.put({"Id": FACTORY, "AutoAnswerEnabled": auto_answer})
        service.calls.on_answer(lambda call: call.answered("PCMU"))
        service.calls.on_hang_up(lambda call, _before: call.ended())

    def ring(self) -> Call:
        decision = self.service.calls.incoming("sip:alice@192.0.2.9", "sip:me@192.0.2.1", FACTORY)
        assert decision.call is not None
        if decision.verdict == "answer":
            decision.call.answered("PCMU")
        self.settle()
        return decision.call

    def settle(self) -> None:
        """Rules act a moment after what they act upon."""
        self.bench.advance(0.2)

    def enable(self, *beginnings: str) -> None:
        """Switch factory rules on, as on the web page."""
        store = self.bench.device.rules.store
        for rule in store.content.rules.values():
            if rule.name.startswith(beginnings):
                store.change_rule(replace(rule, enabled=True))

    @property
    def playing(self) -> bool:
        clips = self.bench.device.clips
        assert clips is not None
        return clips.playing is not None


@pytest.fixture
def line() -> Line:
    return Line()


def test_a_call_is_announced_and_then_answered(line: Line) -> None:
    """ "When the audio clip has stopped playing, the SIP call is automatically answered"."""
    line.enable("Pre-announcement tone")
    call = line.ring()
    assert (line.playing, call.state) == (True, CallState.RINGING)
    line.bench.advance(10)
    assert (line.playing, call.state) == (False, CallState.ACTIVE)
    order = [e.topic.rpartition("/")[2] + ":" + e.data[0][1] for e in line.bench.published]
    wanted = ["State:Ringing", "Playing:1", "Playing:0", "StateChange:AcceptedByDevice", "State:Active"]
    assert [one for one in order if one in wanted] == wanted


def test_a_caller_who_gives_up_during_the_announcement_is_not_answered(line: Line) -> None:
    line.enable("Pre-announcement tone")
    call = line.ring()
    call.ended()
    line.bench.advance(10)
    assert call.state is CallState.TERMINATED
    assert line.service.calls.live == ()


def test_the_loud_ringer_rings_as_long_as_the_call_does(line: Line) -> None:
    line.enable("Loud ringer")
    call = line.ring()
    line.bench.advance(30)
    assert line.playing
    call.answer()
    line.settle()
    assert not line.playing


def test_the_front_light_is_on_while_a_call_is_active() -> None:
    line = Line(auto_answer=True)
    call = line.ring()
    light = line.bench.device.light
    assert light is not None
    assert light.shown is not None
    call.ended()
    line.settle()
    assert light.shown is None


def test_a_key_stops_the_sound() -> None:
    line = Line(auto_answer=True)
    dtmf, store = line.service.dtmf, line.bench.device.rules.store
    event = dtmf.set_event({"Name": "stop audio"})
    trigger = dtmf.set_trigger({"DTMFSequence": "1", "DTMFEventId": event})
    dtmf.set_configuration({"Id": "dtmf_config_default", "DTMFTriggerId": [trigger]})
    pressed = f'boolean(//SimpleItem[@Name="DTMFEventId" and @Value="{event}"])'
    stop = store.add_configuration("", f"{ACTION}.fixed.stop.audioclip", ())
    store.add_rule("DTMF stop audio", stop, start=EventFilter("tnsaxis:Call/DTMF", pressed))
    call = line.ring()
    clips = line.bench.device.clips
    assert clips is not None
    clips.play(clips.at("alarm.mp3").number, repeat=100)
    line.service.calls.digit(call, "2", "rtp", 1.0)
    line.settle()
    assert line.playing
    line.service.calls.digit(call, "1", "rtp", 2.0)
    line.settle()
    assert not line.playing


def test_a_rule_makes_a_call(line: Line) -> None:
    """Rule action "Make call", to a SIP address and to a VMS."""
    store = line.bench.device.rules.store
    for port, recipient in ((1, "sip:guard@192.0.2.8"), (2, "VMS_CALL")):
        made = store.add_configuration("", f"{ACTION}.fixed.sip", (("recipient", recipient),))
        items = {"port": port, "active": 1}
        active = " and ".join(
            f'boolean(//SimpleItem[@Name="{name}" and @Value="{value}"])' for name, value in items.items()
        )
        store.add_rule(recipient, made, conditions=(EventFilter("tns1:Device/tnsaxis:IO/VirtualInput", active),))
        line.bench.device.virtual_inputs.activate(port)
        line.bench.advance(0.1)
    assert [(call.remote, call.direction) for call in line.service.calls.live] == [
        ("sip:guard@192.0.2.8", "Outgoing"),
        ("VMS_CALL", "Outgoing"),
    ]
