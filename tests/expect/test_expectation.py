"""Expectations as data: from a handle or a call, and back."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.action.declaration import fields_of
from simulator.errors import FleetError
from simulator.expect.event_name import BY_NAME, EVENT_NAMES
from simulator.expect.expectation import DEFAULT_WITHIN, QUERIES, Face, from_mapping, to_json
from simulator.resources import folder


def test_every_face_has_its_query() -> None:
    assert set(QUERIES) == set(Face)
    assert all(query.__doc__ and all(field.doc for field in fields_of(query)) for query in QUERIES.values())


@pytest.mark.parametrize(
    ("face", "said"),
    [
        ("mqtt", {"device": "io-2", "event": "tampering", "state": "cut", "within": "2s", "count": 1}),
        ("vapix", {"device": "io-2", "path": "/axis-cgi/param.cgi", "status": "4xx", "answers": True}),
        ("client", {"did": "returned", "address": "new"}),
        ("everywhere", {"condition": "normal", "port": "2", "without": ["mqtt"]}),
        ("never", {"event": "input", "on": "mqtt", "for": "5s"}),
        ("journal", {"kind": "state", "what": "upgrade *", "data": {"code": "421"}}),
    ],
)
def test_what_is_said_can_be_said_again(face: str, said: dict[str, Any]) -> None:
    expected = from_mapping(face, said)
    assert from_mapping(face, to_json(expected)[face]) == expected
    assert set(expected.fields) == set(said)


def test_times_of_the_query_are_those_of_the_expectation() -> None:
    plain, timed = (
        from_mapping("mqtt", "input"),
        from_mapping("never", {"event": "input", "for": "5s", "until": "1m"}),
    )
    assert (plain.within, plain.count, plain.for_, plain.negate) == (DEFAULT_WITHIN, None, 0.0, False)
    assert (timed.for_, timed.until, timed.negate) == (5.0, 60.0, True)


@pytest.mark.parametrize(
    ("face", "said", "told"),
    [
        ("mqqt", {}, "no face named 'mqqt'; did you mean 'mqtt'?"),
        ("mqtt", {"event": "tampring"}, "mqtt.event: unknown event 'tampring'; did you mean 'tampering'?"),
        ("mqtt", {"event": "relay", "state": "cut"}, "event relay has no state 'cut'; states: active, inactive"),
        ("event", {"event": "address-added", "state": "new"}, "no state 'new'; it is stateless"),
        ("vapix", {"status": "abc"}, "'abc' is no HTTP status"),
        ("never", {"for": "5s"}, "never says nothing"),
        ("client", {"did": "enroled"}, "did you mean 'enrolled'?"),
        ("online", {"device": "io-1", "on": ["sip"]}, "unknown value 'sip'"),
    ],
)
def test_what_cannot_be_meant_is_told(face: str, said: Any, told: str) -> None:
    with pytest.raises(FleetError) as raised:
        from_mapping(face, said)
    assert told in str(raised.value)


def test_words_stand_for_values_of_the_catalogue() -> None:
    tampering = BY_NAME["tampering"]
    assert tampering.values("") == ("cut", "shorted")
    assert tampering.values("normal") == ("open", "closed")
    assert BY_NAME["supervised"].values("") == ()
    assert BY_NAME["input"].values("active") == ("1",)


def test_short_names_are_events_that_a_profile_declares() -> None:
    from simulator.device.profile_table import table

    declared = {
        topic: row for model in ("A9210", "C1410") for topic, row in table(model, "12.9.57", "events").items()
    }
    for event in EVENT_NAMES:
        if event.topic:
            row = declared[event.topic]
            assert event.item in {"", *row.get("data", ())}, event.name
            assert event.source in {"", *row.get("source", ())}, event.name
    assert (folder("profiles") / "A9210").is_dir()


_FACES = sorted(face.value for face in Face)
_KEYS = sorted({field.key for query in QUERIES.values() for field in fields_of(query)})
_VALUES = (
    st.none() | st.booleans() | st.integers() | st.text(max_size=5) | st.sampled_from(["cut", "5s", "io-1", "*"])
)


@pytest.mark.fuzz
@given(st.sampled_from(_FACES), st.dictionaries(st.sampled_from(_KEYS), _VALUES, max_size=5) | _VALUES)
def test_whatever_is_said_is_an_expectation_or_a_fleet_error(face: str, said: Any) -> None:
    try:
        expected = from_mapping(face, said)
    except FleetError as error:
        assert str(error)
    else:
        assert from_mapping(face, to_json(expected)[face]) == expected
