"""Several firmwares, and devices as parameters of a test."""

from __future__ import annotations

from typing import TYPE_CHECKING

from simulator.pytest_plugin.option import read_options

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pytest

DEVICES = frozenset({"axis_io", "axis_speaker"})
"""Fixtures that take fields of a device as their parameter."""


def parametrise_firmware(metafunc: pytest.Metafunc) -> None:
    """Several `--axis-firmware`: each test that makes devices runs once with each, unless its marker names one."""
    versions = read_options(metafunc.config).firmware
    named = any("firmware" in marker.kwargs for marker in metafunc.definition.iter_markers("axis"))
    if len(versions) > 1 and "_axis_firmware" in metafunc.fixturenames and not named:
        metafunc.parametrize("_axis_firmware", versions, indirect=True)


def device_id(value: object) -> str | None:
    """`{"mqtt": True, "supervised": {1: "ParallelFirst22k"}}` as `mqtt=True-supervised.1=ParallelFirst22k`."""
    if not isinstance(value, dict):
        return None
    return "-".join(_words("", value)) or "default"


def _words(path: str, value: object) -> Iterator[str]:
    if isinstance(value, dict):
        for key, item in value.items():
            yield from _words(f"{path}.{key}" if path else str(key), item)
    else:
        yield f"{path}={value}"
