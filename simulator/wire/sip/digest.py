"""Digest authentication of SIP: the sums, and the side that answers challenges (RFC 3261 section 22, RFC 7616, RFC 8760).

The side that challenges is in `protection.py`.
"""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple, Protocol

from simulator.errors import MalformedMessage
from simulator.wire.digest_item import escaped, items
from simulator.wire.sip.message import encoded

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from simulator.chance import Stream
    from simulator.wire.sip.message import Request, Response

_HASHES = {"md5": "md5", "sha-256": "sha256", "sha-512-256": "sha512_256"}
_SESSION = "-sess"
_QOPS = ("auth", "auth-int")
"""In the order of our preference."""
_MOST_REALMS = 16
_ASKED_AND_ANSWERED = (("WWW-Authenticate", "Authorization"), ("Proxy-Authenticate", "Proxy-Authorization"))


class Login(Protocol):
    """A name and a password for one realm; an empty realm fits any that no other login names."""

    @property
    def username(self) -> str: ...
    @property
    def password(self) -> str: ...
    @property
    def realm(self) -> str: ...


class Challenge(NamedTuple):
    """What a server asks for in WWW-Authenticate or Proxy-Authenticate."""

    realm: str
    nonce: str
    algorithm: str | None = None
    """As written; None, which means MD5, where it is absent."""
    qop: tuple[str, ...] = ()
    """Offered qualities in lower case; none means an answer of RFC 2069."""
    opaque: str | None = None
    stale: bool = False
    """The password was right, the nonce too old."""

    @property
    def is_supported(self) -> bool:
        """Whether we know the algorithm and one of the qualities."""
        return knows(self.algorithm) and (not self.qop or any(quality in self.qop for quality in _QOPS))


def is_digest(value: str) -> bool:
    """Whether the value of an authentication header is of the scheme Digest."""
    return value[:7].lower() in {"digest ", "digest\t"}


def parse_challenge(value: str) -> Challenge:
    """The challenge in one WWW-Authenticate or Proxy-Authenticate. Raises MalformedMessage, also for another scheme."""
    if not is_digest(value):
        raise MalformedMessage("not a Digest challenge")
    found = items(value, len("Digest "))
    if "realm" not in found or "nonce" not in found:
        raise MalformedMessage("a challenge without realm or nonce", offset=len(value))
    return Challenge(
        found["realm"],
        found["nonce"],
        found.get("algorithm"),
        tuple(quality for part in found.get("qop", "").split(",") if (quality := part.strip(" \t").lower())),
        found.get("opaque"),
        found.get("stale", "").lower() == "true",
    )


def choose(values: Iterable[str]) -> dict[str, Challenge]:
    """Of several challenges the topmost one that we support, by realm (RFC 8760); what cannot be read is passed over."""
    chosen: dict[str, Challenge] = {}
    for value in values:
        try:
            challenge = parse_challenge(value)
        except MalformedMessage:
            continue
        if challenge.is_supported:
            chosen.setdefault(challenge.realm, challenge)
    return chosen


def knows(algorithm: str | None) -> bool:
    """Whether we can compute an algorithm: MD5, SHA-256 and SHA-512-256, each also as `-sess`. None means MD5."""
    return algorithm is None or algorithm.lower().removesuffix(_SESSION) in _HASHES


def hashed(algorithm: str | None, data: str | bytes) -> str:
    """The hash of an algorithm that we know, in hex."""
    name = _HASHES[(algorithm or "MD5").lower().removesuffix(_SESSION)]
    if isinstance(data, str):
        data = encoded(data)
    return hashlib.new(name, data, usedforsecurity=False).hexdigest()


def secret(algorithm: str | None, username: str, realm: str, password: str) -> str:
    """H(user:realm:password): what a server may store in place of the password."""
    return hashed(algorithm, f"{username}:{realm}:{password}")


class Signed(NamedTuple):
    """What an answer to a challenge signs, beside the secret."""

    method: str
    uri: str
    nonce: str
    algorithm: str | None = None
    qop: str | None = None
    nc: str = ""
    cnonce: str = ""

    def response(self, ha1: str, body: bytes = b"") -> str:
        """The sum that proves the secret; of `-sess` algorithms too the secret without nonces is given."""
        algorithm = self.algorithm
        if algorithm and algorithm.lower().endswith(_SESSION):
            ha1 = hashed(algorithm, f"{ha1}:{self.nonce}:{self.cnonce}")
        quality = (self.qop or "").lower()
        signed = f"{self.method}:{self.uri}"
        if quality == "auth-int":
            signed += f":{hashed(algorithm, body)}"
        ha2 = hashed(algorithm, signed)
        if not quality:
            return hashed(algorithm, f"{ha1}:{self.nonce}:{ha2}")
        return hashed(algorithm, f"{ha1}:{self.nonce}:{self.nc}:{self.cnonce}:{self.qop}:{ha2}")


