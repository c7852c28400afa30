"""The short names for calls have a word for everything that a speaker can say of one."""

from __future__ import annotations

import pytest

from simulator.device.call import TOLD, Reason
from simulator.device.calls import DTMF, STATE, STATE_CHANGE
from simulator.errors import FleetError
from simulator.expect.event_name import BY_NAME
from simulator.expect.query import NeverQuery


def values(name: str) -> set[str]:
    return {value for _, values in BY_NAME[name].words for value in values}


def test_they_stand_for_the_topics_of_the_speaker() -> None:
    assert [BY_NAME[name].topic for name in ("call", "call-change", "dtmf")] == [STATE, STATE_CHANGE, DTMF]


def test_every_state_and_every_reason_has_a_word() -> None:
    assert values("call") == {state.value for state in TOLD}
    assert values("call-change") == {reason.value for reason in Reason}


def test_a_word_that_is_none_is_refused() -> None:
    NeverQuery(event="call", state="ringing")
    with pytest.raises(FleetError, match="has no state 'holding'"):
        NeverQuery(event="call", state="holding")
