"""Recordings of agents: snmprec lines (`OID|TAG|VALUE`) and the text of `snmpwalk -On`, as managed objects.

snmprec tags are those of BER in decimal, with `x` behind them for hexadecimal values; modules of a simulator (`:`) say
how a value changes and are not taken. A walk's text is what net-snmp's tools print without MIB files.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final

from simulator.wire.snmp.ber import Oid, oid_text, parse_oid
from simulator.wire.snmp.value import EXCEPTIONS, Plain, Tag, content_of

Triple = tuple[Oid, Tag, Plain]
"""Name, type and value of one object."""
MOST_OBJECTS = 100_000
MOST_PROBLEMS = 20
"""Problems that are told; a file with more is probably something else."""
LONGEST_OCTETS = 65_000
_SNMPREC = re.compile(r"\.?(\d+(?:\.\d+)*)\|([0-9A-Za-z:]+)\|(.*)", re.DOTALL)
_WALK = re.compile(r"\.?(\d+(?:\.\d+)*) = (.*)", re.DOTALL)
_TYPED = re.compile(r"([A-Z][A-Za-z0-9 -]*?): ?(.*)", re.DOTALL)
_WRONG_TYPE = re.compile(r"Wrong Type \(should be [^)]*\): ")
_ENDS = ("No Such Object", "No Such Instance", "No more variables")
_SHOWN = 60


@dataclass(frozen=True, slots=True)
class Problem:
    """A line that cannot be used, counted from 1."""

    line: int
    what: str


@dataclass(slots=True)
class Recording:
    """The objects of a file in order, and what was wrong with it."""

    objects: list[Triple] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)


def read_recording(text: str) -> Recording:
    """Objects and problems; a name that comes twice is a problem. Never raises for any text."""
    recording, seen = Recording(), dict[Oid, int]()
    for number, line in _entries(text):
        try:
            found = _entry(line)
        except ValueError as error:
            recording.problems.append(Problem(number, str(error)))
            if len(recording.problems) >= MOST_PROBLEMS:
                break
            continue
        if found is None:
            continue
        if found[0] in seen:
            recording.problems.append(
                Problem(number, f"{oid_text(found[0])} stands in line {seen[found[0]]} already")
            )
            continue
        seen[found[0]] = number
        recording.objects.append(found)
        if len(recording.objects) > MOST_OBJECTS:
            recording.problems.append(Problem(number, f"more than {MOST_OBJECTS} objects"))
            break
    if not recording.objects and not recording.problems:
        recording.problems.append(Problem(1, "no objects"))
    recording.objects.sort(key=lambda one: one[0])
    return recording


def _entries(text: str) -> Iterator[tuple[int, str]]:
    """Entries with the line they begin in: a value in a walk may go on over several lines."""
    began, kept = 0, ""
    for number, line in enumerate(text.splitlines(), 1):
        fresh = _SNMPREC.match(line) or _WALK.match(line)
        if kept and not fresh and (line.strip() or _unfinished(kept)):
            kept += "\n" + line
            continue
        if kept:
            yield began, kept
            kept = ""
        if line.strip() and not line.lstrip().startswith("#"):
            began, kept = number, line
    if kept:
        yield began, kept


def _unfinished(entry: str) -> bool:
    """A quoted text that has not ended."""
    return entry.count('"') - entry.count('\\"') == 1


def _entry(line: str) -> Triple | None:
    """One object; None for what a walk says of objects that are not there. Raises ValueError."""
    found = _SNMPREC.fullmatch(line)
    if found is not None:
        return _of_snmprec(*found.groups())
    found = _WALK.fullmatch(line)
    if found is not None:
        return _of_walk(found[1], _WRONG_TYPE.sub("", found[2].strip()))
    raise ValueError(f"{line[:_SHOWN]!r} is neither OID|TAG|VALUE nor OID = TYPE: VALUE")


# snmprec

_SNMPREC_TAGS: Final = {str(int(tag)): tag for tag in Tag if tag not in EXCEPTIONS}
_TEXTUAL = frozenset({Tag.OCTETS, Tag.OPAQUE})


def _of_snmprec(name: str, kind: str, value: str) -> Triple | None:
    oid = parse_oid(name)
    if ":" in kind:
        raise ValueError(f"tag {kind} asks for a variation module, which a recording cannot have here")
    hexadecimal = kind.endswith("x")
    tag = _SNMPREC_TAGS.get(kind.removesuffix("x"))
    if tag is None:
        raise ValueError(
            f"no tag {kind}; known: {', '.join(sorted(_SNMPREC_TAGS, key=int))}, with x for hexadecimal"
        )
    if tag is Tag.NULL:
        return None
    if hexadecimal:
        octets = _hexadecimal(value)
        plain: Plain = octets if tag in _TEXTUAL or tag is Tag.ADDRESS else int.from_bytes(octets, "big")
    elif tag in _TEXTUAL:
        plain = _octets(value)
    else:
        plain = _PLAIN[tag](value.strip())
    return _checked(oid, tag, plain)


# snmpwalk -On


def _of_walk(name: str, told: str) -> Triple | None:
    oid = parse_oid(name)
    if told.startswith(_ENDS):
        return None
    if told in ('""', ""):
        return oid, Tag.OCTETS, b""
    typed = _TYPED.fullmatch(told)
    if typed is None or typed[1] not in _WALK_TYPES:
        known = ", ".join(_WALK_TYPES)
        raise ValueError(f"{told[:_SHOWN]!r} begins with no type; known: {known}")
    tag, read = _WALK_TYPES[typed[1]]
    return _checked(oid, tag, read(typed[2]))


def _checked(oid: Oid, tag: Tag, value: Plain) -> Triple:
    if isinstance(value, bytes) and len(value) > LONGEST_OCTETS:
        raise ValueError(f"a value of more than {LONGEST_OCTETS} octets")
    content_of(tag, value)
    return oid, tag, value


def _number(text: str) -> int:
    """`1`, `up(1)`, and with a unit behind it."""
    found = re.fullmatch(r"(?:[A-Za-z][\w-]*\()?(-?[0-9]{1,20})\)?(?: .*)?", text.strip(), re.DOTALL)
    if found is None:
        raise ValueError(f"{text[:_SHOWN]!r} is no number")
    return int(found[1])


def _ticks(text: str) -> int:
    """`(8496) 0:01:24.96`, or the number alone."""
    found = re.fullmatch(r"\(?([0-9]{1,10})\)?(?: .*)?", text.strip(), re.DOTALL)
    if found is None:
        raise ValueError(f"{text[:_SHOWN]!r} is no time in hundredths of a second")
    return int(found[1])


def _address(text: str) -> bytes:
    parts = text.strip().split(".")
    if len(parts) != 4 or not all(part.isascii() and part.isdecimal() and int(part[:4]) < 256 for part in parts):
        raise ValueError(f"{text[:_SHOWN]!r} is no IpAddress")
    return bytes(int(part) for part in parts)


def _quoted(text: str) -> bytes:
    """A text as net-snmp prints it: quotes and backslashes inside are escaped."""
    if len(text) >= 2 and text[0] == text[-1] == '"':
        text = re.sub(r"\\(.)", r"\1", text[1:-1], flags=re.DOTALL)
    return _octets(text)


def _octets(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")


def _hexadecimal(text: str) -> bytes:
    digits = "".join(text.split())
    if len(digits) % 2 or not re.fullmatch(r"[0-9A-Fa-f]*", digits):
        raise ValueError(f"{text[:_SHOWN]!r} is no whole number of hexadecimal octets")
    return bytes.fromhex(digits)


def _network_address(text: str) -> bytes:
    return _hexadecimal(text.replace(":", ""))


def _bits(text: str) -> bytes:
    """`A0 00 kind(0) kind(2)`"""
    found = re.match(r"(?:[0-9A-F]{2} ?)*", text)
    assert found is not None
    return _hexadecimal(found[0])


_PLAIN: Final[dict[Tag, Callable[[str], Plain]]] = {
    Tag.INTEGER: _number,
    Tag.COUNTER32: _number,
    Tag.GAUGE32: _number,
    Tag.COUNTER64: _number,
    Tag.TICKS: _number,
    Tag.ADDRESS: _address,
    Tag.OID: parse_oid,
}
_WALK_TYPES: Final[dict[str, tuple[Tag, Callable[[str], Plain]]]] = {
    "INTEGER": (Tag.INTEGER, _number),
    "STRING": (Tag.OCTETS, _quoted),
    "Hex-STRING": (Tag.OCTETS, _hexadecimal),
    "BITS": (Tag.OCTETS, _bits),
    "OID": (Tag.OID, lambda text: parse_oid(text.strip())),
    "IpAddress": (Tag.ADDRESS, _address),
    "Network Address": (Tag.ADDRESS, _network_address),
    "Counter32": (Tag.COUNTER32, _number),
    "Gauge32": (Tag.GAUGE32, _number),
    "Unsigned32": (Tag.GAUGE32, _number),
    "Timeticks": (Tag.TICKS, _ticks),
    "Counter64": (Tag.COUNTER64, _number),
}


def shown(problems: Iterable[Problem], file: str) -> str:
    """One line for each: `walk.txt:12: ...`."""
    return "\n".join(f"{file}:{problem.line}: {problem.what}" for problem in problems)
