"""Control calls from the process of whoever tests: HTTP and JSON over a Unix socket or TCP.

Standard library only. The socket class is taken when this module is imported, so that control calls work
while pytest-socket forbids sockets to the test: they are ours, not the test's.
"""

from __future__ import annotations

import http.client
import json
import socket
import threading
from typing import Any
from urllib.parse import quote, urlsplit

from simulator.errors import EngineGone, FleetError

_Socket = socket.socket
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
        self.sock.connect(self._address if self._unix else (self.host, self.port))


class Caller:
    """Calls of one engine or observer. Safe to use from several threads: each has its own connection."""

    def __init__(self, address: str) -> None:
        """`address` is `http://host:port` or the path of a Unix socket."""
        self.address = address
        self.last_words: Any = lambda: (None, "")
        """Returns the exit code and last lines of the process behind the address, for error messages."""
        self._local = threading.local()

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
        """Close this thread's connection."""
        connection = getattr(self._local, "connection", None)
        if connection is not None:
            connection.close()
            self._local.connection = None

    def _exchange(
        self, method: str, path: str, data: bytes | None, headers: dict[str, str], wait: float
    ) -> tuple[int, Any]:
        for fresh in (False, True):
            connection = self._connection(fresh=fresh)
            connection.timeout = _PATIENCE + wait
            if connection.sock is not None:
                connection.sock.settimeout(connection.timeout)
            try:
                connection.request(method, quote(path, safe="/?=&%:,"), data, headers)
                response = connection.getresponse()
                content = response.read()
            except (OSError, http.client.HTTPException) as error:
                self.close()
                if fresh or isinstance(error, TimeoutError):
                    raise self._gone(error) from None
                continue
            return response.status, _decoded(content, response.headers.get_content_type())
        raise self._gone(None)

    def _connection(self, *, fresh: bool) -> _Connection:
        connection: _Connection | None = getattr(self._local, "connection", None)
        if connection is None or fresh:
            connection = self._local.connection = _Connection(self.address)
        return connection

    def _gone(self, error: Exception | None) -> EngineGone:
        code, words = self.last_words()
        ended = (
            f"the engine ended with code {code}" if code is not None else f"the engine does not answer ({error})"
        )
        return EngineGone(ended, exit_code=code, last_lines=words)


def _decoded(content: bytes, content_type: str) -> Any:
    return json.loads(content) if content_type == "application/json" else content.decode()


def _refusal(answer: Any, status: int) -> FleetError:
    if isinstance(answer, dict) and "error" in answer:
        return FleetError(str(answer["error"]), hint=str(answer.get("hint", "")))
    return FleetError(f"the engine answered {status}: {str(answer)[:200]}")
