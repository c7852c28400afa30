"""Control calls from the process of whoever tests: HTTP and JSON over a Unix socket or TCP.

Standard library only. The socket class and its `connect` are taken when this module is imported, so that control
calls work while pytest-socket forbids sockets or hosts to the test: they are ours, not the test's.
"""

from __future__ import annotations

import http.client
import json
import socket
from typing import Any
from urllib.parse import quote, urlsplit

from simulator.errors import EngineGone, FleetError

_Socket = socket.socket
_connect = socket.socket.connect
_PATIENCE = 30.0
"""Wire seconds a call may take beyond the wait it asks for, before the engine is taken for gone."""


class _Connection(http.client.HTTPConnection):
    """One kept-alive connection; knows Unix sockets, abstract ones (leading NUL) among them."""

    def __init__(self, address: str) -> None:
        self._unix = not address.startswith("http://")
        split = urlsplit(address if not self._unix else "http://engine")
        super().__init__(split.hostname or "engine", split.port or 80, timeout=_PATIENCE)
        self._address = address

    def connect(self) -> None:
        family = socket.AF_UNIX if self._unix else socket.AF_INET
        self.sock = _Socket(family, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        _connect(self.sock, self._address if self._unix else (self.host, self.port))


class Caller:
    """Calls of one engine or observer. Safe to use from several threads: a connection serves one call at a time."""

    def __init__(self, address: str) -> None:
        """`address` is `http://host:port` or the path of a Unix socket."""
        self.address = address
        self.last_words: Any = lambda: (None, "")
        """Returns the exit code and last lines of the process behind the address, for error messages."""
        self._idle: list[_Connection] = []

    def call(self, method: str, path: str, body: object = None, *, wait: float = 0.0) -> Any:
        """One call; returns the decoded JSON answer.

        `wait` is how many wire seconds the engine may hold the answer. Raises FleetError with the engine's own
        words for a refused call and EngineGone when nobody answers.
        """
        data = None if body is None else json.dumps(body).encode()
        headers = {"Content-Type": "application/json"} if data is not None else {}
        status, answer = self._exchange(method, path, data, headers, wait)
        if status >= 400:
            raise _refusal(answer, status)
        return answer

    def close(self) -> None:
        """Close the connections that serve no call just now."""
        while self._idle:
            self._idle.pop().close()

    def _exchange(
        self, method: str, path: str, data: bytes | None, headers: dict[str, str], wait: float
    ) -> tuple[int, Any]:
        """A kept connection may have died of age; then a fresh one is tried."""
        kept = self._taken()
        if kept is not None:
            try:
                return self._on(kept, method, path, data, headers, wait)
            except (OSError, http.client.HTTPException) as error:
                if isinstance(error, TimeoutError):
                    raise self._gone(error) from None
        self.close()
        try:
            return self._on(_Connection(self.address), method, path, data, headers, wait)
        except (OSError, http.client.HTTPException) as error:
            raise self._gone(error) from None

    def _taken(self) -> _Connection | None:
        try:
            return self._idle.pop()
        except IndexError:
            return None

    def _on(
        self,
        connection: _Connection,
        method: str,
        path: str,
        data: bytes | None,
        headers: dict[str, str],
        wait: float,
    ) -> tuple[int, Any]:
        """The exchange on one connection, which is kept only after a whole answer: a test may be broken off."""
        connection.timeout = _PATIENCE + wait
        if connection.sock is not None:
            connection.sock.settimeout(connection.timeout)
        try:
            connection.request(method, quote(path, safe="/?=&%:,"), data, headers)
            response = connection.getresponse()
            content = response.read()
        except BaseException:
            connection.close()
            raise
        self._idle.append(connection)
        return response.status, _decoded(content, response.headers.get_content_type())

    def _gone(self, error: Exception | None) -> EngineGone:
        code, words = self.last_words()
        ended = (
            f"the engine ended with code {code}" if code is not None else f"the engine does not answer ({error})"
        )
        return EngineGone(ended, exit_code=code, last_lines=words)


def _decoded(content: bytes, content_type: str) -> Any:
    if content_type.startswith("audio/"):
        return content
    return json.loads(content) if content_type == "application/json" else content.decode(errors="replace")


def _refusal(answer: Any, status: int) -> FleetError:
    if isinstance(answer, dict) and "error" in answer:
        return FleetError(str(answer["error"]), hint=str(answer.get("hint", "")))
    return FleetError(f"the engine answered {status}: {str(answer)[:200]}")
