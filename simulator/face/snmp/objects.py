"""The table of all groups of objects, and the template of a kind of device that follows from it.

To add objects, write a module with `group(profile) -> Group` and add it to `GROUPS`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from simulator.face.snmp import enterprise, framework, host_resources, interfaces, internet, system
from simulator.wire.snmp.object_tree import Instance, Template

if TYPE_CHECKING:
    from simulator.device.profile import Profile
    from simulator.face.snmp.row import Group

GROUPS: Final[tuple[Callable[[Profile], Group], ...]] = (
    system.group,
    interfaces.group,
    internet.group,
    framework.group,
    host_resources.group,
    enterprise.group,
)
_KINDS = 64
"""Profiles whose template is kept."""

_templates: dict[tuple[int, str], tuple[Profile, Template]] = {}


def template_of(
    profile: Profile, additional: str = "", more: Callable[[str], tuple[Instance, ...]] | None = None
) -> Template:
    """The objects of one model on one firmware, with those of the file `additional`; made once and shared.

    An object that the device has itself wins over an additional one of the same name.
    """
    key = (id(profile), additional)
    known = _templates.get(key)
    if known is not None:
        return known[1]
    groups = [group(profile) for group in GROUPS]
    own = [one for group in groups for one in group.instances]
    tables = [table for group in groups for table in group.tables]
    taken = {one.oid for one in own}
    columns = {column for table in tables for column in table.columns}
    added = [
        one
        for one in (more(additional) if more is not None and additional else ())
        if one.oid not in taken and not any(one.oid[: len(column)] == column for column in columns)
    ]
    template = Template([*own, *added], tables)
    if len(_templates) >= _KINDS:
        _templates.clear()
    _templates[key] = profile, template
    return template
