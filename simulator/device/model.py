"""The models that exist, what each is made of, and the profile of any of their firmwares."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING

from simulator.device import a9210, c1410
from simulator.device.image_offer import version_numbers
from simulator.device.profile import Profile, firmwares, load_profile

if TYPE_CHECKING:
    from collections.abc import Callable

    from simulator.device.device import Device

EQUIP: dict[str, Callable[[Device], None]] = {
    "A9210": a9210.equip,
    "C1410": c1410.equip,
}
"""What each model adds to what all devices have. A new model is one line here, one file and one folder of data."""

_VERSION_PARAMETER = "Properties.Firmware.Version"


@cache
def profile_of(model: str, version: str) -> Profile:
    """The profile a model has on `version`: the one that ships, or that of the nearest older track.

    Where no data ship for a version, the device behaves as the newest firmware below it does (the oldest, if none
    is) and shows the version it was asked for.
    """
    shipped = firmwares(model)
    if version in shipped:
        return load_profile(model, version)
    wanted = version_numbers(version)
    older = [known for known in shipped if version_numbers(known) <= wanted]
    return _relabelled(load_profile(model, older[-1] if older else shipped[0]), version)


def _relabelled(profile: Profile, version: str) -> Profile:
    parameters = dict(profile.parameters)
    shown = parameters.get(_VERSION_PARAMETER)
    if shown is not None:
        parameters[_VERSION_PARAMETER] = replace(shown, default=version)
    return replace(profile, firmware=version, parameters=parameters)
