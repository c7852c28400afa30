"""An agent that errs: whatever is wrong with it, it errs in SNMP and goes on."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from snmp_samples import BIG_COUNTER, CONTACT, LAST, SERVICES, SYSTEM, TEMPLATE, UPTIME, Desk, pairs

from simulator.chance import Chance
from simulator.wire.snmp.ber import Oid
from simulator.wire.snmp.fault import OBJECT_FAULTS, REQUEST_FAULTS, AgentFault, DistortedView
from simulator.wire.snmp.message import CommunityMessage, Version, read_message
from simulator.wire.snmp.pdu import Kind, Pdu
from simulator.wire.snmp.value import Tag, VarBind

NAMES = (*TEMPLATE.oids, SYSTEM, (1, 3), (2, 5))
"""Objects, branches, and what is not there."""


def made(kind: str, below: Oid = (), **fields: int) -> AgentFault:
    return AgentFault(kind, Chance(1).stream(kind), below, **fields)


def erring(*faults: AgentFault) -> Desk:
    """An agent with these faults."""
    desk = Desk()
    objects = [fault for fault in faults if fault.kind in OBJECT_FAULTS]
    desk.agent.view = DistortedView(TEMPLATE, desk.world, lambda: desk.world.shape, objects)
    desk.agent.faults = [fault for fault in faults if fault.kind in REQUEST_FAULTS]
    return desk


def test_strikes_are_counted_after_those_that_are_spared() -> None:
    desk = erring(made("silent", CONTACT, after=1, count=2))
    heard = [desk.ask(Kind.GET, CONTACT) is not None for _ in range(5)]
    assert heard == [True, False, False, True, True]
    assert desk.ask(Kind.GET, UPTIME) is not None


def test_a_number_that_jumped_goes_on_and_wraps_as_its_type_does() -> None:
    desk = erring(made("jump", BIG_COUNTER, to=2**64 - 1), made("jump", SERVICES, to=7))
    assert pairs(desk.ask(Kind.GET, BIG_COUNTER, SERVICES)) == [
        (BIG_COUNTER, Tag.COUNTER64, 2**64 - 1),
        (SERVICES, Tag.INTEGER, 7),
    ]
    desk.world.services += 3
    assert pairs(desk.ask(Kind.GET, SERVICES)) == [(SERVICES, Tag.INTEGER, 10)]


def test_a_loop_before_what_v1_does_not_see_has_no_hold_on_it() -> None:
    desk = erring(made("loop", LAST))
    assert pairs(desk.ask(Kind.GET_NEXT, BIG_COUNTER))[0][0] == LAST
    assert pairs(desk.ask(Kind.GET_NEXT, BIG_COUNTER, version=Version.V1))[0][0] == LAST
    desk = erring(made("loop", CONTACT))
    assert pairs(desk.ask(Kind.GET_BULK, SYSTEM, index=5))[2:] == [(UPTIME, Tag.TICKS, 360_000)] * 3


FAULTS = st.lists(
    st.builds(
        AgentFault,
        st.sampled_from((*REQUEST_FAULTS, *OBJECT_FAULTS)),
        st.builds(lambda seed: Chance(seed).stream("fault"), st.integers(0, 9)),
        st.sampled_from(((), *NAMES)),
        chance=st.sampled_from((0.5, 1.0)),
        size=st.integers(0, 60),
        to=st.integers(0, 2**64 - 1),
    ),
    max_size=4,
)


@pytest.mark.fuzz
@given(
    FAULTS,
    st.sampled_from((Version.V1, Version.V2C)),
    st.sampled_from((Kind.GET, Kind.GET_NEXT, Kind.GET_BULK, Kind.SET)),
    st.lists(st.sampled_from(NAMES), max_size=4),
    st.integers(0, 20),
)
def test_whatever_is_wrong_an_answer_is_an_answer_to_the_request_or_none(
    faults: list[AgentFault], version: Version, kind: Kind, names: list[Oid], repetitions: int
) -> None:
    desk = erring(*faults)
    request = Pdu(kind, 7, 0, repetitions if kind == Kind.GET_BULK else 0, [VarBind.of(name) for name in names])
    desk.agent.receive(CommunityMessage(version, b"write", request).encoded(), 0.0)
    answers = desk.agent.take_output()
    kinds = {fault.kind for fault in desk.agent.struck}
    assert len(answers) <= 1 + sum(fault.kind == "duplicate" for fault in desk.agent.struck)
    if "truncated" in kinds:
        return
    for answer in answers:
        told = read_message(answer)
        assert isinstance(told, CommunityMessage)
        assert isinstance(told.pdu, Pdu)
        assert (told.pdu.request_id == 7) == ("wrong-id" not in kinds)
        assert len(told.pdu.bindings) == len(names) or kind == Kind.GET_BULK or told.pdu.status


@pytest.mark.fuzz
@given(FAULTS, st.binary(max_size=80))
def test_no_bytes_upset_an_agent_that_errs(faults: list[AgentFault], data: bytes) -> None:
    desk = erring(*faults)
    desk.agent.receive(data, 0.0)
    assert len(desk.agent.take_output()) <= 5
