"""What travels with the package: its version, profiles, shipped scenarios, examples.

In a wheel they lie under `simulator/data/`; in a source tree at the top level, where people edit them.
"""

from __future__ import annotations

from importlib.metadata import version
from importlib.resources import files
from pathlib import Path

_IN_SOURCE_TREE = {"profiles": "fixtures/profiles", "scenarios": "scenarios", "examples": "examples"}


VERSION = version("axis-fleet-simulator")


def folder(name: str) -> Path:
    """The folder of `profiles`, `scenarios` or `examples`."""
    package = Path(str(files("simulator")))
    installed = package / "data" / name
    return installed if installed.is_dir() else package.parent / _IN_SOURCE_TREE[name]
