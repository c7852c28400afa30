"""A device with an agent on a stepped clock, a manager who asks it, and a list where its traps end."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from vapix_desk import Desk as _Desk

from simulator.face.snmp.context import Socket
from simulator.face.snmp.front import SnmpFace
from simulator.wire.snmp.ber import parse_oid
from simulator.wire.snmp.message import CommunityMessage, read_message
from simulator.wire.snmp.pdu import Kind, Pdu, TrapV1
from simulator.wire.snmp.value import Plain, Tag, VarBind

PEER = "10.0.0.9:50000"
ADDRESS = {"Network.BootProto": "none", "Network.IPAddress": "10.0.0.5"}
ON = {"SNMP.Enabled": "yes", "SNMP.V1": "yes", "SNMP.V2c": "yes", "SNMP.V3": "yes"}
TRAPS = {
    "SNMP.Trap.Enabled": "yes",
    "SNMP.Trap.T0.Address": "10.0.0.9",
    "SNMP.Trap.T0.ColdStart.Enabled": "yes",
    "SNMP.Trap.T0.LinkUp.Enabled": "yes",
    "SNMP.Trap.T0.AuthFail.Enabled": "yes",
}


class _Timer:
    def __init__(self, callback: Callable[[], None]) -> None:
        self.callback: Callable[[], None] | None = callback

    def cancel(self) -> None:
        self.callback = None


class SnmpBench:
    """The agent's way to the network, without sockets."""

    def __init__(self, model: str = "A9210", firmware: str = "12.9.57", **parameters: str) -> None:
        self.desk = _Desk(model, firmware, running=False)
        self.device = self.desk.device
        self.sent: list[bytes] = []
        self.refreshed = 0
        self.wire = 0.0
        self.timers: list[tuple[float, _Timer]] = []
        self.open: tuple[Socket, ...] = ()
        self.face = SnmpFace(self.device, self)
        for name, value in {**ADDRESS, **ON, **parameters}.items():
            self.device.parameters.write(name, value)
        self.device.lifecycle.running_from_the_start()
        self.face.be_running()

    # the way

    def now(self) -> float:
        return self.wire

    def call_later(self, delay: float, callback: Callable[[], None]) -> _Timer:
        timer = _Timer(callback)
        self.timers.append((self.wire + delay, timer))
        return timer

    def refresh(self) -> None:
        self.refreshed += 1

    def sockets(self) -> tuple[Socket, ...]:
        return self.open

    def tell(self, data: bytes, host: str) -> bool:
        self.sent.append(data)
        return True

    def is_observer(self, peer: str) -> bool:
        return False

    def pass_wire_time(self, seconds: float) -> None:
        """Let wire time pass: timers that are due fire."""
        self.wire += seconds
        due = [timer for at, timer in self.timers if at <= self.wire]
        self.timers = [(at, timer) for at, timer in self.timers if at > self.wire]
        for timer in due:
            if timer.callback is not None:
                timer.callback()

    # the manager

    def ask(self, kind: Kind, *names: str | VarBind, community: str = "public", version: int = 1) -> Pdu | None:
        bound = [VarBind.of(parse_oid(one)) if isinstance(one, str) else one for one in names]
        asked = CommunityMessage(version, community.encode(), Pdu(kind, 5, 0, 0, bound))
        answers = self.face.received(asked.encoded(), PEER)
        if not answers:
            return None
        told = read_message(answers[0])
        assert isinstance(told, CommunityMessage)
        assert isinstance(told.pdu, Pdu)
        return told.pdu

    def value(self, name: str) -> Plain:
        """The value of one object; None where there is none."""
        told = self.ask(Kind.GET, name)
        assert told is not None
        return told.bindings[0].value

    def set(self, name: str, tag: Tag, value: Plain) -> int:
        """Status of a SET with the write community."""
        told = self.ask(Kind.SET, VarBind.of(parse_oid(name), tag, value), community="write")
        assert told is not None
        return told.status

    def walk(self, below: str = "0.0") -> dict[str, Any]:
        """Every object below a name, by GETNEXT."""
        found: dict[str, Any] = {}
        name = parse_oid(below)
        while True:
            told = self.ask(Kind.GET_NEXT, VarBind.of(name))
            assert told is not None
            (binding,) = told.bindings
            outside = below != "0.0" and binding.oid[: len(parse_oid(below))] != parse_oid(below)
            if binding.tag == Tag.END_OF_VIEW or outside:
                return found
            assert binding.oid > name
            name = binding.oid
            found[".".join(map(str, name))] = binding.value

    # the receiver

    def traps(self) -> list[tuple[str, str, tuple[Plain, ...]]]:
        """Version, name and the values of the traps that were sent since the last look."""
        sent, self.sent = self.sent, []
        return [_read(data) for data in sent]


def _read(data: bytes) -> tuple[str, str, tuple[Plain, ...]]:
    message = read_message(data)
    assert isinstance(message, CommunityMessage)
    pdu = message.pdu
    if isinstance(pdu, TrapV1):
        name = f"{pdu.generic}/{pdu.specific}"
        return "v1", name, tuple(binding.value for binding in pdu.bindings)
    oid = pdu.bindings[1].value
    assert isinstance(oid, tuple)
    kind = "inform" if pdu.kind == Kind.INFORM else "v2c"
    return kind, ".".join(map(str, oid)), tuple(binding.value for binding in pdu.bindings[2:])
