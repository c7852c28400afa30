"""Notifications by HTTP and HTTPS (VAPIX, Send notification action; HTTP recipient).

The message goes into the argument `Message` of the URL, whatever the method; one of more than 255 characters leaves no
room for further arguments.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlsplit

from simulator.device.rule.order import ActionFailed
from simulator.face.notification.delivery import Delivery
from simulator.face.transport import Proxy
from simulator.wire.http.client import Again, Answered, ClientSession, Connected, Failed, Request

if TYPE_CHECKING:
    from urllib.parse import SplitResult

    from simulator.face.transport import TlsWish

LONGEST_BESIDE_PARAMETERS = 255
METHODS = frozenset({"GET", "POST", "PUT", "PATCH", "DELETE"})
WITH_BODY = frozenset({"POST", "PUT", "PATCH"})
_PORTS = {"http": 80, "https": 443}
_HEADER = re.compile(r"([!#$%&'*+\-.^_`|~0-9A-Za-z]{1,128}):\s*([^\r\n\x00]{0,2048}?)\s*")
_OWN = frozenset({"host", "content-length", "transfer-encoding", "authorization"})
_SAFE = "!#$%&'()*+,/:;=?@[]~-._"


class WebDelivery(Delivery):
    """One request."""

    def begin(self) -> None:
        url = self._url()
        self._secure = url.scheme == "https"
        self._host, self._port = url.hostname or "", url.port or _PORTS[url.scheme]
        login = (self.order.text("login"), self.order.text("password")) if self.order.text("login") else None
        quirks = self.device.profile.quirks
        chance = self.device.world.chance.stream("device", self.device.name, "notification", "cnonce")
        request = self._request(url)
        self._session = ClientSession(
            request, login, lambda: chance.randbytes(8).hex(), patience=quirks.notification_timeout
        )
        self._call()

    def connected(self, now: float) -> list[Any]:
        return [] if self._session is None else self._session.send(Connected(), now)

    def handle(self, event: Any) -> None:
        if isinstance(event, Again):
            if self._stream is not None:
                self._stream.close()
                self._stream = None
            self._call()
        elif isinstance(event, Answered):
            self.finish(
                "" if 200 <= event.status < 300 else f"the server answered {event.status} {event.phrase}"[:200]
            )
        elif isinstance(event, Failed):
            self.finish(event.reason)

    def _call(self) -> None:
        self.dial(self._host, self._port, tls=self._tls_wish(), proxy=self._proxy())

    def _tls_wish(self) -> TlsWish | None:
        return self.tls(verify=self.order.switch("validate_server_cert")) if self._secure else None

    def _proxy(self) -> Proxy | None:
        host, user = self.order.text("proxy_host"), self.order.text("proxy_login")
        credentials = f"{user}:{self.order.text('proxy_password')}" if user else ""
        return Proxy(host, self.order.number("proxy_port", 80, 1, 65_535), credentials) if host else None

    def _url(self) -> SplitResult:
        text = self.order.text("upload_url")
        try:
            url = urlsplit(text)
            port = url.port
        except ValueError:
            raise ActionFailed(f"Invalid URL {text[:80]}") from None
        if url.scheme not in _PORTS or not url.hostname or port == 0 or not url.netloc.isascii():
            raise ActionFailed(f"Invalid URL {text[:80]}")
        return url

    def _request(self, url: SplitResult) -> Request:
        method = self.order.text("method", "GET").upper()
        if method not in METHODS:
            raise ActionFailed(f"Invalid value for parameter method: {method[:20]}")
        body = self.order.message("body").encode("utf-8", "replace") if method in WITH_BODY else b""
        port = "" if self._port == _PORTS[url.scheme] else f":{self._port}"
        agent = ("User-Agent", self.device.profile.quirks.notification_user_agent)
        headers = (agent, ("Accept", "*/*"), *self._headers())
        return Request(method, self._target(url), f"{self._host}{port}", headers, body)

    def _target(self, url: SplitResult) -> str:
        message, more = self.order.message("message"), self.order.text("parameters")
        arguments = [url.query] if url.query else []
        if message:
            arguments.append(f"Message={quote(message, safe='')}")
        if more and len(message) <= LONGEST_BESIDE_PARAMETERS:
            arguments.append(more)
        query = f"?{'&'.join(arguments)}" if arguments else ""
        return quote(f"{url.path or '/'}{query}", safe=_SAFE)

    def _headers(self) -> list[tuple[str, str]]:
        """Lines of `http_headers`; those that are none, and those that frame the message, are left out."""
        lines = [_HEADER.fullmatch(line) for line in self.order.message("http_headers").splitlines()]
        return [(one[1], one[2]) for one in lines if one is not None and one[1].lower() not in _OWN]
