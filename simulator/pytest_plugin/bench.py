"""The engine process of one worker, and the fleet of one test on it."""

from __future__ import annotations

import hashlib
import os
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from simulator.fleet.caller import Caller
from simulator.fleet.child import Child
from simulator.fleet.session import Session

if TYPE_CHECKING:
    from simulator.pytest_plugin.option import AxisOptions

ENGINE_MODULE = "simulator.fleet.engine"
_CLOCKS: dict[str, dict[str, Any]] = {
    "real": {"mode": "real"},
    "x10": {"mode": "scaled", "rate": 10},
    "virtual": {"mode": "stepped"},
}


class EngineProcess:
    """The child with the engine, started on first use; or somebody else's engine by address."""

    def __init__(self, attach: str = "") -> None:
        self._child = None if attach else Child(ENGINE_MODULE)
        self.caller = Caller(attach) if self._child is None else self._child.caller
        self.attached = self._child is None

    @property
    def pid(self) -> int | None:
        """Process id of the child; None for an attached engine."""
        return None if self._child is None else self._child.pid

    def close(self) -> None:
        if self._child is not None:
            self._child.stop()
        else:
            self.caller.close()


@dataclass(frozen=True)
class TestFleet:
    """How the fleet of one test is made."""

    seed: int
    options: AxisOptions
    firmware: str
    """Firmware of devices for which the test names none."""

    __test__ = False

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

    def __init__(self, engine: EngineProcess, made: TestFleet) -> None:
        super().__init__(engine.caller)
        self.engine = engine
        self.made = made
        self.began = 0
        """Number of the journal's last record when the test began."""

    @property
    def seed(self) -> int:
        return self.made.seed

    def start(self, devices: list[dict[str, Any]]) -> None:
        """Make the fleet; an attached one stays as it is."""
        if self.engine.attached:
            self.began = self.journal(after=2**50)["last"]
        else:
            self.populate(self.made.specification(devices))

    def add(self, name: str, *, model: str, **fields: Any) -> Any:
        """Put one more device on the bench and return its handle."""
        return super().add(name, **self.made.device(model=model, **fields))


def worker_block(block: int | None) -> int | None:
    """The address block to try first: the one asked for, or the number of the xdist worker."""
    worker = re.fullmatch(r"gw(\d+)", os.environ.get("PYTEST_XDIST_WORKER", ""))
    if worker is None:
        return block
    return ((block or 0) + int(worker[1])) % 60


def seed_of_test(seed: int, node_id: str) -> int:
    """The seed of one test: of the run's seed and the node id, not of the worker or the order."""
    return int.from_bytes(hashlib.sha256(f"{seed}:{node_id}".encode()).digest()[:4], "big") >> 1


def evidence_name(node_id: str) -> str:
    """A folder name that is readable and belongs to this node id alone."""
    slug = re.sub(r"[^A-Za-z0-9]+", "-", node_id.rsplit("/", maxsplit=1)[-1]).strip("-")[:60]
    return f"{slug}-{hashlib.sha256(node_id.encode()).hexdigest()[:8]}"
