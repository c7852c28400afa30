"""Sound processing that a client can set: automatic gain control of the input, an equaliser of the output.

What is set is kept and told again; how anything sounds does not change (audio sheet 4.2: which plugins a C1410 has, and
their ranges beyond those documented, is a guess).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from simulator.device.parameter import Refused
from simulator.journal import Kind

if TYPE_CHECKING:
    from collections.abc import Mapping

    from simulator.device.device import Device

Setting = bool | float
EQUALISER_BANDS = 10


@dataclass(frozen=True, slots=True)
class Plugin:
    """One step of processing. Each setting has its factory value; numbers lie between `low` and `high`."""

    id: str
    of_input: bool
    factory: Mapping[str, Setting]
    low: float
    high: float

    def checked(self, name: str, value: object) -> Setting:
        """A value that may be set. Raises Refused."""
        if name not in self.factory:
            raise Refused(f"{self.id} has no {name[:40]}")
        if isinstance(self.factory[name], bool):
            if not isinstance(value, bool):
                raise Refused(f"{name} is true or false")
            return value
        if isinstance(value, bool) or not isinstance(value, int | float) or not self.low <= value <= self.high:
            raise Refused(f"{name} takes {self.low:g} to {self.high:g}")
        return value


PLUGINS = (
    Plugin("automaticGainControl", True, {"enabled": False, "target": -20, "dynamicRange": 0}, -180, 0),
    Plugin(
        "simpleEq", False, {"enabled": False, **{f"band{number}": 0 for number in range(EQUALISER_BANDS)}}, -12, 12
    ),
)


class AudioMixer:
    """The plugins of one speaker, as they are set. They survive a restart."""

    def __init__(self, device: Device) -> None:
        self._device = device
        self._changed: dict[str, dict[str, Setting]] = {}
        device.lifecycle.on_default(self._defaulted)

    def plugin(self, name: str) -> Plugin:
        """Raises Refused for an unknown one."""
        found = next((plugin for plugin in PLUGINS if plugin.id == name), None)
        if found is None:
            raise Refused(f"no plugin {name[:40]}")
        return found

    def settings(self, plugin: Plugin) -> dict[str, Setting]:
        """All settings of a plugin."""
        return {**plugin.factory, **self._changed.get(plugin.id, {})}

    def set(self, plugin: Plugin, settings: Mapping[str, object]) -> None:
        """Change some of them, or none of them if one is wrong. Raises Refused."""
        checked = {name: plugin.checked(name, value) for name, value in settings.items()}
        self._changed.setdefault(plugin.id, {}).update(checked)
        self._device.note(Kind.STATE, "audio plugin", plugin=plugin.id, **checked)

    def _defaulted(self, hard: bool) -> None:
        self._changed.clear()
