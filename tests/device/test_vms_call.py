"""VMS calls: streams that are calls (audio sheet 8.7)."""

from __future__ import annotations

import pytest
from device_bench import Bench

from simulator.device.call_service import CallService
from simulator.device.call_setting import CallServiceRefused, read
from simulator.device.calls import VMS_CALL
from simulator.device.vms_call import Flow
from simulator.device.vms_setting import VmsCallConfiguration


class Talk:
    """A speaker with SIP off, and what it tells."""

    def __init__(self, **settings: object) -> None:
        self.bench = Bench("C1410")
        service = self.bench.device.call_service
        assert service is not None
        self.service: CallService = service
        if settings:
            self.set(**settings)

    def set(self, **settings: object) -> None:
        present = self.service.settings.vms
        self.service.configure_vms(read(VmsCallConfiguration, settings, base=present))

    def transmit(self, count: int) -> None:
        self.service.vms.streams(Flow.AUDIO_TO_DEVICE, count)

    def told(self) -> list[str]:
        return [e.data[0][1] for e in self.bench.published if e.topic.startswith("tnsaxis:Call/State")]


def test_factory_state() -> None:
    assert Talk().service.settings.vms.as_json() == {
        "Enabled": True,
        "AudioFromDeviceToNetworkStreams": 0,
        "AudioFromNetworkToDeviceStreams": 1,
        "VideoFromDeviceToNetworkStreams": 0,
        "Timeout": 30,
    }


def test_incoming_is_a_stream_that_nobody_waited_for() -> None:
    talk = Talk()
    talk.transmit(1)
    talk.transmit(1)
    (call,) = talk.service.calls.live
    assert (call.direction, call.kind, call.account_id) == ("Incoming", "VMS", "")
    talk.transmit(0)
    assert talk.told() == ["AcceptedByDevice", "Active", "Terminated", "Idle"]


def test_with_sip_off_the_state_is_there_only_during_the_call() -> None:
    talk = Talk()
    talk.transmit(1)
    assert talk.bench.states("Call/State") == [{"Source": "NetworkSpeaker", "CallState": "Active"}]
    talk.transmit(0)
    assert talk.bench.states("Call/State") == []


def test_the_stream_is_what_a_client_sends_to_be_heard() -> None:
    talk = Talk()
    audio = talk.bench.device.audio
    assert audio is not None
    audio.begin("VAPIXMediaClip")
    assert talk.told() == []
    audio.begin("VAPIXAudio")
    audio.end("VAPIXMediaClip")
    audio.end("VAPIXAudio")
    assert talk.told() == ["AcceptedByDevice", "Active", "Terminated", "Idle"]


def test_who_listens_to_the_microphone_gets_a_stream() -> None:
    talk = Talk(AudioFromDeviceToNetworkStreams=2)
    microphone = talk.bench.device.microphone
    assert microphone is not None
    talk.bench.device.parameters.write("AudioSource.A0.AudioSupport", "yes")
    first, second = microphone.listen(), microphone.listen()
    assert talk.told() == ["AcceptedByDevice", "Active"]
    first.leave()
    assert talk.told()[-2:] == ["Terminated", "Idle"]
    second.leave()


def test_outgoing_is_answered_by_the_stream() -> None:
    talk = Talk()
    call = talk.service.calls.place(VMS_CALL)
    assert call.id.startswith("Out-")
    talk.transmit(1)
    talk.transmit(0)
    assert talk.told() == ["Initiated", "Calling", "AcceptedByRemote", "Active", "Terminated", "Idle"]


def test_outgoing_without_a_stream_in_time() -> None:
    talk = Talk(Timeout=5)
    talk.service.calls.place(VMS_CALL)
    talk.bench.advance(4.9)
    assert talk.told() == ["Initiated", "Calling"]
    talk.bench.advance(0.2)
    assert talk.told() == ["Initiated", "Calling", "NoAnswer", "Idle"]
    talk.transmit(1)
    assert talk.told()[-2:] == ["AcceptedByDevice", "Active"]


def test_only_one_waits() -> None:
    talk = Talk()
    talk.service.calls.place(VMS_CALL)
    with pytest.raises(CallServiceRefused):
        talk.service.calls.place(VMS_CALL)


def test_two_thresholds_met_are_two_calls() -> None:
    talk = Talk(AudioFromDeviceToNetworkStreams=2)
    talk.transmit(1)
    talk.service.vms.streams(Flow.AUDIO_FROM_DEVICE, 1)
    assert len(talk.service.calls.live) == 1
    talk.service.vms.streams(Flow.AUDIO_FROM_DEVICE, 2)
    assert len(talk.service.calls.live) == 2
    talk.transmit(0)
    assert talk.service.calls.state.value == "Active"


@pytest.mark.parametrize("threshold", [0, -1])
def test_a_threshold_of_zero_or_less_is_unused(threshold: int) -> None:
    talk = Talk(AudioFromNetworkToDeviceStreams=threshold)
    talk.transmit(3)
    assert talk.told() == []


def test_switched_off_there_are_none() -> None:
    talk = Talk()
    talk.transmit(1)
    talk.set(Enabled=False)
    assert talk.told()[-2:] == ["Terminated", "Idle"]
    with pytest.raises(CallServiceRefused):
        talk.service.calls.place(VMS_CALL)
    talk.set(Enabled=True)  # the stream is still there
    assert talk.told()[-2:] == ["AcceptedByDevice", "Active"]


def test_sip_being_switched_leaves_them_alone() -> None:
    talk = Talk()
    talk.transmit(1)
    talk.service.configure({"SIPEnabled": True})
    talk.service.configure({"SIPEnabled": False})
    assert talk.told() == ["AcceptedByDevice", "Active"]


def test_terminated_by_a_client_it_is_over_though_the_stream_goes_on() -> None:
    talk = Talk()
    talk.transmit(1)
    talk.service.calls.live[0].hang_up()
    assert talk.told()[-2:] == ["Terminated", "Idle"]
    talk.transmit(0)
    talk.transmit(1)
    assert talk.told()[-2:] == ["AcceptedByDevice", "Active"]


def test_power_cut() -> None:
    talk = Talk()
    talk.transmit(1)
    talk.bench.device.lifecycle.power_cut()
    talk.bench.device.lifecycle.power_on()
    talk.bench.boot()
    assert list(talk.service.calls) == []
    assert talk.bench.states("Call/State") == []
