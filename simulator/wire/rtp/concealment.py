"""What a listener hears where a packet is missing: the last pitch period goes on and fades (as G.711 Appendix I)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

HOLD, LONGEST = 0.010, 0.060
"""Seconds at full level, and until silence."""
_COMPARED = 0.020
_SHORTEST_PERIOD, _LONGEST_PERIOD = 0.005, 0.015


def conceal(samples: NDArray[np.int16], known: NDArray[np.bool_], rate: int) -> None:
    """Fill the gaps of `samples`, where `known` is false, from what comes before each; in place."""
    edges = np.flatnonzero(np.diff(known.astype(np.int8)))
    for edge in edges:
        start = int(edge) + 1
        if known[start]:
            continue
        later = np.flatnonzero(known[start:])
        gap = int(later[0]) if len(later) else len(known) - start
        history = _run_before(known, start)
        _bridge(samples, start, min(gap, round(LONGEST * rate)), history, rate)


def _run_before(known: NDArray[np.bool_], start: int) -> int:
    """Known samples on end just before `start`."""
    unknown = np.flatnonzero(~known[:start])
    return start - (int(unknown[-1]) + 1 if len(unknown) else 0)


def _bridge(samples: NDArray[np.int16], start: int, length: int, history: int, rate: int) -> None:
    period = _period(samples[start - history : start], rate)
    if not period:
        return
    cycle = samples[start - period : start].astype(np.float64)
    tiled = np.tile(cycle, length // period + 1)[:length]
    hold, longest = HOLD * rate, LONGEST * rate
    fade = np.clip(1 - (np.arange(length) - hold) / (longest - hold), 0, 1)
    samples[start : start + length] = np.rint(tiled * fade)


def _period(history: NDArray[np.int16], rate: int) -> int:
    """Samples after which the end of `history` looks most like itself; 0 where there is too little of it."""
    shortest, longest, compared = (round(s * rate) for s in (_SHORTEST_PERIOD, _LONGEST_PERIOD, _COMPARED))
    if len(history) < shortest:
        return 0
    if len(history) < longest + compared:
        return shortest
    recent = history[-(longest + compared) :].astype(np.float64)
    end = recent[-compared:]
    candidates = np.lib.stride_tricks.sliding_window_view(recent, compared)[: longest - shortest + 1]
    strength = np.sqrt(np.einsum("ij,ij->i", candidates, candidates)) + 1e-9
    likeness = candidates @ end / strength
    return longest - int(np.argmax(likeness))
