"""What becomes of a speaker's SIP when its cable, power, address or settings change, and when peers are hostile."""

from __future__ import annotations

import asyncio
import random
import re
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sip_bench import Speaker, sipp, speaker, until

from simulator.action.vocabulary import from_mapping
from simulator.device.call import CallState
from simulator.journal import Kind

pytestmark = pytest.mark.asyncio
TORTURE = sorted((Path(__file__).parents[1] / "wire" / "sip" / "rfc4475").glob("*.sip"))
OFFER = b"v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio %d RTP/AVP 0\r\n"


class Peer:
    """A bare caller over UDP that answers nothing by itself."""

    def __init__(self, one: Speaker) -> None:
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 0))
        self.socket.settimeout(5)
        self.place = one.place
        self.number = 0

    def send(self, data: bytes) -> None:
        self.socket.sendto(data, self.place)

    def request(
        self, method: str, *, to_tag: str = "", cseq: int = 1, call_id: str = "", body: bytes = b""
    ) -> None:
        self.number += 1
        host, port = self.socket.getsockname()
        head = (
            f"{method} sip:{self.place[0]}:{self.place[1]} SIP/2.0\r\n"
            f"Via: SIP/2.0/UDP {host}:{port};rport;branch=z9hG4bKbare{self.number}\r\n"
            f"From: <sip:bare@{host}>;tag=bare\r\nTo: <sip:{self.place[0]}>{to_tag}\r\nMax-Forwards: 70\r\n"
            f"Contact: <sip:bare@{host}:{port}>\r\nCall-ID: {call_id or self.number}\r\nCSeq: {cseq} {method}\r\n"
            + ("Content-Type: application/sdp\r\n" if body else "")
            + f"Content-Length: {len(body)}\r\n\r\n"
        )
        self.send(head.encode() + body)

    async def hear(self) -> str:
        return (await asyncio.to_thread(self.socket.recv, 65535)).decode("utf-8", "replace")

    async def answer(self) -> str:
        """The next final response."""
        while (text := await self.hear()).startswith(("SIP/2.0 1", "INVITE", "BYE")):
            pass
        return text

    def nothing(self) -> bool:
        """Nothing has come, and no ICMP."""
        self.socket.setblocking(False)
        try:
            self.socket.recv(65535)
        except BlockingIOError:
            return True
        finally:
            self.socket.settimeout(5)
        return False

    async def call(self, one: Speaker, port: int = 9) -> str:
        """Call the speaker, which answers; its To tag. Its sound goes to `port`."""
        self.request("INVITE", call_id="bare", body=OFFER % port)
        text = await self.answer()
        assert text.startswith("SIP/2.0 200"), text
        found = re.search(r"\r\nTo: [^\r]*(;tag=[^\r;]*)", text)
        assert found is not None
        self.request("ACK", to_tag=found[1], call_id="bare")
        await until(lambda: one.service.calls.state is CallState.ACTIVE)
        return found[1]


@contextmanager
def peer_of(one: Speaker) -> Iterator[Peer]:
    made = Peer(one)
    with made.socket:
        yield made


async def pinged(peer: Peer) -> None:
    """The speaker answers an OPTIONS."""
    peer.request("OPTIONS")
    assert (await peer.answer()).startswith("SIP/2.0 200")


async def test_a_power_cut_is_silent_and_ends_all_calls_without_a_word() -> None:
    async with speaker(clock="stepped") as one:
        with peer_of(one) as peer:
            await peer.call(one)
            said = len(one.messages("out"))
            one.device.power.lose("poe")
            peer.request("OPTIONS")
            peer.request("BYE", call_id="bare", cseq=2)
            await one.bench.advance(5)
            assert peer.nothing()
            one.device.power.regain("poe")
            await one.bench.advance(200)
            assert len(one.messages("out")) == said, "no BYE, no REGISTER"
            assert not one.service.calls.live
            peer.request("BYE", call_id="bare", to_tag=";tag=old", cseq=3)
            assert (await peer.answer()).startswith("SIP/2.0 481")
            await pinged(peer)


async def test_a_restart_hangs_up_first() -> None:
    async with speaker(clock="stepped") as one:
        with peer_of(one) as peer:
            await peer.call(one)
            one.device.lifecycle.restart("test")
            assert (await peer.hear()).startswith("BYE sip:bare@127.0.0.1")
            await one.bench.advance(200)
            await pinged(peer)


