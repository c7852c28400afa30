"""VMS calls: calls without SIP, which are streams (audio sheet 8.7).

A count of streams at or above its threshold is a call. One that begins while an outgoing VMS call waits is its answer;
any other is an incoming call that the device answers by taking the stream. Who serves the streams tells `streams`.
They need no SIP.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from simulator.device.call import Call, CallState
from simulator.device.call_setting import CallServiceRefused, Fault
from simulator.device.loudspeaker import TRANSMIT

if TYPE_CHECKING:
    from simulator.device.audio import Audio
    from simulator.device.call_service import CallService
    from simulator.device.microphone import Microphone
    from simulator.device.vms_setting import VmsCallConfiguration


class Flow(StrEnum):
    """Streams that are counted."""

    AUDIO_FROM_DEVICE = "audio from device"
    """receive.cgi and RTSP clients."""
    AUDIO_TO_DEVICE = "audio to device"
    """transmit.cgi."""
    VIDEO_FROM_DEVICE = "video from device"


class VmsCalls:
    """Turns counts of streams into calls."""

    __slots__ = ("_calls", "_counts", "_service")

    def __init__(self, service: CallService) -> None:
        self._service = service
        self._counts: dict[Flow, int] = {}
        self._calls: dict[Flow, Call] = {}

    def place(self) -> Call:
        """An outgoing call that waits for a stream. Raises CallServiceRefused where VMS calls are off, or one waits."""
        settings = self._service.settings.vms
        if not settings.enabled:
            raise CallServiceRefused(Fault.FAILED, "VMS calls are not enabled")
        if self._waiting() is not None:
            raise CallServiceRefused(Fault.FAILED, "a VMS call waits already")
        call = self._service.calls.begin_vms("Outgoing")
        call.begin_calling(settings.timeout)
        return call

    def follow(self, audio: Audio, microphone: Microphone) -> None:
        """What a client sends to be heard is the stream to the device, one at a time; who listens gets one from it."""
        audio.on_heard(lambda: self.streams(Flow.AUDIO_TO_DEVICE, int(TRANSMIT in audio.sources)))
        microphone.on_listeners(lambda: self.streams(Flow.AUDIO_FROM_DEVICE, microphone.listeners))

    def streams(self, flow: Flow, count: int) -> None:
        """There are so many streams now."""
        if self._counts.get(flow, 0) != count:
            self._counts[flow] = count
            self.judge()

    def judge(self) -> None:
        """Begin and end calls by the counts and thresholds as they are."""
        settings = self._service.settings.vms
        for flow, count in self._counts.items():
            threshold = _threshold(settings, flow)
            wanted = settings.enabled and threshold > 0 and count >= threshold
            present = self._calls.get(flow)
            if wanted and present is None:
                self._begin(flow)
            elif not wanted and present is not None:
                del self._calls[flow]
                present.ended()

    def forget(self) -> None:
        """The device is down."""
        self._counts.clear()
        self._calls.clear()

    def _begin(self, flow: Flow) -> None:
        call = self._waiting() or self._service.calls.begin_vms("Incoming")
        self._calls[flow] = call
        call.answered()

    def _waiting(self) -> Call | None:
        return next(
            (one for one in self._service.calls.live if one.kind == "VMS" and one.state is CallState.CALLING), None
        )


def _threshold(settings: VmsCallConfiguration, flow: Flow) -> int:
    if flow is Flow.AUDIO_FROM_DEVICE:
        return settings.audio_from_device_to_network_streams
    if flow is Flow.AUDIO_TO_DEVICE:
        return settings.audio_from_network_to_device_streams
    return settings.video_from_device_to_network_streams
