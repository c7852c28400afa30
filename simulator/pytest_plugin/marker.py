"""The markers: what they take, and that nothing else is given to them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import pytest

from simulator.pytest_plugin.option import EVIDENCE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

MARKERS: Final = (
    "axis(devices=..., firmware=..., seed=..., evidence=..., allow_unknown=...): the fleet of one test",
    "axis_feature(*names): skip where the fleet lacks a feature, such as `low_ports`",
    "axis_expect_leak(*kinds): connections or subscriptions this test's client leaves open on purpose",
)
LEAKS: Final = ("connections", "subscriptions")
"""What a client can leave open."""


def marker_arguments(node: pytest.Item) -> dict[str, Any]:
    """Keywords of the `axis` markers of a test; the nearest wins."""
    found: dict[str, Any] = {}
    for marker in node.iter_markers("axis"):
        found = {**marker.kwargs, **found}
    return found


def wanted_features(node: pytest.Item) -> list[str]:
    """What the test needs the fleet to have."""
    return [name for marker in node.iter_markers("axis_feature") for name in marker.args]


def excused_leaks(node: pytest.Item) -> set[str]:
    """Kinds of open ends that the test expects; a marker without arguments expects all."""
    return {kind for marker in node.iter_markers("axis_expect_leak") for kind in marker.args or LEAKS}


def check_markers(items: Sequence[pytest.Item]) -> None:
    """Raises UsageError with everything that is wrong with the markers of these tests."""
    wrong = {problem: None for item in items for problem in _problems(item)}
    if wrong:
        raise pytest.UsageError("\n".join(wrong))


def check_markers_of(item: pytest.Item) -> None:
    """The same for one test of an xdist worker, which cannot tell the controller about a usage error."""
    wrong = list(_problems(item))
    if wrong:
        pytest.fail("\n".join(wrong), pytrace=False)


def _problems(item: pytest.Item) -> Iterator[str]:
    for marker in item.iter_markers("axis"):
        yield from (f"{item.nodeid}: {text}" for text in _axis_problems(marker))
    for marker in item.iter_markers("axis_feature"):
        if marker.kwargs or not marker.args or not all(isinstance(name, str) for name in marker.args):
            yield f"{item.nodeid}: marker axis_feature takes names of features, such as axis_feature('low_ports')"
    for marker in item.iter_markers("axis_expect_leak"):
        if marker.kwargs or not set(marker.args) <= set(LEAKS):
            yield f"{item.nodeid}: marker axis_expect_leak takes {' and '.join(map(repr, LEAKS))}, or nothing for all"


def _axis_problems(marker: pytest.Mark) -> Iterator[str]:
    wrong = sorted(set(marker.kwargs) - set(_AXIS))
    if marker.args or wrong:
        yield f"marker axis does not take {', '.join(wrong) or 'positional arguments'}; it takes {', '.join(_AXIS)}"
    for name, (fits, words) in _AXIS.items():
        if name in marker.kwargs and not fits(marker.kwargs[name]):
            yield f"marker axis: {name} must be {words}, not {marker.kwargs[name]!r}"


def _is_devices(value: object) -> bool:
    return isinstance(value, list | tuple) and all(isinstance(one, dict) for one in value)


def _is_paths(value: object) -> bool:
    return isinstance(value, bool | str) or (
        isinstance(value, list | tuple) and all(isinstance(one, str) for one in value)
    )


_AXIS: Final[dict[str, tuple[Callable[[object], bool], str]]] = {
    "devices": (_is_devices, "a list of devices, such as [{'name': 'io-1', 'model': 'A9210'}]"),
    "firmware": (lambda value: isinstance(value, str), "a version, such as '12.9.57'"),
    "seed": (lambda value: isinstance(value, int) and not isinstance(value, bool), "a whole number"),
    "evidence": (lambda value: value in EVIDENCE, f"one of {', '.join(EVIDENCE)}"),
    "allow_unknown": (_is_paths, "True, a part of a path, or a list of them"),
}
