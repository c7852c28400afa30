"""Control calls about sound: what a speaker's loudspeaker has played lately, to listen to and in figures."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from simulator.device.loudspeaker import MEMORY
from simulator.device.sound import RATE
from simulator.errors import FleetError, UnknownTarget
from simulator.fleet.control.route import ControlRequest, ControlRoute

if TYPE_CHECKING:
    from simulator.device.audio import Audio

_SECONDS = f"how far back, up to {MEMORY:g} seconds"


async def listen(request: ControlRequest) -> bytes:
    """A WAV file, 16 bits, mono, 16 kHz."""
    from simulator.wire.sound.wav import write_wav

    return write_wav(_audio(request).render(_figure(request, "seconds", 2.0, 0.0, MEMORY)), RATE)


async def measure(request: ControlRequest) -> dict[str, Any]:
    """Who is heard now, and what was played lately: level, strongest tone, and level of the tone asked about."""
    from simulator.wire.sound.analysis import QUIETEST, Peak, dominant, level, level_at

    audio = _audio(request)
    played = audio.render(_figure(request, "seconds", 1.0, 0.0, MEMORY))
    strongest = dominant(played) or Peak(0.0, QUIETEST)
    told: dict[str, Any] = {
        "at": request.engine.bench.clock_state()["now"],
        "heard": audio.heard,
        "sources": list(audio.sources),
        "level": round(level(played), 1),
        "strongest": {"hertz": round(strongest.frequency, 1), "level": round(strongest.level, 1)},
    }
    if "tone" in request.query:
        told["tone_level"] = round(level_at(played, _figure(request, "tone", 0.0, 1.0, RATE / 2)), 1)
    return told


def _audio(request: ControlRequest) -> Audio:
    bench, name = request.engine.bench, request.path["name"]
    if name not in bench.hosts:
        raise UnknownTarget("device", name, bench.hosts)
    audio = bench.hosts[name].device.audio
    if audio is None:
        raise FleetError(f"{name} has no loudspeaker")
    return audio


def _figure(request: ControlRequest, name: str, default: float, low: float, high: float) -> float:
    text = request.query.get(name, str(default))
    try:
        figure = float(text)
    except ValueError:
        figure = math.nan
    if not low <= figure <= high:
        raise FleetError(f"query parameter {name} takes {low:g} to {high:g}, not {text[:40]!r}")
    return figure


SOUND_ROUTES: tuple[ControlRoute, ...] = (
    ControlRoute(
        "GET",
        "/v1/devices/{name}/sound",
        "What the loudspeaker played lately, as a WAV file",
        listen,
        query={"seconds": _SECONDS},
    ),
    ControlRoute(
        "GET",
        "/v1/devices/{name}/hearing",
        "Who is heard, how loud, and with which tone",
        measure,
        query={"seconds": _SECONDS, "tone": "frequency in Hz whose level is told too"},
    ),
)
