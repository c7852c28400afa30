"""Traps and informs: golden packets of the sheet (2.12), and how often an inform is sent."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.errors import MalformedMessage
from simulator.wire.snmp.message import CommunityMessage, read_message
from simulator.wire.snmp.notification import InformSession, Notification, Settled, trap_v1, trap_v2c
from simulator.wire.snmp.pdu import Kind, Pdu, TrapV1
from simulator.wire.snmp.value import Tag, VarBind

DEVICE = (1, 3, 6, 1, 4, 1, 368, 1, 1)
VIDEO = (1, 3, 6, 1, 4, 1, 368, 4, 2)
COLD_START = Notification(DEVICE, 0)
ALARM = Notification(
    VIDEO,
    6,
    1,
    (
        VarBind.of((*VIDEO, 1), Tag.GAUGE32, 7),
        VarBind.of((*VIDEO, 2), Tag.OCTETS, b"Edge Storage Operation"),
        VarBind.of((*VIDEO, 3), Tag.OCTETS, b"Check the SD_DISK storage device"),
    ),
)
SENDER = bytes((127, 1, 0, 1))


def test_golden_cold_start() -> None:
    assert trap_v2c(COLD_START, b"public", 100, 1).hex() == (
        "304002010104067075626c6963a7330201010201000201003028300d06082b060102010103004301643017060a2b06010603"
        "010104010006092b0601060301010501"
    )
    assert trap_v1(COLD_START, b"public", SENDER, 100).hex() == (
        "302902010004067075626c6963a41c06092b060104018270010140047f0100010201000201004301643000"
    )


def test_golden_alarm() -> None:
    golden = (
        "30819102010004067075626c6963a4818306092b060104018270040240047f0100010201060201014301643067300f060a2b06010401"
        "82700402014201073024060a2b0601040182700402020416456467652053746f72616765204f7065726174696f6e302e060a2b060104"
        "0182700402030420436865636b207468652053445f4449534b2073746f7261676520646576696365"
    )
    assert trap_v1(ALARM, b"public", SENDER, 100).hex() == golden
    message = read_message(bytes.fromhex(golden))
    assert isinstance(message, CommunityMessage)
    assert isinstance(message.pdu, TrapV1)
    assert message.encoded().hex() == golden
    assert (message.pdu.specific, message.pdu.bindings) == (1, ALARM.bindings)


def test_the_name_of_a_notification_follows_from_its_numbers() -> None:
    assert COLD_START.oid == (1, 3, 6, 1, 6, 3, 1, 1, 5, 1)
    assert ALARM.oid == (*VIDEO, 0, 1)


def test_a_trap_may_name_its_enterprise_last() -> None:
    message = read_message(trap_v2c(COLD_START, b"public", 1, 1, enterprise=True))
    assert isinstance(message, CommunityMessage)
    assert isinstance(message.pdu, Pdu)
    assert message.pdu.bindings[-1] == VarBind.of((1, 3, 6, 1, 6, 3, 1, 1, 4, 3, 0), Tag.OID, DEVICE)


def _answer(request_id: int) -> bytes:
    return CommunityMessage(1, b"public", Pdu(Kind.RESPONSE, request_id)).encoded()


def test_an_inform_is_sent_until_it_is_answered() -> None:
    session = InformSession(timeout=5.0, tries=3)
    session.send(1, b"first", 0.0)
    session.send(2, b"second", 1.0)
    assert session.take_output() == [b"first", b"second"]
    assert session.next_deadline() == 5.0
    assert session.tick(4.0) == []
    assert session.receive(_answer(2), 4.5) == [Settled(2, True)]
    assert session.receive(_answer(2), 4.6) == [], "once is enough"
    assert session.tick(5.0) == []
    assert session.take_output() == [b"first"]
    assert session.tick(10.0) == []
    assert session.take_output() == [b"first"]
    assert session.tick(15.0) == [Settled(1, False)]
    assert session.next_deadline() is None


def test_informs_that_nobody_answers_are_bounded() -> None:
    session = InformSession()
    for number in range(1000):
        session.send(number, b"x", 0.0)
    session.take_output()
    session.tick(5.0)
    assert len(session.take_output()) == 100


@pytest.mark.fuzz
@given(st.binary(max_size=100))
def test_nothing_that_comes_back_upsets_the_session(data: bytes) -> None:
    session = InformSession()
    session.send(1, b"x", 0.0)
    with contextlib.suppress(MalformedMessage):
        assert session.receive(data, 1.0) == []
    assert session.receive(_answer(1), 2.0) == [Settled(1, True)]
