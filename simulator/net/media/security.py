"""The SRTP of one session: what stays over a re-INVITE, and the wrong key of a fault."""

from __future__ import annotations

from typing import TYPE_CHECKING

from simulator.wire.rtp.srtp import Protector, Unprotector, suite_named

if TYPE_CHECKING:
    from simulator.wire.rtp.srtp import Keys


class Security:
    """Made with the first keys. The same key again keeps its rollover counter and replay list (sheet 15)."""

    __slots__ = ("_keys", "_spoiled", "inbound", "outbound")

    def __init__(self, keys: Keys) -> None:
        suite = suite_named(keys.suite)
        self._keys = keys
        self._spoiled: Protector | None = None
        self.outbound = Protector(suite, keys.sending)
        self.inbound = Unprotector(suite, keys.receiving)

    def rekey(self, keys: Keys) -> None:
        """As the new offer and answer say."""
        before, self._keys = self._keys, keys
        suite = suite_named(keys.suite)
        if (before.suite, before.sending) != (keys.suite, keys.sending):
            self.outbound = Protector(suite, keys.sending)
            self._spoiled = None
        if (before.suite, before.receiving) != (keys.suite, keys.receiving):
            self.inbound = Unprotector(suite, keys.receiving)

    def protector(self, *, wrong_key: bool) -> Protector:
        """What protects the next packet."""
        if not wrong_key:
            return self.outbound
        if self._spoiled is None:
            key = bytes(byte ^ 0xFF for byte in self._keys.sending)
            self._spoiled = Protector(suite_named(self._keys.suite), key)
        return self._spoiled
