"""A client at the desk: one device, its VAPIX face, and requests without a socket.

Answers challenges by itself, with sums written from RFC 7616 and not with the simulator's own.
"""

from __future__ import annotations

import base64
import hashlib
import io
import json
import re
from typing import Any

from simulator.chance import Chance
from simulator.clock import SimClock
from simulator.device.device import Device
from simulator.device.model import profile_of
from simulator.device.parameter import Level
from simulator.device.profile import load_profile
from simulator.device.world import World
from simulator.face.exchange import Admission, Answer, Head, Held, Reply, Request
from simulator.face.vapix.call import Call, Route
from simulator.face.vapix.front import VapixFace
from simulator.journal import Journal

ROOT = ("root", "pass word&=+")
ALL = ("admin", "operator", "viewer", "ptz")
_ITEM = re.compile(r'(\w+)="?([^",]*)"?')

__all__ = ["ALL", "ROOT", "Desk", "Wire", "profile_of"]


def md5(text: str) -> str:
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()


class Wire:
    """The client's end of an endless answer or a WebSocket: what came, and how it was closed."""

    def __init__(self) -> None:
        self.received: list[Any] = []
        self.ended: tuple[int, str] | None = None

    def send(self, data: bytes | str) -> None:
        self.received.append(data)

    def close(self, code: int = 1000, reason: str = "") -> None:
        self.ended = (code, reason)

    def news(self) -> list[Any]:
        """What has come since the last look."""
        news, self.received = self.received, []
        return news


