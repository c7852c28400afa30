"""Pages say what the code says: tables of options, calls, faults, ports and checks are compared with it."""

from __future__ import annotations

import inspect
import re
from pathlib import Path

import pytest
from markdown_examples import PAGES, ROOT

from simulator.action.link_fault import _ON, FAULT_USES, STREAMS
from simulator.device.a9210 import PORTS
from simulator.device.profile import firmwares
from simulator.fleet.control.calls import ROUTES
from simulator.fleet.hands.line import WIRE_NAMES
from simulator.fleet.image import FAULTS as IMAGES
from simulator.net.address import FIRST_BLOCK
from simulator.net.fault import FAULTS, NEEDS
from simulator.pytest_plugin import fixture
from simulator.pytest_plugin.marker import MARKERS
from simulator.report.compat import check
from simulator.report.coverage import COVERAGE_FILE, coverage
from simulator.scenario.outcome import ExitCode

_LINK = re.compile(r"\]\((?!https?:)([^)#]+)(#[^)]*)?\)")


def page(name: str) -> str:
    return (ROOT / "docs" / name).read_text()


def rows(text: str) -> list[list[str]]:
    """Cells of all table rows, without back ticks."""
    lines = [line for line in text.splitlines() if line.startswith("|")]
    return [[cell.strip().replace("`", "") for cell in line.strip("|").split("|")] for line in lines]


def test_the_coverage_page_is_what_the_code_says() -> None:
    assert COVERAGE_FILE.read_text() == coverage(), "run python -m simulator.report.coverage"


@pytest.mark.parametrize("file", PAGES, ids=lambda file: file.name)
def test_links_lead_somewhere(file: Path) -> None:
    broken = [target for target, _ in _LINK.findall(file.read_text()) if not (file.parent / target).exists()]
    assert not broken


def test_the_readme_links_every_page() -> None:
    linked = {Path(target).name for target, _ in _LINK.findall((ROOT / "README.md").read_text())}
    assert linked >= {file.name for file in (ROOT / "docs").glob("*.md")}


def test_every_link_fault_has_its_row() -> None:
    told = {row[0]: row for row in rows(page("faults.md")) if row[0] in FAULT_USES}
    for kind, uses in FAULT_USES.items():
        fields = ", ".join(f"{name.rstrip('!')}{' (needed)' if name.endswith('!') else ''}" for name in uses)
        mechanism = (
            f"not yet: needs mode {NEEDS[kind]}" if kind in NEEDS else FAULTS[WIRE_NAMES.get(kind, kind)].mechanism
        )
        row = told[kind]
        assert [row[1], row[2], row[4]] == [", ".join(_ON.get(kind, STREAMS)), fields, mechanism]


def test_every_control_call_has_its_row() -> None:
    assert {row[0] for row in rows(page("control-api.md"))} >= {f"{route.method} {route.path}" for route in ROUTES}


def test_every_port_has_its_row() -> None:
    told = {row[0]: row[1:3] for row in rows(page("devices.md"))}
    assert all(told[str(port.id)] == [port.terminal, port.kind.value] for port in PORTS)


def test_firmware_blocks_and_images_are_those_of_the_code() -> None:
    first = {row[0] for row in rows(page("devices.md"))}
    assert first >= {*IMAGES, *firmwares("A9210"), *firmwares("C1410")}
    assert f"B being {FIRST_BLOCK} + 4N" in page("devices.md")


def test_every_fixture_option_and_marker_of_the_plugin_is_told() -> None:
    text = page("pytest.md")
    fixtures = [name for name in vars(fixture) if name.startswith("axis_") or name == "capaxis"]
    options = re.findall(r"--axis-[a-z-]+", _help())
    markers = [re.match(r"\w+", marker)[0] for marker in MARKERS]  # type: ignore[index]
    told = {row[0].split("(")[0] for row in rows(text)}
    assert told >= {*fixtures, *options, *markers}


def _help() -> str:
    from simulator.pytest_plugin import option

    names = [name for name, *_ in option._OPTIONS]
    return " ".join([*(f"--axis-{name}" for name in names), "--axis-firmware", "--axis-strict"])


def test_every_check_of_the_compatibility_table_has_its_row() -> None:
    told = {row[0]: row[1] for row in rows(page("compatibility.md"))}
    declared = dict(re.findall(r'"(C\d\d)", "([^"]+)"', inspect.getsource(check)))
    assert declared
    assert {number: told.get(number) for number in declared} == declared
    assert {number for number in told if re.fullmatch(r"C\d\d", number)} == set(declared)


def test_exit_codes_are_told() -> None:
    told = {row[0] for row in rows(page("getting-started.md"))}
    assert told >= {str(int(code)) for code in ExitCode}
