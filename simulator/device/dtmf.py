"""DTMF sequences that are events of a speaker (audio sheet 8.5; SIP sheet 14.1; C1410 manual, SIP, DTMF).

An account has a DTMF configuration, which holds triggers; a trigger is a sequence of keys and the event it makes.
Several sequences may make one event, but no two triggers have the same sequence. `DigitMatcher` finds sequences in
the keys that the far end of one call presses.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

from pydantic import Field

from simulator.device.call_setting import (
    AnyEntity,
    CallServiceRefused,
    Entity,
    Fault,
    Flag,
    Id,
    Text,
    id_of,
    make,
    read,
)
from simulator.device.sip_setting import MOST_ENTRIES

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from simulator.device.call_service import CallService
    from simulator.device.sip_quirks import SipQuirks

DIGITS = frozenset("0123456789ABCD*#")
DEFAULT_ID = "dtmf_config_default"

Origin = Literal["rtp", "info"]
"""How a key came: as an RTP event (RFC 2833) or by SIP INFO (RFC 2976)."""


class DtmfConfiguration(Entity):
    """DTMFConfiguration: the triggers of an account, and the ways by which keys may come."""

    name: Text = ""
    dtmf_trigger_id: tuple[Id, ...] = Field(default=(), max_length=MOST_ENTRIES, strict=False)
    rfc2833: Flag = True
    rfc2976: Flag = True

    def takes(self, origin: Origin) -> bool:
        """Whether keys that come this way count."""
        return self.rfc2833 if origin == "rtp" else self.rfc2976


class DtmfEvent(Entity):
    """DTMFEvent: what a sequence makes happen; its name is what rules show."""

    name: Text = ""


class DtmfTrigger(Entity):
    """DTMFTrigger: 1 to 64 of 0-9, A-D, * and #, and the event they make."""

    dtmf_sequence: Text = Field(pattern=r"^[0-9A-D*#]{1,64}$")
    dtmf_event_id: Id


@dataclass(frozen=True, slots=True)
class DtmfSettings:
    """Everything about DTMF, as one immutable value."""

    configurations: tuple[DtmfConfiguration, ...] = (make(DtmfConfiguration, id=DEFAULT_ID, name="default"),)
    events: tuple[DtmfEvent, ...] = ()
    triggers: tuple[DtmfTrigger, ...] = ()


FACTORY = DtmfSettings()
"""Shared by all speakers."""


class Dtmf:
    """The DTMF settings of one speaker. What `set_...` takes is the API's object; it returns the id."""

    __slots__ = ("_service",)

    def __init__(self, service: CallService) -> None:
        self._service = service

    @property
    def settings(self) -> DtmfSettings:
        return self._service.settings.dtmf

    def configuration(self, configuration_id: str) -> DtmfConfiguration | None:
        return _with_id(self.settings.configurations, configuration_id)

    def event(self, event_id: str) -> DtmfEvent | None:
        return _with_id(self.settings.events, event_id)

    def triggers_of(self, configuration: DtmfConfiguration) -> tuple[DtmfTrigger, ...]:
        return tuple(one for one in self.settings.triggers if one.id in configuration.dtmf_trigger_id)

    def set_configuration(self, sent: object) -> str:
        """Raises CallServiceRefused for a trigger that does not exist."""
        present = self.configuration(id_of(sent))
        wanted = read(DtmfConfiguration, sent, base=present)
        known = {one.id for one in self.settings.triggers}
        strange = [one for one in wanted.dtmf_trigger_id if one not in known]
        if strange:
            raise CallServiceRefused(Fault.INVALID, f"there is no DTMF trigger {strange[0]}")
        wanted, all_of_them = self._placed(wanted, self.settings.configurations, "dtmf_config_")
        self._store(configurations=all_of_them)
        return wanted.id

    def set_event(self, sent: object) -> str:
        """Raises CallServiceRefused."""
        wanted = read(DtmfEvent, sent, base=self.event(id_of(sent)))
        wanted, all_of_them = self._placed(wanted, self.settings.events, "dtmf_event_")
        self._store(events=all_of_them)
        return wanted.id

    def set_trigger(self, sent: object) -> str:
        """Raises CallServiceRefused for an event that does not exist, and a sequence that another trigger has."""
        wanted = read(DtmfTrigger, sent, base=_with_id(self.settings.triggers, id_of(sent)))
        if self.event(wanted.dtmf_event_id) is None:
            raise CallServiceRefused(Fault.INVALID, f"there is no DTMF event {wanted.dtmf_event_id}")
        for other in self.settings.triggers:
            if other.dtmf_sequence == wanted.dtmf_sequence and other.id != wanted.id:
                raise CallServiceRefused(Fault.INVALID, f"sequence {wanted.dtmf_sequence} is that of {other.id}")
        wanted, all_of_them = self._placed(wanted, self.settings.triggers, "dtmf_trigger_")
        self._store(triggers=all_of_them)
        return wanted.id

    def remove_configurations(self, ids: Sequence[str]) -> None:
        """Accounts that used one use the default's then [guess]. Raises CallServiceRefused for the default."""
        if DEFAULT_ID in ids:
            raise CallServiceRefused(Fault.FAILED, "the default DTMF configuration cannot be removed")
        self._store(configurations=_without(self.settings.configurations, ids))
        self._service.accounts.leave_dtmf(ids)

    def remove_events(self, ids: Sequence[str]) -> None:
        """Their triggers go with them [guess]."""
        orphans = [one.id for one in self.settings.triggers if one.dtmf_event_id in ids]
        self._store(events=_without(self.settings.events, ids))
        self.remove_triggers(orphans)

    def remove_triggers(self, ids: Sequence[str]) -> None:
        """Configurations that had one have one less."""
        if ids:
            self._store(
                triggers=_without(self.settings.triggers, ids),
                configurations=tuple(_without_triggers(one, ids) for one in self.settings.configurations),
            )

    def _placed(
        self, wanted: AnyEntity, present: tuple[AnyEntity, ...], prefix: str
    ) -> tuple[AnyEntity, tuple[AnyEntity, ...]]:
        """The entity with its id, and all of its kind with it in its place."""
        if _with_id(present, wanted.id) is not None:
            return wanted, tuple(wanted if one.id == wanted.id else one for one in present)
        self._service.check_room(len(present))
        if not wanted.id:
            wanted = wanted.model_copy(update={"id": self._service.free_id(prefix, (one.id for one in present))})
        return wanted, (*present, wanted)

    def _store(
        self,
        configurations: tuple[DtmfConfiguration, ...] | None = None,
        events: tuple[DtmfEvent, ...] | None = None,
        triggers: tuple[DtmfTrigger, ...] | None = None,
    ) -> None:
        present = self.settings
        self._service.change(
            "dtmf",
            dtmf=replace(
                present,
                configurations=present.configurations if configurations is None else configurations,
                events=present.events if events is None else events,
                triggers=present.triggers if triggers is None else triggers,
            ),
        )


