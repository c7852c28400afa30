"""What the smaller fixtures give: the clock and the journal of one test's fleet."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from simulator.errors import FleetError
from simulator.units import parse_duration

if TYPE_CHECKING:
    from simulator.pytest_plugin.bench import FleetHandle

_KINDS = {"mqtt": ("message", "mqtt")}
"""Names that people look for, with the kind of record and what it is about."""


class ClockHandle:
    """Device time of this test's fleet."""

    def __init__(self, fleet: FleetHandle) -> None:
        self._fleet = fleet

    @property
    def now(self) -> float:
        """Device seconds since the fleet started."""
        return float(self._fleet.clock()["now"])

    def advance(self, duration: str) -> None:
        """Move a virtual clock by `90s`, `5m`, ...; on a running one, wait that long. Raises FleetError while paused."""
        seconds = parse_duration(duration)
        state = self._fleet.clock()
        if state["stepped"]:
            self._fleet.advance(seconds)
            return
        if not state["rate"]:
            raise FleetError("device time is paused", hint="axis_clock.resume() lets it run")
        limit = state["now"] + seconds
        while self.now < limit:
            self._fleet.pass_time(limit)

    def pause(self) -> None:
        """Let device time stand still; a virtual clock does anyway."""
        if not self._fleet.clock()["stepped"]:
            self._fleet.act({"clock": {"do": "pause"}})

    def resume(self) -> None:
        """End a pause."""
        if not self._fleet.clock()["stepped"]:
            self._fleet.act({"clock": {"do": "resume"}})

    def rate(self, factor: float) -> None:
        """Let device time run `factor` times as fast, up to 20. Raises FleetError for a virtual clock."""
        self._fleet.act({"clock": {"do": "rate", "rate": factor}})


class Captured:
    """What the client did and what the fleet said, in the manner of `caplog`."""

    def __init__(self, fleet: FleetHandle) -> None:
        self._fleet = fleet
        self._after = fleet.began

    @property
    def records(self) -> list[dict[str, Any]]:
        """Records of the journal since the test began or since `clear`, without those of our own observers."""
        return self._since("")

    def of(self, kind: str) -> list[dict[str, Any]]:
        """Records of one kind: `request`, `message`, `event`, `violation`, ...; `mqtt` are the devices' packets."""
        name, what = _KINDS.get(kind, (kind, ""))
        return [record for record in self._since(name) if not what or record["what"] == what]

    def clear(self) -> None:
        """Begin anew from here."""
        self._after = int(self._fleet.clock()["last"])

    def _since(self, kinds: str) -> list[dict[str, Any]]:
        return list(self._fleet.story(kinds, after=self._after))
