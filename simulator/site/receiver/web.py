"""The web server of the site that notifications go to, by aiohttp: takes every request at every path.

With a user it asks for digest, as RFC 7616 has it.
"""

from __future__ import annotations

import asyncio
from hashlib import md5
from typing import TYPE_CHECKING

from aiohttp import BasicAuth, web

from simulator.errors import MalformedMessage
from simulator.site.receiver.receiver import Door, Receiver, Surroundings, address_of, shown
from simulator.wire.http.digest import NonceMint, challenge, parse_authorization, password_matches, uri_matches

if TYPE_CHECKING:
    from collections.abc import Mapping

LARGEST = 1 << 20
REALM = "site"
REFUSED = 503
_HIDDEN = frozenset({"authorization", "proxy-authorization"})


class WebReceiver(Receiver):
    """Doors `http` and `https`."""

    name = "web"

    def __init__(
        self, surroundings: Surroundings, doors: tuple[Door, ...], users: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(surroundings, doors)
        self._users = users or {}
        self._nonces = NonceMint(surroundings.world.chance.stream("site", "web").randbytes(16))
        self._server: web.Server | None = None

    def protocol(self, door: Door) -> asyncio.Protocol:
        if self._server is None:
            self._server = web.Server(self._asked)
        spoken: asyncio.Protocol = self._server()
        return spoken

    async def settle(self) -> None:
        """End what handlers still do."""
        server, self._server = self._server, None
        if server is not None:
            await server.shutdown(0.1)

    async def _asked(self, request: web.BaseRequest) -> web.StreamResponse:
        self._around.stirred()
        body = await request.content.read(LARGEST)
        await self.hesitate()
        peer = address_of(request.transport.get_extra_info("peername") if request.transport is not None else None)
        if self._users and not self._knows(request):
            self.note("notification refused", peer, method=request.method, path=request.path)
            nonce = self._nonces.mint(self._around.world.clock.now())
            return web.Response(status=401, headers={"WWW-Authenticate": challenge(REALM, nonce)})
        status = self.orders.code or 200
        self.note(
            "notification" if status < 300 else "notification refused",
            peer,
            way="https" if request.secure else "http",
            method=request.method,
            path=request.path,
            query=shown(request.query_string),
            arguments={name: shown(value) for name, value in request.query.items()},
            headers={name: shown(text) for name, text in request.headers.items() if name.lower() not in _HIDDEN},
            text=shown(body.decode("utf-8", "replace")),
            status=status,
        )
        return web.Response(status=status, text="OK\n" if status == 200 else "")

    def _knows(self, request: web.BaseRequest) -> bool:
        """Whether it comes with the name and password of a user."""
        given = request.headers.get("Authorization", "")
        if given.startswith("Basic "):
            try:
                login = BasicAuth.decode(given)
            except ValueError:
                return False
            known: str | None = self._users.get(login.login)
            return known is not None and known == login.password
        try:
            sent = parse_authorization(given)
        except MalformedMessage:
            return False
        if sent.username not in self._users or sent.realm != REALM or not uri_matches(sent.uri, request.raw_path):
            return False
        if self._nonces.age(sent.nonce, self._around.world.clock.now()) is None:
            return False
        return password_matches(_ha1(sent.username, self._users[sent.username]), request.method, sent)


def _ha1(user: str, password: str) -> str:
    return md5(f"{user}:{REALM}:{password}".encode(), usedforsecurity=False).hexdigest()
