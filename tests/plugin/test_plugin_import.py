"""The plugin is loaded into every pytest run of a project, so it must cost next to nothing."""

from __future__ import annotations

import json
import subprocess
import sys

IMPORT = """
import json, sys, time
import pytest, _pytest.config, _pytest.junitxml, _pytest.pytester
before = set(sys.modules)
begun = time.process_time()
import simulator.pytest_plugin
seconds = time.process_time() - begun
print(json.dumps({"seconds": seconds, "modules": sorted(set(sys.modules) - before)}))
"""
BUDGET = 0.030
"""Processor seconds beyond pytest itself (sheet scenarios-and-pytest, section 2)."""


def imported() -> dict:
    return json.loads(subprocess.run([sys.executable, "-c", IMPORT], capture_output=True, check=True).stdout)


def test_import_is_cheap_and_brings_in_nothing_heavy():
    runs = [imported() for _ in range(5)]
    assert min(run["seconds"] for run in runs) < BUDGET
    packages = {name.split(".")[0] for name in runs[0]["modules"]}
    foreign = packages & {"aiohttp", "aiomqtt", "asyncio", "cryptography", "jinja2", "lxml", "pydantic", "yaml"}
    assert not foreign
    rooms = {name.split(".")[1] for name in runs[0]["modules"] if name.startswith("simulator.")}
    assert not rooms & {"device", "wire", "face", "net", "site", "scenario"}, (
        "only the child imports the simulator"
    )


def test_a_test_that_waits_brings_in_nothing_heavy_either(inner):
    inner.file("""
import sys

def test_light(axis_io):
    axis_io.input(1).cut()
    axis_io.expect.everywhere("tampering", within=20).wait()
    packages = {name.split(".")[0] for name in sys.modules}
    assert not packages & {"aiohttp", "aiomqtt", "asyncio", "cryptography", "jinja2", "lxml", "pydantic", "yaml"}
    rooms = {name.split(".")[1] for name in sys.modules if name.startswith("simulator.")}
    assert not rooms & {"device", "wire", "face", "net", "site", "scenario"}
""")
    alone = (
        "-p",
        "no:asyncio",
        "-p",
        "no:anyio",
        "-p",
        "no:hypothesispytest",
        "-p",
        "no:xdist",
        "-p",
        "no:pytest_socket",
    )
    inner.ini(filterwarnings="error\n    ignore::pytest.PytestConfigWarning")
    inner.run(*alone).assert_outcomes(passed=1)
