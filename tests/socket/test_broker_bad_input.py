"""Every malformed packet: closed as the standard says, counted as the client's violation, and nobody else disturbed."""

from __future__ import annotations

import pytest
from broker_bench import Peer, site

from simulator.journal import Kind
from simulator.wire.mqtt.encode import encode
from simulator.wire.mqtt.packet import Connack, Connect, Disconnect, Publish, Subscribe
from simulator.wire.mqtt.properties import Properties

pytestmark = pytest.mark.asyncio

BOTH = [
    ("reserved type", "00 00", 0x81),
    ("PUBLISH with QoS 3", "36 05 0001 61 0001", 0x81),
    ("DUP with QoS 0", "38 03 0001 61", 0x81),
    ("flags of PUBREL", "60 02 0001", 0x81),
    ("flags of SUBSCRIBE", "80 06 0001 0001 61 00", 0x81),
    ("flags of UNSUBSCRIBE", "a0 05 0001 0001 61", 0x81),
    ("flags of PINGREQ", "c1 00", 0x81),
    ("length of five bytes", "30 ff ff ff ff 01", 0x81),
    ("larger than the broker takes", "30 ff ff ff 7f", 0x95),
    ("packet id 0", "40 02 0000", 0x81),
    ("topic that is no UTF-8", "30 04 0001 ff 00", 0x81),
    ("NUL in a topic", "30 06 0003 610062 00", 0x81),
    ("surrogate in a topic", "30 06 0003 eda080 00", 0x81),
    ("wildcard in a topic", "30 04 0001 2b 00", 0x90),
    ("field cut off", "30 02 0005", 0x81),
    ("second CONNECT", "10 0d 0004 4d515454 04 02 003c 0001 61", 0x82),
    ("CONNACK from a client", "20 02 0000", 0x82),
    ("SUBACK from a client", "90 03 0001 00", None),
]
ONLY_3 = [
    ("AUTH", "f0 00"),
    ("SUBSCRIBE without a filter", "82 02 0001"),
    ("UNSUBSCRIBE without a filter", "a2 02 0001"),
    ("QoS byte of a subscription", "82 06 0001 0001 61 03"),
    ("bytes left over", "40 03 0001 01"),
]
ONLY_5 = [
    ("AUTH without a method", "f0 00", 0x82),
    ("AUTH to authenticate again", "f0 01 19", 0x82),
    ("SUBSCRIBE without a filter", "82 03 0001 00", 0x82),
    ("reserved options", "82 07 0001 00 0001 61 40", 0x82),
    ("retain handling 3", "82 07 0001 00 0001 61 30", 0x82),
    ("No Local on a shared subscription", "82 10 0001 00 000a 24736861 72652f67 2f61 04", 0x82),
    ("unknown property", "30 06 0001 61 02 7f 00", 0x81),
    ("property of another packet", "30 09 0001 61 05 11 00000001", 0x82),
    ("property twice", "30 08 0001 61 04 01 00 01 00", 0x82),
    ("properties longer than the packet", "30 05 0001 61 09 01", 0x81),
    ("topic alias 0", "30 07 0001 61 03 23 0000", 0x94),
    ("topic alias too high", "30 07 0001 61 03 23 0100", 0x94),
    ("alias that stands for nothing", "30 06 0000 03 23 0001", 0x82),
    ("neither topic nor alias", "30 03 0000 00", 0x82),
    ("subscription identifier from a client", "30 06 0001 61 02 0b 01", 0x82),
    ("subscription identifier 0", "82 09 0001 02 0b 00 0001 61 00", 0x82),
    ("payload format 2", "30 06 0001 61 02 01 02", 0x82),
    ("wildcard in a response topic", "30 08 0001 61 04 08 0001 2b", 0x82),
    ("session expiry at the end that was not at the beginning", "e0 07 00 05 11 00000005", 0x82),
]


async def disturbed(level: int, data: str) -> tuple[list, list]:
    """What a client that sends this is told until the end, and the violations; its neighbour must notice nothing."""
    async with site() as place:
        neighbour = await place.raw(Connect("neighbour"))
        await neighbour.send(Subscribe((("t", 0),), 1))
        await neighbour.next()
        peer = await place.raw()
        peer._packets.level = level
        peer.writer.write(encode(Connect("bad", level=level)))
        assert isinstance(await peer.next(), Connack)
        peer.writer.write(encode(Publish("t", b"good"), level) + bytes.fromhex(data))
        told = await everything(peer)
        assert (await neighbour.next()).payload == b"good"
        await neighbour.send(Publish("t", b"still here"))
        assert (await neighbour.next()).payload == b"still here"
        await neighbour.close()
        return told, [record for record in place.journal.since(0) if record.kind is Kind.VIOLATION]


