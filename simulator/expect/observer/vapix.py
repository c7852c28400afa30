"""Asks devices over HTTP as any client does, with aiohttp's client and its digest authentication."""

from __future__ import annotations

import contextlib
import json
from typing import TYPE_CHECKING, Any

import aiohttp

if TYPE_CHECKING:
    from collections.abc import Mapping

PATIENCE = 2.0
"""Wire seconds for an answer; a device that is silent for so long does not answer."""
AGENT = "axsim-observer"


class VapixObserver:
    """One client session per device and address, made on first use: credentials are never carried to another place."""

    def __init__(self) -> None:
        self._devices: dict[str, Mapping[str, Any]] = {}
        self._source: tuple[str, int] | None = None
        self._sessions: dict[tuple[str, str], aiohttp.ClientSession] = {}

    def know(self, devices: Mapping[str, Mapping[str, Any]], source: str | None) -> None:
        """The devices as they are described now, and the address to ask from.

        By that address the journal tells observers from the client under test; None where all share one.
        """
        self._devices.update(devices)
        self._source = (source, 0) if source else None

    async def ask(
        self, device: str, path: str, *, method: str = "GET", body: object = None, url: str | None = None
    ) -> dict[str, Any]:
        """One question: `status`, `text` and, where the answer is JSON, `json`; or `error` when there is none.

        `body` other than text is sent as JSON, text as JSON or as a form, as it looks. `url` replaces the device's
        address from fleet.json.
        """
        base = url or self._devices[device]["url"]
        data = body if isinstance(body, str | None) else json.dumps(body)
        headers = {} if data is None else {"Content-Type": _label(data)}
        try:
            async with self.session(device, base).request(
                method, base + path, data=data, headers=headers
            ) as answer:
                return _seen(answer.status, (await answer.read()).decode(errors="replace"))
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            return {"error": f"{type(error).__name__}: {error}"}

    async def close(self) -> None:
        for session in self._sessions.values():
            await session.close()

    def session(self, device: str, base: str) -> aiohttp.ClientSession:
        """The authenticated session of a device at an address."""
        session = self._sessions.get((device, base))
        if session is None:
            credentials = self._devices[device]["credentials"]
            digest = aiohttp.DigestAuthMiddleware(credentials["user"], credentials["password"])
            session = self._sessions[device, base] = aiohttp.ClientSession(
                middlewares=(digest,),
                timeout=aiohttp.ClientTimeout(total=PATIENCE),
                connector=aiohttp.TCPConnector(force_close=True, local_addr=self._source),
                headers={"User-Agent": AGENT},
            )
        return session


def _label(body: str) -> str:
    return "application/json" if body.lstrip()[:1] in ("{", "[") else "application/x-www-form-urlencoded"


def _seen(status: int, text: str) -> dict[str, Any]:
    seen: dict[str, Any] = {"status": status, "text": text}
    with contextlib.suppress(ValueError, RecursionError):
        seen["json"] = json.loads(text)
    return seen
