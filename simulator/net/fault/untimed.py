"""What the stages without an end of their own share."""

from __future__ import annotations


class Untimed:
    """Never ends a connection by the clock."""

    def ends_at(self) -> None:
        return None
