"""io/port.cgi by the io-events sheet (1.1, 1.2): numbers from one, circuits and meanings, actions and held pulses."""

from __future__ import annotations

import string

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from vapix_desk import Desk

from simulator.device.parameter import Refused
from simulator.face.exchange import Answer, Endless, Held
from simulator.face.vapix.port_cgi import BadRequest, parsed_action

PORT = "/axis-cgi/io/port.cgi"
RELAY, FIRST_INPUT, AUXILIARY = 0, 1, 7


@pytest.fixture
def desk() -> Desk:
    return Desk()


def act(desk: Desk, action: str) -> Answer:
    return desk.ask("GET", f"{PORT}?action={action}")


def hold(desk: Desk, action: str) -> list[Answer]:
    """Begin an action whose answer is held; the list fills when it comes."""
    reply = desk.opened(f"{PORT}?action={action}")
    assert isinstance(reply, Held), reply
    delivered: list[Answer] = []
    reply.start(delivered.append)
    return delivered


# ---- asking


def test_check_shows_circuits_and_checkactive_their_meaning(desk: Desk) -> None:
    assert desk.get(f"{PORT}?check=1,2") == "port1=0\r\nport2=0\r\n"
    assert desk.get(f"{PORT}?checkactive=1,2") == "port1=inactive\r\nport2=inactive\r\n"
    desk.device.ports[FIRST_INPUT].set_normal_state("closed")
    assert desk.get(f"{PORT}?check=2") == "port2=0\r\n"
    assert desk.get(f"{PORT}?checkactive=2") == "port2=active\r\n"


def test_directions_are_those_of_the_map(desk: Desk) -> None:
    answer = desk.ask("GET", f"{PORT}?checkdirection={','.join(str(n) for n in range(1, 12))}")
    assert answer.content_type == "text/plain"
    directions = [line.partition("=")[2] for line in answer.body.decode().split("\r\n")[:-1]]
    assert directions == [
        *("output", "input", "input", "output", "output", "input", "output"),
        *("input", "input", "input", "input"),
    ]


@pytest.mark.parametrize("numbers", ["1,2", "1%2C2"])
def test_numbers_may_be_encoded_and_a_query_may_end_in_an_ampersand(desk: Desk, numbers: str) -> None:
    assert desk.get(f"{PORT}?check={numbers}&Axis-Orig-Sw=true&") == "port1=0\r\nport2=0\r\n"


def test_a_form_is_taken_too(desk: Desk) -> None:
    assert desk.form(PORT, "checkactive=1") == "port1=inactive\r\n"
    assert desk.form(PORT, "action=1:/") == ""
    assert desk.form(PORT, "checkactive=1") == "port1=active\r\n"


# ---- acting


@pytest.mark.parametrize("on", ["1:/", "1%3A%2F", "1%3a%2f", "1::/", ":/"])
@pytest.mark.parametrize("off", ["1:\\", "1:%5C", "1%3A%5c"])
def test_on_and_off_in_every_spelling(desk: Desk, on: str, off: str) -> None:
    answer = act(desk, on)
    assert (answer.status, answer.body) == (200, b"")
    assert desk.device.ports[RELAY].closed
    assert act(desk, off).body == b""
    assert not desk.device.ports[RELAY].closed


def test_an_action_is_about_the_meaning(desk: Desk) -> None:
    desk.device.parameters.write("IOPort.I0.Output.Active", "open")
    act(desk, "1:/")
    assert desk.get(f"{PORT}?check=1") == "port1=0\r\n"
    assert desk.get(f"{PORT}?checkactive=1") == "port1=active\r\n"


def test_a_pulse_holds_its_answer_until_it_ends(desk: Desk) -> None:
    answer = act(desk, "1:/15000\\")
    assert (answer.status, answer.body) == (200, b"")
    assert desk.waited == pytest.approx(15)
    assert not desk.device.ports[RELAY].active


def test_two_pulses_with_a_pause(desk: Desk) -> None:
    delivered, relay = hold(desk, "1%3A%2F300%5C500%2F300%5C"), desk.device.ports[RELAY]
    seen = []
    desk.advance(0.05)
    for _ in range(12):
        seen.append(relay.active)
        desk.advance(0.1)
    assert seen == [True] * 3 + [False] * 5 + [True] * 3 + [False]
    assert len(delivered) == 1


def test_a_trailing_wait_keeps_the_state_it_waits_in(desk: Desk) -> None:
    """As one VMS switches off."""
    act(desk, "1:/")
    assert act(desk, "1:\\1000").status == 200
    assert desk.waited == pytest.approx(1)
    assert not desk.device.ports[RELAY].active


@pytest.mark.parametrize(
    "ends",
    [
        lambda desk: act(desk, "1:\\"),
        lambda desk: desk.device.ports[RELAY].set_active(False),
        lambda desk: desk.device.parameters.write("IOPort.I0.Output.Active", "open"),
    ],
)
def test_what_ends_a_pulse_ends_the_wait(desk: Desk, ends) -> None:
    delivered = hold(desk, "1:/15000\\")
    desk.advance(2)
    assert not delivered
    ends(desk)
    assert [answer.status for answer in delivered] == [200]


