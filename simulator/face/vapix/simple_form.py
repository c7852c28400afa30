"""The simple form of the call service: nested objects as flat `Key_Sub=value` pairs (audio sheet 8.1).

    SIPAccount_SIPProxies_0_Server="proxy.example.com"

`_` goes one level down, a number is the place in a list. true, false, null and numbers stand bare; strings may stand in
quotes and are URL-encoded. What comes in is text throughout: who takes it knows the type.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl, quote_plus

from simulator.device.call_setting import Written
from simulator.errors import MalformedMessage

DEEPEST = 6
"""Levels of nesting; the documented objects have four."""
LONGEST_LIST = 128
MOST_PAIRS = 2_000
_READABLE = ":/@;,*!()'?"
"""Signs that stay as they are inside a quoted string."""

Tree = dict[str, Any]


def parse_simple(query: str) -> Tree:
    """Pairs of a query or form body as a tree. Raises MalformedMessage for one that contradicts another."""
    try:
        pairs = parse_qsl(query, keep_blank_values=True, max_num_fields=MOST_PAIRS)
    except ValueError:
        raise MalformedMessage(f"more than {MOST_PAIRS} arguments") from None
    root: Tree = {}
    for name, value in pairs:
        _plant(root, name.split("_"), value)
    return {key: _grown(value) for key, value in root.items()}


def _plant(root: Tree, path: list[str], value: str) -> None:
    if len(path) > DEEPEST or not all(path):
        raise MalformedMessage(f"no such argument: {'_'.join(path)[:64]}")
    branch = root
    for step in path[:-1]:
        below = branch.setdefault(step, {})
        if not isinstance(below, dict):
            raise MalformedMessage(f"{step[:64]} is both a value and an object")
        branch = below
    if isinstance(branch.get(path[-1]), dict):
        raise MalformedMessage(f"{path[-1][:64]} is both a value and an object")
    branch[path[-1]] = _value(value)


def _value(text: str) -> Written | None:
    if text == "null":
        return None
    if len(text) >= 2 and text[0] == text[-1] == '"':
        text = text[1:-1]
    return Written(text)


def _grown(value: Any) -> Any:
    """Branches whose names are all numbers are lists."""
    if not isinstance(value, dict):
        return value
    if not all(name.isascii() and name.isdigit() for name in value):
        return {name: _grown(one) for name, one in value.items()}
    if any(len(name) > 3 or int(name) >= LONGEST_LIST for name in value):
        raise MalformedMessage(f"a list has at most {LONGEST_LIST} elements")
    return [_grown(value[name]) for name in sorted(value, key=int)]


def write_simple(content: Tree) -> str:
    """An answer as lines; an empty string is written null (audio sheet 8.1, of RegURI)."""
    return "".join(f"{line}\n" for name, value in content.items() for line in _lines(name, value))


def _lines(name: str, value: Any) -> list[str]:
    if isinstance(value, dict):
        return [line for key, below in value.items() for line in _lines(f"{name}_{key}", below)]
    if isinstance(value, (list, tuple)):
        return [line for place, below in enumerate(value) for line in _lines(f"{name}_{place}", below)]
    return [f"{name}={_word(value)}"]


def _word(value: Any) -> str:
    if value is None or value == "":
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, int) else f'"{quote_plus(value, safe=_READABLE, errors="replace")}"'