async def test_a_pulled_cable_is_silent_and_the_call_goes_on_behind_it() -> None:
    async with speaker() as one:
        with peer_of(one) as peer:
            tag = await peer.call(one)
            one.device.network.unplug()
            peer.request("OPTIONS")
            await asyncio.sleep(0.1)
            assert peer.nothing()
            one.device.network.plug()
            assert one.service.calls.state is CallState.ACTIVE
            peer.request("BYE", to_tag=tag, cseq=2, call_id="bare")
            assert (await peer.answer()).startswith("SIP/2.0 200")
            await until(lambda: not one.service.calls.live)


async def test_a_factory_default_leaves_no_sip() -> None:
    async with speaker(clock="stepped") as one:
        place = one.place
        one.device.lifecycle.factory_default()
        await one.bench.advance(300)
        assert one.device.lifecycle.reachable
        assert "sip" not in one.bench.host(one.name).ports
        with pytest.raises(ConnectionRefusedError):
            await asyncio.to_thread(socket.create_connection, place, 5)


async def test_another_port_is_moved_to() -> None:
    async with speaker() as one:
        one.service.configure({"SIPPort": 5070})
        assert one.port == 5070
        with peer_of(one) as peer:
            await pinged(peer)


async def test_a_port_that_is_taken_is_told_and_sip_comes_when_it_is_free() -> None:
    async with speaker(configuration={"SIPEnabled": False}) as one:
        address = one.device.network.primary
        assert address is not None
        with socket.create_server((address, 5060)):
            one.service.configure({"SIPEnabled": True})
            assert one.records(Kind.STATE, "port taken")[0].data["service"] == "sip"
        one.service.configure({"SIPEnabled": False})
        one.service.configure({"SIPEnabled": True})
        with peer_of(one) as peer:
            await pinged(peer)


@pytest.mark.peer("sipp")
@pytest.mark.parametrize("transport", ["u1", "t1"])
async def test_calls_work_where_all_devices_share_one_address(transport: str) -> None:
    async with speaker(mode="ephemeral") as one:
        outcome = await sipp("uac_call", one.place, "-d", "100", transport=transport)
        assert outcome.code == 0, outcome.text
        contact = f"Contact: <sip:speaker@127.0.0.1:{one.port}"
        assert any(contact in record.data["text"] for record in one.records(Kind.MESSAGE, "sip"))


async def test_sip_off_costs_nothing() -> None:
    async with speaker(configuration={"SIPEnabled": False}) as one:
        host = one.bench.host(one.name)
        assert "sip" not in host.ports
        assert "face" not in host.sip.__dict__, "no user agent"


# Hostile peers


async def test_torture_messages_break_nothing() -> None:
    assert len(TORTURE) > 40
    async with speaker() as one:
        with peer_of(one) as peer:
            for file in TORTURE:
                peer.send(file.read_bytes())
                with socket.create_connection(one.place, timeout=5) as stream:
                    stream.sendall(file.read_bytes())
            await pinged_amid(peer)
        assert one.records(Kind.VIOLATION, "sip"), "each is told"
        assert not one.records(Kind.NOTE), "no bug of ours"


async def pinged_amid(peer: Peer) -> None:
    """The speaker answers an OPTIONS among answers to other things."""
    peer.request("OPTIONS", call_id="after all")
    while "after all" not in await peer.hear():
        pass


async def test_a_flood_of_rubbish_is_bounded_and_calls_go_on() -> None:
    dice = random.Random(7)
    async with speaker() as one:
        with peer_of(one) as peer:
            tag = await peer.call(one)
            for number in range(300):
                for _ in range(5):
                    peer.send(dice.randbytes(dice.randrange(1, 300)))
                peer.request("INVITE", call_id=f"flood {number}", body=b"v=0\r\nrubbish")
                peer.send(b"INVITE sip:x SIP/2.0\r\n" + dice.randbytes(100) + b"\r\n\r\n")
                await asyncio.sleep(0)
            await until(lambda: "486 INVITE" in one.messages("out"))
            assert one.service.calls.state is CallState.ACTIVE
            while one.service.calls.live:
                peer.request("BYE", to_tag=tag, cseq=peer.number, call_id="bare")
                await asyncio.sleep(0.01)
        assert not one.records(Kind.NOTE), "no bug of ours"
        texts = [record for record in one.records(Kind.MESSAGE, "sip") if record.data["text"]]
        assert len(texts) < len(one.records(Kind.MESSAGE, "sip")) or len(texts) < 200


async def test_a_stream_that_never_ends_its_head_is_closed() -> None:
    async with speaker() as one:
        with socket.create_connection(one.place, timeout=5) as stream:

            def flood() -> bytes:
                stream.sendall(b"OPTIONS sip:x SIP/2.0\r\nX: ")
                try:
                    for _ in range(100):
                        stream.sendall(b"x" * 10_000)
                    return stream.recv(10)
                except (ConnectionResetError, BrokenPipeError):
                    return b""

            assert await asyncio.to_thread(flood) == b""
        await until(lambda: one.records(Kind.VIOLATION, "sip"))


