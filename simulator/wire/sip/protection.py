"""Digest authentication of SIP, the side that challenges: registrars and proxies of the site (RFC 3261 section 22)."""

from __future__ import annotations

import hmac
from collections import OrderedDict
from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple

from simulator.errors import MalformedMessage
from simulator.wire.digest_item import escaped
from simulator.wire.http.digest import DigestResponse, NonceMint, parse_authorization
from simulator.wire.sip.digest import Signed, is_digest, secret
from simulator.wire.sip.uri import equal

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from simulator.wire.sip.message import Request

_MOST_NONCES = 10_000


def challenge(
    realm: str,
    nonce: str,
    *,
    algorithm: str = "MD5",
    qop: Sequence[str] = ("auth",),
    opaque: str = "",
    stale: bool = False,
) -> str:
    """The value of WWW-Authenticate or Proxy-Authenticate. An empty `qop` asks for an answer of RFC 2069."""
    parts = [f'realm="{escaped(realm)}"', f'nonce="{escaped(nonce)}"']
    if opaque:
        parts.append(f'opaque="{escaped(opaque)}"')
    if qop:
        parts.append(f'qop="{",".join(qop)}"')
    if stale:
        parts.append("stale=true")
    if algorithm:
        parts.append(f"algorithm={algorithm}")
    return "Digest " + ", ".join(parts)


def proves(sent: DigestResponse, password: str, request: Request) -> bool:
    """Whether an answer proves the password, for the method and body of this request and the uri it names."""
    ha1 = secret(sent.algorithm, sent.username, sent.realm, password)
    signed = Signed(
        request.method, sent.uri, sent.nonce, sent.algorithm, sent.qop, sent.nc or "", sent.cnonce or ""
    )
    expected = signed.response(ha1, request.body)
    return hmac.compare_digest(expected.encode(), sent.response.lower().encode("utf-8", "surrogateescape"))


class Finding(StrEnum):
    """What a protection thinks of a request."""

    GRANTED = "granted"
    NO_ANSWER = "no answer"
    """It carries no credentials for this realm."""
    MALFORMED = "malformed"
    """They cannot be read: 400."""
    STALE = "stale"
    """The password is right, the nonce too old or used with this count before."""
    WRONG = "wrong"
    """Unknown user, wrong password, foreign nonce, unoffered algorithm or another uri."""


class Verdict(NamedTuple):
    """The finding, whose credentials they were, and what to challenge with when it is not granted."""

    finding: Finding
    username: str = ""
    challenges: tuple[tuple[str, str], ...] = ()
    """Headers of the 401 or 407, one for each algorithm, the preferred one first."""


class Protection:
    """One realm behind digest authentication. Keeps the highest count of the last 10,000 nonces, nothing per user."""

    def __init__(
        self,
        realm: str,
        mint: NonceMint,
        *,
        algorithms: Sequence[str] = ("SHA-256", "MD5"),
        qop: Sequence[str] = ("auth",),
        nonce_lifetime: float = 300.0,
        proxy: bool = False,
    ) -> None:
        """`proxy` challenges with Proxy-Authenticate; a `nonce_lifetime` of 0 finds every answer stale."""
        self.realm = realm
        self.algorithms = tuple(algorithms)
        self.qop = tuple(qop)
        self.nonce_lifetime = nonce_lifetime
        self.proxy = proxy
        self._mint = mint
        self._counts: OrderedDict[str, int] = OrderedDict()
        self._minted = 0

    def check(self, request: Request, password_of: Callable[[str], str | None], now: float) -> Verdict:
        """Look at the credentials of a request; `password_of` gives a user's password or None."""
        try:
            sent = self._credentials(request)
        except MalformedMessage:
            return Verdict(Finding.MALFORMED)
        if sent is None:
            return self._refused(Finding.NO_ANSWER, "", now)
        password = password_of(sent.username)
        age = self._mint.age(sent.nonce, now)
        if password is None or age is None or not self._fits(sent, request) or not proves(sent, password, request):
            return self._refused(Finding.WRONG, sent.username, now)
        if max(age, 0.0) >= self.nonce_lifetime or not self._count(sent):
            return self._refused(Finding.STALE, sent.username, now)
        return Verdict(Finding.GRANTED, sent.username)

    def challenges(self, now: float, *, stale: bool = False) -> tuple[tuple[str, str], ...]:
        """Header names and values that ask for credentials, with a fresh nonce."""
        name = "Proxy-Authenticate" if self.proxy else "WWW-Authenticate"
        self._minted = max(int(now * 1_000_000), self._minted + 1)  # a nonce counts its uses: no two are the same
        nonce = self._mint.mint((self._minted + 0.5) / 1_000_000)
        return tuple(
            (name, challenge(self.realm, nonce, algorithm=algorithm, qop=self.qop, stale=stale))
            for algorithm in self.algorithms
        )

    def _refused(self, finding: Finding, username: str, now: float) -> Verdict:
        return Verdict(finding, username, self.challenges(now, stale=finding is Finding.STALE))

    def _credentials(self, request: Request) -> DigestResponse | None:
        for value in request.headers.raw("Proxy-Authorization" if self.proxy else "Authorization"):
            if is_digest(value):
                sent = parse_authorization(value)
                if sent.realm == self.realm:
                    return sent
        return None

    def _fits(self, sent: DigestResponse, request: Request) -> bool:
        """Whether it answers a challenge of ours, and for this request."""
        offered = {algorithm.lower() for algorithm in self.algorithms}
        quality = [] if sent.qop is None else [sent.qop.lower()]
        return (
            (sent.algorithm or "MD5").lower() in offered
            and (not self.qop or all(q in self.qop for q in quality))
            and equal(sent.uri, request.uri)
        )

    def _count(self, sent: DigestResponse) -> bool:
        """Whether this nonce comes with a higher count than before; always for answers of RFC 2069."""
        if sent.qop is None or sent.nc is None:
            return True
        count = int(sent.nc, 16)
        if count <= self._counts.get(sent.nonce, 0):
            return False
        self._counts[sent.nonce] = count
        self._counts.move_to_end(sent.nonce)
        if len(self._counts) > _MOST_NONCES:
            self._counts.popitem(last=False)
        return True
