"""The user-based security model at the authoritative end (RFC 3414 section 3.2; SNMP sheet 2.5).

The engine has one user. Which authentication and privacy protocol he uses is found out: by the length of the digest and
by which key fits, because no public source says what the product is set to. Checks come in the order engine, user,
level, digest, time, privacy.
"""

from __future__ import annotations

from dataclasses import dataclass
from hmac import compare_digest
from typing import TYPE_CHECKING, TypeVar

from simulator.errors import MalformedMessage
from simulator.wire.snmp.key import (
    MAC_SIZES,
    Digest,
    Moment,
    Privacy,
    decrypt,
    encrypt,
    localized,
    mac,
    password_key,
    privacy_key,
)
from simulator.wire.snmp.message import LARGEST_DATAGRAM, USM, Flag, Scoped, Secured, read_scoped

if TYPE_CHECKING:
    from collections.abc import Sequence

WINDOW = 150
"""Seconds by which a message may be early or late."""
LAST_BOOTS = 0x7FFFFFFF
"""An engine that was started this often is never in time again until it gets new keys."""
_AUTH, _PRIV = int(Flag.AUTH), int(Flag.PRIV)
_Protocol = TypeVar("_Protocol")
ALL_DIGESTS = tuple(Digest)
ALL_PRIVACY = tuple(Privacy)


class Rejected(Exception):
    """A message that is answered with a Report of a counter, at a level of security."""

    def __init__(self, counter: str, security: Security | None = None) -> None:
        super().__init__(counter)
        self.counter = counter
        self.security = security or Security()


@dataclass(frozen=True, slots=True)
class Security:
    """The protocols of one message; none for a message that anybody could have sent."""

    digest: Digest | None = None
    privacy: Privacy | None = None

    @property
    def flags(self) -> int:
        return (_AUTH if self.digest else 0) | (_PRIV if self.privacy else 0)


class Usm:
    """Keys and time of one engine. `now` is device seconds; `started` those at which `boots` was raised."""

    __slots__ = (
        "_digests", "_keys", "_password", "_privacies", "_privacy_keys", "_salt", "_started", "boots", "engine_id", "user",
    )  # fmt: skip

    def __init__(
        self,
        engine_id: bytes,
        boots: int,
        started: float,
        user: bytes = b"initial",
        password: bytes = b"",
        *,
        digests: Sequence[Digest] = ALL_DIGESTS,
        privacies: Sequence[Privacy] = ALL_PRIVACY,
        salt: int = 0,
    ) -> None:
        self.engine_id = engine_id
        self.boots = boots
        self.user = user
        """Known only with a password."""
        self._password = password
        self._started = started
        self._digests = tuple(digests)
        self._privacies = tuple(privacies)
        """What was last used is tried first."""
        self._salt = salt
        self._keys: dict[Digest, bytes] = {}
        self._privacy_keys: dict[tuple[Digest, Privacy], bytes] = {}

    def time(self, now: float) -> int:
        """`snmpEngineTime`: whole seconds since the engine started."""
        return int(now - self._started) & 0x7FFFFFFF

    def be_at(self, boots: int | None, seconds: int | None, now: float) -> None:
        """Be in another time than the true one."""
        self.boots = self.boots if boots is None else boots
        self._started = self._started if seconds is None else now - seconds

    def take_name(self, engine_id: bytes) -> None:
        """Be another engine, with keys that are local to it."""
        self.engine_id = engine_id
        self._keys.clear()
        self._privacy_keys.clear()

    def opened(self, message: Secured, whole: bytes, now: float) -> tuple[Scoped, Security]:
        """The unit of a message that may be believed. Raises Rejected, and MalformedMessage."""
        if message.model != USM:
            raise Rejected("unknown_security_models")
        if message.engine_id != self.engine_id:
            raise Rejected("unknown_engine_ids")
        if message.user != self.user or not self._password:
            raise Rejected("unknown_user_names")
        if not message.flags & _AUTH:
            return read_scoped(message.scoped), Security()
        if message.flags & _PRIV and not self._privacies:
            raise Rejected("unsupported_sec_levels")
        digest = self._authentic(message, whole)
        if digest is None:
            raise Rejected("wrong_digests")
        if self._untimely(message, now):
            raise Rejected("not_in_time_windows", Security(digest))
        if not message.flags & _PRIV:
            return read_scoped(message.scoped), Security(digest)
        return self._decrypted(message, digest)

    def sealed(self, scoped: bytes, asked: Secured, security: Security, now: float) -> bytes:
        """The answer to a message, secured as that one was."""
        moment = Moment(self.boots, self.time(now))
        answer = Secured(
            asked.msg_id, LARGEST_DATAGRAM, security.flags, USM,
            self.engine_id, moment.boots, moment.time, asked.user, b"", b"", scoped,
        )  # fmt: skip
        if security.digest is None:
            return answer.encoded()
        if security.privacy is not None:
            answer.priv = self._next_salt(security.privacy)
            key = self._privacy_key(security.digest, security.privacy)
            answer.scoped = encrypt(security.privacy, key, moment, answer.priv, scoped)
        answer.auth = bytes(MAC_SIZES[security.digest])
        whole = answer.encoded()
        code = mac(security.digest, self._key(security.digest), whole)
        return whole[: answer.auth_at] + code + whole[answer.auth_at + len(code) :]

    def _authentic(self, message: Secured, whole: bytes) -> Digest | None:
        """The protocol under which the digest is right; the last one that was is tried first."""
        size = len(message.auth)
        for place, digest in enumerate(self._digests):
            if MAC_SIZES[digest] != size:
                continue
            at = message.auth_at
            code = mac(digest, self._key(digest), whole[:at] + bytes(size) + whole[at + size :])
            if compare_digest(code, message.auth):
                if place:
                    self._digests = _first(digest, self._digests)
                return digest
        return None

    def _untimely(self, message: Secured, now: float) -> bool:
        late = abs(self.time(now) - message.time)
        return self.boots >= LAST_BOOTS or message.boots != self.boots or late > WINDOW

    def _decrypted(self, message: Secured, digest: Digest) -> tuple[Scoped, Security]:
        moment = Moment(message.boots, message.time)
        for place, privacy in enumerate(self._privacies):
            key = self._privacy_key(digest, privacy)
            try:
                scoped = read_scoped(decrypt(privacy, key, moment, message.priv, message.scoped))
            except MalformedMessage:
                continue
            if place:
                self._privacies = _first(privacy, self._privacies)
            return scoped, Security(digest, privacy)
        raise Rejected("decryption_errors", Security(digest))

    def _key(self, digest: Digest) -> bytes:
        key = self._keys.get(digest)
        if key is None:
            key = self._keys[digest] = localized(digest, password_key(digest, self._password), self.engine_id)
        return key

    def _privacy_key(self, digest: Digest, privacy: Privacy) -> bytes:
        key = self._privacy_keys.get((digest, privacy))
        if key is None:
            key = privacy_key(privacy, digest, self._key(digest), self.engine_id)
            self._privacy_keys[digest, privacy] = key
        return key

    def _next_salt(self, privacy: Privacy) -> bytes:
        self._salt += 1
        if privacy is Privacy.DES:
            return self.boots.to_bytes(4, "big") + (self._salt & 0xFFFFFFFF).to_bytes(4, "big")
        return (self._salt & 0xFFFFFFFFFFFFFFFF).to_bytes(8, "big")


def _first(chosen: _Protocol, others: tuple[_Protocol, ...]) -> tuple[_Protocol, ...]:
    return chosen, *(one for one in others if one is not chosen)
