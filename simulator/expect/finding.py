"""What a finder gives back, and what it is given."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any, Protocol

from simulator.action.target import expand
from simulator.expect.event_name import BY_NAME, EventName

if TYPE_CHECKING:
    from simulator.expect.expectation import Expectation
    from simulator.expect.mark import Mark


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that was seen. Without differences it is what was expected."""

    text: str
    differs: tuple[str, ...] = ()
    at: float | None = None
    """Device seconds, where they are known."""
    number: int = 0
    """Its place among those of one instant: the record's or the sighting's number."""

    @property
    def matches(self) -> bool:
        return not self.differs


class Eyes(Protocol):
    """What finders may use: the control API's answers and the independent observers. A `Session` is one."""

    observed_since: int

    def fleet(self) -> dict[str, Any]: ...
    def snapshot(self, name: str) -> dict[str, Any]: ...
    def device(self, name: str) -> dict[str, Any]: ...
    def ask_modbus(
        self, host: str, port: int, unit: int, function: int, register: int, count: int
    ) -> dict[str, Any]: ...
    def clock(self) -> dict[str, Any]: ...
    def journal(self, after: int = 0, kinds: str = "", device: str | None = None) -> dict[str, Any]: ...
    def seen(self, face: str, after: int, device: str = "") -> list[dict[str, Any]]: ...
    def phones(self) -> list[dict[str, Any]]: ...
    def registrars(self) -> list[dict[str, Any]]: ...
    def hearing(self, device: str, seconds: float = 1.0, tone: float | None = None) -> dict[str, Any]: ...
    def states(self, device: str) -> list[dict[str, Any]]: ...
    def told(self, face: str, device: str) -> list[dict[str, Any]]: ...
    def watches_stream(self, device: str) -> bool: ...
    def streaming(self, device: str) -> bool: ...
    def ask_snmp(self, device: str, oid: str, version: str, community: str = "") -> dict[str, Any]: ...
    def ask(self, device: str, path: str, *, method: str = "GET", body: object = None) -> dict[str, Any]: ...


@dataclass(frozen=True, slots=True)
class Look:
    """One look of a finder: what is expected of one device since a moment."""

    eyes: Eyes
    expectation: Expectation
    device: str
    """Empty for the whole fleet."""
    since: Mark
    client: ClientOutput | None = None


class ClientOutput(Protocol):
    """The client under test as its runner knows it."""

    def lines(self) -> list[str]:
        """What it has printed so far."""

    def exit_code(self) -> int | None:
        """None while it runs or was never started."""


Finder = Callable[[Look], list[Finding]]


def differences(wanted: dict[str, str], found: dict[str, Any]) -> tuple[str, ...]:
    """Which of the wanted values differ, as `state=open, not cut`. Wanted text may hold globs; keys may be paths."""
    told = []
    for key, value in wanted.items():
        present = reach(found, key)
        if not fnmatchcase(shown(present), value):
            told.append(f"{key}={shown(present)}, not {value}")
    return tuple(told)


def reach(found: Any, path: str) -> Any:
    """The member that `a.b` names, or None; a key that holds dots counts first."""
    if isinstance(found, dict):
        if path in found:
            return found[path]
        head, _, rest = path.partition(".")
        return reach(found.get(head), rest) if rest else None
    return None


def status_matches(wanted: str, status: int) -> bool:
    """`200` is 200, `5xx` any from 500 to 599."""
    text = str(status)
    return text == wanted or (wanted.endswith("xx") and text[0] == wanted[0])


def shown(value: Any) -> str:
    """A JSON value as people write it in a scenario."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return "none" if value is None else str(value)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What an event query asks for, in the catalogue's terms."""

    topic: str
    source: dict[str, str]
    data: dict[str, str]
    item: str
    values: tuple[str, ...]
    """Values of `item` that count; empty for any."""
    word: str
    """How the query says it."""

    port_item: str
    """Source item that holds the port; empty where any port counts."""
    port: str

    def differs(self, source: dict[str, Any], data: dict[str, Any]) -> tuple[str, ...]:
        told = [*differences(self.source, source), *differences(self.data, data)]
        if self.port_item and not port_fits(self.port, shown(source.get(self.port_item))):
            told.insert(0, f"{self.port_item}={shown(source.get(self.port_item))}, not {self.port}")
        if self.values and shown(data.get(self.item)) not in self.values:
            told.append(f"{self.item}={shown(data.get(self.item))}, not {self.word or ' or '.join(self.values)}")
        return tuple(told)


def wanted_event(query: Any) -> Wanted:
    """The topic, source and data that a query names by short name, state and port."""
    named = BY_NAME.get(query.event) or EventName(query.event, query.event, "")
    source = dict(getattr(query, "source", ()))
    data = dict(getattr(query, "data", ()))
    port_item = named.source if query.port and named.source not in source else ""
    values = named.values(query.state) if named.item else ()
    return Wanted(named.topic, source, data, named.item, values, query.state, port_item, query.port)


def port_fits(wanted: str, port: str) -> bool:
    """Whether a port id is meant: `3`, `{1..5}`, or `*` for every single one, which the sum of all (-1) is not."""
    return port.isdecimal() if wanted == "*" else port in expand(wanted)


def mapping(value: object) -> dict[str, Any]:
    """A JSON object, or an empty one where a stranger sent something else."""
    return value if isinstance(value, dict) else {}
