"""What hands did in a test, written down as a scenario that does it again."""

from __future__ import annotations

import json
from typing import Any

HEAD = """\
scenario: All faces agree, whatever happens
seed: {seed}
clock: {{mode: stepped}}
fleet:
  {name}: {device}
timeline:
"""
AGREE = 'expect: {{device: {name}, within: 1s, everywhere: {{condition: agree, port: "*"}}}}'


class Story:
    """Deeds with the device time at which they were done."""

    def __init__(self, seed: int, device: dict[str, Any]) -> None:
        facts = {key: value for key, value in device.items() if key != "name"}
        self._name = device["name"]
        self._head = HEAD.format(seed=seed, name=self._name, device=_flow(facts))
        self._steps: list[tuple[float, str]] = []

    def tell(self, at: float, action: dict[str, Any]) -> None:
        """`action` as in a control call."""
        self._steps.append((at, ", ".join(f"{key}: {_flow(value)}" for key, value in action.items())))

    def scenario(self, at: float) -> str:
        """The file, which asks at its end whether the faces agree."""
        steps = [f"  - {{at: {when:.3f}s, {deed}}}" for when, deed in self._steps]
        steps.append(f"  - {{at: {at:.3f}s, {AGREE.format(name=self._name)}}}")
        return self._head + "\n".join(steps) + "\n"


def _flow(value: Any) -> str:
    """A value as YAML in one line: JSON, with keys as they are."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}: {_flow(item)}" for key, item in value.items()) + "}"
    return json.dumps(value)
