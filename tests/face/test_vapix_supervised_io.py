"""supervisedio.cgi (io-events sheet 1.7 and 1.8): published ranges, levels, and both sets of error codes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from vapix_desk import Desk

from simulator.device.loop import EndOfLine
from simulator.face.vapix.supervised_io import ROUTES

SUPERVISED = "/axis-cgi/supervisedio.cgi"
INPUTS, AUXILIARIES = [1, 2, 5, 9, 10], [7, 8]
PARALLEL_FIRST = [("cut", 0, 1302), ("open", 1303, 1986), ("closed", 1987, 3124), ("short", 3125, 4095)]
"""Published for input-only ports."""
PARALLEL_FIRST_AUX = [("short", 0, 100), ("closed", 101, 350), ("open", 351, 620), ("cut", 621, 4095)]


@pytest.fixture
def desk() -> Desk:
    return Desk()


def ask(desk: Desk, method: str, params: object = None, version: str = "2.0"):
    return desk.rpc(SUPERVISED, method, params, version=version)


def ranges(rows) -> list[dict[str, object]]:
    return [{"state": state, "lowerlimit": low, "upperlimit": high} for state, low, high in rows]


def supervise(desk: Desk, port: int, rows=PARALLEL_FIRST):
    return ask(desk, "setSupervised", [{"port": port, "supervised": True, "ranges": ranges(rows)}])


def state(desk: Desk, port: int):
    (item,) = ask(desk, "getSupervised", [{"port": port}])["data"]["items"]
    return item


def settle(desk: Desk) -> None:
    desk.advance(desk.device.profile.quirks.debounce)


def test_what_can_be_supervised(desk: Desk) -> None:
    assert ask(desk, "getNumberOfPorts")["data"] == {"inputs": 7, "outputs": 4}
    items = ask(desk, "isSupervisable")["data"]["items"]
    assert items == [{"port": port, "input": True, "output": False} for port in sorted(INPUTS + AUXILIARIES)]
    (relay,) = ask(desk, "isSupervisable", [{"port": 0}])["data"]["items"]
    assert relay == {"port": 0, "input": False, "output": False}
    (relay, first) = ask(desk, "getSupportedStates", [{"port": 0}, {"port": 1}])["data"]["items"]
    assert relay["states"] == []
    assert {one["name"] for one in first["states"]} == {"open", "closed", "cut", "short"}


def test_the_published_example_is_taken_and_shown(desk: Desk) -> None:
    wishes = [{"port": port, "supervised": True, "ranges": ranges(PARALLEL_FIRST)} for port in reversed(INPUTS)]
    wishes += [{"port": port, "supervised": True, "ranges": ranges(PARALLEL_FIRST_AUX)} for port in AUXILIARIES]
    items = ask(desk, "setSupervised", wishes)["data"]["items"]
    assert items == [{"port": wish["port"], "code": 1, "message": ""} for wish in wishes]
    shown = {one["port"]: one["ranges"] for one in ask(desk, "getSupervisedRanges")["data"]["items"]}
    assert sorted(shown) == list(range(11))
    assert shown[10] == ranges(PARALLEL_FIRST)
    assert shown[8] == ranges(PARALLEL_FIRST_AUX)
    assert shown[0] == []


def test_ranges_are_empty_where_none_were_set(desk: Desk) -> None:
    assert ask(desk, "getSupervisedRanges", [{"port": 1}])["data"]["items"] == [{"port": 1, "ranges": []}]


@pytest.mark.parametrize("port", [1, 7])
def test_the_four_states_follow_the_wires(desk: Desk, port: int) -> None:
    loop = desk.device.ports[port].loop
    loop.fit(EndOfLine.PARALLEL_22K_4K7)
    supervise(desk, port, PARALLEL_FIRST_AUX if port in AUXILIARIES else PARALLEL_FIRST)
    settle(desk)
    seen = []
    for change in (loop.close_switch, loop.cut, loop.restore, loop.short):
        seen.append(state(desk, port)["state"])
        change()
        settle(desk)
    assert [*seen, state(desk, port)["state"]] == ["open", "closed", "cut", "closed", "short"]
    assert state(desk, port)["supervised"] is True


def test_levels_are_the_sheets(desk: Desk) -> None:
    """Nominal parallel first: 2464 closed and 1510 open, +-3 of noise and the resistors' tolerance."""
    loop = desk.device.ports[1].loop
    loop.fit(EndOfLine.PARALLEL_22K_4K7)
    supervise(desk, 1)
    settle(desk)
    assert 1506 - 3 <= state(desk, 1)["level"] <= 1514 + 3
    loop.close_switch()
    settle(desk)
    assert 2452 - 3 <= state(desk, 1)["level"] <= 2471 + 3


def test_the_level_is_told_without_supervision_and_outputs_are_left_out(desk: Desk) -> None:
    items = ask(desk, "getSupervised")["data"]["items"]
    assert [item["port"] for item in items] == sorted(INPUTS + AUXILIARIES)
    assert all(isinstance(item["level"], int) and item["supervised"] is False for item in items)
    desk.device.ports[7].set_direction("output")
    assert [item["port"] for item in ask(desk, "getSupervised")["data"]["items"]] == [1, 2, 5, 8, 9, 10]


def test_without_a_port_all_are_meant_and_presets_need_no_ranges(desk: Desk) -> None:
    items = ask(desk, "setSupervised", [{"supervised": True}])["data"]["items"]
    assert [item["port"] for item in items] == sorted(INPUTS + AUXILIARIES)
    assert all(desk.device.ports[item["port"]].supervised for item in items)
    ask(desk, "setSupervised", [{"supervised": False}])
    assert not any(port.supervised for port in desk.device.ports)


