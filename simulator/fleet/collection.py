"""Python's cyclic garbage collector in a process that holds a fleet.

A thousand devices are some hundred thousand objects that live as long as the fleet. Left alone, the collector walks
through them again and again while they are made (a third of the time that takes, measured), and later in the
middle of somebody's request (100 ms). So it rests while a fleet is made, and afterwards leaves it out.
"""

from __future__ import annotations

import gc
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def making_what_stays() -> Iterator[None]:
    """What is made inside is not looked at by the collector until `collect_all`."""
    gc.disable()
    try:
        yield
        gc.freeze()
    finally:
        gc.enable()


def collect_all() -> None:
    """The fleet is gone: free its cycles now, so that its files and sockets are closed."""
    gc.unfreeze()
    gc.collect()