def _with_id(entities: Iterable[AnyEntity], wanted: str) -> AnyEntity | None:
    return next((one for one in entities if one.id == wanted), None)


def _without(entities: tuple[AnyEntity, ...], ids: Sequence[str]) -> tuple[AnyEntity, ...]:
    return tuple(one for one in entities if one.id not in ids)


def _without_triggers(configuration: DtmfConfiguration, ids: Sequence[str]) -> DtmfConfiguration:
    kept = tuple(one for one in configuration.dtmf_trigger_id if one not in ids)
    return configuration.model_copy(update={"dtmf_trigger_id": kept})


@dataclass(frozen=True, slots=True)
class _Key:
    digit: str
    origin: Origin
    at: float


class DigitMatcher:
    """The keys of one call, and the sequences that end with the newest (SIP sheet 14.1). Times are wire seconds."""

    __slots__ = ("_buffer", "_quirks", "_unpaired")

    def __init__(self, quirks: SipQuirks) -> None:
        self._quirks = quirks
        self._buffer: deque[_Key] = deque(maxlen=quirks.dtmf_history)
        self._unpaired: deque[_Key] = deque(maxlen=quirks.dtmf_history)
        """Keys whose twin, the same key the other way, may still come."""

    def press(self, digit: str, origin: Origin, now: float) -> bool:
        """Take a key; False for one that is no more than the twin of an earlier one."""
        if self._is_twin(digit, origin, now):
            return False
        key = _Key(digit, origin, now)
        self._unpaired.append(key)
        self._buffer.append(key)
        oldest = now - self._quirks.dtmf_forget_seconds
        while self._buffer[0].at < oldest:
            self._buffer.popleft()
        return True

    def matches(self, triggers: Iterable[DtmfTrigger]) -> list[DtmfTrigger]:
        """The triggers whose sequence the newest key completes, in the order of the settings."""
        pressed = "".join(key.digit for key in self._buffer)
        found = [one for one in triggers if pressed.endswith(one.dtmf_sequence)]
        if found and self._quirks.dtmf_match_clears:
            self._buffer.clear()
        return found

    def _is_twin(self, digit: str, origin: Origin, now: float) -> bool:
        window = self._quirks.dtmf_same_digit_seconds
        while self._unpaired and now - self._unpaired[0].at > window:
            self._unpaired.popleft()
        for earlier in self._unpaired:
            if window > 0 and earlier.digit == digit and earlier.origin != origin:
                self._unpaired.remove(earlier)
                return True
        return False
