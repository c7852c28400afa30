"""Two media sessions of one engine that talk to each other, on real sockets."""

from __future__ import annotations

import pytest
from media_bench import agreed, heard_tone, media

from simulator.wire.sound.tone import Tone

pytestmark = pytest.mark.asyncio


@pytest.mark.parametrize(
    ("codec", "payload_type"),
    [("PCMU", 0), ("PCMA", 8), ("G722", 9), ("opus", 96), ("L16/8000", 97), ("L16/16000", 98), ("L16/48000", 99)],
)
async def test_a_tone_goes_through_every_codec_in_both_directions(codec: str, payload_type: int):
    async with media() as bench:
        one, other = bench.open(1), bench.open(2)
        one.start(agreed(other, codec, payload_type), Tone(1000, level=-20))
        other.start(agreed(one, codec, payload_type), Tone(440, level=-30))
        await heard_tone(other, 1000, -20)
        await heard_tone(one, 440, -30)
        assert other.statistics.lost == 0
