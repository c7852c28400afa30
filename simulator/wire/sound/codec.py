"""The codecs of a call by their names in SDP (RFC 3551; sheet SIP/RTP 12.2).

A `Codec` is shared by all streams that use it; what remembers (G722, opus) does so in the encoder or decoder made
for one stream. Everything is mono here: two channels are mixed when they are decoded, doubled when encoded.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from functools import cache
from typing import TYPE_CHECKING, Protocol

from simulator.errors import MalformedMessage

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

STATIC = {0: "PCMU/8000", 8: "PCMA/8000", 9: "G722/8000", 10: "L16/44100/2", 11: "L16/44100"}
"""Payload types that need no rtpmap."""


class Decoder(Protocol):
    """Of one stream; fed in order."""

    def decode(self, payload: bytes) -> NDArray[np.int16]:
        """Samples at the codec's `rate`. Raises MalformedMessage."""
        ...


class Encoder(Protocol):
    """Of one stream."""

    def encode(self, samples: NDArray[np.int16]) -> bytes:
        """One packet's payload from mono samples at the codec's `rate`."""
        ...


class Codec(ABC):
    """One encoding with its clock."""

    name: str
    """As in `a=rtpmap`, `PCMU/8000`."""
    clock: int
    """Of RTP timestamps, in Hz."""
    rate: int
    """Samples a second that are really in it: 16,000 for G722 whose clock says 8,000."""
    memory: float = 0.0
    """Seconds of sound that a decoder must have been fed before it is right."""
    joins: bool = True
    """Two payloads after each other are one longer payload."""
    packet_times: tuple[int, ...] = (10, 20, 30, 40, 60)
    """Milliseconds that one packet can hold."""
    byte_rate: int
    """Bytes of payload for one second, at most."""

    def __str__(self) -> str:
        return self.name

    @abstractmethod
    def ticks(self, payload: bytes) -> int:
        """How long a payload is, on the RTP clock. Raises MalformedMessage for what is no payload of this codec."""

    @abstractmethod
    def silence(self, ticks: int) -> bytes:
        """A payload that sounds of nothing."""

    @abstractmethod
    def decoder(self) -> Decoder: ...

    @abstractmethod
    def encoder(self) -> Encoder: ...


def codec_named(name: str) -> Codec:
    """The codec of an rtpmap, any case; clock and channels may be left out where the name alone tells them.

    Raises MalformedMessage for one we do not have.
    """
    if len(name) > 40:
        raise MalformedMessage(f"no codec {name[:40]!r}...")
    return _named(name.lower())


@cache
def _all() -> dict[str, Codec]:
    from simulator.wire.sound.g711 import PCMA, PCMU
    from simulator.wire.sound.g722 import Wideband
    from simulator.wire.sound.linear import Linear
    from simulator.wire.sound.opus import Opus

    linear = [Linear(rate, 1) for rate in (8000, 16000, 44100, 48000)] + [Linear(44100, 2), Linear(48000, 2)]
    return {codec.name.lower(): codec for codec in (PCMU, PCMA, Wideband(), Opus(), *linear)}


def _named(name: str) -> Codec:
    known = _all()
    parts = name.split("/")
    if len(parts) == 1:
        matches = [codec for full, codec in known.items() if full.partition("/")[0] == name]
        if len(matches) == 1:
            return matches[0]
    if len(parts) == 3 and parts[2] == "1":
        name = "/".join(parts[:2])
    codec = known.get(name)
    if codec is None:
        raise MalformedMessage(f"no codec {name!r}")
    return codec
