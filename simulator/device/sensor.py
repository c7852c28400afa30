"""The device's list of Modbus sensors: settings, last values, status and limits (A9210 manual, Sensors; Modbus sheet 1.8).

It knows no protocol: who polls tells `measured` or `failed` after each poll, and all that follows from it is decided
here. How many failures make a sensor offline are guesses of the profile.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Literal

from simulator.device.lifecycle import Phase
from simulator.errors import FleetError, UnknownTarget
from simulator.journal import Kind

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from simulator.device.device import Device
    from simulator.device.quirks import ModbusQuirks
    from simulator.device.sensor_template import Template

STATUS = "tnsaxis:CameraApplicationPlatform/ModbusSensor/Status"
LIMIT = "tnsaxis:CameraApplicationPlatform/ModbusSensor/Limit"
"""Topics of the simulator's own: those of the product are not public (io-events sheet 2.2)."""
OWN_PORT = 0
"""Number of the A9210's own RS-485 port; 1 to 16 is that of the A9910 with this address."""
LAST_BOX = 16

Quality = Literal["good", "stale", "invalid"]
Side = Literal["normal", "above", "below"]


class SensorRefused(FleetError):
    """Settings that the device does not take."""


@dataclass(frozen=True, slots=True)
class Threshold:
    """Limits of one measurand; None for a side without one. A value must come back by `hysteresis` to be normal."""

    low: float | None = None
    high: float | None = None
    hysteresis: float = 0.0

    def side(self, value: float, before: Side) -> Side:
        """Where a value stands, coming from `before`."""
        back = self.hysteresis
        if self.high is not None and value > self.high:
            return "above"
        if self.low is not None and value < self.low:
            return "below"
        if before == "above" and self.high is not None and value > self.high - back:
            return "above"
        if before == "below" and self.low is not None and value < self.low + back:
            return "below"
        return "normal"


@dataclass(frozen=True, slots=True)
class SensorSettings:
    """One row of the list. `interval` is seconds between two polls."""

    name: str
    address: int
    template: Template
    box: int = OWN_PORT
    interval: float | None = None
    thresholds: tuple[tuple[str, Threshold], ...] = ()
    """By name of a point of the template."""


@dataclass(slots=True)
class Reading:
    """The last value of one point; None before the first, and while there is none."""

    value: float | None = None
    at: float | None = None
    """Device seconds of the poll that brought it."""
    quality: Quality = "invalid"
    side: Side = "normal"


@dataclass(slots=True)
class Sensor:
    """One sensor of the list and what the device knows of it. `online` is None until the first verdict."""

    number: int
    settings: SensorSettings
    online: bool | None = None
    failures: int = 0
    """Failed polls in a row."""
    successes: int = 0
    polls: int = 0
    reason: str = ""
    """Why the last poll failed."""
    last_event: str = ""
    """`temperature above limit`, as the list shows it."""
    readings: dict[str, Reading] = field(default_factory=dict)

    @property
    def name(self) -> str:
        return self.settings.name

    def forget(self) -> None:
        """As after a restart: nothing has been read yet."""
        self.online, self.failures, self.successes, self.reason, self.last_event = None, 0, 0, "", ""
        self.readings = {point.name: Reading() for point in self.settings.template.points}


