"""Payloads as text, for journals."""

from __future__ import annotations

TEXT_SHOWN = 512
"""Characters of a payload in the journal."""


def shown(payload: bytes) -> str:
    """A payload for the journal: text, bounded."""
    return payload[: TEXT_SHOWN * 4].decode(errors="replace")[:TEXT_SHOWN]
