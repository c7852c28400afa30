"""Who holds which IPv4 address: the simulator's stand-in for ARP.

A device asks before it uses an address, as an RFC 5227 probe does, and is told whether somebody answers for it.
Firmware up to 11.11 uses a static address even so. Then two hosts answer for one address and whose answer the
network believes alternates: modelled as turns of 60 s (network sheet 11, `ip_conflict`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from simulator.clock import SimClock, Timer

EVERYBODYS = "127.0.0.1"
"""Where all devices are in mode `ephemeral`, told apart by ports: nobody's alone, so never in conflict."""
TURN = 60.0
"""Device seconds for which the network believes one of several holders (network sheet 11)."""

Answering = Callable[[bool], None]


@dataclass(slots=True, eq=False)
class _Claim:
    holder: str
    answering: Answering


class AddressRegistry:
    """The addresses of one fleet and the foreign hosts a scenario puts beside it."""

    def __init__(self, clock: SimClock) -> None:
        self._clock = clock
        self._claims: dict[str, list[_Claim]] = {}
        self._turns: dict[str, Timer] = {}

    def holder(self, address: str) -> str | None:
        """Who answers for an address now, or None."""
        claims = self._claims.get(address)
        return claims[0].holder if claims else None

    def claim(
        self, address: str, holder: str, answering: Answering | None = None, *, insist: bool = False
    ) -> bool:
        """Take an address; False if somebody else has it.

        With `insist` the claim then stands all the same and waits for its turn; `answering(now)` is called when
        the turn of a standing claim comes or goes.
        """
        claims = self._claims.get(address)
        if address == EVERYBODYS:
            return True
        if claims is None:
            self._claims[address] = [_Claim(holder, answering or _unheard)]
            return True
        if any(claim.holder == holder for claim in claims):
            return claims[0].holder == holder
        if insist:
            claims.append(_Claim(holder, answering or _unheard))
            self._next_turn_later(address)
        return False

    def release(self, address: str, holder: str) -> None:
        """Give an address up; the next in line answers at once. Unknown claims are ignored."""
        claims = self._claims.get(address, [])
        mine = next((claim for claim in claims if claim.holder == holder), None)
        if mine is None:
            return
        answered = claims[0] is mine
        claims.remove(mine)
        if not claims:
            del self._claims[address]
        elif answered:
            claims[0].answering(True)
        if len(claims) < 2 and address in self._turns:
            self._turns.pop(address).cancel()

    def _next_turn_later(self, address: str) -> None:
        if address not in self._turns:
            self._turns[address] = self._clock.call_later(TURN, lambda: self._turn(address))

    def _turn(self, address: str) -> None:
        del self._turns[address]
        claims = self._claims[address]
        last = claims.pop(0)
        claims.append(last)
        self._next_turn_later(address)
        last.answering(False)
        claims[0].answering(True)


def _unheard(answering: bool) -> None:
    """A foreign host does not tell us what it thinks of its turn."""
