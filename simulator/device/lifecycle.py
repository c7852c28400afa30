"""Power and boot: the phases of a device, and who may lead from one to the next.

                  power_on   power_cut   restart    time passes             hang    recover
    OFF           BOOTING    -           -          -                       -       -
    BOOTING       -          OFF         -          STARTING (or BOOTING    HUNG    -
                                                    again: image is bad)
    STARTING      -          OFF         STOPPING   RUNNING  (or BOOTING)   HUNG    -
    RUNNING       -          OFF         STOPPING   -                       HUNG    -
    STOPPING      -          OFF         -          BOOTING                 HUNG    -
    HUNG          -          OFF         -          -                       -       BOOTING

What a client sees of each (core sheet 2.1 and 4.4, network sheet 10): OFF and BOOTING nothing at all; STARTING
open ports, `systemready: "no"`, a new bootid and a small uptime; RUNNING `"yes"`; STOPPING the old bootid, still
`"yes"`, for some seconds after the command; HUNG nothing.

How long a phase lasts is the firmware's quirk, counted on the device clock; a jitter on the boot keeps a fleet
from coming back in one millisecond, which overflows real clients' buffers (network sheet 10).
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from simulator.chance import uuid4_from
from simulator.device.parameter import Survival
from simulator.errors import SimulatorBug
from simulator.journal import Kind

if TYPE_CHECKING:
    from collections.abc import Callable

    from simulator.clock import Timer
    from simulator.device.device import Device

SYSTEM_READY = "tns1:Device/tnsaxis:Status/SystemReady"

PRIOR_UPTIME = (3600, 30 * 86400)
"""Seconds: a fleet that has been up for a while has devices restarted at any time in the last month."""
UNPACKED_UPTIME = (60, 3600)
"""Seconds: a device in factory state has been unpacked lately, so that it still shows its preview mode."""


class Phase(StrEnum):
    """Where between power-on and service a device is."""

    OFF = "off"
    """No power: dark, silent."""
    BOOTING = "booting"
    """The bootloader and the kernel: no network."""
    STARTING = "starting"
    """Network and HTTP are up, services are not: not ready."""
    RUNNING = "running"
    """In service."""
    STOPPING = "stopping"
    """An orderly restart has begun: still answers, as the boot that is about to end."""
    HUNG = "hung"
    """Crashed: powered, and answers nothing."""


class Activity(StrEnum):
    """What a restart is for; the LEDs show it."""

    NONE = "none"
    UPGRADING = "upgrading"
    """From the first check of an image until the new one runs."""
    ROLLING_BACK = "rolling back"
    """The previous image is being loaded again."""
    DEFAULTING = "defaulting"
    """A restore or a factory default is being done."""


class Reset(StrEnum):
    """Why a device started last. Decides whether an uncommitted image is kept (core sheet 4.2)."""

    POWER = "power"
    RESTART = "restart"
    CRASH = "crash"


NEXT: dict[Phase, frozenset[Phase]] = {
    Phase.OFF: frozenset({Phase.BOOTING, Phase.RUNNING}),
    Phase.BOOTING: frozenset({Phase.OFF, Phase.BOOTING, Phase.STARTING, Phase.HUNG}),
    Phase.STARTING: frozenset({Phase.OFF, Phase.BOOTING, Phase.RUNNING, Phase.STOPPING, Phase.HUNG}),
    Phase.RUNNING: frozenset({Phase.OFF, Phase.BOOTING, Phase.STOPPING, Phase.HUNG}),
    Phase.STOPPING: frozenset({Phase.OFF, Phase.BOOTING, Phase.HUNG}),
    Phase.HUNG: frozenset({Phase.OFF, Phase.BOOTING}),
}
"""The table above, and two ways round it: OFF to RUNNING is a device that has been up since before the run,
RUNNING to BOOTING a restart that is not orderly: a watchdog."""

_REACHABLE = frozenset({Phase.STARTING, Phase.RUNNING, Phase.STOPPING})
_SOFT = frozenset({Survival.RESTORE, Survival.ALWAYS})
_HARD = frozenset({Survival.ALWAYS})
_RESTART = frozenset({Survival.RESTART, Survival.RESTORE, Survival.ALWAYS})


class Lifecycle:
    """The power switch, the boot sequence and the reset of one device. A new device is OFF."""

    def __init__(self, device: Device) -> None:
        self._device = device
        self._listeners: list[Callable[[Phase], None]] = []
        self._default_listeners: list[Callable[[bool], None]] = []
        self._timer: Timer | None = None
        self._booted_at = 0.0
        self._default_due: bool | None = None
        self.phase = Phase.OFF
        self.activity = Activity.NONE
        self.bootid = ""
        """A new version 4 UUID at each boot (core sheet 2.1); empty before the first."""
        self.boots = 0
        """How many boots this device has had: SNMP engineBoots, and the name of the boot's chance."""
        self.last_reset = Reset.POWER
        self.phase_since = 0.0
        """Device time at which the present phase began."""
        self.ready = False
        """What systemready says: yes while RUNNING, and still yes while STOPPING after that."""

    @property
    def reachable(self) -> bool:
        """Whether the device's sockets are open."""
        return self.phase in _REACHABLE

    @property
    def powered(self) -> bool:
        return self.phase is not Phase.OFF

    @property
    def boots_by_power(self) -> bool:
        """The last boot began because power came: the one at which the control button resets."""
        return self.last_reset is Reset.POWER

    def uptime(self) -> float:
        """Seconds since the kernel started; 0 without power."""
        return self._device.world.clock.now() - self._booted_at if self.powered else 0.0

    def on_phase(self, listener: Callable[[Phase], None]) -> Callable[[], None]:
        """Call `listener(new_phase)` after each change (BOOTING may follow BOOTING); returns what ends it."""
        self._listeners.append(listener)

        def stop() -> None:
            if listener in self._listeners:
                self._listeners.remove(listener)

        return stop

    def on_default(self, listener: Callable[[bool], None]) -> None:
        """Call `listener(hard)` when settings go to factory state: while BOOTING, after the parameters.

        For state that lives outside the parameter store: clips, filters, ports that were added.
        """
        self._default_listeners.append(listener)

    # ---- what hands and clients do

    def power_on(self) -> None:
        """Connect power; nothing happens to a device that has it."""
        if self.phase is Phase.OFF:
            self._boot(Reset.POWER)

    def power_cut(self) -> None:
        """Take power away at once: no goodbye on any connection, nothing saved that was not saved before."""
        if self.powered:
            self._fall_silent(Phase.OFF, "power cut")

    def hang(self) -> None:
        """The system crashes and stays so: powered and silent, until `recover` or a power cycle."""
        if self.powered and self.phase is not Phase.HUNG:
            self._fall_silent(Phase.HUNG, "crash")

    def recover(self) -> None:
        """The watchdog strikes: a hung device boots. Uncommitted firmware is lost, as after a power cycle."""
        if self.phase is Phase.HUNG:
            self._boot(Reset.CRASH)

    def restart(self, reason: str, *, orderly: bool = True, activity: Activity = Activity.NONE) -> bool:
        """Reboot: by way of STOPPING, or at once as a watchdog does. False if no system runs that could.

        Settings stay (both manuals, Restart). An upgrade that is being written is given up.
        """
        if self.phase not in (Phase.STARTING, Phase.RUNNING):
            return False
        self._device.firmware.interrupted()
        self.activity = activity
        if orderly:
            self._enter(Phase.STOPPING, reason)
            self._after(Phase.STOPPING, self._device.profile.quirks.stopping_seconds, self._stopped)
        else:
            self._boot(Reset.CRASH)
        return True

    def factory_default(self, *, hard: bool = False, reason: str = "factory default") -> bool:
        """Restart into factory state. False if no system runs that could.

        The soft one ("restore") keeps the address settings and what else the manuals list under Restore; the hard
        one keeps nothing. Accounts, certificates and clips go with both, and so does the previous firmware. While
        BOOTING it is the control button held at power-on: the boot begins anew.
        """
        if not self.reachable and self.phase is not Phase.BOOTING:
            return False
        self._default_due = hard
        if self.phase is Phase.BOOTING:
            self._boot(Reset.RESTART)
        elif not self.restart(reason, activity=Activity.DEFAULTING):
            self.activity = Activity.DEFAULTING
        return True

    def running_from_the_start(self) -> None:
        """Be RUNNING now, as a device of a fleet that has been up for a while: no boot, no timers."""
        clock, chance = self._device.world.clock, self._device.world.chance
        stream = chance.stream("device", self._device.name, "before")
        self.boots = stream.randint(1, 40)
        self.bootid = uuid4_from(stream)
        shortest, longest = UNPACKED_UPTIME if self._device.needs_setup else PRIOR_UPTIME
        self._booted_at = clock.now() - stream.randint(shortest, longest)
        self._serve("running from the start")
        self.phase_since = self._booted_at
        self._device.start()

    # ---- the boot sequence

    def resume(self) -> None:
        """Go on from a phase in which the firmware held this boot."""
        if self.phase is Phase.BOOTING:
            self._booted()
        elif self.phase is Phase.STARTING:
            self._started()

    def boot_again(self) -> None:
        """The image that was starting fails, and the boot loader runs again."""
        self._boot(Reset.CRASH)

    def _stopped(self) -> None:
        self._boot(Reset.RESTART)

    def _boot(self, reset: Reset) -> None:
        """The boot loader picks an image, settles what the settings are, and starts the kernel."""
        self.last_reset = reset
        self.activity = self._activity_of_boot(reset)
        self.boots += 1
        stream = self._device.world.chance.stream("device", self._device.name, "boot", self.boots)
        self.bootid = uuid4_from(stream)
        self._booted_at = self._device.world.clock.now()
        self._enter(Phase.BOOTING, reset.value)
        self._settle()
        jitter = stream.uniform(0.0, self._device.profile.quirks.boot_jitter_seconds)
        self._after(Phase.BOOTING, self._boot_seconds() + jitter, self._booted)

    def _activity_of_boot(self, reset: Reset) -> Activity:
        loading = self._device.firmware.pick(reset)
        if loading is Activity.NONE and self._default_due is not None:
            return Activity.DEFAULTING
        return loading

    def _settle(self) -> None:
        self._device.firmware.load()
        if self._default_due is not None:
            hard, self._default_due = self._default_due, None
            self._device.firmware.defaulted()
            self.clear_settings(hard=hard)
        self._device.parameters.reset(_RESTART)

    def clear_settings(self, *, hard: bool) -> None:
        """Settings and accounts go to factory state, as the image that boots ships them."""
        self._device.parameters.reset(_HARD if hard else _SOFT)
        self._device.accounts.clear()
        for listener in tuple(self._default_listeners):
            listener(hard)
        self._device.note(Kind.STATE, "factory default", hard=hard)

    def _booted(self) -> None:
        if self._device.firmware.passes(Phase.BOOTING):
            self._device.events.forget_states()
            self._enter(Phase.STARTING, "booted")
            self._device.events.publish(SYSTEM_READY, {}, ready=False)
            self._device.start()
            self._after(Phase.STARTING, self._device.profile.quirks.starting_seconds, self._started)

    def _started(self) -> None:
        if self._device.firmware.passes(Phase.STARTING):
            self.activity = Activity.NONE
            self._serve("started")
            self._device.firmware.started()

    def _serve(self, reason: str) -> None:
        self._enter(Phase.RUNNING, reason)
        self._device.events.publish(SYSTEM_READY, {}, ready=True)

    def _fall_silent(self, phase: Phase, reason: str) -> None:
        self.activity = Activity.NONE
        self._enter(phase, reason)
        self._device.firmware.interrupted()
        self._device.events.forget_states()

    def _enter(self, phase: Phase, reason: str) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        left, self.phase = self.phase, phase
        if phase not in NEXT[left]:
            raise SimulatorBug(f"{self._device.name} goes from {left} to {phase}")
        self.phase_since = self._device.world.clock.now()
        self.ready = phase is Phase.RUNNING or (phase is Phase.STOPPING and self.ready)
        activity = self.activity.value
        self._device.note(
            Kind.STATE, "phase", phase=phase.value, left=left.value, reason=reason, activity=activity
        )
        for listener in tuple(self._listeners):
            listener(phase)

    def _after(self, phase: Phase, seconds: float, step: Callable[[], None]) -> None:
        if self.phase is phase:  # a listener may have cut the power meanwhile
            self._timer = self._device.world.clock.call_later(seconds, step)

    def _boot_seconds(self) -> float:
        quirks = self._device.profile.quirks
        if self.activity is Activity.UPGRADING:
            return quirks.upgrade_boot_seconds
        if self.activity is Activity.DEFAULTING:
            return quirks.boot_seconds + quirks.default_extra_seconds
        return quirks.boot_seconds
