"""What a handler of a VAPIX path is given, and what it declares: `Call` and `Route`.

An API module holds handlers and one tuple of routes:

    def handler(call: Call) -> Reply:
        return Answer(body=b"OK", content_type="text/plain")

    ROUTES = (Route(("/axis-cgi/example.cgi",), handler, level=Level.OPERATOR, api="example"),)

By the time a handler runs, the front end has settled authentication, role, method and body size.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from simulator.device.parameter import Level
from simulator.face.exchange import BODY_LIMIT, Reply, Request, form_fields

if TYPE_CHECKING:
    from simulator.device.device import Device
    from simulator.face.exchange import Head
    from simulator.face.vapix.envelope import JsonService
    from simulator.face.vapix.session_token import SessionTokens


class Front(Protocol):
    """What a handler may ask of the front end behind its call."""

    tokens: SessionTokens

    def demand(self, call: Call, level: Level) -> Reply | None:
        """Settle the caller's identity late: None if he is `level` or above, else the refusal."""

    def challenge(self, head: Head) -> str:
        """A fresh `WWW-Authenticate` value, for a CGI that answers 401 by itself."""

    def served_apis(self) -> frozenset[str]:
        """Ids of the APIs that have at least one path on this device."""

    def when_ready(self, callback: Callable[[], None]) -> Callable[[], None]:
        """Call back once when the device is next in service; returns the function that forgets it."""


@dataclass(slots=True)
class Call:
    """One admitted request."""

    device: Device
    request: Request
    front: Front
    route: Route
    account: str = ""
    """Name of the account, empty for anonymous."""
    level: Level = Level.ANYONE
    """What the caller may do; routes open to anyone learn it through `demand`."""
    info: str = ""
    """Value of `Authentication-Info` for the answer."""
    _fields: dict[str, str] | None = None

    @property
    def query(self) -> dict[str, str]:
        """Arguments of the query, whatever the method."""
        return form_fields(self.request.head.query)

    @property
    def fields(self) -> dict[str, str]:
        """Form arguments, whatever the label of the body says (client-facts 6).

        A POST counts its body alone, arguments in its query are ignored (core sheet 1.5, 2.5).
        """
        if self._fields is None:
            self._fields = form_fields(self._form_text())
        return self._fields

    def _form_text(self) -> str:
        if self.request.head.method == "POST":
            return self.request.body.decode("utf-8", "replace")
        return self.request.head.query

    def demand(self, level: Level) -> Reply | None:
        """For methods of one path with different levels: None if allowed, else the 401 or 403 to return."""
        if self.level >= level:
            return None
        return self.front.demand(self, level)


Handler = Callable[[Call], Reply]


@dataclass(frozen=True, slots=True)
class Route:
    """One path, or several names of one path, and the rules for getting there."""

    paths: tuple[str, ...]
    """Whole paths; `/a/b/*` stands for all below `/a/b` that no other route has."""
    handler: Handler = field(repr=False)
    methods: tuple[str, ...] = ("GET", "POST")
    """Other methods are answered 405 (HEAD goes where GET goes)."""
    level: Level = Level.ADMINISTRATOR
    api: str = ""
    """Id under which apidiscovery lists it; empty for what discovery does not know."""
    served: Callable[[Device], bool] | None = None
    """Whether this product has the path; by default: if the profile lists `api`, or `api` is empty."""
    service: JsonService | None = None
    """The JSON API behind `handler`, where the handler is not itself one: it words the 401 and 403."""
    body_limit: int = BODY_LIMIT
    spool: bool = False
    """The body arrives as a file: firmware, clips."""
    unread: bool = False
    """The handler sees the head alone, and may take the body as it comes: live audio."""
    before_setup: bool = False
    """Open to anyone while the device has no account at all."""
    while_starting: bool = False
    """Answers while the device is starting; others are 503 then."""


def on_every_product(device: Device) -> bool:
    """For `served`: the path exists even where discovery does not list its API."""
    return True
