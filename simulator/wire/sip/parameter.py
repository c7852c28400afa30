"""Parameters and quoted strings, as they stand in many SIP headers (RFC 3261 section 25.1, sheet sip-rtp 2.1)."""

from __future__ import annotations

import re

from simulator.errors import MalformedMessage

Params = dict[str, str | None]
"""Parameters by lower-case name, values as written (quotes included), None where there is no value."""

_TOKEN = re.compile(r"[A-Za-z0-9.!%*_+`'~-]+")
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)
_PARAM = re.compile(
    r"""[ \t]*+;[ \t]*+(?:([A-Za-z0-9.!%*_+`'~-]++)[ \t]*+(?:=[ \t]*+("(?:[^"\\]++|\\.)*+"|[^ \t;,"]*+))?)?+""",
    re.DOTALL,
)
_PLAIN_PARAMS = re.compile(r"(?:;[A-Za-z0-9.!%*_+`'~-]++(?:=[^ \t;,\"\r\n]*+)?)++")
"""Parameters without blanks and quotes, as nearly all are written."""
_PARAM_TEXT = re.compile(r';((?:[^;"]++|"(?:[^"\\]++|\\.)*+")*+)', re.DOTALL)


def parse_params(text: str, position: int = 0) -> Params:
    """The parameters from a position to the end; of one given twice the first counts."""
    found: Params = {}
    if _PLAIN_PARAMS.fullmatch(text, position):
        for part in text[position + 1 :].split(";"):
            name, equals, value = part.partition("=")
            found.setdefault(name.lower(), value if equals else None)
        return found
    end = len(text)
    while position < end:
        match = _PARAM.match(text, position)
        if match is None or match.end() == position:
            if text[position:].strip(" \t"):
                raise MalformedMessage("parameters are garbled", offset=position)
            break
        if match[1] is not None:
            found.setdefault(match[1].lower(), match[2])
        position = match.end()
    return found


def params_text(params: Params) -> str:
    """Parameters as they are written behind an address."""
    if not params:
        return ""
    return "".join([f";{name}" if value is None else f";{name}={value}" for name, value in params.items()])


def unquote(value: str) -> str:
    """A parameter's value without quotes and escapes."""
    return unescape(value[1:-1]) if len(value) > 1 and value[0] == value[-1] == '"' else value


def quote(text: str) -> str:
    """A quoted string; line ends, which none can hold, become blanks."""
    plain = text.replace("\r", " ").replace("\n", " ")
    return '"' + plain.replace("\\", "\\\\").replace('"', '\\"') + '"'


def unescape(text: str) -> str:
    """The inside of a quoted string without its backslashes."""
    return _ESCAPE.sub(r"\1", text) if "\\" in text else text


def with_params(text: str, wanted: Params) -> str:
    """The text with these parameters written into it, in the place of those of the same name or at the end."""
    left = dict(wanted)
    pieces = [text.partition(";")[0]]
    for piece in _PARAM_TEXT.findall(text, len(pieces[0])):
        name = piece.partition("=")[0].strip(" \t").lower()
        pieces.append(f"{name}={left.pop(name)}" if name in left else piece)
    return ";".join(pieces) + params_text(left)


def is_token(text: str) -> bool:
    """Whether a text may stand where the grammar wants a token."""
    return _TOKEN.fullmatch(text) is not None
