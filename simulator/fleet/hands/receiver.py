"""Hands on the receivers of the site."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from simulator.action.receiver import Receiver as Order
from simulator.errors import FleetError
from simulator.site.receiver import mail, web

if TYPE_CHECKING:
    from collections.abc import Awaitable

    from simulator.fleet.bench import Bench
    from simulator.fleet.receivers import Receivers
    from simulator.site.receiver.receiver import Receiver

_ABOUT = {
    "stop": "up", "start": "up", "refuse": "admission", "accept": "admission", "stall": "flow", "slow": "flow",
    "resume": "flow", "certificate": "certificate",
}  # fmt: skip
"""What each is about: it puts an end to what was begun there."""
_UNDO = {"stop": "start", "refuse": "accept", "stall": "resume", "slow": "resume", "certificate": "certificate"}
_REFUSED = {"mail": mail.REFUSED, "web": web.REFUSED, "tcp": 0}


async def receiver(bench: Bench, action: Order) -> None:
    """Raises FleetError where the site has no receivers."""
    receivers = bench.premises.receivers
    if receivers is None:
        raise FleetError("the site has no receivers", hint="ask for them: site: {receivers: yes}")
    for name in [action.which] if action.which is not None else list(receivers.all):
        key = ("receiver", _ABOUT[action.do], "" if action.do == "certificate" else name)
        bench.courses.end(key)
        await _apply(receivers, receivers.all[name], action)
        if action.for_ is not None:
            undo = Order(_UNDO[action.do], flaw="none" if action.do == "certificate" else None)  # type: ignore[arg-type]
            bench.after(key, action.for_, partial(_undone, receivers, receivers.all[name], undo))


def _undone(receivers: Receivers, one: Receiver, undo: Order) -> list[Awaitable[None]]:
    return [_apply(receivers, one, undo)]


async def _apply(receivers: Receivers, one: Receiver, action: Order) -> None:
    if action.do == "stop":
        await one.stop()
    elif action.do == "start":
        await one.start()
    elif action.do == "certificate":
        receivers.certificate.show(action.flaw or "none")
    elif action.do in ("refuse", "accept"):
        code = action.code if action.code is not None else _REFUSED[one.name]
        one.orders = replace(one.orders, code=code if action.do == "refuse" else None)
    else:
        delay = (action.delay or 0.0) if action.do == "slow" else 0.0
        one.orders = replace(one.orders, stalled=action.do == "stall", delay=delay)
