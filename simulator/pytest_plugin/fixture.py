"""The fixtures. None is autouse, and none starts anything before it is asked for."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from simulator.pytest_plugin.bench import EngineProcess, FleetHandle, TestFleet, evidence_name, seed_of_test
from simulator.pytest_plugin.check import check_fleet
from simulator.pytest_plugin.option import AxisOptions, marker_arguments, read_options
from simulator.pytest_plugin.report import keep_evidence, remember_fleet
from simulator.units import parse_duration

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from simulator.fleet.handle import DeviceHandle, IoModule, Speaker

DEFAULT_FIRMWARE = "12.9.57"


@pytest.fixture(scope="session")
def axis_options(pytestconfig: pytest.Config) -> AxisOptions:
    """Override point: return `dataclasses.replace(...)` of what the command line said."""
    return read_options(pytestconfig)


@pytest.fixture(scope="session")
def axis_process(axis_options: AxisOptions) -> Iterator[EngineProcess]:
    """The engine: one child process per worker, started on first use; `--axis-attach` uses a running one."""
    engine = EngineProcess(axis_options.attach)
    yield engine
    engine.close()


@pytest.fixture
def _axis_firmware(request: pytest.FixtureRequest, axis_options: AxisOptions) -> str:
    """The firmware of this test's devices: of its marker, of the parametrisation, of the options."""
    named = marker_arguments(request.node).get("firmware")
    if named:
        return str(named)
    if hasattr(request, "param"):
        return str(request.param)
    return axis_options.firmware[0] if axis_options.firmware else DEFAULT_FIRMWARE


@pytest.fixture
def axis_fleet(
    request: pytest.FixtureRequest, axis_process: EngineProcess, axis_options: AxisOptions, _axis_firmware: str
) -> Iterator[FleetHandle]:
    """A fresh fleet, empty or as the marker `axis(devices=...)` says; checked and taken away afterwards."""
    marker = marker_arguments(request.node)
    seed = int(marker.get("seed", seed_of_test(axis_options.seed, request.node.nodeid)))
    fleet = FleetHandle(axis_process, TestFleet(seed, axis_options, _axis_firmware))
    fleet.start(list(marker.get("devices", ())))
    skip_without_features(request.node, fleet)
    remember_fleet(request.node, fleet)
    try:
        yield fleet
    finally:
        try:
            keep_evidence(request.node, fleet)
            check_fleet(request.node, fleet)
        finally:
            fleet.close()


@pytest.fixture(scope="session")
def axis_fleet_factory(axis_options: AxisOptions) -> Iterator[Callable[..., FleetHandle]]:
    """`make(devices=[...], seed=1)`: fleets for a module or a session, each in an engine of its own.

    The caller may close a fleet early with `fleet.engine.close()`; what is left is closed at the end.
    """
    made: list[FleetHandle] = []

    def make(devices: list[dict[str, Any]] | None = None, *, seed: int | None = None) -> FleetHandle:
        engine = EngineProcess()
        firmware = axis_options.firmware[0] if axis_options.firmware else DEFAULT_FIRMWARE
        recipe = TestFleet(axis_options.seed if seed is None else seed, axis_options, firmware)
        fleet = FleetHandle(engine, recipe)
        made.append(fleet)
        fleet.start(devices or [])
        return fleet

    yield make
    for fleet in made:
        fleet.close()
        fleet.engine.close()


@pytest.fixture
def axis_io(request: pytest.FixtureRequest, axis_fleet: FleetHandle) -> IoModule:
    """One AXIS A9210. Parametrise it indirectly with fields of the device: `{"mqtt": True}`."""
    return _default_device(request, axis_fleet, "io-1", "A9210")  # type: ignore[return-value]


@pytest.fixture
def axis_speaker(request: pytest.FixtureRequest, axis_fleet: FleetHandle) -> Speaker:
    """One AXIS C1410 Mk II. Parametrise it indirectly with fields of the device."""
    return _default_device(request, axis_fleet, "speaker-1", "C1410")  # type: ignore[return-value]


def _default_device(request: pytest.FixtureRequest, fleet: FleetHandle, name: str, model: str) -> DeviceHandle:
    fields = dict(getattr(request, "param", None) or {})
    for device in fleet:
        if device.model == model and not fields:
            return device
    return fleet.add(name, model=model, **fields)  # type: ignore[no-any-return]


class ClockHandle:
    """Device time of this test's fleet."""

    def __init__(self, fleet: FleetHandle) -> None:
        self._fleet = fleet

    @property
    def now(self) -> float:
        """Device seconds since the fleet started."""
        return float(self._fleet.clock()["now"])

    def advance(self, duration: str) -> None:
        """Move a virtual clock; on a running one, wait that long."""
        seconds = parse_duration(duration)
        if self._fleet.clock()["stepped"]:
            self._fleet.advance(seconds)
            return
        limit = self.now + seconds
        while self.now < limit:
            self._fleet.pass_time(limit)

    def pause(self) -> None:
        """Let device time stand still."""
        self._fleet.act({"clock": "pause"})

    def rate(self, factor: float) -> None:
        """Let device time run `factor` times as fast, up to 20."""
        self._fleet.act({"clock": {"rate": factor}})


@pytest.fixture
def axis_clock(axis_fleet: FleetHandle) -> ClockHandle:
    """Device time: `pause()`, `advance("90s")`, `rate(20)`."""
    return ClockHandle(axis_fleet)


@pytest.fixture
def axis_output_path(request: pytest.FixtureRequest, axis_options: AxisOptions) -> Path:
    """This test's evidence folder; what the test puts there is kept."""
    folder = Path(axis_options.evidence_dir) / evidence_name(request.node.nodeid)
    folder.mkdir(parents=True, exist_ok=True)
    return folder


class Captured:
    """What the client did and what the fleet said, in the manner of `caplog`."""

    def __init__(self, fleet: FleetHandle) -> None:
        self._fleet = fleet
        self._after = fleet.began

    @property
    def records(self) -> list[dict[str, Any]]:
        """All records of the journal since the test began or since `clear`."""
        return list(self._fleet.journal(after=self._after)["records"])

    def of(self, kind: str) -> list[dict[str, Any]]:
        """Records of one kind: `request`, `message`, `event`, `violation`, ...; `mqtt` is `message`."""
        return list(self._fleet.journal(after=self._after, kinds={"mqtt": "message"}.get(kind, kind))["records"])

    def clear(self) -> None:
        """Begin anew from here."""
        self._after = int(self._fleet.journal(after=2**50)["last"])


@pytest.fixture
def capaxis(axis_fleet: FleetHandle) -> Captured:
    """Access to the journal: `.records`, `.of("request")`, `.clear()`."""
    return Captured(axis_fleet)


def skip_without_features(node: pytest.Item, fleet: FleetHandle) -> None:
    """Honour `axis_feature`: skip where the fleet lacks one."""
    wanted = [name for marker in node.iter_markers("axis_feature") for name in marker.args]
    if not wanted:
        return
    present = fleet.fleet()["features"]
    missing = [name for name in wanted if name not in present]
    if missing:
        pytest.skip(f"this fleet has no {', '.join(missing)}; it has {', '.join(present)}")
