"""The front end of the VAPIX face: from a request's head to a handler, as Apache and its modules lead it.

In this order: is the address blocked; is there such a path on this product; may the scheme be used; who is
asking; may he; is the device up; is the method right. The body is asked for only when all of that is settled,
so that `Expect: 100-continue` works (client-facts 21). Authentication comes before the method, because clients
fetch a nonce with an empty GET to a POST path (core sheet 1.2).
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from simulator.device.lifecycle import Phase
from simulator.device.parameter import Level
from simulator.face.exchange import Admission, Answer, Reply
from simulator.face.vapix.access_policy import scheme_refusal
from simulator.face.vapix.apache import Dressing, method_not_allowed, page
from simulator.face.vapix.attendance import Attendance
from simulator.face.vapix.authentication import ANONYMOUS, Authenticator, Identity, Refusal
from simulator.face.vapix.call import Call
from simulator.face.vapix.envelope import JsonService
from simulator.face.vapix.param_group import forget_all
from simulator.face.vapix.path import canonical_path
from simulator.face.vapix.route import ROUTES
from simulator.face.vapix.session_token import SessionTokens
from simulator.face.vapix.throttle import Throttle

if TYPE_CHECKING:
    from collections.abc import Callable

    from simulator.device.device import Device
    from simulator.device.profile import Profile
    from simulator.face.exchange import Head, Request
    from simulator.face.vapix.call import Route


class VapixFace:
    """The HTTP surface of one device: an `HttpFace`."""

    def __init__(self, device: Device) -> None:
        self._device = device
        self._authenticator = Authenticator(device)
        self._throttle = Throttle(device)
        self._attendance = Attendance(device)
        self._dressing = Dressing(device)
        self.tokens = SessionTokens(device)
        """One-time tokens that open an event stream."""
        self._waiting: list[Callable[[], None]] = []
        self._profile: Profile | None = None
        self._table: dict[str, Route] = {}
        self.https_port: int | None = None
        """Where the host serves TLS, if not at the port that `HTTPS.Port` says; for redirects."""
        device.lifecycle.on_phase(self._phase_changed)
        device.lifecycle.on_default(lambda hard: forget_all(device))

    def server_header(self) -> str:
        """`Server`, for what the web server says where no face was asked."""
        return self._dressing.server()

    # ---- what a handler may ask

    def challenge(self, head: Head) -> str:
        """A fresh `WWW-Authenticate` value, for a CGI that answers 401 by itself."""
        return self._authenticator.challenged(head).challenge

    def served_apis(self) -> frozenset[str]:
        """Ids of the APIs that have at least one path on this device."""
        return frozenset(route.api for route in self._routes().values() if route.api)

    def when_ready(self, callback: Callable[[], None]) -> Callable[[], None]:
        """Call back once when the device is next in service; returns the function that forgets it."""
        self._waiting.append(callback)

        def forget() -> None:
            if callback in self._waiting:
                self._waiting.remove(callback)

        return forget

    def demand(self, call: Call, level: Level) -> Reply | None:
        """Settle who is calling at a path open to anyone; None if he may, else the refusal."""
        head = call.request.head
        identity = self._authenticator.identify(head)
        if isinstance(identity, Refusal):
            return self._refused(head, call.route, identity)
        if identity.level < level:
            return self._forbidden(head, call.route, identity)
        call.account, call.level, call.info = identity.account, identity.level, identity.info
        self._attendance.admitted(head, identity.account)
        return None

    # ---- the way in

    def admit(self, head: Head) -> Answer | Admission:
        """Refuse, a wrong password after the time it costs, or say how to go on."""
        outcome = self._admit(head)
        if not isinstance(outcome, Admission):
            self._dressing.dress(outcome, head)
        return outcome

    def _admit(self, head: Head) -> Answer | Admission:
        if self._throttle.blocks(head.peer):
            return page(self._device.profile.quirks.blocked_status)
        route = self._route(head)
        if isinstance(route, Answer):
            return route
        refused = scheme_refusal(self._device, head, route.level, self.https_port)
        if refused is not None:
            return refused
        identity = self._identity(head, route)
        if isinstance(identity, Refusal):
            return self._refused(head, route, identity)
        return self._admitted(head, route, identity)

    def _route(self, head: Head) -> Route | Answer:
        table = self._routes()
        route = table.get(head.path)
        if route is not None:
            return route
        path = canonical_path(head.path)
        if path is None:
            return page(400)
        return table.get(path) or self._below(path) or page(404)

    def _below(self, path: str) -> Route | None:
        """The route that has everything below a folder: the entities of a device configuration API."""
        while path := path.rpartition("/")[0]:
            found = self._table.get(f"{path}/*")
            if found is not None:
                return found
        return None

    def _routes(self) -> dict[str, Route]:
        """The paths of this product on its present firmware."""
        if self._device.profile is not self._profile:
            self._profile = self._device.profile
            self._table = {path: r for r in ROUTES if _is_served(r, self._device) for path in r.paths}
        return self._table

    def _identity(self, head: Head, route: Route) -> Identity | Refusal:
        if route.level is Level.ANYONE or (route.before_setup and self._device.accounts.empty):
            return ANONYMOUS
        if route.level is Level.VIEWER and "authorization" not in head.headers and self._anonymous_viewing():
            return Identity("", Level.VIEWER)
        return self._authenticator.identify(head)

    def _anonymous_viewing(self) -> bool:
        """`System.BoaProtViewer`: viewer CGIs answer without credentials (manual, Anonymous access)."""
        return self._device.parameters.get("System.BoaProtViewer") == "anonymous"

    def _admitted(self, head: Head, route: Route, identity: Identity) -> Answer | Admission:
        open_path = identity is ANONYMOUS
        if not open_path and identity.level < route.level:
            return self._forbidden(head, route, identity)
        device = self._device
        if device.lifecycle.phase is Phase.STARTING and not route.while_starting:
            return page(device.profile.quirks.starting_status)
        method = "GET" if head.method == "HEAD" else head.method
        if method not in route.methods:
            return method_not_allowed(head.method, route.methods)
        if not open_path:
            self._attendance.admitted(head, identity.account)
        serve = partial(self._serve, route, identity)
        return Admission(serve, route.body_limit, route.spool, identity.account, route.unread)

    def _serve(self, route: Route, identity: Identity, request: Request) -> Reply:
        request.login = identity.account
        call = Call(self._device, request, self, route, identity.account, identity.level, identity.info)
        reply = route.handler(call)
        self._dressing.dress(reply, request.head, call.info)
        return reply

    # ---- the way out

    def _refused(self, head: Head, route: Route, refusal: Refusal) -> Answer:
        if refusal.status != 401:
            return page(refusal.status)
        answer = self._json_body(route, 401) or page(401)
        answer.headers = (("WWW-Authenticate", refusal.challenge),)
        if not refusal.wrong_password:
            return answer
        self._throttle.failed(head.peer, head.path, head.at)
        self._attendance.rejected(head, refusal.account)
        if self._throttle.active:
            answer.after = self._device.profile.quirks.password_failure_seconds
        return answer

    def _forbidden(self, head: Head, route: Route, identity: Identity) -> Answer:
        self._attendance.forbidden(head, identity.account)
        return self._json_body(route, 403) or page(403)

    def _json_body(self, route: Route, status: int) -> Answer | None:
        """The refusal as a JSON CGI writes it; None where Apache's page is the answer."""
        service = route.handler if isinstance(route.handler, JsonService) else route.service
        return None if service is None else service.refusal(self._device, status)

    def _phase_changed(self, phase: Phase) -> None:
        if phase is Phase.BOOTING:
            self._authenticator.renew()
            self.tokens.forget()
            self._throttle.forget()
            self._attendance.forget()
        elif phase is Phase.RUNNING:
            waiting, self._waiting = self._waiting, []
            for callback in waiting:
                callback()


def _is_served(route: Route, device: Device) -> bool:
    if route.served is not None:
        return route.served(device)
    return not route.api or route.api in device.profile.apis
