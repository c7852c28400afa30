"""The house keeps its floors: imports point down, files stay short, time and chance live on the ground."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
SIMULATOR = ROOT / "simulator"

FLOORS = {
    "clock": 1,
    "chance": 1,
    "journal": 1,
    "errors": 1,
    "units": 1,
    "resources": 1,
    "wire": 2,
    "device": 2,
    "face": 3,
    "net": 4,
    "site": 4,
    "fleet": 5,
    "action": 5,
    "expect": 5,
    "scenario": 6,
    "report": 6,
    "cli": 7,
    "pytest_plugin": 7,
    "console": 7,
    "__main__": 7,
    "__init__": 7,
}
STRANGERS = {("device", "wire"), ("device", "face"), ("wire", "device")}
MAY_DO_IO = {"net", "site", "fleet"}
IO_MODULES = {"asyncio", "socket", "ssl", "aiohttp"}
GROUND_ONLY_MODULES = {"time", "random"}
LONGEST_FILE = 500

SOURCES = sorted(SIMULATOR.rglob("*.py"))


def room_of(path: Path) -> str:
    first = path.relative_to(SIMULATOR).parts[0]
    return first.removesuffix(".py")


def imports(tree: ast.AST) -> list[str]:
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            found += [f"{node.module}.{alias.name}" for alias in node.names]
    return found


@pytest.mark.parametrize("path", SOURCES, ids=lambda p: str(p.relative_to(ROOT)))
def test_file_keeps_the_house_rules(path: Path) -> None:
    text = path.read_text()
    tree = ast.parse(text)
    room, problems = room_of(path), []
    assert room in FLOORS, f"{room} stands on no floor: give it one in FLOORS and in the design"
    if len(text.splitlines()) > LONGEST_FILE:
        problems.append(f"longer than {LONGEST_FILE} lines")
    for name in imports(tree):
        problems += wrong_arrow(path, room, name) + wrong_module(path, room, name)
    problems += forbidden_calls(tree, FLOORS[room])
    assert not problems, "\n".join(problems)


def wrong_arrow(path: Path, room: str, name: str) -> list[str]:
    parts = name.split(".")
    if parts[0] != "simulator" or len(parts) < 2 or parts[1] not in FLOORS:
        return []
    target = parts[1]
    if FLOORS[target] > FLOORS[room] and path.name != "__init__.py":
        return [f"{room} (floor {FLOORS[room]}) imports {target} (floor {FLOORS[target]})"]
    if (room, target) in STRANGERS:
        return [f"{room} must not know {target}"]
    return []


def wrong_module(path: Path, room: str, name: str) -> list[str]:
    module = name.split(".", maxsplit=1)[0]
    if module in GROUND_ONLY_MODULES and FLOORS[room] != 1:
        return [f"{module} may be imported on floor 1 only"]
    observer = "observer" in path.relative_to(SIMULATOR).parts
    if module in IO_MODULES and room not in MAY_DO_IO and not observer:
        return [f"{module} may be imported by net, site, fleet and expect/observer only"]
    return []


def forbidden_calls(tree: ast.AST, floor: int) -> list[str]:
    if floor == 1:
        return []
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            called = f"{node.value.id}.{node.attr}"
            if called in {"datetime.now", "datetime.utcnow", "os.urandom", "date.today"}:
                found.append(f"line {node.lineno}: {called} outside floor 1")
    return found


def test_every_package_says_what_lives_in_it() -> None:
    silent = [
        str(p.relative_to(ROOT))
        for p in SIMULATOR.rglob("__init__.py")
        if not ast.get_docstring(ast.parse(p.read_text()))
    ]
    assert not silent, f"packages without a docstring: {silent}"


def test_no_file_has_a_name_that_says_nothing() -> None:
    empty_words = {"utils", "util", "helpers", "helper", "common", "misc", "manager", "base2"}
    assert not [p for p in SOURCES if p.stem in empty_words]
