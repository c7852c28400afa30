"""The IOPort parameters in both directions: what a client writes acts, and what other doors do can be read.

Rows of io-events sheet 1.4, through param.cgi as clients write to it.
"""

from __future__ import annotations

import pytest
from vapix_desk import Desk

PARAM = "/axis-cgi/param.cgi"
MANAGEMENT = "/axis-cgi/io/portmanagement.cgi"
CONFIGURABLE_KEYS = [
    "Configurable", "Direction", "Usage", "Input.Name", "Input.Trig", "Output.Active", "Output.Button",
    "Output.DelayTime", "Output.Mode", "Output.Name", "Output.PulseTime",
]  # fmt: skip


@pytest.fixture
def desk() -> Desk:
    return Desk()


def read(desk: Desk, name: str) -> str:
    """One parameter as a client reads it."""
    return desk.get(f"{PARAM}?action=list&group={name}").strip().partition("=")[2]


def write(desk: Desk, name: str, value: str) -> str:
    return desk.get(f"{PARAM}?action=update&root.{name}={value}").strip()


def managed(desk: Desk, port: int) -> dict[str, object]:
    items = desk.rpc(MANAGEMENT, "getPorts", {}, version="1.0")["data"]["items"]
    found: dict[str, object] = next(item for item in items if item["port"] == str(port))
    return found


def set_port(desk: Desk, **wish: str) -> None:
    assert "data" in desk.rpc(MANAGEMENT, "setPorts", {"ports": [wish]}, version="1.0")


def keys_of(desk: Desk, port: int) -> list[str]:
    lines = desk.get(f"{PARAM}?action=list&group=root.IOPort.I{port}").splitlines()
    return [line.partition("=")[0].removeprefix(f"root.IOPort.I{port}.") for line in lines]


def test_the_keys_of_each_kind_in_their_order(desk: Desk) -> None:
    assert keys_of(desk, 7) == CONFIGURABLE_KEYS
    assert keys_of(desk, 1) == [key for key in CONFIGURABLE_KEYS if not key.startswith("Output.")]
    assert keys_of(desk, 0) == [key for key in CONFIGURABLE_KEYS if not key.startswith("Input.")]


def test_lines_of_one_port_stand_together(desk: Desk) -> None:
    """One VMS starts a new port whenever the number changes."""
    lines = desk.get(f"{PARAM}?action=list&group=root.IOPort").splitlines()
    numbers = [line.split(".")[2] for line in lines]
    runs = [number for at, number in enumerate(numbers) if at == 0 or numbers[at - 1] != number]
    assert runs == [f"I{number}" for number in range(11)]


@pytest.mark.parametrize(
    ("name", "value", "shown"),
    [
        ("IOPort.I7.Direction", "output", {"direction": "output"}),
        ("IOPort.I1.Usage", "Door", {"usage": "Door"}),
        ("IOPort.I1.Input.Name", "Back+door", {"name": "Back door"}),
        ("IOPort.I0.Output.Name", "Gate", {"name": "Gate"}),
        ("IOPort.I1.Input.Trig", "open", {"normalState": "closed"}),
        ("IOPort.I0.Output.Active", "open", {"normalState": "closed", "state": "closed"}),
    ],
)
def test_what_a_parameter_says_portmanagement_shows(
    desk: Desk, name: str, value: str, shown: dict[str, str]
) -> None:
    assert write(desk, name, value) == "OK"
    assert managed(desk, int(name.split(".")[1][1:])).items() >= shown.items()


@pytest.mark.parametrize(
    ("wish", "name", "value"),
    [
        ({"port": "7", "direction": "output"}, "IOPort.I7.Direction", "output"),
        ({"port": "1", "usage": "Button"}, "IOPort.I1.Usage", "Button"),
        ({"port": "1", "name": "Bell"}, "IOPort.I1.Input.Name", "Bell"),
        ({"port": "0", "name": "Gate"}, "IOPort.I0.Output.Name", "Gate"),
        ({"port": "1", "normalState": "closed"}, "IOPort.I1.Input.Trig", "open"),
        ({"port": "0", "normalState": "closed"}, "IOPort.I0.Output.Active", "open"),
    ],
)
def test_what_portmanagement_sets_the_parameter_says(
    desk: Desk, wish: dict[str, str], name: str, value: str
) -> None:
    set_port(desk, **wish)
    assert read(desk, name) == value


def test_the_two_names_of_a_configurable_port_are_its_own(desk: Desk) -> None:
    write(desk, "IOPort.I7.Output.Name", "Lamp")
    assert managed(desk, 7)["name"] == "Port 8"
    write(desk, "IOPort.I7.Direction", "output")
    assert managed(desk, 7)["name"] == "Lamp"
    assert read(desk, "IOPort.I7.Input.Name") == "Port 8"


@pytest.mark.parametrize("door", ["param", "management"])
def test_the_numbers_of_inputs_and_outputs_follow_the_directions(desk: Desk, door: str) -> None:
    assert (read(desk, "Input.NbrOfInputs"), read(desk, "Output.NbrOfOutputs")) == ("7", "4")
    if door == "param":
        write(desk, "IOPort.I8.Direction", "output")
    else:
        set_port(desk, port="8", direction="output")
    assert (read(desk, "Input.NbrOfInputs"), read(desk, "Output.NbrOfOutputs")) == ("6", "5")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("IOPort.I0.Direction", "input"),
        ("IOPort.I1.Direction", "output"),
        ("IOPort.I7.Direction", "sideways"),
        ("IOPort.I7.Configurable", "no"),
        ("IOPort.I1.Input.Trig", "ajar"),
        ("IOPort.I0.Output.Active", "ajar"),
        ("IOPort.I0.Output.Button", "push"),
        ("IOPort.I0.Output.Mode", "tristable"),
        ("IOPort.I0.Output.PulseTime", "-1"),
        ("IOPort.I0.Output.PulseTime", "soon"),
        ("IOPort.I0.Output.DelayTime", "-1"),
        ("IOPort.I1.Output.Active", "open"),
        ("IOPort.I0.Input.Trig", "open"),
        ("IOPort.I11.Usage", "Door"),
        ("Input.NbrOfInputs", "3"),
    ],
)
def test_what_no_port_takes(desk: Desk, name: str, value: str) -> None:
    before = desk.get(f"{PARAM}?action=list&group=root.IOPort")
    assert write(desk, name, value) != "OK"
    assert desk.get(f"{PARAM}?action=list&group=root.IOPort") == before
    assert read(desk, "Input.NbrOfInputs") == "7"


@pytest.mark.parametrize(
    ("key", "value"), [("Button", "pulse"), ("Mode", "monostable"), ("PulseTime", "500"), ("DelayTime", "5")]
)
def test_settings_of_the_web_page_are_kept(desk: Desk, key: str, value: str) -> None:
    assert write(desk, f"IOPort.I0.Output.{key}", value) == "OK"
    assert read(desk, f"IOPort.I0.Output.{key}") == value


def test_names_of_the_old_api_are_gone(desk: Desk) -> None:
    for old in ("input.cgi?check=1", "output.cgi?action=1:/"):
        assert desk.ask("GET", f"/axis-cgi/io/{old}").status == 404
