"""The audio codecs of calls and their order of priority (audio sheet 8.6; C1410 manual, Audio codec priority).

Which there are, and in which order from the factory, is the profile's.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pydantic import Field

from simulator.device.call_setting import CallServiceRefused, Fault, Setting, Text, make, read

if TYPE_CHECKING:
    from simulator.device.sip_quirks import SipQuirks


class AudioCodec(Setting):
    """AudioCodec: a name, options that are kept and returned, and in answers the sample rate."""

    name: Text = Field(min_length=1)
    options: Text | None = None

    def shown(self, quirks: SipQuirks) -> dict[str, Any]:
        """As the `Get...AudioCodecs` commands show it."""
        rate = next((one.rate for one in quirks.codecs if one.name == self.name), None)
        shown: dict[str, Any] = {"Name": self.name}
        if self.options is not None:
            shown["Options"] = self.options
        return shown if rate is None else {**shown, "SampleRate": rate}


def supported_codecs(quirks: SipQuirks) -> tuple[AudioCodec, ...]:
    """All that there are."""
    return tuple(make(AudioCodec, name=one.name) for one in quirks.codecs)


def factory_codecs(quirks: SipQuirks) -> tuple[AudioCodec, ...]:
    """The factory's order."""
    return tuple(make(AudioCodec, name=one.name) for one in quirks.codecs if one.default)


def chosen_codecs(sent: object, quirks: SipQuirks) -> tuple[AudioCodec, ...]:
    """The list of SetAudioCodecs, the preferred one first. Raises CallServiceRefused for an empty one, and a name
    that is unknown or stands there twice."""
    if not isinstance(sent, (list, tuple)) or not sent:
        raise CallServiceRefused(Fault.INVALID, "AudioCodec lists at least one codec")
    known = {one.name for one in quirks.codecs}
    if len(sent) > len(known):
        raise CallServiceRefused(Fault.INVALID, f"there are {len(known)} codecs")
    chosen = tuple(read(AudioCodec, one) for one in sent)
    names = [one.name for one in chosen]
    strange = [name for name in names if name not in known]
    if strange:
        raise CallServiceRefused(Fault.INVALID, f"there is no codec {strange[0]}")
    if len(set(names)) < len(names):
        raise CallServiceRefused(Fault.INVALID, "a codec stands in the list twice")
    return chosen
