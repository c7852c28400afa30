"""A bus on TCP against plain sockets: framing, isolation, limits, taps, and what the journal says."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import pytest
from modbus_fleet import PROBE, Raw, wired
from vapix_fleet import ENGINE, until

from simulator.fleet.child import Child
from simulator.fleet.session import Session
from simulator.wire.modbus.crc import sealed

Wired = Callable[..., Any]
READ = sealed(bytes.fromhex("4003012C0001"))
ANSWER = sealed(bytes.fromhex("400302092E"))
ABSENT = sealed(bytes.fromhex("050300000001"))


@pytest.fixture(scope="module")
def engine() -> Iterator[Child]:
    """One engine for all tests of this file; each makes its fleet anew."""
    child = Child(ENGINE)
    yield child
    child.stop()


@pytest.fixture
def bus(engine: Child) -> Wired:
    """Makes the bus of a test."""
    return partial(wired, engine)


def test_a_request_is_answered_byte_by_byte_and_glued(bus: Wired):
    with bus() as (_, place), Raw(place["listen"]) as peer:
        for byte in READ[:-1]:
            peer.socket.sendall(bytes((byte,)))
        assert peer.ask(READ[-1:], len(ANSWER)) == ANSWER
        assert peer.ask(READ * 5, 5 * len(ANSWER)) == ANSWER * 5


def test_an_absent_unit_is_silent_and_the_connection_stays(bus: Wired):
    with bus() as (_, place), Raw(place["listen"]) as peer:
        peer.socket.sendall(ABSENT)
        assert peer.silent()
        assert peer.ask(READ, len(ANSWER)) == ANSWER


def test_a_gateway_answers_for_an_absent_unit(bus: Wired):
    with bus(gateway=True) as (_, place), Raw(place["listen"]) as peer:
        answer = sealed(bytes.fromhex("05830B"))
        assert peer.ask(ABSENT, len(answer)) == answer


def test_junk_is_counted_told_and_does_not_touch_others(bus: Wired):
    with bus() as (session, place), Raw(place["listen"]) as bad, Raw(place["listen"]) as good:
        assert bad.ask(b"GET / HTTP/1.1\r\n\r\n" + READ, len(ANSWER)) == ANSWER
        assert good.ask(READ, len(ANSWER)) == ANSWER
        bad.socket.sendall(READ[:5])
        found = until(
            lambda: [r for r in session.journal(kinds="violation")["records"] if "unfinished" in r["what"]]
        )
        assert found[0]["data"]["begins"] == READ[:5].hex()
        whats = {record["what"] for record in session.journal(kinds="violation")["records"]}
        assert "modbus: bytes that are no frame" in whats


def test_a_truncated_frame_a_pause_and_a_good_one_is_one_answer(bus: Wired):
    with bus(frame_gap=0.02) as (session, place), Raw(place["listen"]) as peer:
        peer.socket.sendall(READ[:4])
        until(lambda: session.journal(kinds="violation")["records"])
        assert peer.ask(READ, len(ANSWER)) == ANSWER
        assert peer.silent()


def test_a_flood_is_answered_in_full_and_others_are_served_meanwhile(bus: Wired):
    count = 4000
    with bus() as (_, place), Raw(place["listen"]) as flood, Raw(place["listen"]) as other:
        flood.socket.settimeout(20)
        flood.socket.sendall(READ * count)
        assert other.ask(READ, len(ANSWER)) == ANSWER
        assert flood.read(count * len(ANSWER)) == ANSWER * count


def test_a_peer_that_never_reads_is_held_and_not_closed(bus: Wired):
    with bus() as (_, place), Raw(place["listen"]) as deaf, Raw(place["listen"]) as other:
        deaf.socket.settimeout(1.0)
        sent = 0
        try:
            while sent < 64 << 20:
                sent += deaf.socket.send(READ * 8000)
        except TimeoutError:
            pass
        assert sent < 64 << 20
        assert other.ask(READ, len(ANSWER)) == ANSWER


def test_seventeen_peers_are_one_too_many(bus: Wired):
    with bus() as (_, place):
        peers = [Raw(place["listen"]) for _ in range(16)]
        assert all(peer.ask(READ, len(ANSWER)) == ANSWER for peer in peers)
        with Raw(place["listen"]) as late:
            assert late.socket.recv(1) == b""
        peers.pop().socket.close()

        def again() -> bool:
            with Raw(place["listen"]) as peer:
                try:
                    return peer.ask(READ, len(ANSWER)) == ANSWER
                except OSError:
                    return False

        until(again)
        for peer in peers:
            peer.socket.close()


def test_a_tap_sees_both_directions_and_takes_nothing(bus: Wired):
    with (
        bus(tap=True, clock="stepped") as (session, place),
        Raw(place["tap"]) as tap,
        Raw(place["listen"]) as peer,
    ):
        tap.socket.sendall(READ)
        until(lambda: [r for r in session.journal(kinds="violation")["records"] if "read-only" in r["what"]])
        assert peer.ask(READ, len(ANSWER)) == ANSWER
        assert tap.read(len(READ + ANSWER)) == READ + ANSWER


def served(server: socket.socket, answer: bytes, condition: Callable[[], bool]) -> set[bytes]:
    """Be the slaves behind a connection until the condition holds; returns what they were asked."""
    server.settimeout(5)
    connection, _ = server.accept()
    asked: set[bytes] = set()
    with connection:
        connection.settimeout(5)
        while not condition() and (request := connection.recv(8, socket.MSG_WAITALL)):
            asked.add(request)
            connection.sendall(answer)
    return asked


def value(session: Session, position: int) -> float | None:
    found: float | None = session.snapshot("io-1")["sensors"][position]["values"]["temperature"]["value"]
    return found


def test_foreign_slaves_are_polled_over_a_connection(bus: Wired):
    with socket.create_server(("127.0.0.1", 0)) as server:
        peer = f"127.0.0.1:{server.getsockname()[1]}"
        with bus(PROBE | {"interval": 0.2}, mode="connect", peer=peer) as (session, _):
            answer = sealed(bytes.fromhex("400402FDF3"))
            asked = served(server, answer, lambda: value(session, 0) == -5.25)
            assert asked == {sealed(bytes.fromhex("4004012C0001"))}


def test_a_peer_that_is_not_there_makes_the_sensor_offline(bus: Wired):
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    with bus(PROBE | {"interval": 0.1}, mode="connect", peer=f"127.0.0.1:{port}") as (session, _):
        until(lambda: session.snapshot("io-1")["sensors"][0]["online"] is False)


def test_mixed_asks_its_own_sensors_and_passes_on_the_rest(bus: Wired):
    with socket.create_server(("127.0.0.1", 0)) as server:
        peer = f"127.0.0.1:{server.getsockname()[1]}"
        far = {"name": "far", "type": "generic", "address": 9, "present": False, "interval": 0.2}
        with bus(PROBE | {"interval": 0.2}, far, mode="mixed", peer=peer) as (session, _):
            answer = sealed(bytes.fromhex("09030401F400C8"))
            asked = served(server, answer, lambda: value(session, 1) == 20.0)
            assert asked == {sealed(bytes.fromhex("090300000002"))}
            assert value(session, 0) == 23.5


def test_a_stepped_clock_waits_for_a_foreign_slave(bus: Wired):
    with socket.create_server(("127.0.0.1", 0)) as server:
        peer = f"127.0.0.1:{server.getsockname()[1]}"
        slave = threading.Thread(
            target=served,
            args=(server, sealed(bytes.fromhex("4004020001")), threading.Event().is_set),
            daemon=True,
        )
        slave.start()
        with bus(PROBE | {"interval": 10}, mode="connect", peer=peer, clock="stepped") as (session, _):
            session.advance(1)
            assert value(session, 0) == 0.01
