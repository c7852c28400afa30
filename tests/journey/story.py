"""What hands did in a test, written down as a scenario that does it again."""

from __future__ import annotations

import json
from typing import Any

from simulator.scenario.compile import compile_text

HEAD = """\
scenario: All faces agree, whatever happens
seed: {seed}
clock: {{mode: stepped}}
fleet:
{fleet}
timeline:
"""
AGREE = "expect: {{device: {device}, within: 1s, everywhere: {{condition: agree{port}}}}}"


class Story:
    """Deeds with the device time at which they were done. `fleet` is the section of a scenario file."""

    def __init__(self, seed: int, fleet: str, device: str) -> None:
        self._device = device
        self._head = HEAD.format(seed=seed, fleet=fleet.strip("\n"))
        self._steps: list[tuple[float, str]] = []

    def specification(self, seed: int) -> dict[str, Any]:
        """The fleet as the control API takes it."""
        (plan,) = compile_text(self.scenario(1.0), "story.scenario.yaml")
        return plan.specification(seed)

    def tell(self, at: float, action: dict[str, Any]) -> None:
        """`action` as in a control call."""
        self._steps.append((at, ", ".join(f"{key}: {_flow(value)}" for key, value in action.items())))

    def scenario(self, at: float) -> str:
        """The file, which asks at its end whether the faces agree: on every port, and on every lasting state."""
        steps = [f"  - {{at: {when:.3f}s, {deed}}}" for when, deed in self._steps]
        for port in (', port: "*"', ""):
            steps.append(f"  - {{at: {at:.3f}s, {AGREE.format(device=self._device, port=port)}}}")
        return self._head + "\n".join(steps) + "\n"


def _flow(value: Any) -> str:
    """A value as YAML in one line: JSON, with keys as they are."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}: {_flow(item)}" for key, item in value.items()) + "}"
    return json.dumps(value)
