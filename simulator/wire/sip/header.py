"""What SIP headers mean: Via, addresses, CSeq and parameters, read only when asked for (RFC 3261 section 20, sheet 2.1).

Everything here raises MalformedMessage for text that breaks the grammar, and nothing else.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from simulator.errors import MalformedMessage
from simulator.wire.sip.message import MalformedSip, Request, split_list
from simulator.wire.sip.parameter import Params, params_text, parse_params, quote, unescape, with_params
from simulator.wire.sip.uri import LONGEST_REMEMBERED, SipUri, Uri, host_text, parse_uri

if TYPE_CHECKING:
    from simulator.wire.sip.message import Headers, Message

COOKIE = "z9hG4bK"
"""What a branch of RFC 3261 begins with; without it the peer knows only RFC 2543."""
_NO_OPTIONS: frozenset[str] = frozenset()
LARGEST_CSEQ = 2**31 - 1
LARGEST_EXPIRES = 2**32 - 1
LARGEST_PORT = 65_535

_QUOTED = re.compile(r'"((?:[^"\\]++|\\.)*+)"', re.DOTALL)
_VIA = re.compile(
    r"SIP[ \t]*+/[ \t]*+([0-9.]+)[ \t]*+/[ \t]*+([A-Za-z0-9.!%*_+`'~-]+)[ \t]++"
    r"(?:\[([0-9A-Fa-f:.]{2,45})\]|([A-Za-z0-9._-]+))(?:[ \t]*+:[ \t]*+([0-9]{1,5}))?(?=[ \t;]|$)",
    re.IGNORECASE,
)
_PLAIN_ADDRESS = re.compile(r"""(?:"([^"\\\r\n]*)" ?)?<([^<> \t]+)>(?:;tag=([A-Za-z0-9.!%*_+`'~-]+))?""")
"""A From, To or Contact as nearly all are written."""
_BARE_ADDRESS = re.compile(r"""[^ \t<>",?:]+:[^ \t<>",?]*""")
"""An address that needs no brackets."""
_CSEQ = re.compile(r"([0-9]{1,20})[ \t]+([A-Za-z0-9.!%*_+`'~-]+)")


class Via(NamedTuple):
    """One hop: transport token in upper case, the address it wants the answer at, and parameters."""

    transport: str
    host: str
    port: int | None = None
    params: Params = {}  # noqa: RUF012 - never changed

    @property
    def branch(self) -> str:
        """The transaction's name as written; empty where there is none."""
        return self.params.get("branch") or ""

    @property
    def is_rfc3261(self) -> bool:
        """Whether the branch names the transaction, as it has since RFC 3261."""
        return self.branch[:7].lower() == COOKIE.lower() and len(self.branch) > 7

    @property
    def received(self) -> str | None:
        """Where the request really came from; IPv6 without brackets."""
        value = self.params.get("received")
        return value.strip("[]") if value else None

    @property
    def rport(self) -> int | None:
        """The port the request really came from; None where absent, empty or no port."""
        value = self.params.get("rport")
        return int(value) if value and value.isascii() and value.isdigit() and len(value) < 6 else None

    @property
    def wants_rport(self) -> bool:
        """Whether the sender asks for the answer at the port it sent from (RFC 3581)."""
        return "rport" in self.params

    def __str__(self) -> str:
        place = host_text(self.host) if self.port is None else f"{host_text(self.host)}:{self.port}"
        return f"SIP/2.0/{self.transport} {place}{params_text(self.params)}"


class NameAddr(NamedTuple):
    """An address with the name to show and the parameters of its header, as in From, To, Contact and Route."""

    display: str
    """Without quotes and escapes."""
    uri: str
    """As written, without angle brackets; `*` in a Contact that means all."""
    params: Params = {}  # noqa: RUF012 - never changed

    @property
    def tag(self) -> str | None:
        """The `tag` parameter, or None."""
        return self.params.get("tag")

    def address(self) -> Uri:
        """The address in parts."""
        return parse_uri(self.uri)

    def __str__(self) -> str:
        if self.uri == "*":
            return "*"
        return f"{display_text(self.display)}<{self.uri}>{params_text(self.params)}"


class CSeq(NamedTuple):
    """The number of a request and its method."""

    number: int
    method: str

    def __str__(self) -> str:
        return f"{self.number} {self.method}"


