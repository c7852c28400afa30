"""Payloads as text, for journals. Both ends of a connection of the bench write the same text: it is kept once."""

from __future__ import annotations

from functools import lru_cache

TEXT_SHOWN = 512
"""Characters of a payload in the journal."""


def shown(payload: bytes) -> str:
    """A payload for the journal: text, bounded."""
    return _text(payload) if len(payload) <= TEXT_SHOWN else _cut(payload)


def _cut(payload: bytes) -> str:
    return payload[: TEXT_SHOWN * 4].decode(errors="replace")[:TEXT_SHOWN]


_text = lru_cache(maxsize=8192)(_cut)
