"""What the web server itself says: error pages as answers, and the headers on everything (core sheet 5.1)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from simulator.face.exchange import Answer, Endless, Held, Reply
from simulator.wire.http.pages import CONTENT_TYPE, error_page, method_page, moved_page

if TYPE_CHECKING:
    from simulator.device.device import Device
    from simulator.device.profile import Profile
    from simulator.face.exchange import Head

Headers = tuple[tuple[str, str], ...]


def page(status: int) -> Answer:
    """Apache's own error page."""
    return Answer(status, error_page(status), CONTENT_TYPE)


def method_not_allowed(method: str, allowed: tuple[str, ...]) -> Answer:
    """405 with the methods that the path takes."""
    return Answer(405, method_page(method), CONTENT_TYPE, (("Allow", ",".join(allowed)),))


def moved(location: str) -> Answer:
    """301 to another address."""
    return Answer(301, moved_page(location), CONTENT_TYPE, (("Location", location),))


class Dressing:
    """Puts `Server` and the security headers on every answer."""

    def __init__(self, device: Device) -> None:
        self._device = device
        self._profile: Profile | None = None
        self._security: Headers = ()

    def dress(self, reply: Reply, head: Head, info: str = "") -> None:
        """Add the headers; `info` is the value of Authentication-Info, or empty."""
        if isinstance(reply, Held):
            start = reply.start
            reply.start = lambda deliver: start(lambda answer: deliver(self._dressed(answer, head, info)))
        elif isinstance(reply, Answer | Endless):
            reply.headers = self._headers(reply.headers, head, info)

    def _dressed(self, answer: Answer, head: Head, info: str) -> Answer:
        answer.headers = self._headers(answer.headers, head, info)
        return answer

    def _headers(self, own: Headers, head: Head, info: str) -> Headers:
        profile = self._device.profile
        if profile is not self._profile:
            self._profile = profile
            self._security = tuple(profile.quirks.security_headers.items())
        headers = (("Server", self.server()), *own, *self._security)
        if info:
            headers = (*headers, ("Authentication-Info", info))
        if profile.quirks.upgrade_h2 and not head.secure:
            headers = (*headers, ("Upgrade", "h2"), ("Connection", "Upgrade"))
        return headers

    def server(self) -> str:
        """`Server`; `System.HTTPServerTokens` decides whether versions are shown [guess]."""
        quirks = self._device.profile.quirks
        shown = self._device.parameters.enabled("System.HTTPServerTokens")
        return quirks.server_header if shown else quirks.server_header_bare
