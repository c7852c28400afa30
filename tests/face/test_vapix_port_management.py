"""io/portmanagement.cgi (io-events sheet 1.3, client-facts 2.1), read with the axis library's own decoder."""

from __future__ import annotations

import pytest
from axis.models.port_management import GetPortsResponse
from hypothesis import given
from hypothesis import strategies as st
from vapix_desk import Desk

from simulator.face.vapix.port_management import ROUTES

PORTS = "/axis-cgi/io/portmanagement.cgi"
RELAY, INPUT, AUXILIARY = 0, 1, 7
INVALID, MISSING = 2104, 2103


@pytest.fixture
def desk() -> Desk:
    return Desk()


def set_ports(desk: Desk, *wishes: object):
    return desk.rpc(PORTS, "setPorts", {"ports": list(wishes)})


def item(desk: Desk, number: int):
    return desk.rpc(PORTS, "getPorts")["data"]["items"][number]


def test_all_ports_with_all_that_clients_index(desk: Desk) -> None:
    answer = desk.rpc(PORTS, "getPorts")
    assert list(answer) == ["apiVersion", "context", "method", "data"]
    assert (answer["apiVersion"], answer["data"]["numberOfPorts"]) == ("1.1", 11)
    assert [one["port"] for one in answer["data"]["items"]] == [str(number) for number in range(11)]
    assert [one["port"] for one in answer["data"]["items"] if one["configurable"]] == ["7", "8"]
    assert item(desk, RELAY) == {
        "port": "0",
        "state": "open",
        "configurable": False,
        "usage": "",
        "direction": "output",
        "name": "Port 1",
        "normalState": "open",
    }


def test_the_axis_library_reads_it(desk: Desk) -> None:
    answer = desk.ask("POST", PORTS, '{"apiVersion":"1.0","context":"Axis library","method":"getPorts"}')
    ports = GetPortsResponse.decode(answer.body).data
    assert {number: str(port.direction) for number, port in ports.items()} == {
        str(port.id): port.direction.value for port in desk.device.ports
    }


def test_a_product_without_ports_leaves_the_items_out() -> None:
    assert Desk("C1410").rpc(PORTS, "getPorts")["data"] == {"numberOfPorts": 0}


def test_states_are_circuits(desk: Desk) -> None:
    assert set_ports(desk, {"port": "0", "state": "closed"})["data"] == {"ports": ["0"]}
    assert desk.device.ports[RELAY].active
    desk.device.parameters.write("IOPort.I0.Output.Active", "open")
    assert item(desk, RELAY)["normalState"] == "closed"
    set_ports(desk, {"port": 0, "state": "open"})  # one client sends numbers
    assert (item(desk, RELAY)["state"], desk.device.ports[RELAY].active) == ("open", True)


def test_normal_states_are_the_parameters_seen_from_the_other_side(desk: Desk) -> None:
    set_ports(desk, {"port": "1", "normalState": "closed"}, {"port": "0", "normalState": "closed"})
    assert desk.device.parameters["IOPort.I1.Input.Trig"] == "open"
    assert desk.device.parameters["IOPort.I0.Output.Active"] == "open"
    assert (item(desk, RELAY)["state"], desk.device.ports[RELAY].active) == ("closed", False)


def test_names_and_usage_are_kept_as_sent(desk: Desk) -> None:
    set_ports(desk, {"port": "2", "name": "Tür «Süd»", "usage": "Door"})
    assert (item(desk, 2)["name"], item(desk, 2)["usage"]) == ("Tür «Süd»", "Door")
    assert "root.IOPort.I2.Input.Name=Tür «Süd»" in desk.get("/axis-cgi/param.cgi?action=list&group=IOPort.I2")


def test_a_direction_is_set_before_the_state_it_allows(desk: Desk) -> None:
    set_ports(desk, {"state": "closed", "direction": "output", "port": "7"})
    assert (item(desk, AUXILIARY)["direction"], item(desk, AUXILIARY)["state"]) == ("output", "closed")
    assert desk.get("/axis-cgi/param.cgi?action=list&group=Output.NbrOfOutputs").endswith("=5\n")


