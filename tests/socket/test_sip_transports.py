"""Transports of a SIP user agent, spoken to by bare sockets."""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace

import pytest
from net_bench import Bench, bench, in_thread, until

from simulator.errors import AddressTaken, MalformedMessage
from simulator.face.transport import TlsWish
from simulator.net.fault import make
from simulator.net.patchbay import Endpoint
from simulator.net.sip.setting import TransportSettings
from simulator.net.sip.transports import Net, SipTransports
from simulator.wire.sip.packet import Destination, Packet

pytestmark = pytest.mark.asyncio
SIP = Endpoint("speaker-1", "sip")
Peer = tuple[str, int]


def request(
    method: str = "OPTIONS", *, transport: str = "UDP", branch: str = "z9hG4bK1", padding: int = 0
) -> bytes:
    body = b"x" * padding
    head = (
        f"{method} sip:speaker@127.0.0.1 SIP/2.0\r\n"
        f"Via: SIP/2.0/{transport} 127.0.0.1:5060;rport;branch={branch}\r\n"
        "Max-Forwards: 70\r\nFrom: <sip:a@127.0.0.1>;tag=1\r\nTo: <sip:speaker@127.0.0.1>\r\n"
        f"Call-ID: one\r\nCSeq: 1 {method}\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


def response(via: str) -> bytes:
    return (
        f"SIP/2.0 200 OK\r\nVia: {via}\r\nFrom: <sip:a@127.0.0.1>;tag=1\r\nTo: <sip:b@127.0.0.1>;tag=2\r\n"
        "Call-ID: one\r\nCSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n"
    ).encode()


@dataclass
class Ear:
    """The user of the transports: keeps what it was told."""

    heard: list[tuple[bytes, Peer, str]] = field(default_factory=list)
    failed: list[tuple[Peer, str, str]] = field(default_factory=list)
    """Where to, the branch and why."""
    broken: list[tuple[Peer, str, str]] = field(default_factory=list)
    needs: bool = False

    def received(self, data: bytes, source: Peer, transport: str) -> None:
        self.heard.append((data, source, transport))

    def undeliverable(self, packet: Packet, reason: str) -> None:
        self.failed.append(((packet.destination.host, packet.destination.port), packet.branch, reason))

    def over(self, packet: Packet, transport: str, local: Peer) -> Packet:
        if transport == "UDP":
            return packet
        data = packet.data.replace(
            b"SIP/2.0/UDP 127.0.0.1:5060", b"SIP/2.0/%s %s:%d" % (transport.encode(), local[0].encode(), local[1])
        )
        return Packet(data, replace(packet.destination, transport=transport), packet.branch)

    def malformed(self, source: Peer, transport: str, error: MalformedMessage) -> None:
        self.broken.append((source, transport, str(error)))

    def needed(self, peer: Peer, transport: str) -> bool:
        return self.needs


@dataclass
class Agent:
    fleet: Bench
    ear: Ear
    transports: SipTransports
    address: str

    def place(self, transport: str = "UDP") -> Peer:
        return self.address, self.transports.ports()[transport]

    def say(self, data: bytes, there: Peer, transport: str, *, connection: Peer | None = None) -> None:
        """As a user agent does it: requests by their branch, those over 1300 bytes marked to switch."""
        branch = "" if data.startswith(b"SIP/2.0") else data.partition(b"branch=")[2].partition(b"\r")[0].decode()
        switch = bool(branch) and transport == "UDP" and len(data) > 1300
        self.transports.send(Packet(data, Destination(*there, transport, connection), branch, switch=switch))


@asynccontextmanager
async def agent(
    mode: str = "loopback", *, secure: bool = False, settings: TransportSettings | None = None
) -> AsyncIterator[Agent]:
    async with bench(mode) as fleet:
        ear, address = Ear(), fleet.provider.plan.device(1)
        transports = SipTransports(Net(fleet.provider, fleet.bay, fleet.tls), SIP, ear, settings)
        context = fleet.tls.server("B8A44F000001", address)
        transports.open(address, 5060)
        if secure:
            transports.open_tls(5061, context)
        try:
            yield Agent(fleet, ear, transports, address)
        finally:
            transports.close()


def udp_peer() -> socket.socket:
    peer = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    peer.bind(("127.0.0.1", 0))
    peer.settimeout(5)
    return peer


def tcp_peer() -> socket.socket:
    peer = socket.create_server(("127.0.0.1", 0))
    peer.settimeout(5)
    return peer


def both_peers() -> tuple[socket.socket, socket.socket]:
    """A UDP socket and a listener on one port."""
    for _ in range(50):
        udp = udp_peer()
        try:
            tcp = socket.create_server(udp.getsockname())
        except OSError:
            udp.close()
            continue
        tcp.settimeout(5)
        return udp, tcp
    raise AssertionError("no pair of ports is free")


def take(listener: socket.socket) -> socket.socket:
    connection, _ = listener.accept()
    connection.settimeout(5)
    return connection


@pytest.mark.parametrize("mode", ["loopback", "ephemeral"])
async def test_a_datagram_is_heard_and_answered_from_the_socket_that_listens(mode: str) -> None:
    async with agent(mode) as one:
        with udp_peer() as peer:
            peer.sendto(request(), one.place())
            await until(lambda: one.ear.heard)
            assert one.ear.heard == [(request(), peer.getsockname(), "UDP")]
            one.say(response("x"), peer.getsockname(), "UDP")
            assert await in_thread(peer.recvfrom, 65535) == (response("x"), one.place())


async def test_keepalives_and_stun_are_no_messages() -> None:
    async with agent() as one:
        with udp_peer() as peer:
            for data in (b"\r\n", b"\r\n\r\n", b"\0\0\0\0", b"", b"\0\1\0\0\x21\x12\xa4\x42" + b"\0" * 12):
                peer.sendto(data, one.place())
            peer.sendto(b"\r\n" + request(), one.place())
            await until(lambda: one.ear.heard)
            assert [data for data, _, _ in one.ear.heard if b"OPTIONS" in data] == [b"\r\n" + request()]
            assert not [data for data, _, _ in one.ear.heard if not data.strip()]


async def test_messages_of_a_stream_are_cut_where_they_end() -> None:
    async with agent() as one:
        text = request("INVITE", transport="TCP", padding=40)
        with socket.create_connection(one.place("TCP")) as peer:
            peer.sendall(text + text + text[:30])
            await until(lambda: len(one.ear.heard) == 2)
            peer.sendall(text[30:-5])
            peer.sendall(text[-5:] + b"\r\n")
            await until(lambda: len(one.ear.heard) == 3)
            assert set(one.ear.heard) == {(text, peer.getsockname(), "TCP")}


async def test_a_response_goes_back_on_the_connection_of_its_request() -> None:
    async with agent() as one:
        with socket.create_connection(one.place("TCP"), timeout=5) as peer:
            peer.sendall(request(transport="TCP"))
            await until(lambda: one.ear.heard)
            answer = response("SIP/2.0/TCP 127.0.0.1:9;branch=z9hG4bK1")
            one.say(answer, ("127.0.0.1", 9), "TCP", connection=one.ear.heard[0][1])
            assert await in_thread(peer.recv, 65535) == answer


async def test_a_response_whose_connection_is_gone_opens_one_to_its_sender() -> None:
    async with agent() as one:
        with tcp_peer() as listener:
            with socket.create_connection(one.place("TCP")) as peer:
                peer.sendall(request(transport="TCP"))
                await until(lambda: one.ear.heard)
            source = one.ear.heard[0][1]
            await until(lambda: not one.transports.connected(source, "TCP"))
            answer = response("SIP/2.0/TCP 127.0.0.1:9;branch=z9hG4bK1")
            one.say(answer, listener.getsockname(), "TCP", connection=source)
            with await in_thread(take, listener) as again:
                assert await in_thread(again.recv, 65535) == answer


async def test_requests_to_one_place_share_a_connection_and_answers_come_back_on_it() -> None:
    async with agent() as one:
        with tcp_peer() as listener:
            there = listener.getsockname()
            for number in range(3):
                one.say(request(branch=f"z9hG4bK{number}", transport="TCP"), there, "TCP")
            with await in_thread(take, listener) as peer:
                assert peer.getpeername()[0] == one.address
                peer.sendall(response("SIP/2.0/TCP x;branch=z9hG4bK0"))
                await until(lambda: one.ear.heard)
                assert one.ear.heard[0][1:] == (there, "TCP")
                data = b""
                while data.count(b"OPTIONS sip:") < 3:
                    data += await in_thread(peer.recv, 65535)
                assert [data.find(b"bK%d" % n) for n in range(3)] == sorted(
                    data.find(b"bK%d" % n) for n in range(3)
                )


async def test_a_ping_is_answered_by_a_pong_where_that_is_set() -> None:
    for pong in (True, False):
        async with agent(settings=TransportSettings(stream_pong=pong)) as one:
            with socket.create_connection(one.place("TCP"), timeout=5) as peer:
                peer.sendall(b"\r\n\r\n" + request(transport="TCP"))
                await until(lambda: one.ear.heard)
                one.say(response("x"), peer.getsockname(), "TCP")
                expected = (b"\r\n" if pong else b"") + response("x")
                data = b""
                while len(data) < len(expected):
                    data += await in_thread(peer.recv, 65535)
                assert data == expected


async def test_what_is_no_sip_ends_the_stream_and_is_told() -> None:
    async with agent() as one:
        with socket.create_connection(one.place("TCP"), timeout=5) as peer:
            peer.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
            assert await in_thread(peer.recv, 65535) == b""
            assert [(source, transport) for source, transport, _ in one.ear.broken] == [
                (peer.getsockname(), "TCP")
            ]
        assert not one.ear.heard


async def test_icmp_is_told_and_the_next_datagram_is_not_lost_by_it() -> None:
    async with agent() as one:
        with udp_peer() as gone:
            nobody = gone.getsockname()
        one.say(request(), nobody, "UDP")
        await until(lambda: one.ear.failed)
        assert one.ear.failed == [(nobody, "z9hG4bK1", "connection refused")]
        with udp_peer() as peer:
            for _ in range(20):
                one.say(request(), nobody, "UDP")
                one.say(request(), peer.getsockname(), "UDP")
            for _ in range(20):
                assert await in_thread(peer.recv, 65535) == request()


@pytest.mark.parametrize("transport", ["TCP", "TLS"])
async def test_a_refused_connection_is_told_for_each_request_that_waited(transport: str) -> None:
    async with agent() as one:
        with tcp_peer() as gone:
            nobody = gone.getsockname()
        for branch in ("z9hG4bK1", "z9hG4bK2", "z9hG4bK2"):  # the second is repeated
            one.say(request(branch=branch), nobody, transport)
        await until(lambda: one.ear.failed)
        assert one.ear.failed == [(nobody, f"z9hG4bK{n}", "connection refused") for n in (1, 2)]
        assert not one.transports.connected(nobody, transport)


async def test_an_unknown_host_is_told() -> None:
    async with agent() as one:
        for transport in ("UDP", "TCP"):
            one.say(request(), ("registrar.invalid", 5060), transport)
        await until(lambda: len(one.ear.failed) == 2)
        assert all("could not resolve host registrar.invalid" in reason for _, _, reason in one.ear.failed)


async def test_a_large_request_goes_over_tcp_once_and_small_ones_by_udp() -> None:
    async with agent() as one:
        udp, tcp = both_peers()
        with udp, tcp:
            large = request("INVITE", branch="z9hG4bKbig", padding=1300)
            for _ in range(3):  # repeated before the connection stands
                one.say(large, udp.getsockname(), "UDP")
            small = request("INFO", branch="z9hG4bKother")
            one.say(small, udp.getsockname(), "UDP")
            assert await in_thread(udp.recv, 65535) == small
            with await in_thread(take, tcp) as peer:
                host, port = peer.getpeername()
                expected = large.replace(b"SIP/2.0/UDP 127.0.0.1:5060", f"SIP/2.0/TCP {host}:{port}".encode())
                one.say(request("BYE", transport="TCP"), udp.getsockname(), "TCP")
                data = b""
                while not data.endswith(request("BYE", transport="TCP")):
                    data += await in_thread(peer.recv, 65535)
                assert data == expected + request("BYE", transport="TCP")


async def test_without_tcp_at_the_other_end_a_large_request_goes_over_udp_unchanged() -> None:
    async with agent() as one:
        with udp_peer() as peer:
            large = request("INVITE", padding=1300)
            one.say(large, peer.getsockname(), "UDP")
            assert await in_thread(peer.recv, 65535) == large
            one.say(large, peer.getsockname(), "UDP")  # repeated: by UDP at once
            assert await in_thread(peer.recv, 65535) == large
            assert not one.ear.failed


async def test_a_large_response_stays_on_udp() -> None:
    async with agent() as one:
        udp, tcp = both_peers()
        with udp, tcp:
            answer = response("SIP/2.0/UDP x;branch=z9hG4bK1;" + "y" * 1300)
            one.say(answer, udp.getsockname(), "UDP")
            assert await in_thread(udp.recv, 65535) == answer


async def test_an_idle_connection_is_closed_unless_it_is_needed() -> None:
    async with agent(settings=TransportSettings(idle_close=0.1)) as one:
        one.ear.needs = True
        with tcp_peer() as listener:
            one.say(request(transport="TCP"), listener.getsockname(), "TCP")
            with await in_thread(take, listener) as peer:
                await asyncio.sleep(0.3)  # three times the limit
                assert one.transports.connected(listener.getsockname(), "TCP")
                one.ear.needs = False
                await until(lambda: not one.transports.connected(listener.getsockname(), "TCP"))
                assert (await in_thread(peer.recv, 65535)).startswith(b"OPTIONS")
                assert await in_thread(peer.recv, 65535) == b""
        assert not one.ear.failed


async def test_a_connection_that_the_peer_ends_is_told_to_whom_it_was_opened_for() -> None:
    async with agent() as one:
        with tcp_peer() as listener:
            one.say(request(transport="TCP"), listener.getsockname(), "TCP")
            (await in_thread(take, listener)).close()
            await until(lambda: one.ear.failed)
            assert one.ear.failed[0][:2] == (listener.getsockname(), "z9hG4bK1")


async def test_a_pulled_cable_silences_datagrams_and_streams_and_nothing_is_lost_on_streams() -> None:
    async with agent() as one:
        with udp_peer() as peer, socket.create_connection(one.place("TCP"), timeout=5) as stream:
            stream.sendall(request(transport="TCP"))
            await until(lambda: one.ear.heard)
            one.fleet.bay.freeze("speaker-1")
            peer.sendto(request(), one.place())
            stream.sendall(request(transport="TCP"))
            one.say(request(), peer.getsockname(), "UDP")
            one.say(response("x"), stream.getsockname(), "TCP")
            peer.setblocking(False)
            await asyncio.sleep(0.05)
            with pytest.raises(BlockingIOError):
                peer.recv(65535)
            assert len(one.ear.heard) == 1
            one.fleet.bay.thaw("speaker-1")
            await until(lambda: len(one.ear.heard) == 2)
            assert one.ear.heard[1][2] == "TCP"
            assert await in_thread(stream.recv, 65535) == response("x")


async def test_link_faults_act_on_datagrams() -> None:
    async with agent() as one:
        one.fleet.bay.apply(make("udp_duplicate", {"count": 1, "direction": "to-device"}), SIP)
        with udp_peer() as peer:
            peer.sendto(request(), one.place())
            await until(lambda: len(one.ear.heard) == 2)
            one.fleet.bay.apply(make("udp_loss", {"count": 1, "direction": "to-client"}), SIP)
            one.say(request(branch="z9hG4bKlost"), peer.getsockname(), "UDP")
            one.say(request(branch="z9hG4bKsecond"), peer.getsockname(), "UDP")
            assert b"z9hG4bKsecond" in await in_thread(peer.recv, 65535)


async def test_tls_is_accepted_with_the_certificate_of_the_device() -> None:
    async with agent(secure=True) as one:
        context = ssl.create_default_context(cadata=one.fleet.tls.authority_pem.decode())

        def speak() -> bytes:
            with (
                socket.create_connection(one.place("TLS"), timeout=5) as raw,
                context.wrap_socket(raw, server_hostname=one.address) as peer,
            ):
                peer.sendall(request(transport="TLS"))
                return peer.recv(65535)

        async def answer() -> None:
            await until(lambda: one.ear.heard)
            one.say(response("x"), one.ear.heard[0][1], "TLS")

        said, _ = await asyncio.gather(in_thread(speak), answer())
        assert said == response("x")


async def test_a_server_whose_certificate_is_not_trusted_is_undeliverable() -> None:
    async with agent() as one:
        foreign = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        authority = type(one.fleet.tls)()
        authority.authority.issue_cert("127.0.0.1").configure_cert(foreign)

        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            writer.write(await reader.readuntil(b"\r\n\r\n"))
            writer.close()

        server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=foreign)
        there = server.sockets[0].getsockname()
        one.transports.settings.tls = TlsWish(verify=True)
        one.say(request(transport="TLS"), there, "TLS")
        await until(lambda: one.ear.failed)
        assert one.ear.failed[0][:2] == (there, "z9hG4bK1")
        assert "certificate not accepted" in one.ear.failed[0][2]
        one.transports.settings.tls = TlsWish(verify=True, authorities=(authority.authority_pem,))
        one.say(request(transport="TLS"), there, "TLS")
        await until(lambda: one.ear.heard)
        assert one.ear.heard == [(request(transport="TLS"), there, "TLS")]
        server.close()


