"""One-time tokens of wssession.cgi, which open one event stream (io-events sheet 2.3)."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from simulator.device.device import Device

MOST_TOKENS = 1000
"""Outstanding tokens kept; the oldest goes first."""


class SessionTokens:
    """The tokens of one device. They end with use, with time and with a restart."""

    def __init__(self, device: Device) -> None:
        self._device = device
        self._chance = device.world.chance.stream("device", device.name, "session token")
        self._valid_until: dict[str, float] = {}

    def issue(self) -> str:
        """A new token, good for fifteen seconds."""
        token = f"{self._chance.getrandbits(128):032x}"
        if len(self._valid_until) >= MOST_TOKENS:
            self._valid_until.pop(next(iter(self._valid_until)))
        lifetime = self._device.profile.quirks.ws_session_token_seconds
        self._valid_until[token] = self._device.world.clock.now() + lifetime
        return token

    def redeem(self, token: str) -> bool:
        """Whether the token is good; it is used up either way."""
        valid_until = self._valid_until.pop(token, None)
        return valid_until is not None and self._device.world.clock.now() <= valid_until

    def forget(self) -> None:
        """The device restarts."""
        self._valid_until.clear()
