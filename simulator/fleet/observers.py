"""The process with the independent observers, as a session uses it: started when first needed, kept while it serves.

Starting Python and its clients costs some tenths of a second; so one process serves the fleets of a whole test run,
one after another.
"""

from __future__ import annotations

from typing import Any

from simulator.fleet.child import Child

OBSERVER_MODULE = "simulator.expect.observer.service"


class ObserverProcess:
    """Calls to the observers; the first call starts them, and so does the first after they have died."""

    def __init__(self) -> None:
        self._child: Child | None = None

    def call(self, method: str, path: str, body: object = None, *, wait: float = 0.0) -> Any:
        """One call. Raises EngineGone with their last words when they do not come up."""
        if self._child is not None and not self._child.running:
            self.stop()
        if self._child is None:
            self._child = Child(OBSERVER_MODULE)
        return self._child.caller.call(method, path, body, wait=wait)

    @property
    def running(self) -> bool:
        return self._child is not None and self._child.running

    def stop(self) -> None:
        """End the process. Safe to repeat."""
        child, self._child = self._child, None
        if child is not None:
            child.stop()
