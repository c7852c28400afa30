"""audio/streamingcapabilities.cgi: sample rates and bit rates of each codec from the device (audio sheet 1, 3.3).

Numbers and snake_case, because a published client's strict schema asks for them. Keys beside `aac` are a guess.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from simulator.device.parameter import Level
from simulator.face.vapix.call import Route
from simulator.face.vapix.envelope import Invocation, Json, JsonService, Method
from simulator.face.vapix.fault import FAMILY_B
from simulator.wire.live_audio import AAC_RATES, G726_24, G726_32, LPCM_RATES, MULAW, OPUS_RATES

if TYPE_CHECKING:
    from collections.abc import Mapping

_KILOBITS = (8, 12, 16, 24, 32, 48, 64, 128)
"""Bit rates that are offered, as the parameter `AudioSource.A0.BitRate` has them."""


def list_encoders(_asked: Invocation) -> Json:
    """Codec to its sample rates, each with its bit rates in bit/s."""
    bits = sorted((G726_24.bit_rate, G726_32.bit_rate))
    return {
        "encoders": {
            "g711": [_entry(MULAW.rate, [MULAW.bit_rate])],
            "g726": [_entry(G726_32.rate, bits)],
            "aac": _ranges(AAC_RATES),
            "opus": _ranges(OPUS_RATES),
            "lpcm": [_entry(rate, [rate * 24]) for rate in LPCM_RATES],
        }
    }


def _ranges(rates: Mapping[int, tuple[int, int]]) -> list[Json]:
    return [
        _entry(rate, [kilobits * 1000 for kilobits in _KILOBITS if low <= kilobits <= high])
        for rate, (low, high) in rates.items()
    ]


def _entry(rate: int, bit_rates: list[int]) -> Json:
    return {"sample_rate": rate, "bit_rates": bit_rates}


SERVICE = JsonService("audio-streaming-capabilities", FAMILY_B, {"list": Method(list_encoders, Level.VIEWER)})

ROUTES = (
    Route(
        ("/axis-cgi/audio/streamingcapabilities.cgi",),
        SERVICE,
        methods=("POST",),
        level=Level.VIEWER,
        api="audio-streaming-capabilities",
    ),
)
