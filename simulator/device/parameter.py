"""The parameter store: one tree of settings per device, as an overlay on a base shared by its profile.

Every door to a setting (param.cgi, a JSON API, REST, SOAP) reads and writes here, so that all show one state.
A parameter knows its type, its access level (core sheet 2.5: four digits create, delete, read, write) and
what survives which reset. Names are full, without the leading `root.`: `Network.HTTP.AuthenticationPolicy`.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from dataclasses import dataclass, field
from enum import IntEnum, StrEnum
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import TYPE_CHECKING

from simulator.errors import FleetError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping


class Level(IntEnum):
    """Who may: the digits of a security level."""

    ANYONE = 0
    VIEWER = 1
    OPERATOR = 4
    ADMINISTRATOR = 6
    INTERNAL = 7


class Survival(StrEnum):
    """The strongest reset a changed value outlives."""

    VOLATILE = "volatile"
    """Gone at restart: actual state such as `Network.eth0.IPAddress`."""
    RESTART = "restart"
    """Kept over restarts, gone with a restore or factory default: most settings."""
    RESTORE = "restore"
    """Kept by a restore ("factory default, keep IP"): boot protocol, static address, 802.1X, ..."""
    ALWAYS = "always"
    """Kept over everything: identity, engine boots."""


LONGEST_VALUE = 4_096
"""Characters of a value whose definition names no limit: a guess that bounds what a hostile client can store."""

_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
"""Control characters, line ends of any kind and lone surrogates: a list shows one parameter per line, as UTF-8."""


class Refused(FleetError):
    """A write the parameter does not allow: unknown, read-only, wrong type or out of range."""


@dataclass(frozen=True, slots=True)
class Definition:
    """One parameter of a profile: default value, type and rules."""

    name: str
    default: str
    level: str = "7766"
    kind: str = "string"
    """string, int, bool, enum, ip, ipList, hostname, password"""
    choices: tuple[str, ...] = ()
    minimum: int | None = None
    maximum: int | None = None
    longest: int | None = None
    flags: frozenset[str] = field(default_factory=frozenset)
    """ro, wo, const, hid, int: the attributes of `listdefinitions`"""
    survival: Survival = Survival.RESTART

    @property
    def read(self) -> Level:
        return Level(int(self.level[2]))

    @property
    def write(self) -> Level:
        return Level.INTERNAL if self.flags & {"ro", "const"} else Level(int(self.level[3]))

    def checked(self, value: str) -> str:
        """`value` as it is stored. Booleans are taken in either case and stored as declared.

        Raises Refused. The recorded default is always taken, whatever the range says.
        """
        if value == self.default:
            return value
        longest = LONGEST_VALUE if self.longest is None else self.longest
        if len(value) > longest:
            raise Refused(f"{self.name} takes at most {longest} characters")
        if _UNPRINTABLE.search(value):
            raise Refused(f"{self.name} takes no control characters")
        check = _CHECKS.get(self.kind)
        return value if check is None else check(self, value)


def _check_int(definition: Definition, value: str) -> str:
    if not re.fullmatch(r"-?[0-9]{1,12}", value):
        raise Refused(f"{definition.name} takes a whole number")
    number = int(value)
    low, high = definition.minimum, definition.maximum
    if (low is not None and number < low) or (high is not None and number > high):
        raise Refused(f"{definition.name} takes {_range(low, high)}")
    return str(number)


def _range(low: int | None, high: int | None) -> str:
    if low is None or high is None:
        return f"at most {high}" if low is None else f"at least {low}"
    return f"{low} to {high}"


def _check_choice(definition: Definition, value: str) -> str:
    for choice in definition.choices:
        if choice.lower() == value.lower():
            return choice
    raise Refused(f"{definition.name} takes one of {', '.join(definition.choices)}")


def _check_ip(definition: Definition, value: str) -> str:
    """The recorded definitions say `ip` for both families; the group tells which is meant."""
    family = IPv6Address if ".IPv6." in definition.name else IPv4Address
    try:
        return str(family(value)) if value else value
    except ValueError:
        raise Refused(f"{definition.name} takes an IP address") from None


def _check_ip_list(definition: Definition, value: str) -> str:
    try:
        return " ".join(str(ip_address(part)) for part in value.replace(",", " ").split())
    except ValueError:
        raise Refused(f"{definition.name} takes IP addresses") from None


def _check_hostname(definition: Definition, value: str) -> str:
    if value and not re.fullmatch(r"[A-Za-z0-9]([A-Za-z0-9.-]{0,253}[A-Za-z0-9])?", value):
        raise Refused(f"{definition.name} takes a host name or address")
    return value


_CHECKS: dict[str, Callable[[Definition, str], str]] = {
    "int": _check_int,
    "bool": _check_choice,
    "enum": _check_choice,
    "ip": _check_ip,
    "ipList": _check_ip_list,
    "hostname": _check_hostname,
}


_AFTER_DOT = chr(ord(".") + 1)
_SETTINGS = frozenset({Survival.RESTART, Survival.RESTORE})


class ParameterStore:
    """Settings of one device. Reading a parameter costs one or two dictionary lookups."""

    def __init__(self, base: Mapping[str, Definition]) -> None:
        self._base = base
        self._own: dict[str, Definition] = {}
        self._changed: dict[str, str] = {}
        self._in_order: list[str] | None = None
        """All names sorted, made when a group is first asked for."""
        self._listeners: dict[str, list[Callable[[str, str], None]]] = {}

    def __getitem__(self, name: str) -> str:
        """The present value. Raises KeyError for an unknown name."""
        changed = self._changed.get(name)
        if changed is not None:
            return changed
        own = self._own.get(name)
        return (self._base[name] if own is None else own).default

    def get(self, name: str, default: str = "") -> str:
        """The present value, or `default` where this product or firmware has no such parameter."""
        changed = self._changed.get(name)
        if changed is not None:
            return changed
        definition = self._own.get(name, self._base.get(name))
        return default if definition is None else definition.default

    def __contains__(self, name: str) -> bool:
        return name in self._base or name in self._own

    def definition(self, name: str) -> Definition:
        """The rules of one parameter. Raises KeyError."""
        own = self._own.get(name)
        return self._base[name] if own is None else own

    def names(self) -> Iterator[str]:
        """All names, in no particular order."""
        yield from (name for name in self._base if name not in self._own)
        yield from self._own

    def group(self, group: str) -> list[str]:
        """The names below `group`, and `group` itself where it is the name of a parameter."""
        if self._in_order is None:
            self._in_order = sorted(self.names())
        names = self._in_order
        below = names[bisect_left(names, f"{group}.") : bisect_left(names, f"{group}{_AFTER_DOT}")]
        return [group, *below] if group in self else below

    def enabled(self, name: str) -> bool:
        """A yes/no, on/off or true/false parameter as a truth; False where it does not exist."""
        return self.get(name).lower() in {"yes", "on", "true"}

    def write(self, name: str, value: str) -> bool:
        """Change a setting by the rules of its type; True if the value is new. Raises Refused.

        Access levels are the caller's business: it knows who asks.
        """
        if name not in self:
            raise Refused(f"no parameter {name}")
        return self.put(name, self.definition(name).checked(value))

    def put(self, name: str, value: str) -> bool:
        """Store a value without checks: actual state that a component mirrors. True if it is new."""
        if self[name] == value:
            return False
        if self.definition(name).default == value:
            self._changed.pop(name, None)
        else:
            self._changed[name] = value
        for listener in (*self._listeners.get(name, ()), *self._listeners.get("", ())):
            listener(name, value)
        return True

    def define(self, definition: Definition) -> None:
        """Add a parameter of this device alone, a clip's or a port's, or give one of the base other rules."""
        self._own[definition.name] = definition
        self._in_order = None
        if self._changed.get(definition.name) == definition.default:
            del self._changed[definition.name]

    def remove(self, name: str) -> None:
        """Take back one that `define` added. Raises KeyError for any other."""
        del self._own[name]
        self._in_order = None
        self._changed.pop(name, None)

    def on_change(self, name: str, listener: Callable[[str, str], None]) -> None:
        """Call `listener(name, value)` after each change of `name`; an empty name means all."""
        self._listeners.setdefault(name, []).append(listener)

    def reset(self, survivors: frozenset[Survival]) -> None:
        """Forget every changed value whose survival class is not among `survivors`.

        Restart keeps all but VOLATILE, a restore keeps RESTORE and ALWAYS, factory default only ALWAYS.
        """
        for name in tuple(self._changed):
            if self.definition(name).survival not in survivors:
                self.put(name, self.definition(name).default)

    def rebase(self, base: Mapping[str, Definition], *, without: Iterable[str] = ()) -> None:
        """Stand on another firmware's tree, without some of the parameters that `define` added.

        Changed values stay where the new tree has a parameter of that name.
        """
        for name in without:
            del self._own[name]
        self._base, self._in_order = base, None
        kept = {name: value for name, value in self._changed.items() if name in self}
        self._changed = {name: value for name, value in kept.items() if value != self.definition(name).default}

    def snapshot(self) -> dict[str, str]:
        """The changed settings, as a firmware rollback restores them.

        Actual state and what outlives everything, such as the count of boots, are no settings.
        """
        return {name: value for name, value in self._changed.items() if self._is_setting(name)}

    def restore(self, snapshot: Mapping[str, str]) -> None:
        """Make the changed settings those of `snapshot`; names this firmware lacks are dropped."""
        for name in tuple(self._changed):
            if name not in snapshot and self._is_setting(name):
                self.put(name, self.definition(name).default)
        for name, value in snapshot.items():
            if name in self:
                self.put(name, value)

    def _is_setting(self, name: str) -> bool:
        return self.definition(name).survival in _SETTINGS