class Desk:
    """`ask` gives the answer as a client sees it in the end; `waited` is the time it took.

    Wire time and device time are one here.
    """

    def __init__(
        self, model: str = "A9210", firmware: str = "12.9.57", *, setup: bool = True, running: bool = True
    ) -> None:
        self.clock = SimClock(stepped=True)
        self.world = World(self.clock, Chance(7), Journal(self.clock))
        self.device = Device("dut", 1, load_profile(model, firmware), self.world, lambda address: address)
        self.face = VapixFace(self.device)
        if setup:
            self.device.accounts.add(*ROOT, ALL)
        if running:
            self.device.lifecycle.running_from_the_start()
        self.waited = 0.0
        self.challenges = 0
        self.events: list[tuple[str, dict[str, str]]] = []
        self.device.events.listen(lambda event: self.events.append((event.topic, dict(event.data))))

    # ---- time

    def advance(self, seconds: float) -> None:
        """Let device time pass, everything due on the way included."""
        target = self.clock.now() + seconds
        while (due := self.clock.next_due()) is not None and due <= target:
            self.clock.step_to(due)
            self.clock.run_due()
        self.clock.step_to(target)

    def wait_until(self, condition: Any, *, at_most: float = 600.0) -> float:
        """Step through what is due until a condition holds; the device seconds it took."""
        started = self.clock.now()
        while not condition():
            due = self.clock.next_due()
            assert due is not None, "nothing more will happen"
            assert due - started <= at_most, "it took too long"
            self.clock.step_to(due)
            self.clock.run_due()
        return self.clock.now() - started

    # ---- requests

    def head(self, method: str, target: str, **more: Any) -> Head:
        path, _, query = target.partition("?")
        secure = more.pop("secure", False)
        headers = {"host": "10.0.0.5", **more.pop("headers", {})}
        return Head(
            method,
            target,
            path,
            query,
            headers,
            more.pop("peer", "10.0.0.9"),
            secure,
            more.pop("host", "10.0.0.5:80"),
        )

    def once(self, head: Head, body: bytes = b"", *, upload: bool = False) -> Answer:
        """One exchange, credentials or not, waiting for a held answer."""
        head.at = self.clock.now()
        outcome: Reply | Admission = self.face.admit(head)
        if isinstance(outcome, Admission):
            if len(body) > outcome.body_limit:
                return Answer(413)
            spooled = io.BytesIO(body) if outcome.spool else None
            outcome = outcome.serve(Request(head, b"" if spooled else body, spooled))
        self.waited = 0.0
        if isinstance(outcome, Held):
            delivered: list[Answer] = []
            outcome.start(delivered.append)
            self.waited = self.wait_until(lambda: bool(delivered))
            outcome = delivered[0]
        assert isinstance(outcome, Answer)
        self.advance(outcome.after)
        self.waited += outcome.after
        if outcome.then is not None:
            outcome.then()
        return outcome

    def ask(
        self,
        method: str,
        target: str,
        body: bytes | str = b"",
        *,
        login: tuple[str, str] | None = ROOT,
        **more: Any,
    ) -> Answer:
        """As clients do: first without credentials, then with what the challenge asks for."""
        data = body.encode() if isinstance(body, str) else body
        head = self.head(method, target, **more)
        answer = self.once(head, data)
        if answer.status != 401 or login is None:
            return answer
        self.challenges += 1
        head.headers = {**head.headers, "authorization": credentials(answer, head, *login)}
        return self.once(head, data)

    def opened(
        self,
        target: str,
        *,
        login: tuple[str, str] | None = ROOT,
        headers: dict[str, str] | None = None,
        method: str = "GET",
    ) -> Reply:
        """A request whose answer does not come at once: what the face hands to the server, or the refusal."""
        head = self.head(method, target, headers=headers or {})
        outcome = self.face.admit(head)
        reply = outcome.serve(Request(head)) if isinstance(outcome, Admission) else outcome
        if login is None or not isinstance(reply, Answer) or reply.status != 401:
            return reply
        head.headers = {**head.headers, "authorization": credentials(reply, head, *login)}
        outcome = self.face.admit(head)
        return outcome.serve(Request(head)) if isinstance(outcome, Admission) else outcome

    def get(self, target: str, **more: Any) -> str:
        answer = self.ask("GET", target, **more)
        assert answer.status == 200, (answer.status, answer.body)
        return answer.body.decode()

    def form(self, path: str, text: str, **more: Any) -> str:
        """A POST with a form, labelled as one known client labels it."""
        answer = self.ask("POST", path, text, headers={"content-type": "text/plain"}, **more)
        assert answer.status == 200, (answer.status, answer.body)
        return answer.body.decode()

    def rpc(self, path: str, method: str, params: Any = None, *, version: str = "1.0", **more: Any) -> Any:
        """A JSON call; the decoded answer."""
        sent = {"apiVersion": version, "context": "desk", "method": method}
        if params is not None:
            sent["params"] = params
        headers = {"content-type": "application/json"}
        answer = self.ask("POST", path, json.dumps(sent), headers=headers, **more)
        assert answer.status == 200, (answer.status, answer.body)
        return json.loads(answer.body)

    def inside(self, route: Route, method: str, params: Any, *, version: str = "1.0") -> Any:
        """A JSON call by an administrator who is known already: cheap, for fuzz tests."""
        body = json.dumps({"apiVersion": version, "method": method, "params": params}).encode()
        request = Request(self.head("POST", route.paths[0]), body)
        answer = route.handler(Call(self.device, request, self.face, route, ROOT[0], Level.ADMINISTRATOR))
        assert isinstance(answer, Answer)
        assert answer.status == 200, (answer.status, answer.body)
        return json.loads(answer.body)


def header(answer: Answer, name: str) -> str:
    """The value of a header, empty where there is none."""
    return next((value for key, value in answer.headers if key.lower() == name.lower()), "")


def credentials(answer: Answer, head: Head, user: str, password: str, *, uri: str = "", nc: int = 1) -> str:
    """What to send for the challenge of an answer."""
    challenge = header(answer, "WWW-Authenticate")
    if challenge.startswith("Basic"):
        return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()
    return digest(challenge, head.method, uri or head.target, user, password, nc=nc)


def digest(challenge: str, method: str, uri: str, user: str, password: str, *, nc: int = 1) -> str:
    """RFC 7616 3.4 by hand."""
    items = dict(_ITEM.findall(challenge.removeprefix("Digest ")))
    count, cnonce = f"{nc:08x}", "0a4f113b"
    ha1 = md5(f"{user}:{items['realm']}:{password}")
    ha2 = md5(f"{method}:{uri}")
    response = md5(f"{ha1}:{items['nonce']}:{count}:{cnonce}:auth:{ha2}")
    return (
        f'Digest username="{user}", realm="{items["realm"]}", nonce="{items["nonce"]}", uri="{uri}", '
        f'algorithm=MD5, qop=auth, nc={count}, cnonce="{cnonce}", response="{response}"'
    )
