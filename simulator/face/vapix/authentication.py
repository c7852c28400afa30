"""Who is asking: the authentication policy, Basic and Digest (core sheet 1.1 to 1.3).

The order of the checks is mod_auth_digest's: a header that cannot be used gets a fresh challenge, a uri of another
request a 400, an unknown name or a wrong password a fresh challenge, and only then an old nonce `stale=true`.
The nonce count is not checked, because published clients send a constant one (client-facts 18).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from simulator.device.parameter import Level
from simulator.errors import MalformedMessage
from simulator.wire.http.digest import (
    NonceMint,
    authentication_info,
    basic_challenge,
    challenge,
    parse_authorization,
    parse_basic,
    password_matches,
    uri_matches,
)

if TYPE_CHECKING:
    from simulator.device.device import Device
    from simulator.face.exchange import Head

BASIC, DIGEST = "basic", "digest"

POLICIES = {
    "basic": (BASIC, BASIC),
    "digest": (DIGEST, DIGEST),
    "basic_digest": (DIGEST, DIGEST),
    "recommended": (DIGEST, BASIC),
}
"""`Network.HTTP.AuthenticationPolicy` to the scheme over HTTP and over HTTPS (core sheet 1.1)."""

NEXT_NONCE_BEFORE = 30.0
"""Seconds before the end of a nonce's life at which mod_auth_digest offers the next one."""


@dataclass(frozen=True, slots=True)
class Identity:
    """A caller who is known, or nobody in particular."""

    account: str
    level: Level
    info: str = ""
    """Value of `Authentication-Info` for the answer."""


ANONYMOUS = Identity("", Level.ANYONE)


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why the caller is not known: 401 with a challenge, or 400 for a uri of another request."""

    status: int
    challenge: str = ""
    wrong_password: bool = False
    """A name and a password were tried and do not fit: counts for the throttle and the logs."""
    account: str = ""


class Authenticator:
    """Checks credentials against the accounts of one device. Keeps nothing per client."""

    def __init__(self, device: Device) -> None:
        self._device = device
        self._epoch = device.world.clock.epoch.timestamp()
        self._mint = NonceMint(self._secret())

    def renew(self) -> None:
        """A new boot: nonces of the one before are worth nothing, as after a restart of Apache."""
        self._mint = NonceMint(self._secret())

    def _secret(self) -> bytes:
        device = self._device
        return bytes.fromhex(
            device.world.chance.hexadecimal(40, "device", device.name, "nonce", device.lifecycle.boots)
        )

    def identify(self, head: Head) -> Identity | Refusal:
        """The account behind a request; `Refusal` without credentials too."""
        scheme = self._scheme(head.secure)
        sent = head.headers.get("authorization")
        if sent is None or not sent[:7].lower().startswith(f"{scheme} "):
            return self._challenged(scheme)
        return self._by_digest(head, sent) if scheme == DIGEST else self._by_basic(sent)

    def challenged(self, head: Head) -> Refusal:
        """What a request without credentials gets."""
        return self._challenged(self._scheme(head.secure))

    def _scheme(self, secure: bool) -> str:
        policy = self._device.parameters.get("Network.HTTP.AuthenticationPolicy")
        plain, tls = POLICIES.get(policy, POLICIES["recommended"])
        return tls if secure else plain

    def _challenged(self, scheme: str, *, wrong_password: bool = False, account: str = "") -> Refusal:
        realm = self._device.identity.realm
        text = basic_challenge(realm) if scheme == BASIC else challenge(realm, self._mint.mint(self._now()))
        return Refusal(401, text, wrong_password, account)

    def _by_basic(self, sent: str) -> Identity | Refusal:
        try:
            name, password = parse_basic(sent)
        except MalformedMessage:
            return self._challenged(BASIC)
        accounts = self._device.accounts
        if not accounts.check_password(name, password):
            return self._challenged(BASIC, wrong_password=True, account=name)
        return Identity(name, accounts.level(name))

    def _by_digest(self, head: Head, value: str) -> Identity | Refusal:
        target = head.target if self._device.profile.quirks.digest_bare_backslash else ""
        try:
            sent = parse_authorization(value, target)
        except MalformedMessage:
            return self._challenged(DIGEST)
        if sent.uri != head.target and not uri_matches(sent.uri, head.target) and not self._skips_uri(head):
            return Refusal(400)
        realm, accounts = self._device.identity.realm, self._device.accounts
        if sent.realm != realm or (sent.algorithm or "MD5").upper() != "MD5" or sent.qop not in (None, "auth"):
            return self._challenged(DIGEST)
        account = accounts.get(sent.username)
        if account is None or not password_matches(account.ha1, head.method, sent):
            return self._challenged(DIGEST, wrong_password=True, account=sent.username)
        now = self._now()
        age, lifetime = self._mint.age(sent.nonce, now), self._device.profile.quirks.nonce_lifetime
        if age is None or not 0 <= age <= lifetime:
            return Refusal(401, challenge(realm, self._mint.mint(now), stale=True))
        following = self._mint.mint(now) if age > lifetime - NEXT_NONCE_BEFORE else ""
        info = authentication_info(account.ha1, sent, next_nonce=following)
        return Identity(sent.username, accounts.level(sent.username), info)

    def _skips_uri(self, head: Head) -> bool:
        """`System.SkipDigestUriValidation`: a header name and what it must contain (core sheet 1.2) [guess]."""
        header, _, agents = self._device.parameters.get("System.SkipDigestUriValidation").partition(" ")
        carried = head.headers.get(header.lower(), "")
        return any(agent in carried for agent in agents.split())

    def _now(self) -> float:
        return self._epoch + self._device.world.clock.now()