def test_a_port_about_which_nothing_is_said_is_not_in_the_answer(desk: Desk) -> None:
    answer = set_ports(desk, {"port": "3"}, {"port": "4", "name": "siren"})
    assert answer["data"] == {"ports": ["4"]}


def test_a_bare_list_is_the_recorded_error(desk: Desk) -> None:
    """AXIS OS 11.1.65 answered so (home-assistant/core issue 83148)."""
    assert desk.rpc(PORTS, "setPorts", [{"port": "0", "state": "closed"}])["error"] == {
        "code": MISSING,
        "message": "Required parameter missing: 'ports' not found",
        "details": {"missing_element": "ports"},
    }
    assert not desk.device.ports[RELAY].active


def test_one_bad_property_is_the_error_and_everything_else_is_done(desk: Desk) -> None:
    answer = set_ports(desk, {"port": "0", "direction": "input", "name": "gate"}, {"port": "3", "state": "closed"})
    assert answer["error"]["code"] == INVALID
    assert answer["error"]["details"] == {"port": "0", "propertyName": "direction"}
    assert "errors" not in answer["error"]
    assert item(desk, RELAY)["name"] == "gate"
    assert desk.device.ports[3].active


def test_more_bad_properties_stand_beside_the_first(desk: Desk) -> None:
    bad = {"port": "1", "normalState": "ajar", "state": "closed", "usage": 7}
    answer = set_ports(desk, bad, {"port": "99", "name": "x"}, {"port": "0", "state": "closed"})
    first, others = answer["error"], answer["error"]["errors"]
    told = [(one["code"], one["details"]["port"], one["details"]["propertyName"]) for one in (first, *others)]
    assert told == [
        (INVALID, "1", "usage"),
        (INVALID, "1", "normalState"),
        (INVALID, "1", "state"),
        (INVALID, "99", "port"),
    ]
    assert desk.device.ports[RELAY].active


def test_a_wish_without_a_port_fails_the_whole_request(desk: Desk) -> None:
    answer = set_ports(desk, {"port": "0", "state": "closed"}, {"state": "closed"})
    assert answer["error"]["code"] == MISSING
    assert not desk.device.ports[RELAY].active


def test_a_sequence_runs_once_while_the_answer_is_long_gone(desk: Desk) -> None:
    steps = [("closed", 300), ("open", 500), ("closed", 0)]
    sequence = [{"state": state, "time": time} for state, time in steps]
    assert desk.rpc(PORTS, "setStateSequence", {"port": 0, "sequence": sequence})["data"] == {"port": "0"}
    assert desk.waited == 0
    seen = []
    for _ in range(12):
        desk.advance(0.09)
        seen.append(item(desk, RELAY)["state"])
    assert seen == ["closed"] * 3 + ["open"] * 5 + ["closed"] * 4


def test_a_second_sequence_is_refused_while_one_runs(desk: Desk) -> None:
    wish = {"port": "0", "sequence": [{"state": "closed", "time": 1000}, {"state": "open", "time": 0}]}
    desk.rpc(PORTS, "setStateSequence", wish)
    assert desk.rpc(PORTS, "setStateSequence", wish)["error"] == {
        "code": 2200,
        "message": "State sequence already ongoing",
    }
    set_ports(desk, {"port": "0", "state": "open"})
    desk.advance(1)
    assert "data" in desk.rpc(PORTS, "setStateSequence", wish)


def test_a_state_written_during_a_sequence_holds_until_its_next_step(desk: Desk) -> None:
    steps = [("closed", 1000), ("open", 1000), ("closed", 0)]
    sequence = [{"state": state, "time": time} for state, time in steps]
    desk.rpc(PORTS, "setStateSequence", {"port": "0", "sequence": sequence})
    set_ports(desk, {"port": "0", "state": "open"})
    assert item(desk, RELAY)["state"] == "open"
    desk.advance(1.5)
    assert item(desk, RELAY)["state"] == "open"
    desk.advance(1)
    assert item(desk, RELAY)["state"] == "closed", "the last step"


