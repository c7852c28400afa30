"""How the pacer knows that something still moves.

Every reader, accept and connection callback of this floor counts `Activity.count` up; what goes on over several
turns of the event loop without a callback of its own (a TLS handshake, a connect) holds a busy token. A stepped
clock waits until neither changes (network sheet, section 15).
"""

from __future__ import annotations

import contextvars
from contextlib import contextmanager
from typing import TYPE_CHECKING, ParamSpec, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

P = ParamSpec("P")
T = TypeVar("T")


class Activity:
    """Shared by everything of one fleet that does I/O."""

    __slots__ = ("busy", "count")

    def __init__(self) -> None:
        self.count = 0
        self.busy = 0

    def stir(self) -> None:
        """Something moved."""
        self.count += 1

    @contextmanager
    def token(self) -> Iterator[None]:
        """Hold a busy token."""
        self.busy += 1
        try:
            yield
        finally:
            self.busy -= 1
            self.count += 1


def without_cause(function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Call `function` in an empty context.

    The event loop hands the context of a registration to every later callback. A listener opened by a
    hand's `power on` would name that hand as the cause of whatever a client does for hours afterwards.
    """
    return contextvars.Context().run(function, *args, **kwargs)
