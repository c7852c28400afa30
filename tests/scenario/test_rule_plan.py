"""Rules in a scenario file: events by their short names, and what makes no sense."""

from __future__ import annotations

import pytest

from simulator.errors import FleetError
from simulator.scenario.rule_plan import ConditionPlan, RulePlan


def item(name: str, value: str) -> str:
    return f'boolean(//SimpleItem[@Name="{name}" and @Value="{value}"])'


@pytest.mark.parametrize(
    ("plan", "topic", "content"),
    [
        (
            ConditionPlan(event="input", state="active", port="3"),
            "tns1:Device/tnsaxis:IO/Port",
            f"{item('port', '3')} and {item('state', '1')}",
        ),
        (
            ConditionPlan(event="supervised", state="tampered", port="1"),
            "tns1:Device/tnsaxis:IO/SupervisedPort",
            f"{item('port', '1')} and ({item('state', 'cut')} or {item('state', 'shorted')})",
        ),
        (
            ConditionPlan(event="clip", state="yes", inverted=True),
            "tnsaxis:MediaClip/Playing",
            f"not({item('Playing', '1')})",
        ),
        (
            ConditionPlan(event="dtmf", items=(("DTMFEventId", "7"),)),
            "tnsaxis:Call/DTMF",
            item("DTMFEventId", "7"),
        ),
        (ConditionPlan(event="tnsaxis:Some/Event"), "tnsaxis:Some/Event", ""),
    ],
)
def test_a_condition_becomes_a_topic_and_a_content_filter(plan: ConditionPlan, topic: str, content: str) -> None:
    assert plan.specification() == {"topic": topic, "content": content}


@pytest.mark.parametrize(
    "condition",
    [
        ConditionPlan(event="casing", port="1"),
        ConditionPlan(event="tnsaxis:Some/Event", state="on"),
        ConditionPlan(event="dtmf", inverted=True),
        ConditionPlan(event="dtmf", items=(("DTMFEventId", '"'),)),
    ],
)
def test_a_condition_that_makes_no_sense_is_refused(condition: ConditionPlan) -> None:
    with pytest.raises(FleetError):
        RulePlan(action="fixed.stop.audioclip", conditions=(condition,))


def test_a_rule_without_trigger_and_conditions_is_refused() -> None:
    with pytest.raises(FleetError, match="a rule has a trigger or conditions"):
        RulePlan(action="fixed.stop.audioclip")
