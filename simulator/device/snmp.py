"""The SNMP settings of a device: one view of the parameters that every door to them shares (core sheet 3.5, A.4).

The password of the user `initial` is set once, and only a factory default clears it (manual, SNMP). What REST has and
the parameters have not, the switch for linkDown, is an internal parameter.
"""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from typing import TYPE_CHECKING

from simulator.device.parameter import Definition, Refused

if TYPE_CHECKING:
    from collections.abc import Callable

    from simulator.device.device import Device

_GROUP = "SNMP."
PASSWORD, PASSWORD_SET = "SNMP.InitialUserPasswd", "SNMP.InitialUserPasswdSet"
ENGINE_BOOTS = "SNMP.EngineBoots"
LINK_DOWN = "SNMP.Trap.T0.LinkDown.Enabled"
CONTACT, NAME, LOCATION = "SNMP.System.Contact", "SNMP.System.Name", "SNMP.System.Location"
USER = "initial"
PASSWORD_LENGTH = range(8, 51)
"""Characters that the password may have (manual, SNMP)."""
LONGEST_SYSTEM_TEXT = 255
_INTERNAL = frozenset({"int", "hid"})
_MEMORY = (
    Definition(LINK_DOWN, "no", "7777", "bool", ("yes", "no"), flags=_INTERNAL),
    Definition(CONTACT, "", "7777", longest=LONGEST_SYSTEM_TEXT, flags=_INTERNAL),
    Definition(NAME, "", "7777", longest=LONGEST_SYSTEM_TEXT, flags=_INTERNAL),
    Definition(LOCATION, "", "7777", longest=LONGEST_SYSTEM_TEXT, flags=_INTERNAL),
)
_SILENT = frozenset({ENGINE_BOOTS, PASSWORD_SET, CONTACT, NAME, LOCATION})
"""Parameters whose change is no change of a setting: the agent goes on."""
_TRAPS = {
    0: "SNMP.Trap.T0.ColdStart.Enabled",
    1: "SNMP.Trap.T0.WarmStart.Enabled",
    2: LINK_DOWN,
    3: "SNMP.Trap.T0.LinkUp.Enabled",
    4: "SNMP.Trap.T0.AuthFail.Enabled",
}
"""By the number of the generic trap."""
_LARGEST_COUNT = 0x7FFFFFFF


class SnmpSettings:
    """What the agent is set to. `informs` and `port_alarms` are choices of the bench, not of the product."""

    def __init__(self, device: Device) -> None:
        self._device = device
        self._parameters = device.parameters
        self._listeners: list[Callable[[], None]] = []
        self.informs = False
        """Send InformRequests instead of traps; the products send none (SNMP sheet 2.7)."""
        self.port_alarms = False
        """As if an action rule sent an SNMP trap for every change of a port."""
        self.additional = ""
        """File with objects that are served besides the device's own; empty for none."""
        self._quiet = False
        for definition in _MEMORY:
            device.parameters.define(definition)
        device.parameters.on_change("", self._changed)

    @property
    def available(self) -> bool:
        """AXIS OS 13 has no `SNMP` parameters (core sheet A.3)."""
        return "SNMP.Enabled" in self._parameters

    @property
    def enabled(self) -> bool:
        return self._parameters.enabled("SNMP.Enabled")

    @property
    def v1(self) -> bool:
        return self._parameters.enabled("SNMP.V1")

    @property
    def v2c(self) -> bool:
        return self._parameters.enabled("SNMP.V2c")

    @property
    def v3(self) -> bool:
        return self._parameters.enabled("SNMP.V3")

    @property
    def tcp(self) -> bool:
        return self._parameters.get("SNMP.TransportProtocol") == "tcp"

    @property
    def read_community(self) -> str:
        return self._parameters.get("SNMP.V1ReadCommunity")

    @property
    def write_community(self) -> str:
        return self._parameters.get("SNMP.V1WriteCommunity")

    @property
    def password(self) -> str:
        return self._parameters.get(PASSWORD)

    @property
    def dscp(self) -> int:
        """Differentiated services code point of the answers."""
        return int(self._parameters.get("SNMP.DSCP") or 0)

    @property
    def engine_boots(self) -> int:
        return int(self._parameters.get(ENGINE_BOOTS) or 0)

    @property
    def traps(self) -> bool:
        """Whether traps are sent at all: v1 and v2c only (manual, SNMP)."""
        settings = self._parameters
        versions = self.v1 or self.v2c
        return self.enabled and versions and settings.enabled("SNMP.Trap.Enabled") and bool(self.trap_address)

    @property
    def trap_address(self) -> str:
        return self._parameters.get("SNMP.Trap.T0.Address")

    @property
    def trap_community(self) -> str:
        return self._parameters.get("SNMP.Trap.T0.Community")

    def sends(self, generic: int) -> bool:
        """Whether this generic trap is ticked."""
        return self.traps and self._parameters.enabled(_TRAPS[generic])

    @property
    def authentication_traps(self) -> bool:
        """`snmpEnableAuthenTraps`"""
        return self._parameters.enabled(_TRAPS[4])

    def switch_authentication_traps(self, on: bool) -> None:
        """As a manager switches them: the agent goes on."""
        self._quiet = True
        self._parameters.put(_TRAPS[4], "yes" if on else "no")
        self._quiet = False

    def count_start(self, at_least: int = 1) -> int:
        """The agent starts: `snmpEngineBoots` of this start (SNMP sheet 2.1)."""
        boots = min(max(self.engine_boots + 1, at_least), _LARGEST_COUNT)
        self._parameters.put(ENGINE_BOOTS, str(boots))
        return boots

    def count_from(self, boots: int) -> None:
        """The next start raises this number, as if the memory of earlier ones were lost."""
        self._parameters.put(ENGINE_BOOTS, str(boots))

    def set_password(self, password: str) -> None:
        """Once. Raises Refused for a second time, or a length that is not allowed."""
        if self._parameters.enabled(PASSWORD_SET):
            raise Refused(f"{PASSWORD} is set already")
        if len(password) not in PASSWORD_LENGTH:
            raise Refused(f"{PASSWORD} takes {PASSWORD_LENGTH[0]} to {PASSWORD_LENGTH[-1]} characters")
        self._parameters.write(PASSWORD, password)

    def on_change(self, listener: Callable[[], None]) -> None:
        """Call `listener()` after a change of a setting."""
        self._listeners.append(listener)

    def _changed(self, name: str, value: str) -> None:
        if self._quiet or not name.startswith(_GROUP) or name in _SILENT:
            return
        if name == PASSWORD:
            self._password_changed(value)
        for listener in tuple(self._listeners):
            listener()

    def _password_changed(self, value: str) -> None:
        """From now on nobody writes it; a reset to nothing makes it free again."""
        definition = self._parameters.definition(PASSWORD)
        self._parameters.define(_closed(definition) if value else _opened(definition))
        self._parameters.put(PASSWORD_SET, "yes" if value else "no")


@lru_cache(maxsize=64)
def _closed(definition: Definition) -> Definition:
    """The same for all devices of a profile."""
    return replace(definition, flags=definition.flags | {"ro"})


@lru_cache(maxsize=64)
def _opened(definition: Definition) -> Definition:
    return replace(definition, flags=definition.flags - {"ro"})
