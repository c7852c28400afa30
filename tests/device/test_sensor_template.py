"""Templates of sensors: export and upload, and clear words for what is broken."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.device.sensor_model import SENSOR_MODELS
from simulator.device.sensor_template import parse_template
from simulator.errors import FleetError

POINT = {"name": "t", "register": 1}


@pytest.mark.parametrize("name", SENSOR_MODELS)
def test_an_exported_template_can_be_uploaded(name: str):
    assert parse_template(SENSOR_MODELS[name].exported()) == SENSOR_MODELS[name]


def test_a_template_of_a_user():
    template = parse_template(
        json.dumps(
            {
                "name": "Mine", "baud": 19200, "parity": "even", "stopBits": 1, "readInterval": 2.5,
                "points": [POINT | {"type": "pressure", "dataType": "float32", "wordOrder": "CDAB", "invalid": 32767}],
            }
        )
    )  # fmt: skip
    assert template.read_interval == 2.5
    assert template.point("pressure").invalid == (32767,)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"points": []}, "points: "),
        ({"points": [POINT, {"name": "u"}]}, r"points\[1\]\.register: Field required"),
        ({"points": [POINT | {"register": 70000}]}, r"points\[0\]\.register: "),
        ({"points": [POINT | {"dataType": "u64"}]}, r"points\[0\]\.dataType: "),
        ({"points": [POINT | {"function": 6}]}, r"points\[0\]\.function: "),
        ({"points": [POINT | {"scale": 0}]}, r"points\[0\]: .*scale is 0"),
        ({"points": [POINT | {"min": 5, "max": 1}]}, r"points\[0\]: .*min 5 is not below max 1"),
        ({"points": [POINT | {"function": 1}]}, r"points\[0\]: .*functions 1 and 2 read bits"),
        ({"points": [POINT | {"register": 65535, "dataType": "u32"}]}, "beyond register 65535"),
        ({"points": [POINT, POINT]}, "two points are named 't'"),
        ({"baud": 300}, "baud: "),
        ({"colour": "red"}, "colour: "),
    ],
)
def test_a_broken_template_names_the_place(change: dict, message: str):
    with pytest.raises(FleetError, match=message):
        parse_template(json.dumps({"name": "Mine", "points": [POINT]} | change))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "line 1, column 2"),
        ('{"name": "x",\n "points" 1}', "line 2, column 11"),
        ("[" * 9999, "no JSON"),
        ("7", "template: "),
    ],
)
def test_what_is_no_template_at_all(text: str, message: str):
    with pytest.raises(FleetError, match=message):
        parse_template(text)


@pytest.mark.fuzz
@given(st.one_of(st.text(max_size=200), st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=8)),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["name", "points", "register", "x"]), inner),
).map(json.dumps)))  # fmt: skip
def test_any_text_is_a_template_or_refused(text: str):
    try:
        template = parse_template(text)
    except FleetError:
        return
    assert parse_template(template.exported()) == template
