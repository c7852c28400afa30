"""Messages name the place and the remedy."""

from __future__ import annotations

from simulator.errors import EngineGone, MalformedMessage, MissingCapability, Place, ScenarioError, UnknownTarget


def test_messages_say_where_what_and_what_to_do() -> None:
    place = Place("cut.scenario.yaml", 6, 5)
    assert str(ScenarioError("unknown key 'cutt'", place=place, hint="did you mean 'cut'?")) == (
        "cut.scenario.yaml:6:5: unknown key 'cutt'; did you mean 'cut'?"
    )
    assert str(Place("cut.scenario.yaml")) == "cut.scenario.yaml"
    assert str(MalformedMessage("remaining length", offset=5)) == "remaining length at byte 5"
    missing = MissingCapability("fault silent", capability="mode netns", hint="use syn_drop")
    assert str(missing) == "fault silent needs mode netns; use syn_drop"


def test_an_unknown_name_lists_near_ones_or_all_of_few() -> None:
    assert str(UnknownTarget("device", "io-11", ["io-1", "speaker-1"])).endswith("did you mean 'io-1'?")
    assert str(UnknownTarget("device", "xyz", ["io-1", "speaker-1"])).endswith("known: io-1, speaker-1")
    assert str(UnknownTarget("device", "xyz", [f"io-{n}" for n in range(50)])) == "no device named 'xyz'"


def test_a_gone_engine_shows_its_last_words() -> None:
    assert "its last words were:\nboom" in str(EngineGone("the engine ended", exit_code=3, last_lines="boom"))
