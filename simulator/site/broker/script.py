"""What hands have ordered the broker to do wrong (MQTT sheet 3.6, broker side)."""

from __future__ import annotations

from typing import Literal

Refused = int | Literal["silent", "reset"]
"""How a CONNECT is refused: with a CONNACK code, by never answering, or by a TCP reset."""


class Orders:
    """Orders for one client by its id, or for all (None). A client's own order goes before the general one."""

    def __init__(self) -> None:
        self._refused: dict[str | None, Refused] = {}
        self._delayed: dict[str | None, float] = {}
        self._stalled: set[str | None] = set()

    def refuse(self, how: Refused | None, client_id: str | None = None) -> None:
        """Refuse to connect; None takes the order back. Raises ValueError for an unknown way."""
        if how is None:
            self._refused.pop(client_id, None)
        elif how in ("silent", "reset") or (isinstance(how, int) and 1 <= how <= 5):
            self._refused[client_id] = how
        else:
            raise ValueError(f"{how!r} is no way to refuse; use a code from 1 to 5, 'silent' or 'reset'")

    def delay(self, seconds: float, client_id: str | None = None) -> None:
        """Hold back everything that is sent by so many wire seconds; 0 takes the order back."""
        if seconds > 0:
            self._delayed[client_id] = seconds
        else:
            self._delayed.pop(client_id, None)

    def stall(self, client_id: str | None = None) -> None:
        """Neither read nor answer, without closing."""
        self._stalled.add(client_id)

    def resume(self, client_id: str | None = None) -> None:
        """End a stall; for all, it ends those of single clients too."""
        if client_id is None:
            self._stalled.clear()
        self._stalled.discard(client_id)

    def refusal_of(self, client_id: str) -> Refused | None:
        return self._refused.get(client_id, self._refused.get(None))

    def delay_of(self, client_id: str) -> float:
        return self._delayed.get(client_id, self._delayed.get(None, 0.0))

    def stalls(self, client_id: str) -> bool:
        return bool(self._stalled) and (client_id in self._stalled or None in self._stalled)