class Sensors:
    """The list. Settings survive a restart, values do not."""

    def __init__(self, device: Device, quirks: ModbusQuirks) -> None:
        self._device = device
        self._quirks = quirks
        self._sensors: dict[int, Sensor] = {}
        self._listeners: list[Callable[[], None]] = []
        device.lifecycle.on_phase(self._phase_changed)
        device.lifecycle.on_default(self._defaulted)

    def __iter__(self) -> Iterator[Sensor]:
        return iter(tuple(self._sensors.values()))

    def __len__(self) -> int:
        return len(self._sensors)

    def get(self, key: int | str) -> Sensor:
        """By number, or by name. Raises UnknownTarget."""
        for sensor in self._sensors.values():
            if key in (sensor.number, str(sensor.number), sensor.name):
                return sensor
        known = [name for sensor in self for name in (str(sensor.number), sensor.name)]
        raise UnknownTarget("sensor", f"{self._device.name}/sensor/{key}", known)

    def interval(self, settings: SensorSettings) -> float:
        """Seconds between two polls: the sensor's own, its template's, or the device's default."""
        return settings.interval or settings.template.read_interval or self._quirks.read_interval

    def on_change(self, listener: Callable[[], None]) -> None:
        """Call `listener()` after the list has changed."""
        self._listeners.append(listener)

    # Settings

    def add(self, settings: SensorSettings, number: int | None = None) -> Sensor:
        """Raises SensorRefused for a name or address that is taken, and beyond 8 per A9210, 4 per A9910, 64 in all."""
        self._check(settings)
        self._check_room(settings.box)
        taken = number if number is not None else max(self._sensors, default=0) + 1
        if taken in self._sensors:
            raise SensorRefused(f"sensor number {taken} is taken")
        sensor = self._sensors[taken] = Sensor(taken, settings)
        sensor.forget()
        self._changed("added", sensor)
        return sensor

    def change(self, key: int | str, settings: SensorSettings) -> Sensor:
        """Other settings for a sensor: what was read so far is forgotten. Raises as `add` does."""
        sensor = self.get(key)
        self._check(settings, sensor)
        if settings.box != sensor.settings.box:
            self._check_room(settings.box)
        self._withdraw(sensor)
        sensor.settings = settings
        sensor.forget()
        self._changed("changed", sensor)
        return sensor

    def upload(self, key: int | str, template: Template) -> Sensor:
        """A custom configuration: the sensor is of this type from now on. Thresholds of points it lacks are dropped."""
        settings = self.get(key).settings
        names = {point.name for point in template.points}
        kept = tuple((name, limits) for name, limits in settings.thresholds if name in names)
        return self.change(key, replace(settings, template=template, thresholds=kept))

    def remove(self, key: int | str) -> None:
        """Raises UnknownTarget."""
        sensor = self.get(key)
        self._withdraw(sensor)
        del self._sensors[sensor.number]
        self._changed("removed", sensor)

    def snapshot(self) -> tuple[tuple[int, SensorSettings], ...]:
        """All settings, for a firmware rollback."""
        return tuple((sensor.number, sensor.settings) for sensor in self)

    def restore(self, settings: tuple[tuple[int, SensorSettings], ...]) -> None:
        """Be set as a snapshot says."""
        if settings == self.snapshot():
            return
        self._sensors.clear()
        for number, one in settings:
            self._sensors[number] = Sensor(number, one)
            self._sensors[number].forget()
        self._tell()

    # What polls bring

    def measured(self, sensor: Sensor, values: Mapping[str, float | None]) -> None:
        """A poll was answered. A value of None is no value: NaN, a sentinel, or an exception in its place."""
        sensor.polls += 1
        sensor.failures, sensor.reason = 0, ""
        sensor.successes += 1
        if sensor.online is not True and sensor.successes >= self._quirks.online_after:
            self._set_online(sensor, True)
        at = self._device.world.clock.now()
        limits = dict(sensor.settings.thresholds)
        for name, value in values.items():
            reading = sensor.readings[name]
            if value is None:
                reading.quality, reading.at = "invalid", at
                continue
            reading.value, reading.at, reading.quality = value, at, "good"
            if name in limits:
                self._judge(sensor, name, reading, value, limits[name])

    def failed(self, sensor: Sensor, reason: str, *, at_once: bool = False) -> None:
        """A poll was not answered, after all retries. The last values stay, as stale ones."""
        sensor.polls += 1
        sensor.failures += 1
        sensor.successes, sensor.reason = 0, reason
        for reading in sensor.readings.values():
            if reading.quality == "good":
                reading.quality = "stale"
        if sensor.online is not False and (at_once or sensor.failures >= self._quirks.offline_after):
            self._set_online(sensor, False, reason)

    def _judge(self, sensor: Sensor, name: str, reading: Reading, value: float, limits: Threshold) -> None:
        side = limits.side(value, reading.side)
        if side == reading.side:
            return
        reading.side = side
        sensor.last_event = f"{name} {side} limit" if side != "normal" else f"{name} normal"
        device = self._device
        record = device.note(
            Kind.STATE, "sensor limit", sensor=sensor.name, number=sensor.number, measurand=name, limit=side,
            value=round(value, 6),
        )  # fmt: skip
        with device.world.journal.because(record):
            source = {"sensor": sensor.name, "measurand": name}
            device.events.publish(LIMIT, source, limit=side, value=round(value, 6))

    def _set_online(self, sensor: Sensor, online: bool, reason: str = "") -> None:
        sensor.online = online
        device = self._device
        told = {"reason": reason} if reason else {}
        record = device.note(
            Kind.STATE, "sensor status", sensor=sensor.name, number=sensor.number, online=online, **told
        )
        with device.world.journal.because(record):
            device.events.publish(STATUS, {"sensor": sensor.name}, online=online)

    # Checks

    def _check(self, settings: SensorSettings, itself: Sensor | None = None) -> None:
        if not settings.name or len(settings.name) > 64:
            raise SensorRefused("a sensor has a name of 1 to 64 characters")
        if not 1 <= settings.address <= 247:
            raise SensorRefused(f"address {settings.address} is outside 1 to 247")
        if not OWN_PORT <= settings.box <= LAST_BOX:
            raise SensorRefused(f"box {settings.box} is outside 0 (the A9210) to 16 (an A9910)")
        strange = [name for name, _ in settings.thresholds if settings.template.point(name) is None]
        if strange:
            raise SensorRefused(f"{settings.template.name} has no {strange[0]} to set a threshold for")
        for other in self:
            if other is itself:
                continue
            if other.name == settings.name:
                raise SensorRefused(f"there is a sensor named {settings.name!r} already")
            if (other.settings.box, other.settings.address) == (settings.box, settings.address):
                raise SensorRefused(
                    f"address {settings.address} is taken by sensor {other.name!r} on the same port"
                )

    def _check_room(self, box: int) -> None:
        quirks = self._quirks
        here = sum(1 for sensor in self if sensor.settings.box == box)
        if here >= (quirks.own_sensors if box == OWN_PORT else quirks.module_sensors):
            raise SensorRefused(f"the RS485 port of box {box} takes no more than {here} sensors")
        if len(self) >= quirks.all_sensors:
            raise SensorRefused(f"a system takes no more than {quirks.all_sensors} sensors")

    # Life

    def _phase_changed(self, phase: Phase) -> None:
        if phase is Phase.BOOTING:
            for sensor in self:
                sensor.forget()

    def _defaulted(self, _hard: bool) -> None:
        """The list is gone (Modbus sheet 4)."""
        if self._sensors:
            self._sensors.clear()
            self._tell()

    def _withdraw(self, sensor: Sensor) -> None:
        if sensor.online is not None:
            self._device.events.withdraw(STATUS, {"sensor": sensor.name})
        for name, _ in sensor.settings.thresholds:
            self._device.events.withdraw(LIMIT, {"sensor": sensor.name, "measurand": name})

    def _changed(self, what: str, sensor: Sensor) -> None:
        settings = sensor.settings
        self._device.note(
            Kind.STATE, "sensor list", change=what, sensor=settings.name, number=sensor.number, box=settings.box,
            address=settings.address, model=settings.template.model,
        )  # fmt: skip
        self._tell()

    def _tell(self) -> None:
        for listener in tuple(self._listeners):
            listener()


def box_present(device: Device, box: int) -> bool:
    """Whether a box of the device is there: the A9210 itself always, an A9910 while it is online."""
    if box == OWN_PORT:
        return True
    expansion = getattr(device, "expansion", None)
    module = None if expansion is None else expansion.modules.get(box)
    return module is not None and bool(module.online)
