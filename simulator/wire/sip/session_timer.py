"""Session timers: calls that nobody refreshes come to an end (RFC 4028, SIP sheet 17.1)."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from simulator.wire.sip.header import number, options, seconds
from simulator.wire.sip.parameter import parse_params

if TYPE_CHECKING:
    from collections.abc import Callable

    from simulator.wire.sip.message import Headers
    from simulator.wire.sip.settings import UserAgentSettings
    from simulator.wire.sip.timer import Schedule, Timer


class Terms(NamedTuple):
    """What both sides agreed on."""

    interval: int
    """Seconds; 0: no timer."""
    refresher: str
    """`uac` or `uas` of the transaction that agreed on it."""

    def header(self) -> tuple[str, str]:
        """Session-Expires."""
        return ("Session-Expires", f"{self.interval};refresher={self.refresher}")


NONE = Terms(0, "")


def asked(headers: Headers) -> Terms:
    """Session-Expires of a message; the refresher is empty where it names none."""
    text = headers.get("session-expires")
    if text is None:
        return NONE
    semicolon = text.find(";")
    params = parse_params(text, semicolon) if semicolon >= 0 else {}
    refresher = (params.get("refresher") or "").lower()
    return Terms(seconds(text, 0), refresher if refresher in {"uac", "uas"} else "")


def too_short(headers: Headers, settings: UserAgentSettings) -> bool:
    """Whether a request has to be refused with 422."""
    return 0 < asked(headers).interval < settings.min_se


def callee_terms(headers: Headers, settings: UserAgentSettings) -> Terms:
    """What we, asked, agree on: the offered interval, else our own; the refresher named, else the caller."""
    wanted = asked(headers)
    if "timer" not in options(headers, "supported") and "timer" not in options(headers, "require"):
        if not settings.session_timer_without_peer or not settings.session_expires:
            return NONE
        return Terms(wanted.interval or settings.session_expires, "uas")
    interval = wanted.interval or settings.session_expires
    least = number(headers.get("min-se")) or 0
    return Terms(max(interval, least), wanted.refresher or "uac") if interval else NONE


def caller_terms(headers: Headers, settings: UserAgentSettings) -> Terms:
    """What a 2xx to our request agrees on."""
    granted = asked(headers)
    if granted.interval:
        return Terms(max(granted.interval, settings.min_se), granted.refresher or "uac")
    if settings.session_timer_without_peer and settings.session_expires:
        return Terms(settings.session_expires, "uac")
    return NONE


class SessionTimer:
    """Of one call: refreshes at half of the interval, or ends the call shortly before its end."""

    __slots__ = ("_expire", "_refresh", "_schedule", "_timer", "interval", "ours")

    def __init__(
        self, schedule: Schedule, refresh: Callable[[float], None], expire: Callable[[float], None]
    ) -> None:
        self._schedule, self._refresh, self._expire = schedule, refresh, expire
        self._timer: Timer | None = None
        self.interval = 0
        self.ours = False
        """We are the refresher."""

    def start(self, terms: Terms, now: float, *, ours: bool) -> None:
        """A 2xx agreed on new terms, or on none."""
        self.stop()
        self.interval, self.ours = terms.interval, ours
        if not self.interval:
            return
        if ours:
            self._timer = self._schedule.at(now + self.interval / 2, self._due)
        else:
            self._timer = self._schedule.at(now + self.interval - min(32, self.interval / 3), self._expire)

    def stop(self) -> None:
        """The call is over."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def headers(self, settings: UserAgentSettings) -> tuple[tuple[str, str], ...]:
        """What a request of ours in the call carries, so that the timer goes on."""
        if not self.interval:
            return ()
        terms = Terms(self.interval, "uac" if self.ours else "uas")
        return (terms.header(), ("Min-SE", str(settings.min_se)))

    def _due(self, now: float) -> None:
        """Refresh; should that come to nothing, the call ends with the interval."""
        self._timer = self._schedule.at(now + self.interval / 2, self._expire)
        self._refresh(now)
