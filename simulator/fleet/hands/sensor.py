"""Hands on Modbus sensors and on the buses they stand on."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, Final

from simulator.action.target import is_pattern, matching
from simulator.errors import FleetError, UnknownTarget
from simulator.site.modbus.curve import Constant, Curve, Ramp, Sine, Spike, Steps, Walk
from simulator.wire.modbus.fault import BusFault

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from simulator.action.bus import Bus
    from simulator.action.sensor import Sensor
    from simulator.action.target import Target
    from simulator.fleet.bench import Bench
    from simulator.fleet.host import Host
    from simulator.site.modbus.probe import Oddity, Probe
    from simulator.site.modbus.rs485 import Rs485

RESET_SECONDS = 2.0
"""How long a sensor that restarts is silent, where nothing else is said."""
_ODDITIES: Final[dict[str, Oddity]] = {
    "stick": "stuck", "out-of-range": "out-of-range", "below-range": "below-range", "nan": "nan", "sentinel": "sentinel",
}  # fmt: skip


def sensor(bench: Bench, action: Sensor) -> None:
    """Raises UnknownTarget for a sensor or a quantity that is not there."""
    found = list(_sensors(bench, action.on))
    points = [_points(probe, action) for _, _, probe in found]
    for (host, place, probe), names in zip(found, points, strict=True):
        place.blame(bench.last_action, probe.unit.address)
        if action.do in _CURVES:
            for name in names:
                probe.follow(name, _CURVES[action.do](bench, host, probe, name, action))
        elif action.do in _ODDITIES or action.do == "follow":
            _spoil(bench, (host.name, place, probe), names, action)
        else:
            _whole(bench, host, place, probe, action)


def _spoil(bench: Bench, where: tuple[str, Rs485, Probe], names: list[str], action: Sensor) -> None:
    device, _, probe = where
    for name in names:
        key = ("oddity", device, probe.number, name)
        bench.courses.end(key)
        probe.spoil(name, _ODDITIES.get(action.do, ""))
        if action.for_ is not None:
            bench.courses.begin(key, [(action.for_, partial(probe.spoil, name, ""))])


def _whole(bench: Bench, host: Host, place: Rs485, probe: Probe, action: Sensor) -> None:
    """What concerns the sensor as a whole: its plug, its supply, its button."""
    key = ("sensor", host.name, probe.number, action.do.partition("-")[2] or "plug")
    bench.courses.end(key)
    if action.do == "reset":
        place.reset(probe, action.for_ or RESET_SECONDS)
        return
    act: Callable[[bool], None]
    if action.do in ("plug", "unplug"):
        act, on = partial(_plug, place, probe), action.do == "plug"
    else:
        if not place.hold_button(probe, False):
            raise FleetError(
                f"{host.name}/sensor/{probe.name} has no MD button", hint="only Tibbo probes have one"
            )
        act, on = partial(_button, place, probe), action.do == "hold-button"
    act(on)
    if action.for_ is not None:
        bench.courses.begin(key, [(action.for_, partial(act, not on))])


def _plug(place: Rs485, probe: Probe, plugged: bool) -> None:
    probe.plugged = plugged
    place.refresh(probe)


def _button(place: Rs485, probe: Probe, held: bool) -> None:
    place.hold_button(probe, held)


def _walk(bench: Bench, host: Host, probe: Probe, name: str, action: Sensor) -> Curve:
    point = probe.point(name)
    low = point.min if point is not None and point.min is not None else float("-inf")
    high = point.max if point is not None and point.max is not None else float("inf")
    probe.walks += 1
    stream = bench.world.chance.stream("sensor", host.name, probe.number, name, probe.walks)
    return Walk(probe.truth(name), action.stride or 0.0, action.every or 1.0, bench.clock.now(), stream, low, high)


def _constant(_bench: Bench, _host: Host, _probe: Probe, _name: str, action: Sensor) -> Curve:
    return Constant(action.to or 0.0)


def _ramp(bench: Bench, _host: Host, probe: Probe, name: str, action: Sensor) -> Curve:
    return Ramp(probe.truth(name), action.to or 0.0, bench.clock.now(), action.over or 0.0)


def _step(bench: Bench, _host: Host, _probe: Probe, _name: str, action: Sensor) -> Curve:
    return Steps(action.values, bench.clock.now(), action.every or 1.0)


def _sine(bench: Bench, _host: Host, probe: Probe, name: str, action: Sensor) -> Curve:
    mean = probe.truth(name) if action.to is None else action.to
    return Sine(mean, action.amplitude or 0.0, action.period or 1.0, bench.clock.now())


def _spike(bench: Bench, _host: Host, probe: Probe, name: str, action: Sensor) -> Curve:
    return Spike(action.to or 0.0, bench.clock.now(), action.for_ or 0.0, probe.curve(name))


_CURVES: Final[dict[str, Callable[[Bench, Host, Probe, str, Sensor], Curve]]] = {
    "set": _constant, "ramp": _ramp, "step": _step, "sine": _sine, "spike": _spike, "walk": _walk,
}  # fmt: skip


def _points(probe: Probe, action: Sensor) -> list[str]:
    """The quantities meant. A sensor that tells a dew point also has the temperature and humidity behind it."""
    names = [point.name for point in probe.template.points]
    if action.quantity:
        point = probe.point(action.quantity)
        if point is None:
            raise UnknownTarget("quantity", f"{probe.name}: {action.quantity}", names)
        return [point.name]
    if action.do in _CURVES and len(names) > 1:
        raise FleetError(f"{probe.name} measures several quantities", hint=f"quantity: one of {', '.join(names)}")
    return names


def _sensors(bench: Bench, target: Target) -> Iterator[tuple[Host, Rs485, Probe]]:
    for host in bench.targets(target):
        known = host.buses.numbers() if is_pattern(target.index) else host.buses.keys()
        for key in matching("sensor", target.index, known):
            yield (host, *host.buses.probe(key))


# The bus


def bus(bench: Bench, action: Bus) -> None:
    """Raises UnknownTarget for a box without a bus, FleetError where there is nothing to mend."""
    places = list(_buses(bench, action.on))
    if action.do == "mend":
        faults = [(place, fault) for place in places for fault in tuple(place.bus.faults)]
        if not faults:
            raise FleetError(f"no fault acts on {action.on}")
        for place, fault in faults:
            place.blame(bench.last_action)
            place.end(fault)
        return
    for place in places:
        place.blame(bench.last_action, *action.units)
        fault = _made(bench, place, action)
        place.begin(fault)
        if action.for_ is not None:
            bench.clock.call_later(action.for_, partial(place.end, fault))


def _made(bench: Bench, place: Rs485, action: Bus) -> BusFault:
    given: dict[str, Any] = {
        key: value for key in ("delay", "jitter", "size", "code") if (value := getattr(action, key))
    }
    return BusFault(
        action.do,
        bench.world.chance.stream("bus", place.device, place.box, place.begun),
        units=frozenset(action.units),
        functions=frozenset(action.functions),
        registers=(action.registers[0], action.registers[-1]) if action.registers else None,
        count=action.count,
        after=action.after,
        chance=action.chance,
        **given,
    )


def _buses(bench: Bench, target: Target) -> Iterator[Rs485]:
    for host in bench.targets(target):
        boxes = {place.box: place for place in host.buses}
        for box in target.indices(boxes):
            yield boxes[box]
