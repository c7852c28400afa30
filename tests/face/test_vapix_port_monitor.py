"""The endless answer of port.cgi?monitor, byte for byte (io-events sheet 1.2)."""

from __future__ import annotations

import pytest
from vapix_desk import Desk, Wire

from simulator.face.exchange import Endless

MONITOR = "/axis-cgi/io/port.cgi?monitor="
HEAD = "--ioboundary\r\nContent-Type: text/plain\r\n\r\n"
INPUT, OUTPUT, AUXILIARY = 1, 0, 7


@pytest.fixture
def desk() -> Desk:
    return Desk()


def part(text: str) -> bytes:
    return f"{HEAD}{text}\r\n".encode()


def watch(desk: Desk, numbers: str) -> tuple[Endless, Wire]:
    reply = desk.opened(f"{MONITOR}{numbers}")
    assert isinstance(reply, Endless), reply
    wire = Wire()
    wire.hang_up = reply.open(wire)
    return reply, wire


def settle(desk: Desk) -> None:
    desk.advance(desk.device.profile.quirks.debounce)


def test_it_begins_with_what_is_and_goes_on_with_what_changes(desk: Desk) -> None:
    reply, wire = watch(desk, "2,3")
    assert reply.content_type == "multipart/x-mixed-replace; boundary=ioboundary"
    assert wire.news() == [part("2I:L"), part("3I:L")]
    desk.device.ports[INPUT].loop.close_switch()
    settle(desk)
    desk.device.ports[INPUT].loop.open_switch()
    settle(desk)
    assert wire.news() == [part("2I:/"), part("2I:\\")]
    desk.device.ports[5].loop.close_switch()
    settle(desk)
    assert wire.news() == []


def test_an_input_is_told_by_its_meaning(desk: Desk) -> None:
    desk.device.ports[INPUT].set_normal_state("closed")
    _, wire = watch(desk, "2")
    assert wire.news() == [part("2I:H")]
    desk.device.ports[INPUT].loop.close_switch()
    settle(desk)
    assert wire.news() == [part("2I:\\")]


def test_an_output_is_told_by_its_circuit(desk: Desk) -> None:
    """One VMS inverts it where the output is active while open."""
    desk.device.parameters.write("IOPort.I0.Output.Active", "open")
    _, wire = watch(desk, "1")
    assert wire.news() == [part("1O:H")]
    desk.device.ports[OUTPUT].set_active(True)
    assert wire.news() == [part("1O:\\")]


def test_every_step_of_a_sequence_is_told(desk: Desk) -> None:
    _, wire = watch(desk, "1")
    wire.news()
    desk.device.ports[OUTPUT].run_sequence([(True, 100), (False, 100), (True, 0)])
    desk.advance(1)
    assert wire.news() == [part("1O:/"), part("1O:\\"), part("1O:/")]


def test_the_letter_follows_the_direction(desk: Desk) -> None:
    _, wire = watch(desk, "8")
    assert wire.news() == [part("8I:L")]
    desk.device.ports[AUXILIARY].set_direction("output")
    desk.device.ports[AUXILIARY].set_active(True)
    assert wire.news() == [part("8O:/")]


def test_a_silent_stream_is_kept_alive_with_an_empty_part_every_fifteen_seconds(desk: Desk) -> None:
    reply, _ = watch(desk, "2")
    assert (reply.keep_alive, reply.silence) == (HEAD.encode(), 15)


def test_who_has_hung_up_hears_nothing(desk: Desk) -> None:
    _, wire = watch(desk, "2")
    wire.news()
    wire.hang_up()
    desk.device.ports[INPUT].loop.close_switch()
    settle(desk)
    assert wire.news() == []