def test_a_changed_direction_cancels_a_sequence(desk: Desk) -> None:
    set_ports(desk, {"port": "7", "direction": "output"})
    sequence = [{"state": "closed", "time": 1000}, {"state": "open", "time": 1000}, {"state": "closed", "time": 0}]
    desk.rpc(PORTS, "setStateSequence", {"port": "7", "sequence": sequence})
    set_ports(desk, {"port": "7", "direction": "input"})
    set_ports(desk, {"port": "7", "direction": "output"})
    desk.advance(5)
    assert item(desk, AUXILIARY)["state"] == "open"
    assert "data" in desk.rpc(PORTS, "setStateSequence", {"port": "7", "sequence": sequence})


def test_a_changed_normal_state_cancels_a_sequence(desk: Desk) -> None:
    wish = {"port": "0", "sequence": [{"state": "closed", "time": 1000}, {"state": "open", "time": 0}]}
    desk.rpc(PORTS, "setStateSequence", wish)
    set_ports(desk, {"port": "0", "normalState": "closed"})
    assert item(desk, RELAY)["state"] == "closed"
    desk.advance(5)
    assert item(desk, RELAY)["state"] == "closed"


@pytest.mark.parametrize(
    ("params", "code"),
    [
        ({}, MISSING),
        ({"port": "0"}, MISSING),
        ({"port": "0", "sequence": []}, INVALID),
        ({"port": "0", "sequence": [{"state": "closed"}]}, MISSING),
        ({"port": "0", "sequence": [{"time": 100}]}, MISSING),
        ({"port": "0", "sequence": ["closed"]}, INVALID),
        ({"port": "0", "sequence": [{"state": "closed", "time": 65536}]}, INVALID),
        ({"port": "0", "sequence": [{"state": "closed", "time": True}]}, INVALID),
        ({"port": "0", "sequence": [{"state": "ajar", "time": 1}]}, INVALID),
        ({"port": "1", "sequence": [{"state": "closed", "time": 1}]}, INVALID),
        ({"port": "11", "sequence": [{"state": "closed", "time": 1}]}, INVALID),
        ({"port": "0", "sequence": [{"state": "closed", "time": 0}] * 257}, INVALID),
    ],
)
def test_wrong_sequences(desk: Desk, params, code: int) -> None:
    assert desk.rpc(PORTS, "setStateSequence", params)["error"]["code"] == code
    assert not desk.device.ports[RELAY].active


def test_viewers_read_and_run_sequences_operators_set(desk: Desk) -> None:
    desk.device.accounts.add("vera", "v", ("viewer",))
    desk.device.accounts.add("olga", "o", ("operator",))
    viewer, operator = ("vera", "v"), ("olga", "o")
    assert "data" in desk.rpc(PORTS, "getPorts", login=viewer)
    sequence = {"port": "0", "sequence": [{"state": "open", "time": 0}]}
    assert "data" in desk.rpc(PORTS, "setStateSequence", sequence, login=viewer)
    body = '{"apiVersion":"1.0","method":"setPorts","params":{"ports":[]}}'
    assert desk.ask("POST", PORTS, body, login=viewer).status == 403
    assert "data" in desk.rpc(PORTS, "setPorts", {"ports": []}, login=operator)


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8) | st.sampled_from(["0", "open", "closed"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["port", "state", "name", "direction", "usage", "time"]), inner, max_size=4
        )
    ),
    max_leaves=10,
)


@given(wish=ANYTHING, more=ANYTHING)
def test_no_parameters_break_it(wish: object, more: object) -> None:
    answer = DESK.inside(*ROUTES, "setPorts", {"ports": wish})
    assert ("data" in answer) != ("error" in answer)
    answer = DESK.inside(*ROUTES, "setStateSequence", {"port": wish, "sequence": more})
    assert ("data" in answer) != ("error" in answer)


DESK = Desk()
