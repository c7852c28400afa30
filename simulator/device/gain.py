"""A gain that can be muted: one parameter holds the gain in dB or `mute`, a hidden one the gain behind it.

Output and input have one each (audio sheet 1 and 4.1). What param.cgi writes there is what the JSON API reads, and
the other way round.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from simulator.device.parameter import Definition, Refused

if TYPE_CHECKING:
    from collections.abc import Callable

    from simulator.device.parameter import ParameterStore

MUTE = "mute"


class Gain:
    """Of one output or input. `limits` tells lowest and highest gain, which a firmware may change."""

    def __init__(
        self, parameters: ParameterStore, name: str, unmuted: str, limits: Callable[[], tuple[int, int]]
    ) -> None:
        self._parameters = parameters
        self._name = name
        self._unmuted = unmuted
        self._limits = limits
        parameters.define(_DEFINITIONS[unmuted])

    @property
    def limits(self) -> tuple[int, int]:
        """Lowest and highest gain in dB."""
        return self._limits()

    @property
    def muted(self) -> bool:
        return self._parameters[self._name] == MUTE

    @property
    def decibels(self) -> int:
        """The gain that is set, muted or not."""
        text = self._parameters[self._unmuted] if self.muted else self._parameters[self._name]
        low, high = self.limits
        try:
            return min(max(int(text), low), high)
        except ValueError:
            return int(self._parameters.definition(self._name).default)

    def set(self, decibels: int) -> None:
        """Set the gain; what is muted stays muted. Raises Refused outside its range."""
        low, high = self.limits
        if not low <= decibels <= high:
            raise Refused(f"the gain takes {low} to {high} dB")
        self._parameters.write(self._unmuted if self.muted else self._name, str(decibels))

    def set_muted(self, muted: bool) -> None:
        """Mute it, or let it be heard again with the gain it had."""
        decibels = str(self.decibels)
        if muted:
            self._parameters.write(self._unmuted, decibels)
        self._parameters.write(self._name, MUTE if muted else decibels)


_HIDDEN = frozenset({"int", "hid"})
UNMUTED_OUTPUT = "AudioSource.A0.Internal.UnmutedGain"
UNMUTED_INPUT = "AudioSource.A0.Internal.UnmutedInputGain"
_DEFINITIONS = {name: Definition(name, "", "7777", flags=_HIDDEN) for name in (UNMUTED_OUTPUT, UNMUTED_INPUT)}