async def everything(peer: Peer) -> list:
    """All packets until the broker closes."""
    told = []
    while (packet := await peer.next()) is not None:
        told.append(packet)
    await peer.close()
    return told


@pytest.mark.parametrize("data", [data for _, data, _ in BOTH] + [data for _, data in ONLY_3],
                         ids=[name for name, _, _ in BOTH] + [name for name, _ in ONLY_3])  # fmt: skip
async def test_in_3_1_1_the_connection_ends_without_an_answer(data):
    told, violations = await disturbed(4, data)
    assert told == []
    (violation,) = violations
    assert violation.data["client"] == "bad"
    assert violation.data["violation"]


@pytest.mark.parametrize(
    ("data", "code"), [row[1:] for row in BOTH + ONLY_5], ids=[row[0] for row in BOTH + ONLY_5]
)
async def test_in_5_the_connection_ends_with_its_reason(data, code):
    told, violations = await disturbed(5, data)
    assert [type(packet) for packet in told] == [Disconnect]
    assert told[0].code == (code or told[0].code)
    assert told[0].code >= 0x80
    (violation,) = violations
    assert told[0].properties.reason_string == violation.data["violation"]


BEFORE = [
    ("PUBLISH before CONNECT", encode(Publish("t", b""))),
    ("PINGREQ before CONNECT", b"\xc0\0"),
    ("another protocol", b"\x10\x0c\0\4HTTP\4\2\0\x3c\0\0"),
    ("an HTTP request", b"GET / HTTP/1.1\r\n\r\n"),
    ("reserved connect flag", bytes.fromhex("100c00044d5154540403003c0000")),
    ("will QoS without a will", bytes.fromhex("100c00044d5154540412003c0000")),
    ("will of QoS 3", bytes.fromhex("100c00044d515454041e003c0000")),
    ("password without a user", bytes.fromhex("100c00044d5154540442003c0000")),
    ("CONNECT cut off", bytes.fromhex("100600044d515454")),
]


@pytest.mark.parametrize("data", [row[1] for row in BEFORE], ids=[row[0] for row in BEFORE])
async def test_who_does_not_introduce_itself_is_not_answered(data):
    async with site() as place:
        peer = await place.raw()
        peer.writer.write(data)
        assert await everything(peer) == []
        (violation,) = [record for record in place.journal.since(0) if record.kind is Kind.VIOLATION]
        assert violation.data["violation"]


@pytest.mark.parametrize(
    ("connect", "code"),
    [
        (bytes.fromhex("100e00044d5154540503003c00000161"), 0x81),
        (bytes.fromhex("101100044d5154540502003c03210000000161"), 0x82),
        (encode(Connect("a", level=5, properties=Properties(authentication_data=b"x"))), 0x82),
    ],
    ids=["reserved flag", "receive maximum 0", "data without a method"],
)
async def test_a_broken_connect_of_5_is_answered_in_connack(connect, code):
    async with site() as place:
        peer = await place.raw()
        peer._packets.level = 5
        peer.writer.write(connect)
        assert [(type(packet), packet.code) for packet in await everything(peer)] == [(Connack, code)]


async def test_a_reader_of_5_that_does_not_read_is_bounded_and_delays_nobody():
    async with site() as place:
        lazy = await place.raw()
        lazy.writer.write(encode(Connect("lazy", level=5)) + encode(Subscribe((("t", 0),), 1), 5))
        busy = await place.raw(Connect("busy"))
        await busy.send(Subscribe((("t", 1),), 1))
        await busy.next()
        for number in range(100):
            await busy.send(Publish("t", bytes(100_000), 1, packet_id=number + 1))
            kinds = {type(await busy.next()), type(await busy.next())}
            assert Publish in kinds
            busy.writer.write(bytes.fromhex("4002") + (number + 1).to_bytes(2, "big"))
        session = place.broker.router._sessions["lazy"]
        assert session.queue._bytes <= place.broker.router.limits.queue_bytes
        assert len(session.queue) < 100
        lazy.writer.transport.abort()
        await busy.close()
