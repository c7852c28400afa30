"""The engine process of one worker, and the fleet of one test on it."""

from __future__ import annotations

import hashlib
import os
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from simulator.errors import FleetError
from simulator.fleet.caller import Caller
from simulator.fleet.child import Child
from simulator.fleet.observers import ObserverProcess
from simulator.fleet.session import Session, touch
from simulator.pytest_plugin.option import LAST_BLOCK

if TYPE_CHECKING:
    from collections.abc import Iterator

    from simulator.fleet.handle import DeviceHandle
    from simulator.pytest_plugin.option import AxisOptions

ENGINE_MODULE = "simulator.fleet.engine"
_CLOCKS: dict[str, dict[str, Any]] = {
    "real": {"mode": "real"},
    "x10": {"mode": "scaled", "rate": 10},
    "virtual": {"mode": "stepped"},
}
_OBSERVER = "axsim-observer"
"""How our observers name themselves, at the broker and to devices."""
_UNSEEN = frozenset({"note", "clock"})
"""Verbs that no observer can see the effect of."""


class EngineProcess:
    """The child with the engine, started on first use; or somebody else's engine by address. With it go the
    observers, which serve one test after another."""

    def __init__(self, attach: str = "") -> None:
        self.attached = bool(attach)
        self.observers = ObserverProcess()
        self._child = None if attach else Child(ENGINE_MODULE)
        self._caller = Caller(attach) if attach else None

    @property
    def caller(self) -> Caller:
        if self._child is not None:
            return self._child.caller
        assert self._caller is not None
        return self._caller

    @property
    def pid(self) -> int | None:
        """Process id of the child; None for an attached engine."""
        return None if self._child is None else self._child.pid

    def revive(self) -> None:
        """A new child in place of one that has died: its test has failed, the next one has not."""
        if self._child is not None and not self._child.running:
            self._child.stop()
            self._child = Child(ENGINE_MODULE)

    def obituary(self) -> str:
        """Exit code and last lines of a child that has died; empty while it lives."""
        if self._child is None:
            return ""
        if self._child.running:
            return ""
        code, words = self._child.last_words()
        return f"the engine ended with code {code}; its last words were:\n{words or '(none)'}"

    def close(self) -> None:
        """End the child and the observers. Safe to repeat."""
        self.observers.stop()
        if self._child is not None:
            self._child.stop()
        else:
            self.caller.close()


@dataclass(frozen=True)
class Recipe:
    """How the fleet of one test is made."""

    seed: int
    options: AxisOptions
    firmware: str
    """Firmware of devices for which the test names none."""

    def specification(self, devices: list[dict[str, Any]]) -> dict[str, Any]:
        """What `PUT /v1/fleet` takes."""
        return {
            "seed": self.seed,
            "mode": "ephemeral" if self.options.single_address else "loopback",
            "block": worker_block(self.options.block),
            "clock": _CLOCKS[self.options.clock],
            "devices": [self.device(**device) for device in devices],
        }

    def device(self, **fields: Any) -> dict[str, Any]:
        """A device's specification with the firmware and account that the options name."""
        return {"firmware": self.firmware, "account": self.options.account, **fields}


class FleetHandle(Session):
    """The fixture `axis_fleet`: a session that knows how this test's devices are made."""

    def __init__(self, engine: EngineProcess, recipe: Recipe, *, owns_engine: bool = False) -> None:
        super().__init__(engine.caller, engine.observers)
        self.engine = engine
        self.recipe = recipe
        self.began = 0
        """Number of the journal's last record when the test began."""
        self.open_before: dict[str, list[str]] = {}
        """What clients of an attached fleet held open when the test began."""
        self._owns_engine = owns_engine

    @property
    def seed(self) -> int:
        return self.recipe.seed

    def start(self, devices: list[dict[str, Any]]) -> None:
        """Make the fleet; to an attached one only devices are added that it lacks."""
        if not self.engine.attached:
            self.clear()
            self.populate(self.recipe.specification(devices))
            return
        self.began = self.journal(after=2**49)["last"]
        self.open_before = self.open_ends()
        present = {device.name for device in self}
        for fields in devices:
            if fields.get("name") not in present:
                super().add(**self.recipe.device(**fields))

    def add(self, name: str, *, model: str, **fields: Any) -> DeviceHandle:
        """Put one more device on the bench and return its handle."""
        return super().add(name, **self.recipe.device(model=model, **fields))

    def act(self, action: dict[str, Any]) -> dict[str, Any]:
        """Do one action. What it touches is watched from the moment before, so that no expectation comes too late."""
        touched = touch(action)
        if next(iter(action)) not in _UNSEEN:
            known = {device["name"] for device in self.fleet()["devices"]} if touched.device else set()
            self.observe((touched.device,) if touched.device in known else ())
        return super().act(action)

    def records(self, kinds: str = "", after: int | None = None) -> Iterator[dict[str, Any]]:
        """The journal's records since the test began (or `after`), oldest first."""
        number = self.began if after is None else after
        while found := self.journal(after=number, kinds=kinds)["records"]:
            yield from found
            number = found[-1]["number"]

    def story(self, kinds: str = "", after: int | None = None) -> Iterator[dict[str, Any]]:
        """The same without what our own observers did."""
        return (record for record in self.records(kinds, after) if not _is_ours(record["data"]))

    def open_ends(self) -> dict[str, list[str]]:
        """What clients hold open, by kind."""
        return self.caller.call("GET", "/v1/open-ends")  # type: ignore[no-any-return]

    def clear(self) -> None:
        """Take the fleet away."""
        self.caller.call("DELETE", "/v1/fleet")

    def close(self) -> None:
        """End the observation, and the engine where it was made for this fleet. Safe to repeat."""
        try:
            super().close()
        except FleetError:
            self.engine.observers.stop()
        if self._owns_engine:
            self.engine.close()


def _is_ours(data: dict[str, Any]) -> bool:
    named = (str(data.get(key, "")) for key in ("client", "agent"))
    return bool(data.get("observer")) or any(name.startswith(_OBSERVER) for name in named)


def worker_block(block: int | None) -> int | None:
    """The address block to try first: the one asked for, or the number of the xdist worker."""
    worker = re.fullmatch(r"gw(\d+)", os.environ.get("PYTEST_XDIST_WORKER", ""))
    if worker is None:
        return block
    return ((block or 0) + int(worker[1])) % (LAST_BLOCK + 1)


def seed_of_test(seed: int, node_id: str) -> int:
    """The seed of one test: of the run's seed and the node id, not of the worker or the order."""
    return int.from_bytes(hashlib.sha256(f"{seed}:{node_id}".encode()).digest()[:4], "big") >> 1
