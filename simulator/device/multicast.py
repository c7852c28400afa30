"""The audio multicast controller of a speaker: pages over multicast, and which source is heard over which.

Sources have priorities 1 to n without gaps, 1 being the highest. Three are internal, calls, `transmit.cgi` and clips,
and can only change their place; the others are groups that the speaker listens to (audio sheet 7.1; C1410 manual,
Multicast controller). While it is off, groups are not heard and the loudspeaker's own rule decides.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from ipaddress import IPv4Address
from typing import TYPE_CHECKING, Any

from simulator.device.parameter import Definition, Refused
from simulator.journal import Kind

if TYPE_CHECKING:
    from collections.abc import Callable

    from simulator.device.audio import Audio
    from simulator.device.device import Device
    from simulator.device.quirks import MulticastQuirks
    from simulator.device.sound import Sound

SOURCE_STATE = "tnsaxis:AudioMulticastController/SourceState"
INTERNAL = ("SIP", "VAPIXAudio", "VAPIXMediaClip")
"""In the order of their factory priorities."""
CODECS = ("PCMU", "PCMA")
LONGEST_LABEL = 31
KEY_LENGTHS = (0, 60, 92)
"""Hexadecimal digits of an SRTP key with its salt: none, AES-128 or AES-256."""
_LOWEST_PORT, _HIGHEST_PORT = 1024, 65_534
_CONFIGURATION = Definition(
    "Audio.Internal.MulticastController", "", "7777", longest=16_384, flags=frozenset({"int", "hid"})
)


@dataclass(frozen=True, slots=True)
class MulticastSource:
    """One group that the speaker listens to."""

    id: str
    label: str
    address: str
    port: int
    profile: str
    """Latency profile."""
    srtp_key: str = ""
    """Hexadecimal; empty for plain RTP. It is never listed."""


class MulticastController:
    """Settings, priorities and what is heard. Settings survive a restart; sources are told by the network."""

    def __init__(self, device: Device, audio: Audio, quirks: MulticastQuirks) -> None:
        self._device = device
        self._audio = audio
        self.quirks = quirks
        self._listeners: list[Callable[[], None]] = []
        device.parameters.define(_CONFIGURATION)
        device.parameters.on_change(_CONFIGURATION.name, lambda _name, _value: self._changed())
        audio.on_heard(self._publish)

    # ---- settings

    @property
    def enabled(self) -> bool:
        return bool(self._settings().get("enabled", False))

    @property
    def codec(self) -> str:
        """PCMU or PCMA, for all groups."""
        return str(self._settings().get("codec", CODECS[0]))

    @property
    def sources(self) -> tuple[MulticastSource, ...]:
        """The groups, the highest priority first."""
        known = {one["id"]: MulticastSource(**one) for one in self._settings().get("sources", ())}
        return tuple(known[name] for name in self.ranking if name in known)

    @property
    def ranking(self) -> tuple[str, ...]:
        """Ids of all sources, internal ones too, by priority: the place is the priority, counted from 1."""
        return tuple(self._settings().get("ranking", INTERNAL))

    def priority(self, source: str) -> int:
        """1 is the highest. Raises Refused for an unknown id."""
        self._known(source)
        return self.ranking.index(source) + 1

    def enable(self, on: bool) -> None:
        self._save(enabled=on)

    def set_codec(self, codec: str) -> None:
        """Raises Refused."""
        if codec not in CODECS:
            raise Refused(f"an audio codec is one of {', '.join(CODECS)}")
        self._save(codec=codec)

    def add(
        self,
        label: str,
        *,
        address: str = "",
        port: int | None = None,
        profile: str = "",
        srtp_key: str = "",
        priority: int | None = None,
    ) -> MulticastSource:
        """A new group at a priority, by default the lowest. Raises Refused."""
        if len(self.ranking) >= self.quirks.most_priorities:
            raise Refused(f"there are at most {self.quirks.most_priorities - len(INTERNAL)} multicast sources")
        made = self._checked(
            MulticastSource(
                self._free_id(),
                label,
                address or self.quirks.default_address,
                self.quirks.default_port if port is None else port,
                profile or next(iter(self.quirks.profiles)),
                srtp_key.lower(),
            )
        )
        ranking = [*self.ranking]
        place = len(ranking) + 1 if priority is None else priority
        self._check_priority(place, len(ranking) + 1)
        ranking.insert(place - 1, made.id)
        self._keep([*self.sources, made], ranking)
        return made

    def remove(self, source: str) -> None:
        """Those below move up. Raises Refused for an unknown or internal one."""
        self._known(source)
        if source in INTERNAL:
            raise Refused(f"{source} is internal and stays")
        self._audio.end(source)
        self._withdraw(source)
        self._keep([one for one in self.sources if one.id != source], [n for n in self.ranking if n != source])

    def change(self, source: str, **values: Any) -> None:
        """Change label, address, port, profile or srtp_key of a group. Raises Refused."""
        present = next((one for one in self.sources if one.id == source), None)
        if present is None:
            self._known(source)
            raise Refused(f"of {source} only the priority can be changed")
        changed = self._checked(replace(present, **values))
        self._keep([changed if one.id == source else one for one in self.sources], list(self.ranking))

    def move(self, source: str, priority: int) -> None:
        """Give a source another priority; the others close up. Raises Refused."""
        self._known(source)
        self._check_priority(priority, len(self.ranking))
        ranking = [name for name in self.ranking if name != source]
        ranking.insert(priority - 1, source)
        self._keep(list(self.sources), ranking)

    def on_change(self, listener: Callable[[], None]) -> None:
        """Call back after every change of settings: groups may have to be joined or left."""
        self._listeners.append(listener)

    # ---- what is heard

    def began(self, source: str, sound: Sound) -> None:
        """The network hears the first packets of a page."""
        if self.enabled and any(one.id == source for one in self.sources):
            self._audio.begin(source, sound)

    def ended(self, source: str) -> None:
        """No packet came for a while."""
        self._audio.end(source)

    def state(self, source: str) -> str:
        """The word of the event: inactive, active, or suppressed by a higher source."""
        if source not in self._audio.sources:
            return self.quirks.state_inactive
        heard = self._audio.heard == source
        return self.quirks.state_active if heard else self.quirks.state_suppressed

    def publish_states(self) -> None:
        """The event system starts."""
        self._audio.ranking = self.ranking if self.enabled else ()
        self._publish()

    def _publish(self) -> None:
        """States are declared while the controller is on."""
        if self.enabled and self._device.lifecycle.reachable:
            for name in self.ranking:
                self._device.events.publish(SOURCE_STATE, {"SrcID": name}, State=self.state(name))

    def _withdraw(self, source: str) -> None:
        self._device.events.withdraw(SOURCE_STATE, {"SrcID": source})

    # ---- keeping

    def _settings(self) -> dict[str, Any]:
        text = self._device.parameters[_CONFIGURATION.name]
        settings: dict[str, Any] = json.loads(text) if text else {}
        return settings

    def _save(self, **changed: Any) -> None:
        self._device.parameters.put(_CONFIGURATION.name, json.dumps({**self._settings(), **changed}))

    def _keep(self, sources: list[MulticastSource], ranking: list[str]) -> None:
        rows = [{name: getattr(one, name) for name in MulticastSource.__slots__} for one in sources]
        self._save(sources=rows, ranking=ranking)

    def _changed(self) -> None:
        enabled = self.enabled
        self._device.note(Kind.STATE, "multicast controller", enabled=enabled, ranking=list(self.ranking))
        groups = {one.id for one in self.sources} if enabled else set()
        for sounding in self._audio.sources:
            if sounding.startswith(_PREFIX) and sounding not in groups:
                self._audio.end(sounding)
        if not enabled:
            for name in self.ranking:
                self._withdraw(name)
        self.publish_states()
        for listener in tuple(self._listeners):
            listener()

    def _known(self, source: str) -> None:
        if source not in self.ranking:
            raise Refused(f"no source {source[:63]!r}")

    def _free_id(self) -> str:
        number = next(n for n in range(1, self.quirks.most_priorities + 1) if f"{_PREFIX}{n}" not in self.ranking)
        return f"{_PREFIX}{number}"

    def _check_priority(self, priority: int, lowest: int) -> None:
        if not 1 <= priority <= lowest:
            raise Refused(f"a priority is 1 to {lowest}")

    def _checked(self, source: MulticastSource) -> MulticastSource:
        if not 1 <= len(source.label) <= LONGEST_LABEL or not source.label.isprintable():
            raise Refused(f"a label has 1 to {LONGEST_LABEL} printable characters")
        if any(one.label == source.label and one.id != source.id for one in self.sources):
            raise Refused(f"there is a source {source.label!r}")
        if not _is_group(source.address):
            raise Refused("an address is 224.0.0.0 to 239.255.255.255")
        if not _LOWEST_PORT <= source.port <= _HIGHEST_PORT:
            raise Refused(f"a port is {_LOWEST_PORT} to {_HIGHEST_PORT}")
        if source.profile not in self.quirks.profiles:
            raise Refused(f"a latency profile is one of {', '.join(self.quirks.profiles)}")
        if len(source.srtp_key) not in KEY_LENGTHS or set(source.srtp_key) - set("0123456789abcdef"):
            raise Refused("an SRTP key has 60 or 92 hexadecimal digits")
        return source


_PREFIX = "multicast_source_"
"""Ids are made by the device; their form is not public."""


def _is_group(address: str) -> bool:
    try:
        return IPv4Address(address).is_multicast
    except ValueError:
        return False
