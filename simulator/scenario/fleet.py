"""The fleet section: ranges become devices, and what several files or entries say of one device becomes one plan.

A later entry wins key by key, so that one door of a range can be said apart: `io-{1..100}` and then `io-7`.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from simulator.action.declaration import Record
from simulator.action.kind import MISSING, Unfit
from simulator.action.target import MOST_NAMES
from simulator.scenario.language import DeviceNames
from simulator.scenario.node import Entry, Mapping, Node
from simulator.scenario.plan import DevicePlan
from simulator.scenario.use import overlaid

if TYPE_CHECKING:
    from simulator.scenario.tree import FileReading

_NAMES = DeviceNames()


def read_fleet(section: Entry | None, reading: FileReading) -> dict[str, DevicePlan]:
    """The devices by name, in the order in which the names first appear."""
    if section is None:
        return {}
    if not isinstance(section.value, Mapping) or not section.value.entries:
        reading.at(section.value.place, "expected a map of device names", "for example io-2: {model: A9210}")
        return {}
    layers = _layers(section.value, reading)
    plans: dict[tuple[int, ...], DevicePlan | None] = {}
    fleet: dict[str, DevicePlan] = {}
    for name, entries in layers.items():
        key = tuple(id(entry) for entry in entries)
        if key not in plans:
            plans[key] = _read(name, entries, reading)
        plan = plans[key]
        if plan is not None:
            fleet[name] = replace(plan, name=name)
    return fleet


def _over(earlier: Node, later: Node) -> Node:
    if isinstance(earlier, Mapping) and isinstance(later, Mapping):
        return overlaid(earlier, later)
    return later


def _layers(section: Mapping, reading: FileReading) -> dict[str, list[Entry]]:
    layers: dict[str, list[Entry]] = {}
    for entry in section.entries:
        try:
            names = _NAMES.parse(entry.key.text)
        except Unfit as error:
            reading.at(entry.key.place, error.what, error.hint)
            continue
        for name in names:
            layers.setdefault(name, []).append(entry)
        if len(layers) > MOST_NAMES:
            reading.at(entry.key.place, f"the fleet has more than {MOST_NAMES} devices")
            return {}
    return layers


def _read(name: str, entries: list[Entry], reading: FileReading) -> DevicePlan | None:
    node = entries[0].value
    for entry in entries[1:]:
        node = _over(node, entry.value)
    path = ("fleet", name)
    values = reading.values(node, path, entries[-1].key)
    plan = Record(DevicePlan).read(values, path, reading)
    return None if plan is MISSING else plan
