"""What the tests of media streams share: an engine on loopback, two ends that talk, ears."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import numpy as np
from net_bench import Bench, bench, until
from numpy.typing import NDArray

from simulator.chance import Chance
from simulator.net.media.engine import MediaEngine
from simulator.net.media.session import MediaSession
from simulator.wire.rtp.negotiated import MediaSettings, Negotiated
from simulator.wire.sound.analysis import Peak, dominant

__all__ = ["Media", "agreed", "heard_tone", "media", "until"]


class Media:
    """An engine with what it told."""

    def __init__(self, fleet: Bench) -> None:
        self.fleet = fleet
        self.engine = MediaEngine(fleet.provider, fleet.bay, Chance(7))
        self.notes: list[tuple[str, dict[str, object]]] = []
        self.digits: list[str] = []

    def open(self, number: int = 1, port: int = 4000, **settings: Any) -> MediaSession:
        """A session of device `number` that tells us everything."""
        address = self.fleet.provider.plan.device(number)
        session = self.engine.open(f"speaker-{number}", address, port, MediaSettings(**settings))
        session.on_note(lambda what, data: self.notes.append((what, data)))
        session.on_digit(self.digits.append)
        return session

    def noted(self, what: str) -> list[dict[str, object]]:
        return [data for name, data in self.notes if name == what]


def agreed(
    peer: MediaSession | tuple[str, int] | None, codec: str = "PCMU", payload_type: int = 0, **more: Any
) -> Negotiated:
    """An agreement to send to `peer`."""
    if isinstance(peer, MediaSession):
        more.setdefault("remote_rtcp", (peer.address, peer.rtcp_port))
        peer = (peer.address, peer.port)
    return Negotiated(codec, payload_type, peer, **more)


@asynccontextmanager
async def media(mode: str = "loopback") -> AsyncIterator[Media]:
    async with bench(mode) as fleet:
        made = Media(fleet)
        try:
            yield made
            assert not fleet.bugs
        finally:
            made.engine.close()


def last_second(session: MediaSession, seconds: float = 0.5) -> NDArray[np.int16]:
    """What was played lately."""
    end = session.heard.position
    return session.heard.samples(max(0.0, end - seconds), end)


async def heard_tone(session: MediaSession, frequency: float, level: float, *, within: float = 1.0) -> Peak:
    """Wait until half a second of `session` is dominated by a tone; fails with what is heard instead."""
    peak: Peak | None = None

    def sounds() -> bool:
        nonlocal peak
        peak = dominant(last_second(session))
        return peak is not None and abs(peak.frequency - frequency) < 2 and abs(peak.level - level) < within

    try:
        await until(sounds, 10)
    except TimeoutError:
        raise AssertionError(f"heard {peak} instead of {frequency} Hz at {level} dBFS") from None
    assert peak is not None
    return peak
