"""Who may do what at the site's registrar and proxy: digest challenges, true or as hands have ordered (SIP sheet 11, 20)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from simulator.errors import MalformedMessage
from simulator.wire.digest_item import items
from simulator.wire.http.digest import NonceMint
from simulator.wire.sip.protection import Finding, Protection

if TYPE_CHECKING:
    from collections.abc import Callable

    from simulator.chance import Stream
    from simulator.wire.sip.message import Request
    from simulator.wire.sip.registrar_script import RegistrarScript

NONCE_LIFETIME = 300.0
"""Seconds; Kamailio's default."""
WRONG_REALM = "elsewhere.invalid"
"""What a wrong challenge names: no account has a password for it."""
_STATUS = {False: 401, True: 407}


class AuthenticationSettings(Protocol):
    """What is needed of a registrar's settings."""

    @property
    def realm(self) -> str: ...
    @property
    def password(self) -> Callable[[str], str | None]: ...
    @property
    def owner(self) -> Callable[[str], str]: ...
    @property
    def open(self) -> bool: ...
    @property
    def algorithms(self) -> tuple[str, ...]: ...


@dataclass(frozen=True, slots=True)
class Granted:
    """The request may pass. `algorithm` is that of the digest, empty where nobody asked."""

    algorithm: str = ""


@dataclass(frozen=True, slots=True)
class Refusal:
    """The request gets this answer."""

    status: int
    headers: list[tuple[str, str]] = field(default_factory=list)


class Authentication:
    """The passwords of one realm, asked for in 401 by the registrar and in 407 by the proxy."""

    def __init__(self, settings: AuthenticationSettings, script: RegistrarScript, chance: Stream) -> None:
        self.script = script
        self._settings = settings
        mint = NonceMint(chance.randbytes(16))
        self._protections = {
            proxy: Protection(settings.realm, mint, algorithms=settings.algorithms, proxy=proxy)
            for proxy in (False, True)
        }

    def knows(self, user: str) -> bool:
        """Whether there is such a user."""
        return self._settings.open or self._settings.password(user) is not None

    def verify(self, request: Request, user: str, now: float, *, proxy: bool = False) -> Granted | Refusal:
        """Whether the request comes from this user; `proxy` asks in 407 instead of 401.

        One user's credentials for another's address get 403 (RFC 3261 section 10.3, step 4).
        """
        if self._settings.open:
            return Granted()
        protection = self._protections[proxy]
        self._obey(protection, user)
        if self.script.strikes(self.script.wrong_realm | self.script.refuse, user):
            return Refusal(_STATUS[proxy], list(protection.challenges(now)))
        verdict = protection.check(request, self._settings.password, now)
        if verdict.finding is Finding.MALFORMED:
            return Refusal(400)
        if verdict.finding is not Finding.GRANTED:
            return Refusal(_STATUS[proxy], list(verdict.challenges))
        if self._settings.owner(verdict.username) != user:
            return Refusal(403)
        return Granted(_algorithm(request, protection.realm, proxy=proxy))

    def _obey(self, protection: Protection, user: str) -> None:
        """Challenge this user as hands have ordered, or truly."""
        script = self.script
        wrong = script.strikes(script.wrong_realm, user)
        protection.realm = WRONG_REALM if wrong else self._settings.realm
        protection.algorithms = script.algorithms or self._settings.algorithms
        protection.nonce_lifetime = 0.0 if script.strikes(script.stale, user) else NONCE_LIFETIME


def _algorithm(request: Request, realm: str, *, proxy: bool) -> str:
    """The algorithm of the credentials that were granted; MD5 where they name none."""
    for value in request.headers.raw("Proxy-Authorization" if proxy else "Authorization"):
        try:
            found = items(value, value.find(" ") + 1)
        except MalformedMessage:
            continue
        if found.get("realm") == realm:
            return found.get("algorithm") or "MD5"
    return ""