async def test_only_so_many_connections_stand() -> None:
    async with agent(settings=TransportSettings(most_connections=3)) as one:
        peers = [socket.create_connection(one.place("TCP"), timeout=5) for _ in range(4)]
        assert await in_thread(_end_of, peers[3]) == b""
        await until(lambda: len(list(one.transports.connections())) == 3)
        for peer in peers:
            peer.close()


def _end_of(peer: socket.socket) -> bytes:
    try:
        return peer.recv(10)
    except ConnectionResetError:
        return b""


async def test_in_mode_ephemeral_udp_and_tcp_share_a_number_that_stays() -> None:
    async with agent("ephemeral") as one:
        before = one.transports.ports()
        assert before["UDP"] == before["TCP"]
        one.transports.close()
        assert one.transports.ports() == {}
        one.transports.open(one.address, 5060)
        assert one.transports.ports() == before


async def test_a_port_that_another_program_holds_leaves_nothing_open() -> None:
    async with bench() as fleet:
        address = fleet.provider.plan.device(1)
        with socket.create_server((address, 5060)):
            transports = SipTransports(Net(fleet.provider, fleet.bay, fleet.tls), SIP, Ear())
            with pytest.raises(AddressTaken):
                transports.open(address, 5060)
            assert not transports.is_open
        transports.open(address, 5060)
        assert transports.ports() == {"UDP": 5060, "TCP": 5060}
        transports.close()


async def test_after_close_the_ports_refuse() -> None:
    async with agent() as one:
        place = one.place()
        one.transports.close()
        with pytest.raises(ConnectionRefusedError):
            await in_thread(socket.create_connection, place)
        with udp_peer() as peer:
            peer.connect(place)
            peer.send(request())
            with pytest.raises(ConnectionRefusedError):
                await in_thread(peer.recv, 65535)
        one.say(request(), ("127.0.0.1", 9), "UDP")
        await until(lambda: one.ear.failed)
        assert one.ear.failed == [(("127.0.0.1", 9), "z9hG4bK1", "network is unreachable")]
