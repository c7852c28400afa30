"""Settings of VMS calls: calls of a video management system that speaks no SIP (audio sheet 8.7)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from pydantic import Field

from simulator.device.call_setting import Flag, Number, Setting, make

if TYPE_CHECKING:
    from simulator.device.sip_quirks import SipQuirks

Threshold = Annotated[Number, Field(ge=-2_147_483_648, le=2_147_483_647)]
"""Streams from which on there is a call; 0 or less is unused."""


class VmsCallConfiguration(Setting):
    """VMSCallConfiguration. A count of streams at or above its threshold is a call."""

    enabled: Flag = True
    audio_from_device_to_network_streams: Threshold = 0
    audio_from_network_to_device_streams: Threshold = 1
    video_from_device_to_network_streams: Threshold = 0
    timeout: Annotated[Number, Field(ge=0, le=2_147_483_647)] = 30
    """Seconds that an outgoing call waits for a stream."""


def factory_configuration(quirks: SipQuirks) -> VmsCallConfiguration:
    """What the profile says."""
    audio_from, audio_to, video_from = quirks.vms_thresholds
    return make(
        VmsCallConfiguration,
        enabled=quirks.vms_enabled,
        audio_from_device_to_network_streams=audio_from,
        audio_from_network_to_device_streams=audio_to,
        video_from_device_to_network_streams=video_from,
        timeout=quirks.vms_timeout,
    )