@pytest.mark.parametrize("words", [("close", "shorted"), ("closed", "short")])
def test_two_states_have_two_spellings(desk: Desk, words) -> None:
    rows = [("cut", 0, 1302), ("open", 1303, 1986), (words[0], 1987, 3124), (words[1], 3125, 4095)]
    assert supervise(desk, 1, rows)["data"]["items"][0]["code"] == 1
    assert ask(desk, "getSupervisedRanges", [{"port": 1}])["data"]["items"][0]["ranges"] == ranges(PARALLEL_FIRST)


GAP = [("cut", 0, 1302), ("open", 1304, 1986), ("closed", 1987, 3124), ("short", 3125, 4095)]
OVERLAP = [("cut", 0, 1303), ("open", 1303, 1986), ("closed", 1987, 3124), ("short", 3125, 4095)]
SHORT_OF_THE_END = [("cut", 0, 1302), ("open", 1303, 1986), ("closed", 1987, 3124)]
BEYOND = [("cut", 0, 1302), ("open", 1303, 1986), ("closed", 1987, 3124), ("short", 3125, 5000)]
BACKWARDS = [("cut", 1302, 0), ("open", 1303, 4095)]


@pytest.mark.parametrize("rows", [GAP, OVERLAP, SHORT_OF_THE_END, BEYOND, BACKWARDS, []])
@pytest.mark.parametrize(("version", "code"), [("2.0", 2204), ("1.0", 301)])
def test_ranges_that_do_not_cover_every_level_once(desk: Desk, rows, version: str, code: int) -> None:
    wish = [{"port": 1, "supervised": True, "ranges": ranges(rows)}]
    (item,) = ask(desk, "setSupervised", wish, version)["data"]["items"]
    assert (item["port"], item["code"], item["message"]) == (1, code, "Invalid range")
    assert not desk.device.ports[1].supervised


def test_each_port_is_told_its_own_outcome(desk: Desk) -> None:
    wishes = [{"port": port, "supervised": True} for port in (0, 1, 99)]
    items = ask(desk, "setSupervised", wishes)["data"]["items"]
    assert [(item["port"], item["code"]) for item in items] == [(0, 2206), (1, 1), (99, 2205)]
    assert desk.device.ports[1].supervised


ERRORS = [
    ("getPorts", None, 2102, 203),  # as clients in the wild wrongly ask
    ("getSupervised", [{"port": 99}], 2205, 302),
    ("getSupervised", [{"port": "1"}], 2205, 302),
    ("getSupervised", {"port": 1}, 2203, 300),
    ("getSupervised", ["1"], 2203, 300),
    ("getSupervised", [{}], 2103, 102),
    ("getSupervised", [{"port": 1, "level": 7}], 2200, 103),
    ("setSupervised", [{"port": 1, "supervised": True, "preset": "1k"}], 2200, 103),
    ("setSupervised", [{"port": 1, "supervised": True, "ranges": [{"state": "cut", "from": 1}]}], 2200, 103),
    ("setSupervised", [{"port": 1}], 2103, 102),
    ("setSupervised", [{"port": 1, "supervised": "yes"}], 2203, 300),
    ("setSupervised", [{"port": 1.5, "supervised": True}], 2205, 302),
    ("setSupervised", [{"port": 1, "supervised": True, "ranges": {}}], 2203, 300),
    ("setSupervised", [{"port": 1, "supervised": True, "ranges": [{"state": "ajar"}]}], 2203, 300),
]


@pytest.mark.parametrize(("method", "params", "second", "first"), ERRORS)
def test_errors_of_both_versions(desk: Desk, method: str, params: object, second: int, first: int) -> None:
    answer = ask(desk, method, params, "2.0")
    assert (answer["apiVersion"], answer["error"]["code"]) == ("2.0", second)
    answer = ask(desk, method, params, "1.0")
    assert (answer["apiVersion"], answer["error"]["code"]) == ("1.0", first)


def test_a_malformed_wish_leaves_all_ports_alone(desk: Desk) -> None:
    ask(desk, "setSupervised", [{"port": 1, "supervised": True}, {"port": 2}])
    assert not desk.device.ports[1].supervised


@pytest.mark.parametrize(("version", "code"), [("3.0", 2100), ("1.5", 100), ("2.1", 2100)])
def test_versions_that_are_not_spoken(desk: Desk, version: str, code: int) -> None:
    assert ask(desk, "getNumberOfPorts", None, version)["error"]["code"] == code


def test_versions_are_told_to_who_names_none(desk: Desk) -> None:
    answer = desk.ask("POST", SUPERVISED, '{"method": "getSupportedVersions", "context": "123"}')
    assert b'"apiVersions": ["1.0", "2.0"]' in answer.body
    assert desk.ask("POST", SUPERVISED, "{").body.count(b'"code": 2101') == 1


def test_viewers_are_not_let_in(desk: Desk) -> None:
    desk.device.accounts.add("vera", "v", ("viewer",))
    assert desk.ask("POST", SUPERVISED, "{}", login=("vera", "v")).status == 403


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-1, 5000) | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(["port", "supervised", "ranges", "state", "lowerlimit", "upperlimit"]),
            inner,
            max_size=5,
        )
    ),
    max_leaves=12,
)
DESK = Desk()


@given(JSON, st.sampled_from(["setSupervised", "getSupervised", "getSupervisedRanges", "isSupervisable"]))
def test_no_parameters_break_it(params: object, method: str) -> None:
    answer = DESK.inside(*ROUTES, method, params, version="2.0")
    assert ("data" in answer) != ("error" in answer)
