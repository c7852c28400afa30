"""Chance: named streams of pseudo-random numbers, all grown from one seed.

The second of the two files that may import `random`. Each consumer asks for its own stream by a stable
name, so that one more draw in one place never shifts what another place sees, and the same seed gives
the same fleet (promise 3 of the design).
"""

from __future__ import annotations

import hashlib
import random
import uuid

Stream = random.Random
"""What `Chance.stream` returns; type annotations elsewhere use this name, not the `random` module."""


class Chance:
    """The root of all streams of one run. `seed` is what the report prints and `--seed` takes."""

    def __init__(self, seed: int) -> None:
        self.seed = seed

    def stream(self, *name: str | int) -> Stream:
        """A fresh generator for this name; the same name twice gives two equal generators."""
        return random.Random(self._digest(name))

    def number(self, *name: str | int) -> int:
        """64 bits that depend on the seed and the name only."""
        return int.from_bytes(self._digest(name)[:8], "big")

    def hexadecimal(self, digits: int, *name: str | int) -> str:
        """`digits` lower-case hex digits (at most 64) that depend on the seed and the name only."""
        return self._digest(name).hex()[:digits]

    def _digest(self, name: tuple[str | int, ...]) -> bytes:
        text = "/".join([str(self.seed), *map(str, name)])
        return hashlib.sha256(text.encode()).digest()


def uuid4_from(stream: Stream) -> str:
    """A version 4 UUID drawn from `stream`, as AXIS OS makes one per boot (core sheet 2.1)."""
    return str(uuid.UUID(int=stream.getrandbits(128), version=4))
