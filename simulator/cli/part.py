"""Files of parts: a fleet or a site that scenarios `use` and that has no story of its own."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from simulator.cli.naming import ENDING
from simulator.scenario.compile import compile_text
from simulator.scenario.load import load
from simulator.scenario.node import Mapping
from simulator.scenario.problem import Findings, ScenarioErrors, SourceError

if TYPE_CHECKING:
    from simulator.scenario.plan import Plan

_STORY = ("scenario", "timeline")
STAND_IN = "axsim up"
"""Name of the scenario that stands in for the one that would use the parts; it is never written anywhere."""


def plans_of(text: str, file: str) -> list[Plan]:
    """The plans of a scenario, or one that is the fleet of a file of parts. Raises ScenarioErrors."""
    root = load(text, file, Findings())
    if file.endswith(ENDING) or not isinstance(root, Mapping) or any(root.get(key) for key in _STORY):
        return compile_text(text, file)
    name = os.path.basename(file).replace("'", "''")
    stand_in = f"scenario: A fleet that stays\nuse: ['{name}']\n"
    if root.get("fleet") is None:
        stand_in += "fleet: {device-1: {model: A9210}}\n"
    try:
        return compile_text(stand_in, os.path.join(os.path.dirname(file), STAND_IN))
    except ScenarioErrors as errors:
        raise ScenarioErrors([_without_stand_in(error) for error in errors.errors]) from None


def _without_stand_in(error: Exception) -> SourceError:
    assert isinstance(error, SourceError)
    error.chain = tuple(place for place in error.chain if os.path.basename(place.file) != STAND_IN)
    return error
