"""SIP requests and responses as text and bytes (RFC 3261 section 7, sheet sip-rtp 2).

Header values stay as they were written, so that Via, From, Call-ID and CSeq are echoed byte for byte; what they mean is
worked out only for who asks (`header.py`). Bytes that are no UTF-8 are kept as surrogate escapes.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from simulator.errors import MalformedMessage, SimulatorBug
from simulator.wire.sip.header_name import KEYS, is_list, key_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

VERSION = "SIP/2.0"
LARGEST_HEAD = 65_536
"""Bytes before the body (sheet 2.1)."""
MOST_HEADERS = 256

_TOKEN = re.compile(r"[A-Za-z0-9.!%*_+`'~-]+")
_METHODS = frozenset(
    "INVITE ACK BYE CANCEL OPTIONS REGISTER INFO UPDATE PRACK MESSAGE NOTIFY SUBSCRIBE REFER PUBLISH".split()  # noqa: SIM905
)
_STATUS_LINE = re.compile(r"(SIP/[0-9]+\.[0-9]+) ([0-9]{3})(?: (.*))?", re.DOTALL)
_VERSION = re.compile(r"SIP/[0-9]+\.[0-9]+")
_LIST_PIECE = re.compile(r'(?:[^,"<]++|"(?:[^"\\]++|\\.)*+"|<[^>]*+>)*+', re.DOTALL)


class MalformedSip(MalformedMessage):
    """Bytes that are no SIP message.

    `message_so_far` is the request that can be refused with `status`, or None where nobody waits for an answer.
    """

    def __init__(
        self, what: str, *, offset: int = 0, message_so_far: Request | None = None, status: int = 400
    ) -> None:
        super().__init__(what, offset=offset)
        self.message_so_far = message_so_far
        self.status = status


def split_list(text: str) -> tuple[str, ...]:
    """The values of a comma list; a comma inside quotes or angle brackets does not split. Raises MalformedMessage."""
    if "," not in text:
        text = text.strip(" \t")
        return (text,) if text else ()
    if '"' not in text and "<" not in text:
        return tuple(stripped for part in text.split(",") if (stripped := part.strip(" \t")))
    found = []
    position = 0
    while True:
        match = _LIST_PIECE.match(text, position)
        assert match is not None  # it matches nothing at least
        if value := match[0].strip(" \t"):
            found.append(value)
        position = match.end()
        if position == len(text):
            return tuple(found)
        if text[position] != ",":
            raise MalformedMessage("a quote or bracket that does not end", offset=position)
        position += 1


class Headers:
    """Header lines in their order. Names are compared in any case and in long or compact form; values stay as written."""

    __slots__ = ("_keys", "_names", "_values")

    def __init__(self, *lines: tuple[str, str]) -> None:
        self._keys: list[str] = []
        self._names: list[str] = []
        self._values: list[str] = []
        for name, value in lines:
            self.add(name, value)

    def get(self, name: str) -> str | None:
        """The value of the first such line as written, or None."""
        try:
            return self._values[self._keys.index(KEYS.get(name) or key_of(name))]
        except ValueError:
            return None

    def raw(self, name: str) -> tuple[str, ...]:
        """The value of each such line as written."""
        key = KEYS.get(name) or key_of(name)
        times = self._keys.count(key)
        if times < 2:
            return (self._values[self._keys.index(key)],) if times else ()
        return tuple([value for k, value in zip(self._keys, self._values, strict=True) if k == key])

    def all(self, name: str) -> tuple[str, ...]:
        """All values of such lines; comma lists are split for the headers that may be lists. Raises MalformedMessage."""
        lines = self.raw(name)
        return tuple(value for line in lines for value in split_list(line)) if is_list(name) else lines

    def count(self, name: str) -> int:
        """How many such lines there are."""
        return self._keys.count(KEYS.get(name) or key_of(name))

    def repeated(self, names: Iterable[str]) -> str | None:
        """The first of these names that more than one line has, or None."""
        if len(set(self._keys)) == len(self._keys):
            return None
        return next((name for name in names if self.count(name) > 1), None)

    def size(self) -> int:
        """Characters of all values."""
        return sum(map(len, self._values))

    def add(self, name: str, value: str) -> None:
        """Append a line."""
        self._keys.append(KEYS.get(name) or key_of(name))
        self._names.append(name)
        self._values.append(value)

    def prepend(self, name: str, value: str) -> None:
        """Put a line before all others, as a Via or a Route goes."""
        self._keys.insert(0, key_of(name))
        self._names.insert(0, name)
        self._values.insert(0, value)

    def set(self, name: str, value: str) -> None:
        """Make it the only such line, in the place of the first one or at the end."""
        key = key_of(name)
        if key not in self._keys:
            return self.add(name, value)
        first = self._keys.index(key)
        self._values[first] = value
        return self._keep(i for i, k in enumerate(self._keys) if k != key or i == first)

    def replace_first(self, name: str, value: str) -> None:
        """Write another value into the first such line; further lines stay. Adds the line if there is none."""
        key = key_of(name)
        if key in self._keys:
            self._values[self._keys.index(key)] = value
        else:
            self.add(name, value)

    def remove(self, name: str) -> None:
        """Take out all such lines."""
        key = key_of(name)
        if key in self._keys:
            self._keep(i for i, k in enumerate(self._keys) if k != key)

    def _keep(self, places: Iterator[int]) -> None:
        kept = list(places)
        for column in (self._keys, self._names, self._values):
            column[:] = [column[i] for i in kept]

    def copy(self) -> Headers:
        """The same lines, to be changed on their own."""
        twin = Headers()
        twin._keys, twin._names, twin._values = self._keys[:], self._names[:], self._values[:]
        return twin

    def __contains__(self, name: str) -> bool:
        return key_of(name) in self._keys

    def __iter__(self) -> Iterator[tuple[str, str]]:
        """Name and value of each line as written."""
        return iter(list(zip(self._names, self._values, strict=True)))

    def __len__(self) -> int:
        return len(self._keys)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Headers) and self._names == other._names and self._values == other._values

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return f"Headers({', '.join(map(repr, self))})"


@dataclass(slots=True)
class Request:
    """A request. `uri` is the text of the Request-URI, `method` is case sensitive."""

    method: str
    uri: str
    headers: Headers
    body: bytes = b""
    version: str = VERSION

    def encode(self) -> bytes:
        """The bytes on the wire, with the Content-Length that fits the body."""
        return _encode(f"{self.method} {self.uri} {self.version}", self.headers, self.body)


@dataclass(slots=True)
class Response:
    """A response; the phrase may be empty."""

    status: int
    phrase: str
    headers: Headers
    body: bytes = b""
    version: str = VERSION

    def encode(self) -> bytes:
        """The bytes on the wire, with the Content-Length that fits the body."""
        return _encode(f"{self.version} {self.status:03d} {self.phrase}", self.headers, self.body)


Message = Request | Response


def _encode(start: str, headers: Headers, body: bytes) -> bytes:
    lines = [start]
    measured = False
    for key, name, value in zip(headers._keys, headers._names, headers._values, strict=True):
        if key == "content-length":
            measured = True
            if not _is_length(value, len(body)):
                lines.append(f"{name}: {len(body)}")
                continue
        lines.append(f"{name}: {value}")
    if not measured:
        lines.append(f"Content-Length: {len(body)}")
    text = "\r\n".join(lines)
    if text.count("\n") != len(lines) - 1 or text.count("\r") != len(lines) - 1:
        raise SimulatorBug(f"a line end inside a header of {start!r}")
    return encoded(text) + b"\r\n\r\n" + body


def encoded(text: str) -> bytes:
    """Text as it goes over the wire: bytes that were no UTF-8 as they came. Half a character, as JSON may bring, is passed
    on too rather than refused."""
    try:
        return text.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        return text.encode("utf-8", "surrogatepass")


def _is_length(value: str, length: int) -> bool:
    return value.isascii() and value.isdigit() and len(value) <= 10 and int(value) == length


def is_keepalive(data: bytes) -> bool:
    """Whether a datagram is no message but a keepalive: nothing but line ends and blanks (sheet 2.1, 3.5)."""
    return not data.strip(b"\r\n \t\0")


def parse(data: bytes) -> Message:
    """The message in one datagram, or in the bytes that `StreamFraming` cut out of a stream.

    Line ends before it are skipped and bytes behind the body cut. The version may be another than SIP/2.0 (a 505 is due).
    Raises MalformedSip, with the request so far where a 400 can be sent.
    """
    if data[:1] in {b"\r", b"\n"}:
        data = data.lstrip(b"\r\n")
    head, ended, body = data.partition(b"\r\n\r\n")
    if len(head) > LARGEST_HEAD:
        raise MalformedSip("head is too long", offset=LARGEST_HEAD)
    text = head.decode("utf-8", "surrogateescape")
    start, *lines = text.split("\r\n")
    message = _start(start)
    if not text.count("\r") == text.count("\n") == len(lines):
        wrong = "bare line end"
        lines = [line for line in lines if "\r" not in line and "\n" not in line]  # nothing to be echoed
    elif not ended:
        wrong = "no empty line after the headers"
    else:
        wrong = ""
    wrong = _fill(message.headers, lines) or wrong
    if not wrong:
        message.body, wrong = _measured(message.headers, body)
    if not wrong and message.version != VERSION and not _VERSION.fullmatch(message.version):
        wrong = "start line is no request"
    if wrong:
        raise MalformedSip(wrong, offset=len(head), message_so_far=_answerable(message))
    return message


def _start(line: str) -> Message:
    """The message that a start line begins; a request with bad spacing comes without version."""
    method, _, rest = line.partition(" ")
    if method[:4] == "SIP/":
        match = _STATUS_LINE.fullmatch(line)
        if match is None:
            raise MalformedSip("status line is wrong")
        return Response(int(match[2]), match[3] or "", Headers(), version=match[1])
    if method not in _METHODS and not _TOKEN.fullmatch(method):
        raise MalformedSip("method is no token")
    uri, _, version = rest.rpartition(" ")
    if version != VERSION and not _VERSION.fullmatch(version):
        if "SIP/" not in rest:
            raise MalformedSip("start line without version", offset=len(line))
        version = ""
    if not uri or " " in uri or "\t" in uri or uri[0] == "<":
        version = ""
    return Request(method, uri, Headers(), b"", version)


def _fill(headers: Headers, lines: list[str]) -> str:
    """Take in header lines. Returns what is wrong with the first wrong one; the good ones are in all the same."""
    if len(lines) > MOST_HEADERS:
        return "too many headers"
    keys, names, values = headers._keys, headers._names, headers._values
    known = KEYS.get
    wrong = ""
    refused = 0  # lines taken when one was refused: what is folded behind that one is refused with it
    for line in lines:
        name, colon, value = line.partition(":")
        key = known(name)
        if key is None:
            if line[:1] in {" ", "\t"} and refused != len(values):
                values[-1] = (values[-1] + line).strip(" \t")
                continue
            name = name.rstrip(" \t")
            if not colon or not _TOKEN.fullmatch(name):
                wrong = wrong or (line and "header line without a name")
                refused = len(values)
                continue
            key = key_of(name)
        keys.append(key)
        names.append(name)
        values.append(value.strip(" \t"))
    return wrong


def content_length(headers: Headers) -> int | None:
    """What Content-Length says; None where it is absent. Raises MalformedMessage where it is no number or two."""
    text = headers.get("Content-Length")
    if text is None:
        return None
    if not (text.isascii() and text.isdigit() and len(text) <= 10):
        raise MalformedMessage("Content-Length is no number")
    length = int(text)
    if headers.count("Content-Length") > 1:
        for other in headers.raw("Content-Length"):
            if not _is_length(other, length):
                raise MalformedMessage("Content-Length twice and different")
    return length


def _measured(headers: Headers, body: bytes) -> tuple[bytes, str]:
    """The body that belongs to the message, and what is wrong with its length."""
    try:
        length = content_length(headers)
    except MalformedMessage as error:
        return body, error.what
    if length is None or length == len(body):
        return body, ""
    return body[:length], "body is shorter than Content-Length" if length > len(body) else ""


def _answerable(message: Message) -> Request | None:
    """The request, if somebody waits for its answer and there is a Via to send it by."""
    if isinstance(message, Request) and message.method != "ACK" and message.headers.get("via"):
        return message
    return None