def parse_via(text: str) -> Via:
    """One value of Via."""
    match = _VIA.match(text)
    if match is None:
        raise MalformedMessage("Via names no transport and host")
    port = int(match[5]) if match[5] else None
    if port is not None and port > LARGEST_PORT:
        raise MalformedMessage("Via names a port that is none")
    return Via(match[2].upper(), match[3] or match[4], port, parse_params(text, match.end()))


def via(headers: Headers) -> Via:
    """The top Via."""
    return parse_via(_first_of_list(_required(headers, "Via")))


def vias(headers: Headers) -> tuple[Via, ...]:
    """All hops, the last one first."""
    return tuple(parse_via(value) for value in headers.all("via"))


def stamp(headers: Headers, host: str, port: int, top: Via | None = None) -> Via:
    """Write into the top Via where the request came from, and return it; all else stays byte for byte.

    `received` is added when the sender's own word differs or it asks for `rport`, which then gets its value
    (RFC 3261 18.2.1, RFC 3581 4, sheet 3.1). `top` is the Via where it has been read already.
    """
    line = _required(headers, "Via")
    text = _first_of_list(line)
    if top is None:
        top = parse_via(text)
    wanted: Params = {}
    if top.wants_rport:
        wanted["rport"] = str(port)
    if top.wants_rport or top.host.lower() != host.lower():
        wanted["received"] = host
    if not wanted:
        return top
    asked = f"{text};".find(";rport;") if "received" not in top.params and '"' not in text else -1
    if asked >= 0:
        value = asked + len(";rport")
        stamped = f"{text[:value]}={port}{text[value:]};received={host}"
    else:
        stamped = with_params(text, wanted)
    start = line.index(text)
    headers.replace_first("via", line[:start] + stamped + line[start + len(text) :])
    return Via(top.transport, top.host, top.port, top.params | wanted)


def name_addr(text: str) -> NameAddr:
    """A value of From, To, Contact, Route, Record-Route, Refer-To and the like."""
    if (match := _PLAIN_ADDRESS.fullmatch(text)) is not None:
        return NameAddr(match[1] or "", match[2], {} if match[3] is None else {"tag": match[3]})
    text = text.strip(" \t")
    display = ""
    rest = text
    if text[:1] == '"':
        match = _QUOTED.match(text)
        if match is None:
            raise MalformedMessage("a quoted name that does not end")
        display = unescape(match[1])
        rest = text[match.end() :].lstrip(" \t")
        if rest[:1] != "<":
            raise MalformedMessage("a quoted name without an address", offset=match.end())
    opened = rest.find("<")
    if opened < 0:
        uri, semicolon, _ = rest.partition(";")
        uri = uri.rstrip(" \t")
        if uri != "*" and not _BARE_ADDRESS.fullmatch(uri):
            raise MalformedMessage("no address")
        return NameAddr("", uri, parse_params(rest, rest.index(";")) if semicolon else {})
    closed = rest.find(">", opened)
    if closed < 0:
        raise MalformedMessage("an address without its closing bracket")
    if opened:
        display = rest[:opened].strip(" \t")
    uri = rest[opened + 1 : closed]
    if not uri or " " in uri or "\t" in uri:
        raise MalformedMessage("brackets without an address, or with blanks in it")
    return NameAddr(display, uri, parse_params(rest, closed + 1))


def options(headers: Headers, name: str) -> frozenset[str]:
    """The option tags, methods or other tokens of a list header such as Supported; what is no token just matches none."""
    lines = headers.raw(name)
    if not lines:
        return _NO_OPTIONS
    line = lines[0] if len(lines) == 1 else ",".join(lines)
    return _tokens_remembered(line) if len(line) <= LONGEST_REMEMBERED else _tokens(line)


def _tokens(line: str) -> frozenset[str]:
    return frozenset([part.strip(" \t") for part in line.split(",")])


_tokens_remembered = lru_cache(maxsize=256)(_tokens)


def contacts(headers: Headers) -> tuple[NameAddr, ...]:
    """All Contacts; a single one with the uri `*` means all bindings."""
    return tuple(name_addr(value) for value in headers.all("contact"))


def contact(headers: Headers) -> NameAddr | None:
    """The first Contact, or None."""
    line = headers.get("contact")
    return name_addr(_first_of_list(line)) if line else None


