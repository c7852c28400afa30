"""Which function applies which action."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any, Final

from simulator.errors import FleetError
from simulator.fleet.hands import (
    door,
    housing,
    line,
    module,
    receiver,
    sensor,
    setting,
    sip,
    site,
    snmp,
    sound,
    speaker,
    supply,
    telephony,
    upgrade,
    wiring,
    wiring_fault,
)

if TYPE_CHECKING:
    from simulator.action.action import Action
    from simulator.fleet.bench import Bench

APPLY: Final[dict[str, Callable[[Bench, Any], Awaitable[None] | None]]] = {
    "cut": wiring.cut,
    "short": wiring.short,
    "open": wiring.open_,
    "close": wiring.close,
    "restore": wiring.restore,
    "drift": wiring.drift,
    "chatter": wiring.chatter,
    "corrode": wiring_fault.corrode,
    "leak": wiring_fault.leak,
    "loosen": wiring_fault.loosen,
    "fit": wiring_fault.fit,
    "jumper": housing.jumper,
    "monitor-door": door.monitor_door,
    "shake": housing.shake,
    "casing": housing.casing,
    "press": supply.press,
    "power": supply.power,
    "reboot": supply.reboot,
    "unplug": supply.unplug,
    "plug": supply.plug,
    "dhcp": site.dhcp,
    "upgrade": upgrade.upgrade,
    "hold": upgrade.hold,
    "release": upgrade.release,
    "module": module.module,
    "broker": site.broker,
    "receiver": receiver.receiver,
    "fault": line.fault,
    "clear": line.clear,
    "clock": site.clock,
    "set": setting.set_,
    "note": site.note,
    "sensor": sensor.sensor,
    "bus": sensor.bus,
    "snmp": snmp.snmp,
    "sip": sip.sip,
    "registrar": telephony.registrar,
    "phone": telephony.phone,
    "hear": sound.hear,
    "page": sound.page,
    "clip": speaker.clip,
    "microphone": speaker.microphone,
    "acoustics": speaker.acoustics,
    "speaker-test": speaker.speaker_test,
    "light": speaker.lamp,
}
"""By verb. `client` and `call` concern the program under test and belong to the runner."""


async def apply(bench: Bench, action: Action) -> None:
    """Do it. Raises FleetError when it cannot be done."""
    function = APPLY.get(action.verb)
    if function is None:
        raise FleetError(f"{action.verb} is done by the scenario runner, not by the engine")
    outcome = function(bench, action)
    if outcome is not None:
        await outcome
