"""The client's side of HTTP authentication: challenges of a server, and what answers them (RFC 7616, RFC 7617)."""

from __future__ import annotations

import base64
import re
from dataclasses import dataclass
from hashlib import md5, sha256
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

_SCHEME = re.compile(r"(?:^|,)\s*(Digest|Basic)\s+", re.IGNORECASE)
_ITEM = re.compile(r'([A-Za-z0-9_-]{1,32})\s{0,8}=\s{0,8}(?:"((?:[^"\\]++|\\.)*+)"|([^\s,"]*+))')
_LONGEST = 8192
_HASHES: dict[str, Callable[[str], str]] = {
    "MD5": lambda text: md5(text.encode("utf-8", "surrogateescape"), usedforsecurity=False).hexdigest(),
    "SHA-256": lambda text: sha256(text.encode("utf-8", "surrogateescape")).hexdigest(),
}


@dataclass(frozen=True, slots=True)
class Challenge:
    """One challenge that can be answered."""

    scheme: str
    """`digest` or `basic`."""
    realm: str = ""
    nonce: str = ""
    opaque: str = ""
    algorithm: str = "MD5"
    qop: str = ""
    """`auth`, or empty for RFC 2069."""
    stale: bool = False


def challenges(values: Iterable[str]) -> list[Challenge]:
    """Those of `WWW-Authenticate` headers that are understood, the best first: SHA-256, MD5, Basic."""
    found = []
    for value in values:
        text = value[:_LONGEST]
        starts = [(one.start(1), one.end(), one[1].lower()) for one in _SCHEME.finditer(text)]
        for (_, begin, scheme), (end, _, _) in zip(starts, [*starts[1:], (len(text), 0, "")], strict=False):
            one = _challenge(scheme, text[begin:end])
            if one is not None:
                found.append(one)
    return sorted(found, key=lambda one: (one.scheme != "digest", one.algorithm != "SHA-256"))


def _challenge(scheme: str, text: str) -> Challenge | None:
    items = {name.lower(): re.sub(r"\\(.)", r"\1", quoted) or bare for name, quoted, bare in _ITEM.findall(text)}
    if scheme == "basic":
        return Challenge(scheme, items.get("realm", ""))
    algorithm = items.get("algorithm", "MD5").upper()
    offered = {one.strip() for one in items.get("qop", "").split(",") if one.strip()}
    if algorithm not in _HASHES or "nonce" not in items or (offered and "auth" not in offered):
        return None
    stale = items.get("stale", "").lower() == "true"
    qop = "auth" if offered else ""
    return Challenge(
        scheme, items.get("realm", ""), items["nonce"], items.get("opaque", ""), algorithm, qop, stale
    )


def authorization(
    one: Challenge, method: str, uri: str, login: tuple[str, str], cnonce: str, count: int = 1
) -> str:
    """The `Authorization` value for a request."""
    user, password = login
    if one.scheme == "basic":
        return "Basic " + base64.b64encode(f"{user}:{password}".encode("utf-8", "surrogateescape")).decode()
    hashed = _HASHES[one.algorithm]
    secret, asked = hashed(f"{user}:{one.realm}:{password}"), hashed(f"{method}:{uri}")
    middle = f"{count:08x}:{cnonce}:{one.qop}:" if one.qop else ""
    response = hashed(f"{secret}:{one.nonce}:{middle}{asked}")
    parts = [
        f'username="{_quoted(user)}"',
        f'realm="{_quoted(one.realm)}"',
        f'nonce="{_quoted(one.nonce)}"',
        f'uri="{_quoted(uri)}"',
        f"algorithm={one.algorithm}",
        f'response="{response}"',
    ]
    if one.opaque:
        parts.append(f'opaque="{_quoted(one.opaque)}"')
    if one.qop:
        parts += [f"qop={one.qop}", f"nc={count:08x}", f'cnonce="{cnonce}"']
    return "Digest " + ", ".join(parts)


def _quoted(text: str) -> str:
    return re.sub(r'["\\]', r"\\\g<0>", text)
