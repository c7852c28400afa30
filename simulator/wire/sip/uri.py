"""SIP addresses (RFC 3261 section 19.1): `sip:` and `sips:` in parts, every other scheme as opaque text."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple
from urllib.parse import unquote

from simulator.errors import MalformedMessage

LONGEST_REMEMBERED = 200
"""Characters of an address that is kept with its parts."""

_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*")
_HOST_PORT = re.compile(r"(?:\[([0-9A-Fa-f:.]{2,45})\]|([A-Za-z0-9._-]+))(?::([0-9]{1,5}))?")
_ESCAPED = re.compile(r"%([0-9A-Fa-f]{2})")
_BAD_ESCAPE = re.compile(r"%(?![0-9A-Fa-f]{2})")
_UNWANTED = re.compile(r'[\x00-\x20<>"\x7f]')
_RESERVED = frozenset(";/?:@&=+$,%")
_ALWAYS_COMPARED = ("user", "ttl", "method", "maddr", "transport")
"""Parameters that make two addresses differ when only one has them (RFC 3261 19.1.4)."""


class SipUri(NamedTuple):
    """A `sip:` or `sips:` address. User, password, parameters and headers are kept as written, escapes included."""

    scheme: str = "sip"
    user: str | None = None
    password: str | None = None
    host: str = ""
    """A name, an IPv4 address or an IPv6 address without brackets."""
    port: int | None = None
    params: dict[str, str | None] = {}  # noqa: RUF012 - never changed
    """By lower-case name; None for a parameter without a value, as in `;lr`."""
    headers: str = ""
    """What stands behind the question mark."""

    def __str__(self) -> str:
        text = [self.scheme, ":"]
        if self.user is not None:
            text += [self.user, f":{self.password}@" if self.password is not None else "@"]
        text.append(host_text(self.host))
        if self.port is not None:
            text.append(f":{self.port}")
        text += [f";{name}" if value is None else f";{name}={value}" for name, value in self.params.items()]
        if self.headers:
            text.append(f"?{self.headers}")
        return "".join(text)

    @property
    def is_secure(self) -> bool:
        """Whether every hop must be TLS."""
        return self.scheme == "sips"

    @property
    def user_name(self) -> str:
        """The user with its escapes taken out; empty where there is none."""
        return unquote(self.user or "", errors="surrogateescape")

    @property
    def transport(self) -> str | None:
        """The `transport` parameter in lower case, or None."""
        value = self.params.get("transport")
        return value.lower() if value else None

    def without(self, *names: str, headers: bool = True) -> SipUri:
        """The same without some parameters, and without headers: as a Request-URI or a To is made of a Contact."""
        kept = {name: value for name, value in self.params.items() if name not in names}
        left = "" if headers else self.headers
        return SipUri(self.scheme, self.user, self.password, self.host, self.port, kept, left)


class OpaqueUri(NamedTuple):
    """An address of another scheme, as `tel:` or `urn:`: nothing is known of its inside."""

    scheme: str
    text: str
    """All of it, scheme included."""

    def __str__(self) -> str:
        return self.text


Uri = SipUri | OpaqueUri


def host_text(host: str) -> str:
    """A host as it stands in addresses and in Via: IPv6 in brackets."""
    return f"[{host}]" if ":" in host else host


def parse_uri(text: str) -> Uri:
    """An address out of its text. Raises MalformedMessage.

    The few addresses that a peer uses come with every message of its: short ones are remembered.
    """
    return _remembered(text) if len(text) <= LONGEST_REMEMBERED else _parsed(text)


def _parsed(text: str) -> Uri:
    scheme, colon, rest = text.partition(":")
    if not colon or not _SCHEME.fullmatch(scheme):
        raise MalformedMessage("address without a scheme")
    if _UNWANTED.search(text):
        raise MalformedMessage("address with blanks or brackets in it")
    scheme = scheme.lower()
    if scheme not in {"sip", "sips"}:
        return OpaqueUri(scheme, text)
    if "%" in rest and _BAD_ESCAPE.search(rest):
        raise MalformedMessage("address with a broken escape")
    user: str | None = None
    password: str | None = None
    if "@" in rest:
        user, _, rest = rest.partition("@")
        if ":" in user:
            user, _, password = user.partition(":")
        if not user:
            raise MalformedMessage("address with an empty user")
    rest, _, headers = rest.partition("?")
    place, *params = rest.split(";")
    host, port = parse_host(place)
    return SipUri(scheme, user, password, host, port, _parameters(params) if params else {}, headers)


_remembered = lru_cache(maxsize=1024)(_parsed)


def parse_host(text: str) -> tuple[str, int | None]:
    """Host and port; brackets around IPv6 are taken off. Raises MalformedMessage."""
    match = _HOST_PORT.fullmatch(text)
    if match is None:
        raise MalformedMessage(f"{text[:80]!r} is no host")
    port = int(match[3]) if match[3] else None
    if port is not None and port > 65_535:
        raise MalformedMessage(f"{port} is no port")
    return match[1] or match[2], port


def _parameters(parts: list[str]) -> dict[str, str | None]:
    found: dict[str, str | None] = {}
    for part in parts:
        name, equals, value = part.partition("=")
        if not name:
            raise MalformedMessage("address with an empty parameter")
        if name.lower() in found:
            raise MalformedMessage(f"address with {name[:40]!r} twice")
        found[name.lower()] = value if equals else None
    return found


def equal(a: Uri | str, b: Uri | str) -> bool:
    """Whether two addresses are the same (RFC 3261 19.1.4): user exact, host in any case, escapes taken out.

    A text that is no address equals nothing but itself.
    """
    if a == b:
        return True
    try:
        a = parse_uri(a) if isinstance(a, str) else a
        b = parse_uri(b) if isinstance(b, str) else b
    except MalformedMessage:
        return False
    if isinstance(a, OpaqueUri) or isinstance(b, OpaqueUri):
        return str(a) == str(b)
    return (
        a.scheme == b.scheme
        and _plain(a.user) == _plain(b.user)
        and _plain(a.password) == _plain(b.password)
        and a.host.lower() == b.host.lower()
        and a.port == b.port
        and _same_params(a.params, b.params)
        and _header_set(a.headers) == _header_set(b.headers)
    )


def _same_params(a: dict[str, str | None], b: dict[str, str | None]) -> bool:
    for name in a.keys() | b.keys():
        if name in a and name in b:
            if _plain(a[name]).lower() != _plain(b[name]).lower():
                return False
        elif name in _ALWAYS_COMPARED:
            return False
    return True


def _header_set(headers: str) -> list[tuple[str, str]]:
    pairs = (part.partition("=") for part in headers.split("&") if part)
    return sorted((_plain(name).lower(), _plain(value)) for name, _, value in pairs)


def _plain(text: str | None) -> str:
    """Escapes taken out, but for those of reserved characters, which mean something else unescaped."""
    if text is None:
        return "\0"  # no user and an empty one differ
    return _ESCAPED.sub(_unescaped, text) if "%" in text else text


def _unescaped(match: re.Match[str]) -> str:
    character = chr(int(match[1], 16))
    return match[0].upper() if character in _RESERVED or character >= "\x80" else character
