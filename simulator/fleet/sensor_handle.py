"""Handles of a Modbus sensor and of the bus it hangs on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from simulator.fleet.session import Session


class SensorHandle:
    """A sensor, by name or by its position from 1: what it measures, and what becomes of it."""

    def __init__(self, session: Session, device: str, key: str) -> None:
        self._session, self._device, self._key = session, device, key
        self.target = f"{device}/sensor/{key}"

    def _do(self, do: str, **fields: Any) -> None:
        self._session.act({"sensor": {"on": self.target, "do": do, **fields}})

    def set(self, value: float, quantity: str = "") -> None:
        """Measure this from now on."""
        self._do("set", to=value, **_named(quantity))

    def ramp(self, to: float, over: str, quantity: str = "") -> None:
        """Go to a value over a duration (`10m`)."""
        self._do("ramp", to=to, over=over, **_named(quantity))

    def course(self, do: str, **fields: Any) -> None:
        """Any other course: `step`, `sine`, `spike`, `walk`, with their fields."""
        self._do(do, **fields)

    def spoil(self, do: str, quantity: str = "", **fields: Any) -> None:
        """Tell something else than it measures: `stick`, `out-of-range`, `below-range`, `nan`, `sentinel`."""
        self._do(do, **_named(quantity), **fields)

    def follow(self, quantity: str = "") -> None:
        """Tell again what it measures."""
        self._do("follow", **_named(quantity))

    def unplug(self) -> None:
        """Take it off the bus."""
        self._do("unplug")

    def plug(self) -> None:
        """Put it on the bus again."""
        self._do("plug")

    @property
    def state(self) -> dict[str, Any]:
        """Its row in the device's list: `online`, `values`, `last_event`. Raises UnknownTarget."""
        from simulator.errors import UnknownTarget

        rows = self._session.snapshot(self._device)["sensors"]
        for row in rows:
            if self._key in (row["name"], str(row["number"])):
                return row  # type: ignore[no-any-return]
        raise UnknownTarget("sensor", self.target, [row["name"] for row in rows])


class BusHandle:
    """An RS-485 bus, by its box: 0 is the A9210's own."""

    def __init__(self, session: Session, device: str, box: int) -> None:
        self._session, self._device, self._box = session, device, box
        self.target = f"{device}/bus/{box}"

    def fault(self, kind: str, **fields: Any) -> None:
        """Let something go wrong: `bus.fault("crc", units=[64], count=3)`."""
        self._session.act({"bus": {"on": self.target, "do": kind, **fields}})

    def mend(self) -> None:
        """End all its faults."""
        self._session.act({"bus": {"on": self.target, "do": "mend"}})

    @property
    def place(self) -> tuple[str, int] | None:
        """Host and port at which it listens for other masters; None while it does not."""
        buses = self._session.device(self._device)["modbus"]
        found = next((bus["listen"] for bus in buses if bus["box"] == self._box and "listen" in bus), None)
        return None if found is None else (found["host"], found["port"])


def _named(quantity: str) -> dict[str, str]:
    return {"quantity": quantity} if quantity else {}
