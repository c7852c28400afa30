"""What was received, to be listened to later: encoded packets in a ring, decoded for whoever asks.

A call that nobody listens to costs no decoding. The packets are kept for half a minute as they came, each with its
place on the listener's time line; those no longer subject to reordering are joined to runs, so that a second of
PCMU takes little more than its 8,000 bytes.
"""

from __future__ import annotations

from collections import deque
from itertools import chain, pairwise
from operator import itemgetter
from typing import TYPE_CHECKING

from simulator.errors import MalformedMessage

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    import numpy as np
    from numpy.typing import NDArray

    from simulator.wire.sound.codec import Codec

RATE = 16_000
RUN = 50
"""Packets that are joined at once; as many stay single."""
MARGIN = 0.080
"""Seconds decoded before and after what is asked for: filters and concealment look there."""
_GRID = 0.020
"""At multiples of this all sample rates have a sample at the same time."""


Piece = tuple["Codec", int, int, bytes]
"""A packet, or a run of them: its place and its ticks on the codec's RTP clock, from the start of the stream; payload."""
_PLACE, _PAYLOAD = itemgetter(1), itemgetter(3)


class Heard:
    """A `Sound`: seconds since the stream was started, 16,000 samples a second, mono. `now` is wire time."""

    __slots__ = ("_began", "_bytes", "_ended", "_keep", "_now", "_recent", "_runs")

    def __init__(self, now: Callable[[], float], keep: float = 30.0) -> None:
        self._now = now
        self._keep = keep
        self._began: float | None = None
        self._ended: float | None = None
        self._recent: list[Piece] = []
        self._runs: deque[Piece] = deque()
        self._bytes = 0

    @property
    def position(self) -> float:
        """Seconds played so far; goes on through silence and hold, stands still after the end."""
        if self._began is None:
            return 0.0
        return (self._now() if self._ended is None else self._ended) - self._began

    @property
    def stored(self) -> int:
        """Bytes of payload that are kept."""
        return self._bytes

    def begin(self) -> None:
        """The time line starts now. Only the first call counts."""
        if self._began is None:
            self._began = self._now()

    def finish(self) -> None:
        """The time line stops; what was heard stays."""
        if self._began is not None and self._ended is None:
            self._ended = self._now()

    def add(self, codec: Codec, place: int, ticks: int, payload: bytes) -> None:
        """Keep one packet that will be played at `place`."""
        recent = self._recent
        if recent and recent[0][0] is not codec:
            recent.sort(key=_PLACE)
            self._runs.extend(_joined(recent))
            recent.clear()
        recent.append((codec, place, ticks, payload))
        self._bytes += len(payload)
        if len(recent) >= 2 * RUN:
            recent.sort(key=_PLACE)
            self._runs.extend(_joined(recent[:RUN]))
            del recent[:RUN]
            self._forget(codec)

    def samples(self, begin: float, end: float) -> NDArray[np.int16]:
        """The sound between two positions; losses concealed, zeros where nothing was or nothing is kept."""
        import numpy as np

        count = max(0, round(end * RATE) - round(begin * RATE))
        made = np.zeros(count, np.int32)
        by_codec: dict[Codec, list[Piece]] = {}
        for piece in chain(self._runs, self._recent):
            codec, place, ticks, _ = piece
            reach = (MARGIN + codec.memory) * codec.clock
            if place + ticks > begin * codec.clock - reach and place < (end + MARGIN) * codec.clock:
                by_codec.setdefault(codec, []).append(piece)
        for codec, pieces in by_codec.items():
            made += _rendered(codec, pieces, begin, count)
        return np.clip(made, -32768, 32767).astype(np.int16)

    def _forget(self, codec: Codec) -> None:
        """What is older than half a minute, and more than fits into it: a flood must not fill the memory."""
        oldest = self._recent[-1][1] / codec.clock - self._keep
        most = self._keep * codec.byte_rate * 1.25
        runs = self._runs
        while runs and (_end(runs[0]) < oldest or self._bytes > most or len(runs) > self._keep * 2 * RUN):
            self._bytes -= len(runs.popleft()[3])


def _end(piece: Piece) -> float:
    codec, place, ticks, _ = piece
    return (place + ticks) / codec.clock


def _joined(pieces: list[Piece]) -> Iterable[Piece]:
    """Packets of one codec, in order; those that follow each other without a gap are made one."""
    if not pieces[0][0].joins:
        return tuple(pieces)
    if all(piece[1] == before[1] + before[2] for before, piece in pairwise(pieces)):
        return (_one(pieces),)
    groups: list[list[Piece]] = []
    for piece in pieces:
        if groups and piece[1] == groups[-1][-1][1] + groups[-1][-1][2]:
            groups[-1].append(piece)
        else:
            groups.append([piece])
    return [_one(group) for group in groups]


def _one(group: list[Piece]) -> Piece:
    codec, place, _, _ = group[0]
    last = group[-1]
    return codec, place, last[1] + last[2] - place, b"".join(map(_PAYLOAD, group))


def _rendered(codec: Codec, pieces: list[Piece], begin: float, count: int) -> NDArray[np.int16]:
    """`count` samples from `begin` of the pieces of one codec."""
    import numpy as np

    from simulator.wire.rtp.concealment import conceal
    from simulator.wire.sound.resampling import resample

    steps = int((begin - MARGIN) // _GRID)
    first = round(steps * _GRID * codec.rate)
    length = round((count / RATE + 2 * MARGIN + _GRID) * codec.rate)
    line, known = np.zeros(length, np.int16), np.zeros(length, np.bool_)
    _decode_into(codec, sorted(pieces, key=_PLACE), first, line, known)
    conceal(line, known, codec.rate)
    whole = resample(line, codec.rate, RATE)
    skipped = round(begin * RATE) - round(steps * _GRID * RATE)
    return whole[skipped : skipped + count]


def _decode_into(
    codec: Codec, pieces: list[Piece], first: int, line: NDArray[np.int16], known: NDArray[np.bool_]
) -> None:
    decoder = codec.decoder()
    scale = codec.rate // codec.clock
    for _, place, _, payload in pieces:
        try:
            decoded = decoder.decode(payload)
        except MalformedMessage:  # concealed like one that was lost
            continue
        start = place * scale - first
        decoded = decoded[max(0, -start) :]
        start = max(0, start)
        decoded = decoded[: max(0, len(line) - start)]
        line[start : start + len(decoded)] = decoded
        known[start : start + len(decoded)] = True
