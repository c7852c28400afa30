"""Light profiles: named patterns in the 30 groups `API.SirenAndLightService1.Profile00` to `Profile29`.

They are parameters like any other, so param.cgi shows and changes them too (audio sheet 6.2). A group without a name
is free. What a client wrote there by param.cgi and what is no pattern is not listed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from simulator.device.light.pattern import Duration, LightError, LightPattern, LightRefused
from simulator.device.parameter import Refused

if TYPE_CHECKING:
    from collections.abc import Iterator

    from simulator.device.device import Device

MOST_PROFILES = 30
LONGEST_NAME, LONGEST_DESCRIPTION = 50, 250
_GROUP = "API.SirenAndLightService1.Profile"
_NAMES = tuple(f"{_GROUP}{number:02}.Name" for number in range(MOST_PROFILES))
_RESUMED = tuple(f"{_GROUP}{number:02}.ResumeOnStartup" for number in range(10))
"""Only the first ten groups have it (recorded)."""
_CONTINUOUS = "continuous"
_UNUSED_SIREN = "254"
"""Intensity and priority of the siren in a used profile that has none (recorded)."""
_SIREN = ("Siren.Intensity", "Siren.Priority")


@dataclass(frozen=True, slots=True)
class LightProfile:
    """A pattern with a name."""

    name: str
    pattern: LightPattern
    description: str = ""
    function: str = "SignalingLED"
    """The lamp: AudioLED for those of the factory."""


class LightProfiles:
    """The profiles of one device."""

    def __init__(self, device: Device) -> None:
        self._device = device

    def __iter__(self) -> Iterator[LightProfile]:
        """In the order of their groups."""
        for number in range(MOST_PROFILES):
            profile = self._read(number)
            if profile is not None:
                yield profile

    def resumed(self) -> Iterator[LightProfile]:
        """Those that begin when the device has started."""
        for number, parameter in enumerate(_RESUMED):
            profile = self._read(number) if self._device.parameters.enabled(parameter) else None
            if profile is not None:
                yield profile

    def __getitem__(self, name: str) -> LightProfile:
        """Raises LightRefused for an unknown name."""
        found = next((profile for profile in self if profile.name == name), None)
        if found is None:
            raise LightRefused(LightError.INVALID_PROFILE, f"no profile {name[:80]!r}")
        return found

    def add(self, profile: LightProfile, *, replace: bool = False) -> None:
        """Keep a profile under its name. Raises LightRefused: a name that is taken unless it may be replaced, a full
        list, texts that are too long, a pattern this light has not."""
        self.check(profile)
        number = self._group_of(profile.name)
        if number is not None and not replace:
            raise LightRefused(LightError.INVALID_PROFILE, f"there is a profile {profile.name!r}")
        if number is None:
            number = self._free_group()
        try:
            self._write(number, profile)
        except Refused as refused:
            raise LightRefused(LightError.INVALID, str(refused)) from None

    def check(self, profile: LightProfile) -> None:
        """Raises LightRefused for a profile that cannot be kept, whatever is there already."""
        if not profile.name:
            raise LightRefused(LightError.INVALID_PROFILE, "a profile has a name")
        if len(profile.name) > LONGEST_NAME:
            raise LightRefused(LightError.NAME_LENGTH, f"a name has at most {LONGEST_NAME} characters")
        if len(profile.description) > LONGEST_DESCRIPTION:
            raise LightRefused(
                LightError.DESCRIPTION_LENGTH, f"a description has at most {LONGEST_DESCRIPTION} characters"
            )
        if not (profile.name + profile.description).isprintable():
            raise LightRefused(LightError.INVALID, "name and description hold no control characters")
        assert self._device.profile.quirks.light is not None
        profile.pattern.checked(self._device.profile.quirks.light)

    def add_all(self, profiles: list[LightProfile], *, replace: bool, erase: bool) -> None:
        """Take over an exported list, all of it or none. Raises LightRefused."""
        names = [profile.name for profile in profiles]
        if len(set(names)) < len(names):
            raise LightRefused(LightError.INVALID_PROFILE, "two profiles have one name")
        present = set() if erase else {profile.name for profile in self}
        if not replace and present & set(names):
            raise LightRefused(LightError.INVALID_PROFILE, f"there is a profile {(present & set(names)).pop()!r}")
        if len(present | set(names)) > MOST_PROFILES:
            raise LightRefused(LightError.TOO_MANY_PROFILES, f"there are at most {MOST_PROFILES} profiles")
        for profile in profiles:
            self.check(profile)
        if erase:
            for profile in tuple(self):
                self.remove(profile.name)
        for profile in profiles:
            self.add(profile, replace=replace)

    def remove(self, name: str) -> None:
        """Raises LightRefused for an unknown name."""
        number = self._group_of(name)
        if number is None:
            raise LightRefused(LightError.INVALID_PROFILE, f"no profile {name[:80]!r}")
        parameters = self._device.parameters
        for parameter in parameters.group(f"{_GROUP}{number:02}"):
            kind = parameters.definition(parameter).kind
            parameters.put(parameter, {"int": "0", "bool": "no"}.get(kind, ""))

    def _group_of(self, name: str) -> int | None:
        get = self._device.parameters.get
        return next((number for number, parameter in enumerate(_NAMES) if get(parameter) == name), None)

    def _free_group(self) -> int:
        number = self._group_of("")
        if number is None:
            raise LightRefused(LightError.TOO_MANY_PROFILES, f"there are at most {MOST_PROFILES} profiles")
        return number

    def _read(self, number: int) -> LightProfile | None:
        get, group = self._device.parameters.get, f"{_GROUP}{number:02}"
        name, quirks = get(_NAMES[number]), self._device.profile.quirks.light
        if not name or quirks is None:
            return None

        def light(what: str) -> str:
            return get(f"{group}.Light.{what}")

        unit = light("DurationUnit")
        try:
            duration = None if unit in ("", _CONTINUOUS) else Duration(unit, int(light("DurationValue")))
            colors = tuple(light("Colors").split(","))
            numbers = (int(light("Intensity")), int(light("Speed")), int(light("Priority")))
            pattern = LightPattern(light("Pattern"), colors, *numbers, duration).checked(quirks)
        except (ValueError, LightRefused):
            return None
        return LightProfile(name, pattern, get(f"{group}.Description"), light("FunctionName"))

    def _write(self, number: int, profile: LightProfile) -> None:
        pattern, duration = profile.pattern, profile.pattern.duration
        values = {
            "Name": profile.name,
            "Description": profile.description,
            "Light.Colors": ",".join(pattern.colors),
            "Light.DurationUnit": _CONTINUOUS if duration is None else duration.unit,
            "Light.DurationValue": "0" if duration is None else str(duration.value),
            "Light.FunctionName": profile.function,
            "Light.Intensity": str(pattern.intensity),
            "Light.Pattern": pattern.pattern,
            "Light.Priority": str(pattern.priority),
            "Light.Speed": str(pattern.speed),
            "Light.Threshold": "255",
            **dict.fromkeys(_SIREN, _UNUSED_SIREN),
        }
        for name, value in values.items():
            self._device.parameters.write(f"{_GROUP}{number:02}.{name}", value)
