"""AXIS Door Monitoring: doors without a lock, each with a position sensor (DPS) and perhaps a request to exit (REX).

The application comes with the A9210 (manual, AXIS Door Monitoring): up to five doors, REX on I/O 1 and I/O 2 alone.
States and their names are those of Axis' door controllers; how they follow from the inputs is a composition of the
simulator (io-events sheet 1.13), in short:

    DPS closed                 Closed, alarm Normal, access used up
    DPS open, without access   Open, DoorForcedOpen
    REX active                 access for the access time: opening raises no alarm
    open for too long          DoorOpenTooLong, until it is closed
    DPS cut or shorted         Fault, FaultDetected and TamperDetected
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

from simulator.device.lifecycle import Phase
from simulator.journal import Kind

if TYPE_CHECKING:
    from collections.abc import Callable

    from simulator.clock import Timer
    from simulator.device.device import Device
    from simulator.device.terminal import Port

MODE = "tns1:Door/State/DoorMode"
PHYSICAL = "tns1:Door/State/DoorPhysicalState"
ALARM = "tns1:Door/State/DoorAlarm"
FAULT = "tns1:Door/State/DoorFault"
TAMPER = "tns1:Door/State/DoorTamper"
TOPICS = (MODE, PHYSICAL, ALARM, FAULT, TAMPER)


class Physical(StrEnum):
    """Where the door is."""

    UNKNOWN = "Unknown"
    OPEN = "Open"
    CLOSED = "Closed"
    FAULT = "Fault"


class DoorAlarm(StrEnum):
    NORMAL = "Normal"
    FORCED = "DoorForcedOpen"
    TOO_LONG = "DoorOpenTooLong"


@dataclass(frozen=True, slots=True)
class DoorSetting:
    """One door as its table row says. Inputs are port ids, times device seconds."""

    number: int
    dps: int
    rex: int | None
    open_too_long: float
    access: float


@dataclass(slots=True)
class Door:
    """One monitored door: its states follow its inputs and the device clock."""

    setting: DoorSetting
    device: Device
    physical: Physical = Physical.UNKNOWN
    alarm: DoorAlarm = DoorAlarm.NORMAL
    accessed: bool = False
    """Access has been granted and not used up."""
    _was: Physical = Physical.UNKNOWN
    """The last position that was no fault."""
    _requesting: bool = False
    _timers: dict[str, Timer] = field(default_factory=dict)

    @property
    def mode(self) -> str:
        """`Accessed` while access is granted; what it is otherwise, without a lock, is a guess of the profile."""
        return "Accessed" if self.accessed else self.device.profile.quirks.door_idle_mode

    @property
    def token(self) -> str:
        """How events name it."""
        return self.device.profile.quirks.door_token.format(number=self.setting.number)

    def start(self) -> None:
        """The application starts: a door that is found open was not seen to be forced, but may be open too long."""
        self._requesting = self._rex_active()
        self.accessed = False
        self.alarm = DoorAlarm.NORMAL
        self._was = Physical.UNKNOWN
        self._take(self._sensed())
        self.publish()

    def stop(self) -> None:
        """The application ends."""
        for timer in self._timers.values():
            timer.cancel()
        self._timers.clear()
        self.physical = Physical.UNKNOWN

    def input_changed(self, port: Port) -> None:
        """One of the inputs says something new."""
        if port.id == self.setting.rex:
            self._request()
        if port.id == self.setting.dps:
            self._take(self._sensed())
        self.publish()

    def publish(self) -> None:
        """Publish what it is now; the bus drops what has not changed."""
        faulty = self.physical is Physical.FAULT
        known = self.physical is not Physical.UNKNOWN
        states = {
            MODE: self.mode,
            PHYSICAL: self.physical.value,
            ALARM: self.alarm.value,
            FAULT: "FaultDetected" if faulty else "NotInFault" if known else "Unknown",
            TAMPER: "TamperDetected" if faulty else "NotInTamper" if known else "Unknown",
        }
        for topic, state in states.items():
            self.device.events.publish(topic, {"DoorToken": self.token}, State=state)

    def withdraw(self) -> None:
        """The door is monitored no more."""
        for topic in TOPICS:
            self.device.events.withdraw(topic, {"DoorToken": self.token})

    def _sensed(self) -> Physical:
        port = self.device.ports[self.setting.dps]
        if not port.is_input or port.state is None:
            return Physical.UNKNOWN
        if port.supervised and port.state.tampered:
            return Physical.FAULT
        return Physical.CLOSED if port.state.circuit_closed else Physical.OPEN

    def _take(self, sensed: Physical) -> None:
        if sensed is self.physical:
            return
        before, self.physical = self._was, sensed
        self.device.note(Kind.STATE, "door", door=self.setting.number, state=sensed.value)
        if sensed is Physical.CLOSED:
            self._closed()
        elif sensed is Physical.OPEN and before is not Physical.OPEN:
            self._opened(seen=before is Physical.CLOSED)
        if sensed in (Physical.OPEN, Physical.CLOSED):
            self._was = sensed

    def _opened(self, *, seen: bool) -> None:
        if seen and not self.accessed and not self._requesting:
            self._alarm(DoorAlarm.FORCED)
        self._after("open", self.setting.open_too_long, self._open_too_long)

    def _closed(self) -> None:
        self._cancel("open")
        self._alarm(DoorAlarm.NORMAL)
        if self._was is Physical.OPEN:
            self._end_access()

    def _open_too_long(self) -> None:
        self._alarm(DoorAlarm.TOO_LONG)
        self.publish()

    def _alarm(self, alarm: DoorAlarm) -> None:
        if self.alarm is not alarm:
            self.alarm = alarm
            self.device.note(Kind.STATE, "door alarm", door=self.setting.number, alarm=alarm.value)

    # ---- access

    def _rex_active(self) -> bool:
        rex = self.setting.rex
        if rex is None:
            return False
        port = self.device.ports[rex]
        return (
            port.is_input
            and port.active
            and not (port.state is not None and port.supervised and port.state.tampered)
        )

    def _request(self) -> None:
        before, self._requesting = self._requesting, self._rex_active()
        if self._requesting and not before:
            self.accessed = True
            self._after("access", self.setting.access, self._access_over)

    def _access_over(self) -> None:
        self._end_access()
        self.publish()

    def _end_access(self) -> None:
        self._cancel("access")
        self.accessed = False

    def _after(self, what: str, seconds: float, act: Callable[[], None]) -> None:
        self._cancel(what)
        self._timers[what] = self.device.world.clock.call_later(seconds, act)

    def _cancel(self, what: str) -> None:
        timer = self._timers.pop(what, None)
        if timer is not None:
            timer.cancel()


DEAD = frozenset({Phase.OFF, Phase.BOOTING, Phase.HUNG})
"""Phases in which the application does not run."""
