"""The RS-485 buses of one device: made as its specification says, each when it is first needed."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, Final

from simulator.device.lifecycle import Phase
from simulator.errors import FleetError, UnknownTarget
from simulator.fleet.modbus_specification import BusSpecification
from simulator.journal import Kind
from simulator.net.patchbay import Endpoint
from simulator.site.modbus.door import Door
from simulator.site.modbus.foreign import Foreign
from simulator.site.modbus.plain_slave import PlainSlave
from simulator.site.modbus.probe import Probe
from simulator.site.modbus.rs485 import Rs485
from simulator.site.modbus.tibbo import TibboProbe
from simulator.wire.modbus.bus import Bus, LineTiming

if TYPE_CHECKING:
    import socket
    from collections.abc import Iterator

    from simulator.device.device import Device
    from simulator.fleet.modbus_specification import SensorSpecification
    from simulator.fleet.premises import Premises
    from simulator.fleet.specification import DeviceSpecification
    from simulator.site.modbus.door import Purpose

BITS_8N1, BITS_WITH_PARITY = 10, 11
DEFAULT_BAUD = 9600


class Buses:
    """By box. A device without an RS-485 port has none."""

    def __init__(self, device: Device, specification: DeviceSpecification, premises: Premises) -> None:
        self._device = device
        self._specification = specification
        self._premises = premises
        self._buses: dict[int, Rs485] = {}
        self.probes: dict[int, Probe] = {}
        """Every sensor of the specification that stands on a bus, by its position from 1."""
        self._names: dict[str, int] = {}
        if device.sensors is not None:
            device.lifecycle.on_phase(self._phase_changed)

    def __iter__(self) -> Iterator[Rs485]:
        return iter(tuple(self._buses.values()))

    def of(self, box: int) -> Rs485:
        """The bus of a box."""
        bus = self._buses.get(box)
        if bus is None:
            bus = self._buses[box] = self._made(box)
        return bus

    def set_up(self) -> None:
        """Put the sensors of the specification on their buses and into the device's list. Raises FleetError."""
        wanted = self._specification
        if self._device.sensors is None:
            if wanted.sensors or wanted.modbus:
                raise FleetError(f"{self._device.name} has no RS-485 port", hint="sensors belong to an A9210")
            return
        for box in wanted.modbus:
            self.of(box)
        for number, one in enumerate(wanted.sensors, 1):
            name = one.name or f"sensor-{number}"
            if name in self._names:
                raise FleetError(f"{self._device.name}: two sensors are named {name}")
            self._names[name] = number
            if one.listed:
                self._device.sensors.add(one.settings(name), number)
            if one.present:
                self._stand(number, name, one)

    def probe(self, key: str) -> tuple[Rs485, Probe]:
        """A sensor on a bus by number or name. Raises UnknownTarget."""
        number = self._names.get(key) or (int(key) if key.isdecimal() else 0)
        probe = self.probes.get(number)
        if probe is None:
            raise UnknownTarget("sensor", f"{self._device.name}/sensor/{key}", self.keys())
        return next(bus for bus in self if probe in bus.probes), probe

    def keys(self) -> list[str]:
        """What sensors can be called."""
        names = {number: name for name, number in self._names.items()}
        return [key for number in self.probes for key in (str(number), names[number])]

    def numbers(self) -> list[str]:
        """Each sensor once."""
        return [str(number) for number in self.probes]

    def faults(self) -> Iterator[dict[str, Any]]:
        """Faults in force on all of them."""
        for bus in self:
            yield from bus.faults()

    def description(self) -> list[dict[str, Any]]:
        """The buses in fleet.json."""
        return [self._buses[box].description() for box in sorted(self._buses)]

    def close(self) -> None:
        """No socket and no timer is left."""
        for bus in self:
            bus.close()

    def _phase_changed(self, phase: Phase) -> None:
        """Sensors live on the module's 12 V: a module without power has silent sensors (Modbus sheet 4)."""
        for bus in self:
            bus.bus.powered = phase is not Phase.OFF

    def _stand(self, number: int, name: str, one: SensorSpecification) -> None:
        bus = self.of(one.box)
        if bus.mode == "connect":  # the slaves are somebody else's
            return
        kind = _KINDS.get(one.type.partition("-")[0], Probe)
        clock = self._premises.world.clock
        probe = kind(number, name, one.at_address(), one.made(), clock.now, one.values)
        self.probes[number] = probe
        bus.stand(probe)

    def _made(self, box: int) -> Rs485:
        wanted = self._specification.modbus.get(box, BusSpecification())
        bits = BITS_8N1 if wanted.parity == "none" else BITS_WITH_PARITY
        timing = LineTiming(wanted.baud or DEFAULT_BAUD, bits) if wanted.line_timing else None
        bus = Bus(timing=timing, gateway=wanted.gateway, collide=wanted.collide)
        bus.powered = self._device.lifecycle.phase is not Phase.OFF
        place = Rs485(self._premises.world, self._device.name, box, bus, baud=wanted.baud, mode=wanted.mode)
        if wanted.peer:
            host, _, port = wanted.peer.rpartition(":")
            tell = partial(_peer_told, place, wanted.peer)
            place.foreign = Foreign(host, int(port), self._premises.pacer.activity, tell)
            bus.beyond = place.foreign
        if wanted.mode == "listen":
            place.doors.append(self._door(place, wanted, "listen", wanted.port))
        if wanted.mode == "tap" or wanted.tap:
            place.doors.append(self._door(place, wanted, "tap", wanted.port if wanted.mode == "tap" else 0))
        return place

    def _door(self, place: Rs485, wanted: BusSpecification, purpose: Purpose, port: int) -> Door:
        provider = self._premises.provider
        host = self._premises.plan.infrastructure("buses")
        owner = f"{place.device}/bus/{place.box}/{purpose}"
        kept = [port]

        def listen() -> socket.socket:
            """A free port, once found, is kept: the listener is closed and opened again by some faults."""
            made = provider.listen_tcp(host, kept[0], owner=owner)
            if self._premises.own_addresses:
                kept[0] = made.getsockname()[1]
            return made

        return Door(
            place,
            purpose,
            listen,
            Endpoint(f"{place.device}/bus/{place.box}", "modbus"),
            self._premises.patchbay,
            peers=wanted.peers,
            frame_gap=wanted.frame_gap,
        )


_KINDS: Final[dict[str, type[Probe]]] = {"tibbo": TibboProbe, "slave": PlainSlave}


def _peer_told(place: Rs485, peer: str, state: str) -> None:
    place.note(Kind.CONNECTION, state, service="modbus", peer=peer)
