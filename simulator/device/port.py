"""The physical ports of a device, by number.

During a restart all output circuits are open; then they return to their normal states (io-events sheet 1.1).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from simulator.device import port_event
from simulator.device.lifecycle import Phase
from simulator.device.port_plan import Direction, PortKind, PortPlan
from simulator.device.terminal import Port
from simulator.errors import UnknownTarget

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from simulator.device.device import Device

__all__ = ["Direction", "Port", "PortKind", "Ports"]


class Ports:
    """All ports of one device, by number. A product without connectors has none."""

    def __init__(self, device: Device) -> None:
        self._device = device
        self._ports: dict[int, Port] = {}
        self._listeners: list[Callable[[Port], None]] = []
        self.live = False
        """The system runs: loops are read and outputs driven."""

    @property
    def items(self) -> tuple[Port, ...]:
        """The ports in order of their numbers."""
        return tuple(self._ports.values())

    def __getitem__(self, number: int) -> Port:
        """Raises UnknownTarget."""
        port = self._ports.get(number)
        if port is None:
            raise UnknownTarget("port", str(number), [str(known) for known in self._ports])
        return port

    def __contains__(self, number: int) -> bool:
        return number in self._ports

    def __iter__(self) -> Iterator[Port]:
        return iter(self.items)

    def __len__(self) -> int:
        return len(self._ports)

    def fit(self, plans: Sequence[PortPlan]) -> None:
        """Give the device these ports: what its model has soldered in. Once, before the first start."""
        self._add(plans)
        self._device.parameters.on_change("", self._parameter_changed)
        self._device.lifecycle.on_phase(self._phase_changed)

    def attach(self, plans: Sequence[PortPlan]) -> tuple[Port, ...]:
        """More ports, those of an expansion module: offline until `Port.come_online`."""
        ports = self._add(plans)
        for port in ports:
            port.online = False
        self._ports = dict(sorted(self._ports.items()))
        if self.live:
            for port in ports:
                port.start()
                port_event.publish(self._device.events, port)
        self._recount()
        return ports

    def detach(self, ports: Sequence[Port]) -> None:
        """Take ports away with their settings; nothing is said of them any more."""
        for port in ports:
            port.go_offline()
            del self._ports[port.id]
            port_event.withdraw_all(self._device.events, port)
            for definition in port.plan.definitions:
                self._device.parameters.remove(definition.name)
        self._recount()

    def _add(self, plans: Sequence[PortPlan]) -> tuple[Port, ...]:
        for plan in plans:
            for definition in plan.definitions:
                self._device.parameters.define(definition)
            self._ports[plan.id] = Port(self._device, self, plan)
        return tuple(self._ports[plan.id] for plan in plans)

    def _recount(self) -> None:
        if self.live:
            self.count()
            port_event.publish_any(self._device.events, self._ports.values())

    def listen(self, listener: Callable[[Port], None]) -> Callable[[], None]:
        """Hear of every change of a circuit, an input's state, a meaning or a direction; returns what ends it.

        Not of those that nobody can be told of, because the device goes down with them.
        """
        self._listeners.append(listener)

        def stop() -> None:
            if listener in self._listeners:
                self._listeners.remove(listener)

        return stop

    def publish_states(self) -> None:
        """The system starts: read all inputs, put all outputs into their normal states, publish what all are."""
        self.live = bool(self._ports)
        for port in self._ports.values():
            port.start()
        self.count()
        port_event.publish_any(self._device.events, self._ports.values())
        for port in self._ports.values():
            port_event.publish(self._device.events, port)

    def publish(self, port: Port) -> None:
        """Publish what one port is now."""
        port_event.publish(self._device.events, port)
        port_event.publish_any(self._device.events, self._ports.values())

    def tell(self, port: Port) -> None:
        """Let the listeners know that a port has changed."""
        for listener in tuple(self._listeners):
            listener(port)

    def count(self) -> None:
        """NbrOfInputs and NbrOfOutputs follow the directions (io-events sheet 1.4)."""
        if self._ports:
            inputs = sum(port.is_input for port in self._ports.values())
            self._device.parameters.put("Input.NbrOfInputs", str(inputs))
            self._device.parameters.put("Output.NbrOfOutputs", str(len(self._ports) - inputs))

    def _phase_changed(self, phase: Phase) -> None:
        if not self._device.lifecycle.reachable:
            self.live = False
            for port in self._ports.values():
                port.stop(released=phase is not Phase.HUNG)

    def _parameter_changed(self, name: str, value: str) -> None:
        if self.live and name.startswith("IOPort.I"):
            number = name[len("IOPort.I") :].partition(".")[0]
            port = self._ports.get(int(number)) if number.isdecimal() else None
            if port is not None:
                port.setting_changed(name)