@pytest.mark.parametrize(
    ("lengths", "answer"),
    [
        ("Content-Length: 1\r\nContent-Length: 2", b"SIP/2.0 400 Bad Request"),
        ("Content-Length: 99999999", b"SIP/2.0 413 Request Entity Too Large"),
    ],
)
async def test_a_stream_that_cannot_be_read_on_gets_a_refusal_and_its_end(lengths: str, answer: bytes) -> None:
    request = (
        "OPTIONS sip:x SIP/2.0\r\nVia: SIP/2.0/TCP 127.0.0.9;branch=z9hG4bK1\r\nFrom: <sip:a@b>;tag=1\r\nTo: <sip:x>\r\n"
        f"Call-ID: 1\r\nCSeq: 1 OPTIONS\r\n{lengths}\r\n\r\n"
    ).encode()
    async with speaker() as one:
        with socket.create_connection(one.place, timeout=5) as stream:

            def asked() -> bytes:
                stream.sendall(request)
                told = b""
                while piece := stream.recv(4096):
                    told += piece
                return told

            assert (await asyncio.to_thread(asked)).startswith(answer)
        (violation,) = one.records(Kind.VIOLATION, "sip")
        assert violation.data["transport"] == "TCP"


async def test_an_unacknowledged_call_is_taken_back_and_other_callers_are_not_locked_out() -> None:
    """The caller vanishes after our 200: with T1 at a hundredth the 32 seconds are short."""
    async with speaker() as one:
        agent = one.bench.host(one.name).sip.face.agent
        assert agent is not None
        agent.settings.timing = type(agent.settings.timing)(t1=0.005, t2=0.04, t4=0.05)
        with peer_of(one) as peer:
            offer = (
                b"v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 9 RTP/AVP 0\r\n"
            )
            peer.request("INVITE", body=offer)
            while not (await peer.hear()).startswith("BYE"):
                pass
        await until(lambda: not one.service.calls.live)


# What hands make wrong


async def order(one: Speaker, **fields: object) -> None:
    await one.bench.apply(from_mapping({"sip": {"device": one.name, **fields}}))


async def test_answers_by_script_count_and_are_cleared() -> None:
    async with speaker() as one:
        with peer_of(one) as peer:
            await order(one, do="answer", method="OPTIONS", status=503, retry_after=7, count=1)
            peer.request("OPTIONS")
            answer = await peer.answer()
            assert answer.startswith("SIP/2.0 503")
            assert "Retry-After: 7" in answer
            assert [fault["struck"] for fault in one.bench.faults()] == [1]
            await pinged(peer)
            await order(one, do="silent", method="OPTIONS")
            peer.request("OPTIONS")
            await asyncio.sleep(0.1)
            assert peer.nothing()
            await one.bench.apply(from_mapping({"clear": f"{one.name}/sip"}))
            assert not one.bench.faults()
            await pinged(peer)


async def test_faults_outlast_a_restart_and_end_by_time() -> None:
    async with speaker(clock="stepped") as one:
        with peer_of(one) as peer:
            await order(one, do="answer", method="OPTIONS", status=480, **{"for": "300s"})
            one.device.lifecycle.restart("test")
            await one.bench.advance(200)
            peer.request("OPTIONS")
            assert (await peer.answer()).startswith("SIP/2.0 480")
            await one.bench.advance(150)
            await pinged(peer)


async def test_sound_that_stops_and_comes_again() -> None:
    async with speaker() as one:
        with peer_of(one) as peer, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as ear:
            ear.bind(("127.0.0.1", 0))
            ear.settimeout(5)
            await order(one, do="rtp-type", type=77)
            await peer.call(one, port=ear.getsockname()[1])
            assert (await asyncio.to_thread(ear.recv, 2000))[1] & 0x7F == 77
            await order(one, do="rtp-stop")
            await one.bench.apply(from_mapping({"clear": f"{one.name}/sip"}))
            while (await asyncio.to_thread(ear.recv, 2000))[1] & 0x7F != 0:
                pass


async def test_a_bye_that_is_not_sent() -> None:
    async with speaker() as one:
        with peer_of(one) as peer:
            await peer.call(one)
            await order(one, do="omit", method="BYE")
            one.service.calls.hang_up_all()
            await until(lambda: not one.service.calls.live)
            assert "BYE" not in one.messages("out")
