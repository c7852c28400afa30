"""systemready.cgi: is the device up, does it want a first administrator (core sheet 2.1).

Open to anyone, and the one CGI that answers while the device is starting. A client may let it hold its answer
until the device is ready, for at most `timeout` seconds.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from simulator.device.lifecycle import Phase
from simulator.device.parameter import Level
from simulator.face.exchange import Answer, Held, Reply
from simulator.face.vapix.call import Route
from simulator.face.vapix.envelope import Invocation, Json, JsonService, Method
from simulator.face.vapix.fault import SYSTEM_READY

if TYPE_CHECKING:
    from collections.abc import Callable

LONGEST_TIMEOUT = 3600


def system_ready(asked: Invocation) -> Json | Reply:
    """At once when ready or when no time-out is given, else when ready or when the time is over."""
    timeout = _timeout(asked)
    if asked.call.device.lifecycle.ready or timeout == 0:
        return _report(asked)
    return Held(lambda deliver: _wait(asked, timeout, deliver))


def _timeout(asked: Invocation) -> int:
    timeout = asked.params.get("timeout", 0)
    if isinstance(timeout, str) and timeout.isascii() and timeout.isdigit() and len(timeout) < 9:
        timeout = int(timeout)
    if not isinstance(timeout, int) or timeout < 0:
        raise asked.invalid("timeout")
    return min(timeout, LONGEST_TIMEOUT)


def _wait(asked: Invocation, timeout: int, deliver: Callable[[Answer], None]) -> Callable[[], None]:
    device, over = asked.call.device, False

    def finish() -> None:
        nonlocal over
        if not over:
            over = True
            timer.cancel()
            deliver(asked.answer(_report(asked)))

    def heard(phase: Phase) -> None:
        if phase is Phase.RUNNING:
            finish()

    def forget() -> None:
        nonlocal over
        over = True
        timer.cancel()

    timer = device.world.clock.call_later(timeout, finish)
    device.lifecycle.on_phase(heard)
    return forget


def _report(asked: Invocation) -> Json:
    device, quirks = asked.call.device, asked.call.front.quirks
    uptime, fresh = device.lifecycle.uptime(), device.accounts.empty
    data = {
        "systemready": "yes" if device.lifecycle.ready else "no",
        "needsetup": "yes" if fresh else "no",
    }
    optional = {"uptime": str(int(uptime)), "bootid": device.lifecycle.bootid, "passphrasepolicy": "none"}
    if fresh and uptime <= quirks.preview_seconds:
        optional["previewmode"] = str(quirks.preview_seconds)
    return data | {name: optional[name] for name in quirks.systemready_fields if name in optional}


SERVICE = JsonService("systemready", SYSTEM_READY, {"systemready": Method(system_ready)})

ROUTES = (
    Route(
        ("/axis-cgi/systemready.cgi",),
        SERVICE,
        methods=("POST",),
        level=Level.ANYONE,
        api="systemready",
        json=True,
        before_setup=True,
        while_starting=True,
    ),
)
