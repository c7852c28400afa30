"""Kinds of values: how text of a file or JSON of a call becomes a typed value, and how that is told to others.

Each kind does four things from one declaration: it reads a value, shows it again as JSON, describes itself as JSON
Schema, and names itself in words for the reference page. Files carry text only (the loader decides nothing),
calls carry JSON; both are read here, so that a scenario and the control API never differ.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from ipaddress import IPv4Address, IPv4Interface
from typing import TYPE_CHECKING, Any, ClassVar, Final

from simulator.errors import Place, did_you_mean
from simulator.units import OPEN_CIRCUIT, format_duration, parse_duration, parse_ohms

if TYPE_CHECKING:
    from collections.abc import Sequence

Path = tuple[str | int, ...]
"""Keys and positions that lead to a value in a document."""

LONGEST_TEXT = 65_536
MISSING: Final = object()
"""Returned in place of a value that could not be read; the problem has been noted."""


class Unfit(ValueError):
    """A value that its kind does not take: what is wrong, and the remedy."""

    def __init__(self, what: str, hint: str = "") -> None:
        super().__init__(what)
        self.what, self.hint = what, hint


@dataclass(frozen=True, slots=True)
class Problem:
    """Something wrong at a path; `at_key` when the key is meant and not its value."""

    path: Path
    what: str
    hint: str
    at_key: bool = False


class Reading:
    """One pass over a document: collects every problem instead of stopping at the first."""

    def __init__(self) -> None:
        self.problems: list[Problem] = []

    def problem(self, path: Path, what: str, hint: str = "", *, at_key: bool = False) -> None:
        self.problems.append(Problem(path, what, hint, at_key))

    def place(self, path: Path) -> Place | None:
        """Where in a file the value stands; None for a call."""
        return None

    def stands_for(self, path: Path, other: Path) -> None:
        """Problems at `path` are told where `other` stands; a call has no places."""


@dataclass(slots=True)
class Schemas:
    """What a JSON Schema under construction is for, and the definitions it has gathered."""

    names: bool = False
    """Values may be `${name}`: true for scenario files."""
    prefix: str = "#/$defs/"
    found: dict[str, Any] = field(default_factory=dict)


class Kind:
    """A kind of single value. Containers override `read`, single values only `parse`."""

    words = "value"

    def read(self, value: object, path: Path, reading: Reading) -> Any:
        """The typed value, or MISSING after noting what is wrong."""
        try:
            return self.parse(value)
        except Unfit as error:
            reading.problem(path, error.what, error.hint)
        return MISSING

    def parse(self, value: object) -> Any:
        """The typed value. Raises Unfit."""
        raise NotImplementedError

    def show(self, value: Any) -> Any:
        """The JSON value that `read` takes back."""
        return value

    def order(self, keys: Sequence[str]) -> list[str]:
        """The keys of a map as they are written: those of declared classes in declared order, others as given."""
        return list(keys)

    def inside(self, key: str | int) -> Kind:
        """The kind of what stands under a key of a map or at a position of a list."""
        return Kind()

    def schema(self, schemas: Schemas) -> dict[str, Any]:
        """JSON Schema of what `read` takes."""
        single = self.single_schema()
        return {"anyOf": [single, _NAME_SCHEMA]} if schemas.names else single

    def single_schema(self) -> dict[str, Any]:
        return {}


_NAME_SCHEMA = {"type": "string", "pattern": r"\$\{[A-Za-z_][A-Za-z0-9_-]*\}"}


def declared_order(keys: Sequence[str], declared: Sequence[str]) -> list[str]:
    """Declared keys in their order, then the others as they come."""
    rank = {key: number for number, key in enumerate(declared)}
    return sorted(keys, key=lambda key: rank.get(key, len(rank)))


def shown(value: object) -> str:
    """A value as it appears in a message: short, quoted."""
    if isinstance(value, str):
        return repr(value if len(value) <= 60 else value[:57] + "...")
    if isinstance(value, Mapping):
        return "a map"
    return "a list" if isinstance(value, list | tuple) else repr(value)[:60]


def as_text(value: object, words: str) -> str:
    """The text of a single value. Raises Unfit for maps and lists."""
    if isinstance(value, str):
        if len(value) > LONGEST_TEXT:
            raise Unfit(f"text is longer than {LONGEST_TEXT} characters")
        if "\0" in value:
            raise Unfit("a text cannot hold a NUL character")
        return value
    if isinstance(value, int | float) and not isinstance(value, bool):
        return str(value)
    raise Unfit(f"expected {words}, not {shown(value)}")


class Text(Kind):
    """Any text; `pattern` and `words` narrow it."""

    def __init__(self, pattern: str = "", words: str = "text", *, example: str = "", empty: bool = False) -> None:
        self.pattern = pattern
        self._pattern = re.compile(pattern) if pattern else None
        self.words = words
        self._example = example
        self._empty = empty

    def parse(self, value: object) -> str:
        text = as_text(value, self.words)
        if not text and not self._empty:
            raise Unfit(f"{self.words} is missing", self._remedy())
        if self._pattern is not None and not self._pattern.fullmatch(text):
            raise Unfit(f"{shown(text)} is no {self.words}", self._remedy())
        return text

    def _remedy(self) -> str:
        return f"write for example {self._example}" if self._example else ""

    def single_schema(self) -> dict[str, Any]:
        schema: dict[str, Any] = {"type": ["string", "number", "boolean", *(["null"] if self._empty else [])]}
        return schema if self._pattern is None else {**schema, "pattern": f"^(?:{self._pattern.pattern})$"}


class Flag(Kind):
    """Yes or no, in the words that people and parameters use."""

    words = "yes or no"
    _MEANING: ClassVar = {"yes": True, "on": True, "true": True, "no": False, "off": False, "false": False}

    def parse(self, value: object) -> bool:
        if isinstance(value, bool):
            return value
        meaning = self._MEANING.get(value.lower()) if isinstance(value, str) else None
        if meaning is None:
            raise Unfit(f"expected yes or no, not {shown(value)}")
        return meaning

    def single_schema(self) -> dict[str, Any]:
        return {"enum": [True, False, *self._MEANING]}


class Whole(Kind):
    """A whole number within bounds."""

    def __init__(self, low: int = 0, high: int = 2**63 - 1) -> None:
        self._low, self._high = low, high
        self.words = f"whole number {low} to {high}" if high < 2**31 else f"whole number from {low}"

    def parse(self, value: object) -> int:
        text = as_text(value, "a whole number")
        if not re.fullmatch(r"-?[0-9]{1,19}", text):
            raise Unfit(f"expected a whole number, not {shown(text)}")
        if not self._low <= int(text) <= self._high:
            raise Unfit(f"{text} is outside {self._low} to {self._high}")
        return int(text)

    def single_schema(self) -> dict[str, Any]:
        return {"type": "integer", "minimum": self._low, "maximum": self._high}


class Number(Kind):
    """A decimal number within bounds."""

    def __init__(self, low: float = 0.0, high: float = 1e12) -> None:
        self._low, self._high = low, high
        self.words = f"number {low:g} to {high:g}" if high < 1e12 else f"number from {low:g}"

    def parse(self, value: object) -> float:
        text = as_text(value, "a number")
        if len(text) > 40 or not re.fullmatch(r"-?[0-9]+(\.[0-9]+)?(e-?[0-9]{1,3})?", text):
            raise Unfit(f"expected a number, not {shown(text)}")
        number = float(text)
        if not self._low <= number <= self._high:
            raise Unfit(f"{text} is outside {self._low:g} to {self._high:g}")
        return number

    def single_schema(self) -> dict[str, Any]:
        return {"type": "number", "minimum": self._low, "maximum": self._high}


class Duration(Kind):
    """A length of time with its unit, read as seconds: `250ms`, `30s`, `1m30s`, `2h`, `1d`."""

    words = "duration"

    def __init__(self, low: float = 0.0) -> None:
        self._low = low

    def parse(self, value: object) -> float:
        text = as_text(value, "a duration")
        try:
            seconds = parse_duration(text)
        except ValueError as error:
            raise _halved(error) from None
        if seconds < self._low:
            raise Unfit(f"{text} is shorter than {format_duration(self._low)}")
        return seconds

    def show(self, value: float) -> str:
        return format_duration(value)

    def single_schema(self) -> dict[str, Any]:
        return {"type": "string", "pattern": r"^\s*([0-9]+(\.[0-9]+)?\s*(ms|s|m|h|d)\s*)+$"}


class Resistance(Kind):
    """A resistance, read as ohms: `4700`, `4.7k`, `1M`, `inf` for an open circuit."""

    words = "resistance"

    def parse(self, value: object) -> float:
        text = as_text(value, "a resistance")
        try:
            return parse_ohms(text)
        except ValueError as error:
            raise _halved(error) from None

    def show(self, value: float) -> str:
        if value == OPEN_CIRCUIT:
            return "inf"
        return f"{value:.9f}".rstrip("0").rstrip(".")

    def single_schema(self) -> dict[str, Any]:
        pattern = r"^\s*([0-9]+(\.[0-9]+)?\s*[kM]?\s*(ohms?|Ω)?|inf|infinity|open circuit)\s*$"
        return {"anyOf": [{"type": "number", "minimum": 0}, {"type": "string", "pattern": pattern}]}


def _halved(error: ValueError) -> Unfit:
    what, _, hint = str(error).partition("; ")
    return Unfit(what, hint)


class Choice(Kind):
    """One word of a list. `type_of` turns the word into its enum, where there is one."""

    def __init__(self, words: Sequence[str], type_of: type = str) -> None:
        self._choices = tuple(words)
        self._type_of = type_of
        self.words = (
            " or ".join(self._choices) if len(self._choices) <= 2 else "one of " + ", ".join(self._choices)
        )

    def parse(self, value: object) -> Any:
        text = as_text(value, self.words)
        if text not in self._choices:
            known = did_you_mean(text, self._choices) or "known: " + ", ".join(self._choices)
            raise Unfit(f"unknown value {shown(text)}", known)
        return self._type_of(text)

    def show(self, value: Any) -> str:
        return str(value)

    def single_schema(self) -> dict[str, Any]:
        return {"enum": list(self._choices)}


class Address(Kind):
    """An IPv4 address; with `prefix` one that may carry its prefix length, as `192.168.5.10/24`."""

    def __init__(self, *, prefix: bool = False) -> None:
        self._prefix = prefix
        self.words = "IPv4 address with prefix length" if prefix else "IPv4 address"

    def parse(self, value: object) -> str:
        text = as_text(value, "an IPv4 address")
        try:
            if self._prefix:
                IPv4Interface(text)
            else:
                IPv4Address(text)
        except ValueError:
            example = "192.168.5.10/24" if self._prefix else "192.168.5.10"
            raise Unfit(f"{shown(text)} is no {self.words}", f"write for example {example}") from None
        return text

    def single_schema(self) -> dict[str, Any]:
        return {"type": "string", "pattern": r"^[0-9]+(\.[0-9]+){3}(/[0-9]+)?$"}
