"""Groups that param.cgi adds from a template and removes again (core sheet 2.5, `add` and `remove`).

The one template of these products is `streamprofile`, which the speaker has because it serves audio streams; both
doors to it, param.cgi and streamprofile.cgi, read the same parameters.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from simulator.device.parameter import Definition, Level
from simulator.face.vapix.param_list import without_root

if TYPE_CHECKING:
    from collections.abc import Mapping

    from simulator.device.device import Device

GROUP = "StreamProfile"
LIMIT = f"{GROUP}.MaxGroups"
MEMBERS = ("Description", "Name", "Parameters")
LEVEL = "4444"
LONGEST_VALUE = 1024


def entries(device: Device) -> list[str]:
    """Full names of the groups that exist, `StreamProfile.S0` first."""
    return [name for name in _names(device) if f"{name}.Name" in device.parameters]


def free_entry(device: Device) -> str | None:
    """Full name of the first group that does not exist yet; None when there is room for no more."""
    return next((name for name in _names(device) if f"{name}.Name" not in device.parameters), None)


def define(device: Device, entry: str) -> None:
    """Make a group with empty members; nothing happens to one that exists."""
    for member in MEMBERS:
        if f"{entry}.{member}" not in device.parameters:
            device.parameters.define(Definition(f"{entry}.{member}", "", LEVEL, longest=LONGEST_VALUE))


def limit(device: Device) -> int:
    """How many groups there may be; 0 on a product without streams."""
    return int(device.parameters.get(LIMIT, "0"))


def _names(device: Device) -> list[str]:
    return [f"{GROUP}.S{number}" for number in range(limit(device))]


def add_group(device: Device, level: Level, fields: Mapping[str, str]) -> str:
    """Make one group with the lowest free number; the answer's text."""
    if level < Level.OPERATOR:
        return "# Request failed: Access denied\n"
    if LIMIT not in device.parameters or fields.get("template", "").lower() != GROUP.lower():
        return "# Request failed: Unknown template\n"
    if without_root(fields.get("group", "")) != GROUP:
        return "# Request failed: Unknown group\n"
    entry = free_entry(device)
    if entry is None:
        return "# Request failed: Maximum number of groups reached\n"
    return _fill(device, entry, fields)


def _fill(device: Device, entry: str, fields: Mapping[str, str]) -> str:
    given = {without_root(name).rpartition(".")[2]: value for name, value in fields.items() if "." in name}
    wrong = [name for name, value in given.items() if name not in MEMBERS or not acceptable(value)]
    define(device, entry)
    for member in MEMBERS:
        if member in given and member not in wrong:
            device.parameters.write(f"{entry}.{member}", given[member])
    problem = f"# Error: Error setting '{wrong[0][:64]}'\n" if wrong else ""
    return f"{problem}{entry.rpartition('.')[2]} OK\n"


def acceptable(value: str) -> bool:
    """Whether a member takes this value: printable, at most 1024 characters."""
    return len(value) <= LONGEST_VALUE and value.isprintable()


def remove_groups(device: Device, level: Level, groups: list[str]) -> str:
    """Take away groups that were added; the answer's text."""
    if level < Level.OPERATOR:
        return "# Request failed: Access denied\n"
    for group in groups:
        entry = without_root(group)
        if entry not in entries(device):
            return f"# Request failed: Unknown group '{_one_line(group)}'\n"
        forget(device, entry)
    return "OK" if groups else "# Request failed: No group given\n"


def forget(device: Device, entry: str) -> None:
    """Remove one group with its members."""
    for member in MEMBERS:
        device.parameters.remove(f"{entry}.{member}")


def forget_all(device: Device) -> None:
    """Factory state has none."""
    for entry in entries(device):
        forget(device, entry)


def _one_line(text: str) -> str:
    return "".join(char if char.isprintable() else " " for char in text)[:64]
