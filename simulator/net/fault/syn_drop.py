"""The host does not answer new connections: silence, not refusal."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from simulator.net.fault.kind import Opening, OpeningFault

if TYPE_CHECKING:
    from collections.abc import Callable


@dataclass(frozen=True, slots=True, kw_only=True)
class SynDrop(OpeningFault):
    """SYN segments are dropped, so that a client's connect waits and repeats; a UDP socket is deaf.

    Connections that stand are not touched. After clearing, the client's next SYN (1, 3, 7 s ...) is answered.
    """

    name = "syn_drop"
    mechanism = "backlog 0 filled by one own connection, so that the kernel drops SYNs; real for new connections"

    def begin(self, opening: Opening) -> Callable[[], None]:
        opening.go_silent()
        return opening.speak_again
