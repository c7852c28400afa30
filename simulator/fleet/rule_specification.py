"""The rules and schedules of a device, as the control API, the scenario runner and the pytest plugin say them."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

SITE = "site"
"""In place of a recipient: the receiver of the bench's own site that fits the action."""

Text = Annotated[str, Field(max_length=8192)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class EventFilterSpecification(_Strict):
    """Which events are meant, as the action service takes them."""

    topic: Annotated[str, Field(min_length=1, max_length=4096)]
    content: Annotated[str, Field(max_length=4096)] = ""


class RuleSpecification(_Strict):
    """One action rule with its action."""

    name: Annotated[str, Field(max_length=256)] = ""
    enabled: bool = True
    start: EventFilterSpecification | None = None
    conditions: tuple[EventFilterSpecification, ...] = ()
    wait: Annotated[float, Field(ge=0)] = 0.0
    action: Annotated[str, Field(min_length=1, max_length=256)]
    """Token of the template, perhaps without `com.axis.action.` before it."""
    parameters: dict[str, Text] = Field(default_factory=dict)
    to: Literal["", "site"] = ""
    """`site`: the recipient is that of the site; parameters that are given come before its own."""


class ScheduleSpecification(_Strict):
    """A schedule or pulse under an id of its own, so that rules can name it."""

    name: Annotated[str, Field(max_length=256)] = ""
    schedule: Annotated[str, Field(max_length=1000)]
