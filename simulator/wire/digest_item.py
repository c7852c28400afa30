"""The list of items behind `Digest` in challenges and answers, the same in HTTP and SIP (RFC 7616 section 3)."""

from __future__ import annotations

import re

from simulator.errors import MalformedMessage

_ITEM = re.compile(
    r'[\s,]{0,8}([A-Za-z0-9_-]{1,32})\s{0,8}=\s{0,8}(?:"((?:[^"\\]++|\\.)*+)"|([^\s,"]*+))', re.DOTALL
)
"""Name and quoted or bare value. Possessive and bounded: no header makes it try anything twice."""
_QUOTABLE = re.compile(r'["\\]')
_ESCAPED = r"\\\g<0>"
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)


def items(value: str, position: int = 0) -> dict[str, str]:
    """The items from a position on by lower-case name, quotes and escapes taken out. Raises MalformedMessage."""
    found: dict[str, str] = {}
    for match in _ITEM.finditer(value, position):
        if match.start() != position:
            break
        position = match.end()
        name, quoted, token = match.groups()
        if quoted is None:
            quoted = token
        elif "\\" in quoted:
            quoted = _ESCAPE.sub(r"\1", quoted)
        found[name.lower()] = quoted
    if value[position:].strip(" \t,"):
        raise MalformedMessage("not a list of items", offset=position)
    return found


def escaped(text: str) -> str:
    """A text as it stands inside quotes."""
    return _QUOTABLE.sub(_ESCAPED, text)
