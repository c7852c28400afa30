"""Objects out of a file that a device serves besides its own: what `axsim import snmp` writes.

The file is JSON: `{"objects": [["1.3.6.1.4.1.8072.1.0", "octets", "68656c6c6f"], ...]}`. Types are those of
`Tag` in lower case; numbers are numbers, octets and addresses hexadecimal digits, names dotted.
"""

from __future__ import annotations

import json
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

from simulator.errors import FleetError
from simulator.wire.snmp.ber import Oid, oid_text, parse_oid
from simulator.wire.snmp.object_tree import Instance
from simulator.wire.snmp.recording import MOST_OBJECTS, Triple
from simulator.wire.snmp.value import EXCEPTIONS, Plain, Tag, content_of

TYPES: Final = {tag.name.lower(): tag for tag in Tag if tag not in EXCEPTIONS and tag is not Tag.NULL}


@lru_cache(maxsize=16)
def read_additional(name: str) -> tuple[Instance, ...]:
    """The objects of a file, in order; none that is there twice. Raises FleetError."""
    try:
        found = json.loads(Path(name).read_text(encoding="utf-8"))["objects"]
        triples = [_triple(entry) for entry in found]
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
        raise FleetError(
            f"{name} holds no SNMP objects: {error}", hint="make it with `axsim import snmp`"
        ) from None
    if len(triples) > MOST_OBJECTS:
        raise FleetError(f"{name} holds more than {MOST_OBJECTS} SNMP objects")
    unique = {oid: (tag, value) for oid, tag, value in triples}
    return tuple(_instance(oid, tag, value) for oid, (tag, value) in sorted(unique.items()))


def as_text(triples: list[Triple]) -> str:
    """The file for these objects, one a line."""
    lines = [json.dumps([oid_text(oid), tag.name.lower(), _shown(tag, value)]) for oid, tag, value in triples]
    return '{"objects": [\n' + ",\n".join(lines) + "\n]}\n"


def _shown(tag: Tag, value: Plain) -> str | int | None:
    if isinstance(value, bytes):
        return value.hex()
    return oid_text(value) if isinstance(value, tuple) else value


def _triple(entry: Any) -> Triple:
    name, kind, value = entry
    tag = TYPES[kind]
    plain: Plain = value
    if tag in (Tag.OCTETS, Tag.ADDRESS, Tag.OPAQUE):
        plain = bytes.fromhex(value)
    elif tag is Tag.OID:
        plain = parse_oid(value)
    content_of(tag, plain)
    return parse_oid(name), tag, plain


def _instance(oid: Oid, tag: Tag, value: Plain) -> Instance:
    return Instance(oid, tag, lambda _context: value)
