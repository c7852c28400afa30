"""systemready.cgi: is the device up, does it want a first administrator (core sheet 2.1).

Open to anyone, and the one CGI that answers while the device is starting. A client may let it hold its answer
until the device is ready, for at most `timeout` seconds.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

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
    def finish() -> None:
        forget()
        deliver(asked.answer(_report(asked)))

    def forget() -> None:
        timer.cancel()
        stop()

    timer = asked.call.device.world.clock.call_later(timeout, finish)
    stop = asked.call.front.when_ready(finish)
    return forget


def _report(asked: Invocation) -> Json:
    """All values are strings; which of them a firmware has, and their order, is its quirk."""
    device = asked.call.device
    quirks, uptime, fresh = device.profile.quirks, device.lifecycle.uptime(), device.accounts.empty
    known = {
        "systemready": "yes" if device.lifecycle.ready else "no",
        "needsetup": "yes" if fresh else "no",
        "uptime": str(int(uptime)),
        "bootid": device.lifecycle.bootid,
        "passphrasepolicy": quirks.passphrase_policy,
    }
    if fresh and uptime <= quirks.preview_mode_seconds:
        known["previewmode"] = str(quirks.preview_mode_seconds)
    return {name: known[name] for name in quirks.systemready_fields if name in known}


SERVICE = JsonService("systemready", SYSTEM_READY, {"systemready": Method(system_ready)})

ROUTES = (
    Route(
        ("/axis-cgi/systemready.cgi",),
        SERVICE,
        methods=("POST",),
        level=Level.ANYONE,
        api="systemready",
        before_setup=True,
        while_starting=True,
    ),
)
