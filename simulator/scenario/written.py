"""Kinds of values that have a short form in scenario files only."""

from __future__ import annotations

import re
import shlex
from typing import Any

from simulator.action.declaration import ListOf, Record
from simulator.action.kind import MISSING, Choice, Kind, Path, Reading, Schemas, Text, Unfit, as_text, shown
from simulator.clock import FASTEST

_TRUTHS = {"yes": True, "on": True, "true": True, "no": False, "off": False, "false": False}


class Switch(Record):
    """`no` for none, `yes` for the declared class as it is by default, or a map of its fields."""

    def __init__(self, declared: type) -> None:
        super().__init__(declared)
        self.words = "yes, no or map"

    def read(self, value: object, path: Path, reading: Reading) -> Any:
        truth = (
            value if isinstance(value, bool) else _TRUTHS.get(value.lower()) if isinstance(value, str) else None
        )
        if truth is not None:
            return self.declared() if truth else None
        if isinstance(value, str):
            reading.problem(path, f"expected yes, no or a map, not {shown(value)}")
            return MISSING
        return super().read(value, path, reading)

    def show(self, value: Any) -> Any:
        return "no" if value is None else super().show(value) or "yes"

    def schema(self, schemas: Schemas) -> dict[str, Any]:
        return {"anyOf": [{"enum": [True, False, *_TRUTHS]}, super().schema(schemas)]}


class BrokerKind(Record):
    """`embedded`, an address, or a map."""

    def __init__(self, declared: type) -> None:
        super().__init__(declared)
        self.words = "embedded, address or map"

    def read(self, value: object, path: Path, reading: Reading) -> Any:
        return self.declared() if value == "embedded" else super().read(value, path, reading)

    def show(self, value: Any) -> Any:
        return super().show(value) or "embedded"

    def schema(self, schemas: Schemas) -> dict[str, Any]:
        return {"anyOf": [{"const": "embedded"}, super().schema(schemas)]}


class RegistrarKind(BrokerKind):
    """`embedded`, an address, a map, or `no`."""

    def __init__(self, declared: type) -> None:
        super().__init__(declared)
        self.words = "embedded, address, map or no"

    def read(self, value: object, path: Path, reading: Reading) -> Any:
        return None if value in ("no", False) else super().read(value, path, reading)

    def show(self, value: Any) -> Any:
        return "no" if value is None else super().show(value)

    def schema(self, schemas: Schemas) -> dict[str, Any]:
        return {"anyOf": [{"enum": ["no", False]}, super().schema(schemas)]}


class ClockMode(Choice):
    """`real`, `scaled` or `stepped`."""

    def __init__(self) -> None:
        super().__init__(("real", "scaled", "stepped"))


class ClockKind(Record):
    """`real`, `stepped`, `x10` for ten times as fast, or a map."""

    def __init__(self, declared: type) -> None:
        super().__init__(declared)
        self.words = "real, stepped, x10 or map"

    def read(self, value: object, path: Path, reading: Reading) -> Any:
        if not isinstance(value, str):
            return super().read(value, path, reading)
        if value in {"real", "stepped"}:
            return self.declared(mode=value)
        rate = re.fullmatch(r"x(\d{1,3}(?:\.\d{1,3})?)", value)
        if rate and 0 < float(rate[1]) <= FASTEST:
            return self.declared(mode="scaled", rate=float(rate[1]))
        reading.problem(path, f"no clock {shown(value)}", f"write real, stepped, or x2 to x{FASTEST:g}")
        return super().read({}, path, reading)

    def schema(self, schemas: Schemas) -> dict[str, Any]:
        short = {"type": "string", "pattern": r"^(real|stepped|x[0-9]+(\.[0-9]+)?)$"}
        return {"anyOf": [short, super().schema(schemas)]}


class Command(Kind):
    """A program and its arguments: a list, or one line split as a shell splits it, without a shell."""

    words = "command line or list"
    _list = ListOf(Text(), fewest=1)

    def read(self, value: object, path: Path, reading: Reading) -> Any:
        return (
            self._list.read(value, path, reading)
            if isinstance(value, list)
            else super().read(value, path, reading)
        )

    def parse(self, value: object) -> tuple[str, ...]:
        text = as_text(value, "a command")
        try:
            words = shlex.split(text)
        except ValueError as error:
            raise Unfit(f"command cannot be split: {error}", "close the quotes, or write a list") from None
        if not words:
            raise Unfit("command is missing")
        return tuple(words)

    def show(self, value: Any) -> list[str]:
        return list(value)

    def schema(self, schemas: Schemas) -> dict[str, Any]:
        return self._list.schema(schemas)
