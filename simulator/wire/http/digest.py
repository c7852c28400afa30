"""HTTP digest authentication as Apache's mod_auth_digest does it: RFC 7616 with MD5 and qop `auth`.

Pure functions and a stateless nonce mint; who has which password is not known here. What mod_auth_digest
checks, and in which order, is copied by the caller (core sheet 1.2): parse, uri, realm, password, then age.
"""

from __future__ import annotations

import base64
import hmac
import re
import struct
from hashlib import md5
from typing import NamedTuple
from urllib.parse import unquote_to_bytes

from simulator.errors import MalformedMessage
from simulator.wire.digest_item import escaped, items

NONCE_LENGTH = 52
"""12 base64 characters of an 8-byte time stamp and 40 hex digits of a SHA-1."""

_LONGEST_HEADER = 8190
"""Apache's LimitRequestFieldSize."""

_NONCE_COUNT = re.compile(r"[0-9A-Fa-f]{1,8}")


class DigestResponse(NamedTuple):
    """What a client sends in `Authorization: Digest`. Absent items are None."""

    username: str
    realm: str
    nonce: str
    uri: str
    response: str
    algorithm: str | None = None
    qop: str | None = None
    nc: str | None = None
    cnonce: str | None = None


def parse_authorization(value: str, target: str = "") -> DigestResponse:
    """The items of an `Authorization: Digest ...` value, scheme included.

    With the request's `target`, a uri that repeats it without the escapes of a quoted string is taken too: curl and
    python-requests send `uri="/io/port.cgi?action=1:/300\\"`, where RFC 7616 3.4 asks for `\\\\`.

    Raises MalformedMessage where mod_auth_digest finds the header invalid: an item missing, or a qop without
    cnonce and nc. Without qop it is an RFC 2069 answer, which is valid.
    """
    if len(value) > _LONGEST_HEADER:
        raise MalformedMessage("Authorization header is too long", offset=_LONGEST_HEADER)
    if not _is_of_bytes(value):
        raise MalformedMessage("Authorization holds what no header can")
    if "\\" in target:
        value = value.replace(f'uri="{target}"', f'uri="{escaped(target)}"', 1)
    found = items(value, value.find(" ") + 1)
    try:
        parsed = DigestResponse(
            found["username"],
            found["realm"],
            found["nonce"],
            found["uri"],
            found["response"],
            found.get("algorithm"),
            found.get("qop"),
            found.get("nc"),
            found.get("cnonce"),
        )
    except KeyError as missing:
        raise MalformedMessage(f"no {missing.args[0]} in Authorization", offset=len(value)) from None
    if parsed.qop is not None and (parsed.cnonce is None or not _NONCE_COUNT.fullmatch(parsed.nc or "")):
        raise MalformedMessage("qop without nc and cnonce in Authorization", offset=len(value))
    return parsed


def _is_of_bytes(value: str) -> bool:
    """Servers decode header bytes with `surrogateescape`; other surrogates never came over a wire."""
    try:
        value.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        return False
    return True


def challenge(realm: str, nonce: str, *, stale: bool = False) -> str:
    """The `WWW-Authenticate` value, items in the recorded order; `stale` stands only where it is true."""
    text = f'Digest realm="{realm}", nonce="{nonce}", algorithm=MD5, qop="auth"'
    return f"{text}, stale=true" if stale else text


def basic_challenge(realm: str) -> str:
    """The `WWW-Authenticate` value of Basic, as recorded over HTTPS (core sheet 1.3)."""
    return f'Basic realm="{realm}"'


def parse_basic(value: str) -> tuple[str, str]:
    """Name and password of an `Authorization: Basic ...` value. Raises MalformedMessage."""
    encoded = value[value.find(" ") + 1 :].strip()
    try:
        plain = base64.b64decode(encoded, validate=True).decode("utf-8", "surrogateescape")
    except ValueError:
        raise MalformedMessage("Basic credentials are no base64", offset=6) from None
    name, colon, password = plain.partition(":")
    if not colon:
        raise MalformedMessage("Basic credentials without a colon", offset=6)
    return name, password


def _hash(text: str) -> str:
    return md5(text.encode("utf-8", "surrogateescape"), usedforsecurity=False).hexdigest()


def expected_response(ha1: str, method: str, sent: DigestResponse) -> str:
    """The `response` that the holder of the password computes (RFC 7616 3.4.1; RFC 2069 without qop)."""
    return _response(ha1, sent, _hash(f"{method}:{sent.uri}"))


def _response(ha1: str, sent: DigestResponse, ha2: str) -> str:
    if sent.qop is None:
        return _hash(f"{ha1}:{sent.nonce}:{ha2}")
    return _hash(f"{ha1}:{sent.nonce}:{sent.nc}:{sent.cnonce}:{sent.qop}:{ha2}")


def password_matches(ha1: str, method: str, sent: DigestResponse) -> bool:
    """Whether the answer proves the password behind `ha1`, which is MD5(user:realm:password) in hex."""
    return expected_response(ha1, method, sent) == sent.response.lower()


def authentication_info(ha1: str, sent: DigestResponse, *, next_nonce: str = "") -> str:
    """The `Authentication-Info` value of a success, items in mod_auth_digest's order; empty for RFC 2069."""
    following = f'nextnonce="{next_nonce}"' if next_nonce else ""
    if sent.qop is None:
        return following
    rspauth = f'rspauth="{_response(ha1, sent, _hash(":" + sent.uri))}"'
    first = f"{rspauth}, {following}" if following else rspauth
    cnonce = escaped(sent.cnonce or "")
    return f'{first}, cnonce="{cnonce}", nc={sent.nc}, qop={sent.qop}'


def uri_matches(uri: str, target: str) -> bool:
    """Whether the signed uri is for this request target.

    The same bytes; or the path alone, which published clients sign (client-facts 19); or the same after
    taking off scheme and host and decoding percent signs, as mod_auth_digest compares.
    """
    if uri == target or uri == target.partition("?")[0]:
        return True
    signed, asked = _canonical(uri), _canonical(target)
    return signed == asked or signed == (asked[0], b"")


def _canonical(uri: str) -> tuple[bytes, bytes]:
    scheme, found, rest = uri.partition("://")
    if found and scheme.lower() in {"http", "https"}:
        uri = "/" + rest.partition("/")[2]
    path, _, query = uri.partition("?")
    return _decoded(path), _decoded(query)


def _decoded(text: str) -> bytes:
    return unquote_to_bytes(text.encode("utf-8", "surrogatepass"))


class NonceMint:
    """Nonces that carry their own time and proof, so that nothing is kept per client.

    `now` is in seconds and may have any origin; the mint knows microseconds as Apache's apr_time_t does.
    """

    def __init__(self, secret: bytes) -> None:
        self._secret = secret

    def mint(self, now: float) -> str:
        """A nonce for this moment: 12 characters of base64 that end in `=`, and 40 hex digits."""
        stamp = base64.b64encode(struct.pack("<q", int(now * 1_000_000))).decode()
        return stamp + self._proof(stamp)

    def age(self, nonce: str, now: float) -> float | None:
        """Seconds since it was made; None for one that this mint never made."""
        if len(nonce) != NONCE_LENGTH or not nonce.isascii():
            return None
        stamp = nonce[:12]
        if not hmac.compare_digest(self._proof(stamp), nonce[12:]):
            return None
        made: int = struct.unpack("<q", base64.b64decode(stamp))[0]
        return now - made / 1_000_000

    def _proof(self, stamp: str) -> str:
        return hmac.digest(self._secret, stamp.encode(), "sha1").hex()
