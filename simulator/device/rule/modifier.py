"""Modifiers in messages: `%F` for the date, `#i` for the address (VAPIX, Event and action services, Modifiers).

They may come percent-encoded, `%25F`, as the documentation asks, or bare, as clients write them. What concerns video
and what nobody defines stays as it is.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from simulator.device.device import Device

LONGEST = 65_536
"""Characters of a message with all modifiers in it."""
_MODIFIER = re.compile(r"([%#])([A-Za-z]|(?<=%)%|(?<=#)#)")
_AS_STRFTIME = frozenset("aAbBCdDeFgGhHIjklmMprRsSTuUVwWxXyYzZ")


def expanded(text: str, device: Device) -> str:
    """The text with its modifiers filled in, in the local time of the device and in English."""
    if "%" not in text and "#" not in text:
        return text
    plain = text.replace("%25", "%").replace("%23", "#")
    moment = device.time.local()

    def filled(found: re.Match[str]) -> str:
        sign, letter = found[1], found[2]
        if sign == letter:
            return sign
        return _moment(letter, moment) if sign == "%" else _system(letter, device)

    return _MODIFIER.sub(filled, plain)[:LONGEST]


def _moment(letter: str, moment: datetime) -> str:
    if letter in _OF_TIME:
        return _OF_TIME[letter](moment)
    return moment.strftime(f"%{letter}") if letter in _AS_STRFTIME else f"%{letter}"


_OF_TIME: Mapping[str, Callable[[datetime], str]] = {
    "c": lambda moment: moment.strftime("%a %b %d %H:%M:%S %Y"),
    "f": lambda moment: f"{moment.microsecond // 10_000:02d}",
    "s": lambda moment: str(int(moment.timestamp())),
    "x": lambda moment: moment.strftime("%m/%d/%y"),
    "X": lambda moment: moment.strftime("%H:%M:%S"),
}


def _system(letter: str, device: Device) -> str:
    known = {
        "i": device.network.primary or "",
        "m": device.identity.mac[-8:],
        "M": device.identity.mac,
        "n": device.network.host_name,
    }
    return known.get(letter, f"#{letter}")