def from_(headers: Headers) -> NameAddr:
    """Who sent the request."""
    return name_addr(_required(headers, "From"))


def to(headers: Headers) -> NameAddr:
    """Whom it is for."""
    return name_addr(_required(headers, "To"))


def tag(text: str) -> str | None:
    """The tag of a From or To value, or None."""
    return name_addr(text).tag


def with_tag(text: str, new: str) -> str:
    """The value of a To with our tag, all else byte for byte; unchanged where it has a tag already.

    One that cannot be read gets the tag too: that is how a request is refused because of it. None at all stays none.
    """
    try:
        return text if not text or tag(text) is not None else f"{text};tag={new}"
    except MalformedMessage:
        return f"{text};tag={new}"


def cseq(headers: Headers) -> CSeq:
    """Number and method; the number is below 2^31 (sheet 2.1)."""
    match = _CSEQ.fullmatch(_required(headers, "CSeq"))
    if match is None:
        raise MalformedMessage("CSeq is no number and method")
    number = int(match[1])
    if number > LARGEST_CSEQ:
        raise MalformedMessage("CSeq is 2^31 or more")
    return CSeq(number, match[2])


def call_id(headers: Headers) -> str:
    """The Call-ID as written."""
    return _required(headers, "Call-ID")


def seconds(text: str | None, absent: int) -> int:
    """A time span as in Expires: more than 2^32-1 means 2^32-1, garbage means what is absent (sheet 2.1)."""
    digits = (text or "").partition(";")[0].strip(" \t")
    if not (digits.isascii() and digits.isdigit()):
        return absent
    return min(int(digits.lstrip("0")[:20] or "0"), LARGEST_EXPIRES)


def number(text: str | None) -> int | None:
    """A plain number, leading zeros allowed, at most ten digits; None for anything else."""
    return int(text) if text and len(text) <= 10 and text.isascii() and text.isdigit() else None


def media_type(text: str) -> str:
    """The type of a Content-Type in lower case and without blanks and parameters."""
    return "/".join(part.strip(" \t") for part in text.partition(";")[0].split("/")).lower()


def display_text(display: str) -> str:
    """A name before an address, always quoted as pjsip does, with the blank after it; nothing for no name."""
    return f"{quote(display)} " if display else ""


_ONCE = ("From", "To", "Call-ID", "CSeq", "Max-Forwards")


class Essentials(NamedTuple):
    """What every message carries, read."""

    via: Via
    """The top one."""
    sender: NameAddr
    """From."""
    receiver: NameAddr
    """To."""
    call_id: str
    cseq: CSeq


def check(message: Message) -> Essentials:
    """What every message needs before it goes up (sheet 2.2): Via, From, To, Call-ID and a CSeq of the same method.

    Also that none of them stands there twice, and that a Request-URI carries no headers (RFC 4475 3.3.8, 3.1.2.11).
    Raises MalformedSip; `message_so_far` is the request where a 400 can be sent, None where it is to be dropped.
    """
    headers = message.headers
    top: Via | None = None
    try:
        top = via(headers)
        if headers.count("via") > 1 or "," in _required(headers, "Via"):
            vias(headers)
        found = Essentials(top, from_(headers), to(headers), call_id(headers), cseq(headers))
        if twice := headers.repeated(_ONCE):
            raise MalformedMessage(f"{twice} twice")
        if isinstance(message, Request):
            _check_request(message, found.cseq)
    except MalformedMessage as error:
        awaited = message if isinstance(message, Request) and top and message.method != "ACK" else None
        raise MalformedSip(error.what, message_so_far=awaited) from None
    return found


def _check_request(request: Request, sequence: CSeq) -> None:
    if sequence.method != request.method:
        raise MalformedMessage("CSeq names another method")
    if "?" in request.uri and isinstance(uri := parse_uri(request.uri), SipUri) and uri.headers:
        raise MalformedMessage("headers in the Request-URI")


def _required(headers: Headers, name: str) -> str:
    value = headers.get(name)
    if not value:
        raise MalformedMessage(f"no {name}")
    return value


def _first_of_list(line: str) -> str:
    if "," not in line:
        return line
    values = split_list(line)
    if not values:
        raise MalformedMessage("an empty list")
    return values[0]