def test_a_changed_direction_ends_a_pulse_and_its_wait(desk: Desk) -> None:
    update = "/axis-cgi/param.cgi?action=update&root.IOPort.I7.Direction"
    desk.get(f"{update}=output")
    delivered = hold(desk, "8:/15000\\")
    desk.advance(2)
    desk.get(f"{update}=input")
    assert [answer.status for answer in delivered] == [200]
    desk.get(f"{update}=output")
    desk.advance(20)
    assert not desk.device.ports[7].active


def test_a_new_pulse_on_the_port_starts_anew_instead_of_queueing(desk: Desk) -> None:
    first = hold(desk, "1:/10000\\")
    desk.advance(6)
    second = hold(desk, "1:/10000\\")
    assert len(first) == 1
    desk.advance(9.9)
    assert desk.device.ports[RELAY].active
    assert not second
    desk.advance(0.1)
    assert not desk.device.ports[RELAY].active
    assert len(second) == 1


def test_a_client_that_goes_away_does_not_stop_the_relay(desk: Desk) -> None:
    reply = desk.opened(f"{PORT}?action=1:/5000\\")
    assert isinstance(reply, Held)
    delivered: list[Answer] = []
    gone = reply.start(delivered.append)
    desk.advance(1)
    gone()
    assert desk.device.ports[RELAY].active
    desk.advance(4)
    assert not desk.device.ports[RELAY].active


def test_pulses_on_two_ports_do_not_know_of_each_other(desk: Desk) -> None:
    relay, output = hold(desk, "1:/2000\\"), hold(desk, "4:/1000\\")
    desk.advance(1)
    assert (len(relay), len(output)) == (0, 1)
    desk.advance(1)
    assert len(relay) == 1


def test_a_configurable_port_can_be_driven_once_it_is_an_output(desk: Desk) -> None:
    assert act(desk, "8:/").status == 400
    desk.get("/axis-cgi/param.cgi?action=update&root.IOPort.I7.Direction=output")
    assert act(desk, "8:/").status == 200
    assert desk.get(f"{PORT}?checkactive=8") == "port8=active\r\n"


# ---- refusals


@pytest.mark.parametrize(
    "query",
    [
        *("", "unknown=1", "check=", "check=0", "check=12", "check=1,,2", "check=one", "check=-1", "check=٣"),
        *("check=" + ",".join(["1"] * 300), "monitor=99", "checkdirection=1;2", "check=99999999999999999999"),
        *("action=", "action=1", "action=1:", "action=1:x", "action=1:500/", "action=1:/500 500", "action=2:/"),
        *("action=12:/", "action=1:/,2:/", "action=1:/99999999999999\\", "action=1:/9999999999\\"),
        *("action=1:/1" + "\\1/1" * 600, "action=" + "9" * 5000, "action=٣:/", "action=1:/٣\\"),
    ],
)
def test_what_is_wrong_is_refused_in_words(desk: Desk, query: str) -> None:
    reply = desk.opened(f"{PORT}?{query}")
    assert isinstance(reply, Answer)
    assert (reply.status, reply.content_type) == (400, "text/plain")
    assert reply.body.startswith(b"Error: ")
    assert reply.body.endswith(b"\r\n")
    assert not any(port.active for port in desk.device.ports)


def test_a_product_without_ports_has_none(desk: Desk) -> None:
    speaker = Desk("C1410")
    assert speaker.ask("GET", f"{PORT}?check=1").status == 400
    assert speaker.ask("GET", "/axis-cgi/io/input.cgi?check=1").status == 404


def test_a_viewer_may_do_everything_and_nobody_nothing(desk: Desk) -> None:
    desk.device.accounts.add("vera", "v", ("viewer",))
    assert desk.ask("GET", f"{PORT}?action=1:/", login=("vera", "v")).status == 200
    assert isinstance(desk.opened(f"{PORT}?monitor=1", login=("vera", "v")), Endless)
    assert desk.ask("GET", f"{PORT}?check=1", login=None).status == 401


# ---- the language of actions


@given(st.integers(0, 9999), st.lists(st.tuples(st.booleans(), st.integers(0, 10**6)), min_size=1, max_size=20))
def test_what_is_written_is_read(number: int, steps: list[tuple[bool, int]]) -> None:
    text = "".join(("/" if active else "\\") + (str(wait) if wait else "") for active, wait in steps)
    assert parsed_action(f"{number}:{text}") == (str(number), tuple(steps))


@pytest.mark.fuzz
@given(st.text() | st.text("0123456789:/\\,"))
@example("1:/" + "0" * 4000)
@example("1:" + "/" * 4096)
def test_no_text_breaks_the_reader(text: str) -> None:
    try:
        number, steps = parsed_action(text)
    except (BadRequest, Refused) as refused:
        assert str(refused).isprintable()
        return
    assert set(number) <= set(string.digits)
    assert steps