def authorization(challenge: Challenge, login: Login, request: Request, count: int, cnonce: str) -> str:
    """The Authorization value that answers a challenge; `count` says how often its nonce has been used, this time too.

    Items and quotes as pjsip writes them: algorithm, qop and nc bare. Without qop it is an answer of RFC 2069.
    """
    quality = next((quality for quality in _QOPS if quality in challenge.qop), None)
    of_session = (challenge.algorithm or "").lower().endswith(_SESSION)
    signed = Signed(
        request.method, request.uri, challenge.nonce, challenge.algorithm, quality, f"{count:08x}", cnonce
    )
    ha1 = secret(challenge.algorithm, login.username, challenge.realm, login.password)
    parts = [
        f'username="{escaped(login.username)}"',
        f'realm="{escaped(challenge.realm)}"',
        f'nonce="{escaped(challenge.nonce)}"',
        f'uri="{escaped(request.uri)}"',
        f'response="{signed.response(ha1, request.body)}"',
    ]
    if challenge.algorithm is not None:
        parts.append(f"algorithm={challenge.algorithm}")
    if quality or of_session:
        parts.append(f'cnonce="{cnonce}"')
    if challenge.opaque is not None:
        parts.append(f'opaque="{escaped(challenge.opaque)}"')
    if quality:
        parts += [f"qop={quality}", f"nc={signed.nc}"]
    return "Digest " + ", ".join(parts)


@dataclass(slots=True)
class Attempts:
    """What one request and its repetitions have tried: one answer for each realm, and one more after `stale`."""

    answered: set[tuple[str, str]] = field(default_factory=set)
    renewed: set[tuple[str, str]] = field(default_factory=set)


@dataclass(slots=True)
class _Realm:
    challenge: Challenge
    login: Login
    cnonce: str
    """The same for the life of a nonce, so that `-sess` means one thing however the server reads it."""
    count: int = 0


class DigestClient:
    """Answers challenges for one registration, call or account: knows the last nonce of each realm and counts its uses."""

    __slots__ = ("_chance", "_logins", "_realms")

    def __init__(self, logins: Sequence[Login], chance: Stream) -> None:
        self._logins = logins
        self._chance = chance
        self._realms: OrderedDict[tuple[str, str], _Realm] = OrderedDict()

    def challenged(self, response: Response, attempts: Attempts) -> bool:
        """Learn from a 401 or 407. Whether another try makes sense: `sign` the request again then and send it.

        False for a realm without login, an algorithm that we do not know, and a second refusal that is not `stale`.
        """
        hopeful = False
        for asked, answered in _ASKED_AND_ANSWERED:
            for realm, challenge in choose(response.headers.all(asked)).items():
                login = self._login(realm)
                if login is None:
                    continue
                key = (answered, realm)
                if key in attempts.answered:
                    if not challenge.stale or key in attempts.renewed:
                        return False
                    attempts.renewed.add(key)
                attempts.answered.add(key)
                self._adopt(key, challenge, login)
                hopeful = True
        return hopeful

    def sign(self, request: Request) -> None:
        """Put credentials for all known realms into a request, in place of those it carries."""
        request.headers.remove("Authorization")
        request.headers.remove("Proxy-Authorization")
        for (name, _), realm in self._realms.items():
            realm.count += 1
            request.headers.add(
                name, authorization(realm.challenge, realm.login, request, realm.count, realm.cnonce)
            )

    def accepted(self, response: Response) -> None:
        """Learn the next nonce from the Authentication-Info of a success, where it can be told whose it is."""
        value = response.headers.get("Authentication-Info")
        if value is None or len(self._realms) != 1:
            return
        try:
            following = items(value).get("nextnonce")
        except MalformedMessage:
            return
        if following:
            key, realm = next(iter(self._realms.items()))
            self._adopt(key, realm.challenge._replace(nonce=following), realm.login)

    def forget(self) -> None:
        """Know no realm any more, as after a restart."""
        self._realms.clear()

    def _adopt(self, key: tuple[str, str], challenge: Challenge, login: Login) -> None:
        known = self._realms.get(key)
        if known is not None and known.challenge.nonce == challenge.nonce:
            known.challenge, known.login = challenge, login
            return
        self._realms[key] = _Realm(challenge, login, f"{self._chance.getrandbits(128):032x}")
        if len(self._realms) > _MOST_REALMS:
            self._realms.popitem(last=False)

    def _login(self, realm: str) -> Login | None:
        """The login of this realm, or the first that is for any."""
        fitting = [login for login in self._logins if login.realm in {realm, ""}]
        return next((login for login in fitting if login.realm), fitting[0] if fitting else None)
