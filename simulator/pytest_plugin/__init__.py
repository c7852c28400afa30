"""The pytest plugin: fixtures, options and markers, all named `axis`.

    def test_cut_is_seen(axis_io, vms):
        vms.enrol(axis_io.url)
        axis_io.input(1).cut()
        axis_io.expect.everywhere("tampering", within=2).wait()

`option.py` and `marker.py` read options and markers, `bench.py` holds the engine process of a worker, `fixture.py` has
the fixtures, `instrument.py` what the smaller ones give, `check.py` what is checked when a test ends, `report.py` and
`evidence.py` what a failure shows and keeps, `scenario_file.py` collects `*.scenario.yaml`.
Importing the plugin imports nothing of the simulator but these files and the caller: the work is done in a child
process, which neither pytest-socket nor freezegun nor the tester's event loop can touch.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from simulator.pytest_plugin.fixture import (
    _axis_firmware,
    axis_clock,
    axis_fleet,
    axis_fleet_factory,
    axis_io,
    axis_options,
    axis_output_path,
    axis_process,
    axis_speaker,
    capaxis,
)
from simulator.pytest_plugin.marker import MARKERS, check_markers, check_markers_of
from simulator.pytest_plugin.option import add_options, read_options
from simulator.pytest_plugin.parametrise import DEVICES, device_id, parametrise_firmware
from simulator.pytest_plugin.report import complete

if TYPE_CHECKING:
    from collections.abc import Generator
    from pathlib import Path

__all__ = [
    "_axis_firmware",
    "axis_clock",
    "axis_fleet",
    "axis_fleet_factory",
    "axis_io",
    "axis_options",
    "axis_output_path",
    "axis_process",
    "axis_speaker",
    "capaxis",
]


def pytest_addoption(parser: pytest.Parser) -> None:
    add_options(parser)


def pytest_configure(config: pytest.Config) -> None:
    for marker in MARKERS:
        config.addinivalue_line("markers", marker)
    read_options(config)


def pytest_report_header(config: pytest.Config) -> str:
    return read_options(config).header


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    parametrise_firmware(metafunc)


def pytest_make_parametrize_id(val: object, argname: str) -> str | None:
    return device_id(val) if argname in DEVICES else None


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    if not file_path.name.endswith(".scenario.yaml"):
        return None
    from simulator.pytest_plugin.scenario_file import ScenarioFile

    return ScenarioFile.from_parent(parent, path=file_path)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if not _is_xdist_worker(config):
        check_markers(items)


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    if _is_xdist_worker(item.config):
        check_markers_of(item)


def _is_xdist_worker(config: pytest.Config) -> bool:
    return hasattr(config, "workerinput")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    complete(item, report)
    return report
