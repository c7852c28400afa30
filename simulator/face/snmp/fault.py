"""What hands have made wrong with a device's agent: which faults act, on whichever agent runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from simulator.face.snmp.context import Context
from simulator.journal import Kind
from simulator.wire.snmp.fault import OBJECT_FAULTS, REQUEST_FAULTS, TRAP_FAULTS, DistortedView
from simulator.wire.snmp.object_tree import ObjectView

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from simulator.device.device import Device
    from simulator.wire.snmp.agent import Agent
    from simulator.wire.snmp.fault import AgentFault


class AgentFaults:
    """Those of one device. They stay when the agent starts again, except jumps: numbers begin anew."""

    def __init__(self, device: Device) -> None:
        self._device = device
        self._acting: list[AgentFault] = []
        self._agent: Agent | None = None
        self.begun = 0
        """So many have begun."""

    def begin(self, fault: AgentFault) -> None:
        """Let a fault act."""
        self.begun += 1
        self._acting.append(fault)
        self._device.note(Kind.FAULT, f"snmp {fault.kind} begins", oid=".".join(map(str, fault.below)))
        self._arrange()

    def end(self, fault: AgentFault) -> None:
        """End a fault. Safe to repeat."""
        if fault in self._acting:
            self._acting.remove(fault)
            self._device.note(Kind.FAULT, f"snmp {fault.kind} ends", struck=fault.struck)
            self._arrange()

    def end_all(self) -> bool:
        """Whether there was any."""
        ended = bool(self._acting)
        for fault in tuple(self._acting):
            self.end(fault)
        return ended

    def settle(self) -> None:
        """End what has struck as often as it should."""
        for fault in [one for one in self._acting if one.over]:
            self.end(fault)

    def act_on(self, agent: Agent) -> None:
        """A new agent runs."""
        self._agent = agent
        for fault in [one for one in self._acting if one.kind == "jump"]:
            self.end(fault)
        self._arrange()

    def copies(self) -> int:
        """How often the next notification is sent."""
        copies = 1
        for fault in [one for one in self._acting if one.kind in TRAP_FAULTS and one.strikes()]:
            self._device.note(Kind.FAULT, f"snmp {fault.kind} strikes")
            copies = 0 if fault.kind == "trap-lost" else 2 * copies
        self.settle()
        return copies

    def told(self) -> Iterator[dict[str, Any]]:
        """Those in force, as the control API tells them."""
        for fault in self._acting:
            yield {
                "on": f"{self._device.name}/snmp", "kind": fault.kind, "struck": fault.struck, "mechanism": "messages",
            }  # fmt: skip

    def _arrange(self) -> None:
        agent = self._agent
        if agent is None:
            return
        agent.faults = [fault for fault in self._acting if fault.kind in REQUEST_FAULTS]
        objects = [fault for fault in self._acting if fault.kind in OBJECT_FAULTS]
        context = agent.view.context
        assert isinstance(context, Context)
        if objects:
            agent.view = DistortedView(agent.view.template, context, context.shape, objects)
        elif isinstance(agent.view, DistortedView):
            agent.view = ObjectView(agent.view.template, context, context.shape)
