"""The port is closed: a connection is refused at once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from simulator.net.fault.kind import Opening, OpeningFault

if TYPE_CHECKING:
    from collections.abc import Callable


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused(OpeningFault):
    """New TCP connections get RST, UDP peers ICMP port unreachable; connections that stand are not touched."""

    name = "refused"
    mechanism = "the listening socket is closed and opened again; real"

    def begin(self, opening: Opening) -> Callable[[], None]:
        opening.shut()
        return opening.reopen
