"""The fixtures. None is autouse, and none starts anything before it is asked for.

Nor imports it: pytest loads this file in every run of a project, whether its tests ask for devices or not. Only the
caller is loaded at once, which must have the socket class before pytest-socket takes it away.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

import simulator.fleet.caller  # noqa: F401
from simulator.pytest_plugin.marker import marker_arguments, wanted_features
from simulator.pytest_plugin.option import AxisOptions, read_options
from simulator.pytest_plugin.report import remember_fleet

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from simulator.fleet.handle import DeviceHandle, IoModule, Speaker
    from simulator.pytest_plugin.bench import EngineProcess, FleetHandle
    from simulator.pytest_plugin.instrument import Captured, ClockHandle


@pytest.fixture(scope="session")
def axis_options(pytestconfig: pytest.Config) -> AxisOptions:
    """Override point: return `dataclasses.replace(...)` of what the command line said."""
    return read_options(pytestconfig)


@pytest.fixture(scope="session")
def axis_process(axis_options: AxisOptions) -> Iterator[EngineProcess]:
    """The engine: one child process per worker, started on first use; `--axis-attach` uses a running one."""
    from simulator.pytest_plugin.bench import EngineProcess

    engine = EngineProcess(axis_options.attach)
    yield engine
    engine.close()


@pytest.fixture
def _axis_firmware(request: pytest.FixtureRequest, axis_options: AxisOptions) -> str:
    """The firmware of this test's devices: of its marker, of the parametrisation, of the options."""
    named = marker_arguments(request.node).get("firmware")
    return str(named or getattr(request, "param", None) or axis_options.first_firmware)


@pytest.fixture
def axis_fleet(
    request: pytest.FixtureRequest, axis_process: EngineProcess, axis_options: AxisOptions, _axis_firmware: str
) -> Iterator[FleetHandle]:
    """A fresh fleet, empty or as the marker `axis(devices=...)` says; checked and taken away afterwards."""
    from simulator.pytest_plugin.bench import FleetHandle, Recipe, seed_of_test
    from simulator.pytest_plugin.check import check_fleet

    marker = marker_arguments(request.node)
    seed = marker.get("seed", seed_of_test(axis_options.seed, request.node.nodeid))
    axis_process.revive()
    fleet = FleetHandle(axis_process, Recipe(seed, axis_options, _axis_firmware))
    fleet.start(list(marker.get("devices", ())))
    remember_fleet(request.node, fleet)
    try:
        _skip_without_features(request.node, fleet)
        yield fleet
    finally:
        try:
            check_fleet(request.node, fleet)
        finally:
            fleet.close()


def _skip_without_features(node: pytest.Item, fleet: FleetHandle) -> None:
    """Honour `axis_feature`."""
    wanted = wanted_features(node)
    if not wanted:
        return
    present = fleet.fleet()["features"]
    missing = [name for name in wanted if name not in present]
    if missing:
        pytest.skip(f"this fleet has no {', '.join(missing)}; it has {', '.join(present)}")


@pytest.fixture(scope="session")
def axis_fleet_factory(axis_options: AxisOptions) -> Iterator[Callable[..., FleetHandle]]:
    """`make(devices=[...], seed=1)`: fleets for a module or a session, each in an engine of its own.

    Whoever makes one closes it with `fleet.close()`; what is left is closed at the end.
    """
    from simulator.pytest_plugin.bench import EngineProcess, FleetHandle, Recipe
    from simulator.pytest_plugin.check import unawaited

    made: list[FleetHandle] = []

    def make(devices: list[dict[str, Any]] | None = None, *, seed: int | None = None) -> FleetHandle:
        recipe = Recipe(axis_options.seed if seed is None else seed, axis_options, axis_options.first_firmware)
        fleet = FleetHandle(EngineProcess(), recipe, owns_engine=True)
        made.append(fleet)
        fleet.start(devices or [])
        return fleet

    yield make
    for fleet in made:
        fleet.close()
    forgotten = [line for fleet in made for line in unawaited(fleet)]
    if forgotten:
        pytest.fail("\n  ".join(["at the end of axis_fleet_factory:", *forgotten]), pytrace=False)


IO_MODULE: dict[str, Any] = {
    "name": "io-1",
    "model": "A9210",
    "mqtt": True,
    "supervised": dict.fromkeys(("1", "2", "9", "10"), "SerialFirst4k7"),
}
"""The default I/O module as an installer leaves it: on the site's broker, its four alarm inputs supervised."""
SPEAKER: dict[str, Any] = {"name": "speaker-1", "model": "C1410", "mqtt": True}


@pytest.fixture
def axis_io(request: pytest.FixtureRequest, axis_fleet: FleetHandle) -> IoModule:
    """One AXIS A9210, publishing to the site's broker, with inputs 1, 2, 9 and 10 supervised (4.7k, serial first).

    Parametrise it indirectly with fields of the device that shall be otherwise: `{"mqtt": False}`.
    """
    return _default_device(request, axis_fleet, IO_MODULE)  # type: ignore[return-value]


@pytest.fixture
def axis_speaker(request: pytest.FixtureRequest, axis_fleet: FleetHandle) -> Speaker:
    """One AXIS C1410 Mk II, publishing to the site's broker. Parametrise it indirectly with fields of the device."""
    return _default_device(request, axis_fleet, SPEAKER)  # type: ignore[return-value]


def _default_device(request: pytest.FixtureRequest, fleet: FleetHandle, usual: dict[str, Any]) -> DeviceHandle:
    """The first device of the model that is there already, else a new one."""
    fields = dict(getattr(request, "param", None) or {})
    if fields and fleet.engine.attached:
        pytest.skip("an attached fleet is used as it is; this test wants a device of its own")
    present = [device for device in fleet.fleet()["devices"] if device["kind"] == usual["model"]]
    if present and not fields:
        return fleet[present[0]["name"]]
    return fleet.add(**{**usual, **fields})


@pytest.fixture
def axis_clock(axis_fleet: FleetHandle) -> ClockHandle:
    """Device time: `pause()`, `resume()`, `advance("90s")`, `rate(20)`."""
    from simulator.pytest_plugin.instrument import ClockHandle

    return ClockHandle(axis_fleet)


@pytest.fixture
def axis_output_path(request: pytest.FixtureRequest, axis_options: AxisOptions) -> Path:
    """This test's evidence folder, emptied of the last run; what the test puts there is kept."""
    from simulator.pytest_plugin.evidence import evidence_folder

    return evidence_folder(request.node, axis_options)


@pytest.fixture
def capaxis(axis_fleet: FleetHandle) -> Captured:
    """Access to the journal: `.records`, `.of("request")`, `.clear()`."""
    from simulator.pytest_plugin.instrument import Captured

    return Captured(axis_fleet)
