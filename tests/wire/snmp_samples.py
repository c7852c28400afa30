"""A small agent, and requests for it."""

from __future__ import annotations

from typing import Any

from simulator.wire.snmp.agent import Access, Agent
from simulator.wire.snmp.ber import Oid
from simulator.wire.snmp.message import CommunityMessage, Version, read_message
from simulator.wire.snmp.object_tree import CommitRefused, Instance, ObjectView, Table, Template, Writer
from simulator.wire.snmp.pdu import Kind, Pdu, Status
from simulator.wire.snmp.usm import Usm
from simulator.wire.snmp.value import Tag, VarBind

SYSTEM: Oid = (1, 3, 6, 1, 2, 1, 1)
UPTIME = (*SYSTEM, 3, 0)
CONTACT = (*SYSTEM, 4, 0)
STUBBORN = (*SYSTEM, 6, 0)
SERVICES = (*SYSTEM, 7, 0)
ROWS: Oid = (1, 3, 6, 1, 2, 1, 2, 2, 1, 1)
BIG_COUNTER = (1, 3, 6, 1, 2, 1, 31, 1, 1, 1, 6, 2)
ENGINE = bytes.fromhex("8000017003b8a44f010203")
PASSWORD = b"axispass1"


class World:
    """What the objects are read from."""

    def __init__(self) -> None:
        self.ticks = 360_000
        self.contact = b""
        self.services = 64
        self.rows = [2, 3]
        self.shape = 0


def _length(_world: World, value: Any) -> Status:
    return Status.WRONG_LENGTH if len(value) > 255 else Status.NO_ERROR


def _set_contact(world: World, value: Any) -> None:
    world.contact = value


def _refuse(_world: World, _value: Any) -> None:
    raise CommitRefused


def _rows(world: World) -> list[Instance]:
    return [Instance((*ROWS, row), Tag.INTEGER, lambda _world, row=row: row) for row in world.rows]


TEMPLATE = Template(
    [
        Instance((*SYSTEM, 1, 0), Tag.OCTETS, lambda _world: b"a device"),
        Instance((*SYSTEM, 2, 0), Tag.OID, lambda _world: (1, 3, 6, 1, 4, 1, 368)),
        Instance(UPTIME, Tag.TICKS, lambda world: world.ticks),
        Instance(CONTACT, Tag.OCTETS, lambda world: world.contact, Writer(_length, _set_contact)),
        Instance(STUBBORN, Tag.OCTETS, lambda _world: b"", Writer(_length, _refuse)),
        Instance(
            SERVICES,
            Tag.INTEGER,
            lambda world: world.services,
            Writer(lambda _w, value: Status.NO_ERROR if value in (1, 2) else Status.WRONG_VALUE, _refuse),
        ),
        Instance(BIG_COUNTER, Tag.COUNTER64, lambda _world: 1 << 40),
        Instance((1, 3, 6, 1, 6, 3, 1, 1, 6, 1, 0), Tag.INTEGER, lambda _world: 0),
    ],
    [Table((ROWS,), _rows)],
)
LAST: Oid = (1, 3, 6, 1, 6, 3, 1, 1, 6, 1, 0)


class Desk:
    """An agent, and a manager who knows how to ask it."""

    def __init__(self, *, salt: int = 0, **access: Any) -> None:
        self.world = World()
        self.view = ObjectView(TEMPLATE, self.world, lambda: self.world.shape)
        self.usm = Usm(ENGINE, 3, -100.0, b"initial", PASSWORD, salt=salt)
        self.agent = Agent(self.view, Access(**access), self.usm)
        self.events: list[Any] = []

    @property
    def counters(self) -> Any:
        return self.agent.counters

    def raw(self, data: bytes, now: float = 0.0) -> bytes | None:
        """The answer to these bytes."""
        self.events = self.agent.receive(data, now)
        answers = self.agent.take_output()
        assert len(answers) <= 1
        return answers[0] if answers else None

    def hexed(self, data: str, now: float = 0.0) -> str | None:
        answer = self.raw(bytes.fromhex(data), now)
        return None if answer is None else answer.hex()

    def ask(
        self,
        kind: Kind,
        *bindings: VarBind | Oid,
        version: int = Version.V2C,
        community: bytes = b"public",
        status: int = 0,
        index: int = 0,
    ) -> Pdu | None:
        """The unit of the answer to a request."""
        bound = [one if isinstance(one, VarBind) else VarBind.of(one) for one in bindings]
        message = CommunityMessage(version, community, Pdu(kind, 7, status, index, bound))
        answer = self.raw(message.encoded())
        if answer is None:
            return None
        told = read_message(answer)
        assert isinstance(told, CommunityMessage)
        assert (told.version, told.community) == (version, community)
        assert isinstance(told.pdu, Pdu)
        assert (told.pdu.kind, told.pdu.request_id) == (Kind.RESPONSE, 7)
        return told.pdu


def pairs(pdu: Pdu | None) -> list[tuple[Oid, int, Any]]:
    """Name, type and value of every binding of an answer."""
    assert pdu is not None
    return [(one.oid, one.tag, one.value) for one in pdu.bindings]


def fault(pdu: Pdu | None) -> tuple[int, int]:
    """Status and index of an answer."""
    assert pdu is not None
    return pdu.status, pdu.index
