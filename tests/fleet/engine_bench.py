"""A fleet in an engine of its own, seen from outside: control calls, plain sockets, urllib and an MQTT client."""

from __future__ import annotations

import contextlib
import json
import os
import select
import socket
import ssl
import struct
import threading
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion

from simulator.fleet.child import Child
from simulator.resources import VERSION

WORKER = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
USER, PASSWORD = "root", "pass"
PATIENCE = 10.0
"""Wire seconds for anything that must come."""
MOMENT = 0.3
"""Wire seconds of silence that are taken for silence."""
READY = b"GET /axis-cgi/systemready.cgi HTTP/1.1\r\nHost: device\r\n\r\n"
_PAUSE = threading.Event()


def eventually(condition: Callable[[], Any], patience: float = PATIENCE) -> Any:
    """What `condition` gives, as soon as it is true."""
    for _ in range(int(patience / 0.01)):
        if outcome := condition():
            return outcome
        _PAUSE.wait(0.01)
    raise AssertionError("it did not come")


@dataclass
class Answer:
    """What a client got."""

    status: int
    text: str
    headers: dict[str, str] = field(default_factory=dict)


class EngineBench:
    """One engine; each test makes its fleet with `fleet`."""

    def __init__(self, child: Child) -> None:
        self.child = child
        self._spent = contextlib.ExitStack()

    def close(self) -> None:
        self._spent.close()
        self.call("DELETE", "/v1/fleet")

    def call(self, method: str, path: str, body: object = None) -> Any:
        return self.child.caller.call(method, path, body)

    # The fleet

    def fleet(self, *devices: dict[str, Any], clock: str = "stepped", **fields: Any) -> dict[str, Any]:
        """Make a fleet of these devices, by default of one module named `io-1`."""
        specification = {"seed": 5, "block": WORKER, "clock": {"mode": clock}, "devices": devices or (module(),)}
        made: dict[str, Any] = self.call("PUT", "/v1/fleet", specification | fields)
        assert made["version"] == VERSION
        return made

    def description(self, name: str = "io-1") -> dict[str, Any]:
        told: dict[str, Any] = self.state(name)["description"]
        return told

    def state(self, name: str = "io-1") -> dict[str, Any]:
        told: dict[str, Any] = self.call("GET", f"/v1/devices/{name}")
        return told

    def port(self, number: int, name: str = "io-1") -> dict[str, Any]:
        told: dict[str, Any] = self.state(name)["ports"][str(number)]
        return told

    # Hands and time

    def act(self, verb: str, value: object, **beside: Any) -> int:
        """Do an action; returns the number of its record."""
        number: int = self.call("POST", "/v1/actions", {verb: value, **_keys(beside)})["number"]
        return number

    def advance(self, seconds: float) -> None:
        self.call("POST", "/v1/clock/advance", {"seconds": seconds})

    def advance_until(self, condition: Callable[[], Any], limit: float, step: float = 1.0) -> float:
        """Device seconds until it was true. Fails after `limit` of them."""
        passed = 0.0
        while not condition():
            assert passed < limit, f"not within {limit} s of device time"
            self.advance(step)
            passed += step
        return passed

    def boot(self, name: str = "io-1", limit: float = 120.0) -> float:
        """Wait until a device is in service and says so to a client; returns the device seconds it took."""
        passed = self.advance_until(lambda: self.state(name)["phase"] == "running", limit)
        passed += self.advance_until(lambda: self.state(name)["address"], limit)
        assert self.ready(name)
        return passed

    @property
    def now(self) -> float:
        return float(self.call("GET", "/v1/clock")["now"])

    # The journal, for causes

    def records(
        self, kind: str = "", device: str | None = None, after: int = 0, what: str = ""
    ) -> list[dict[str, Any]]:
        query = f"after={after}" + (f"&kind={kind}" if kind else "") + (f"&device={device}" if device else "")
        found: list[dict[str, Any]] = self.call("GET", f"/v1/journal?{query}")["records"]
        return [record for record in found if what in record["what"]]

    # Clients

    def endpoint(self, name: str = "io-1", service: str = "http") -> tuple[str, int]:
        told = self.description(name)
        return told["address"], told["ports"][service]

    def connect(self, name: str = "io-1", service: str = "http") -> socket.socket:
        """A plain connection to a device, as a client that knows nothing makes it."""
        return self.keep(socket.create_connection(self.endpoint(name, service), timeout=PATIENCE))

    def keep(self, sock: socket.socket) -> socket.socket:
        self._spent.callback(sock.close)
        return sock

    def get(self, path: str, name: str = "io-1", service: str = "http", **options: Any) -> Answer:
        """One request of urllib, with digest authentication."""
        told = self.description(name)
        return self.fetch(told["url" if service == "http" else "https_url"] + path, **options)

    def fetch(self, url: str, body: object = None, timeout: float = PATIENCE) -> Answer:
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(url, data, {"Content-Type": "application/json"} if data else {})
        try:
            with self._opener(url).open(request, timeout=timeout) as answer:
                return Answer(answer.status, answer.read().decode(), dict(answer.headers))
        except urllib.error.HTTPError as error:
            with error:
                return Answer(error.code, error.read().decode(), dict(error.headers))

    def api(self, cgi: str, method: str, name: str = "io-1", **parameters: Any) -> dict[str, Any]:
        """The `data` of a JSON API's answer."""
        body = {"apiVersion": "1.0", "method": method} | ({"params": parameters} if parameters else {})
        answer = self.get(f"/axis-cgi/{cgi}.cgi", name, body=body)
        assert answer.status == 200, answer
        told: dict[str, Any] = json.loads(answer.text)
        return told.get("data", told)

    def parameter(self, group: str, name: str = "io-1") -> str:
        """One parameter, asked from outside."""
        answer = self.get(f"/axis-cgi/param.cgi?action=list&group={group}", name)
        return answer.text.strip().partition("=")[2]

    def ready(self, name: str = "io-1") -> bool:
        """Whether systemready says yes to a client that has never been here."""
        told = self.description(name)
        if told["url"] is None:
            return False
        body = {"apiVersion": "1.1", "method": "systemready", "params": {"timeout": 1}}
        try:
            answer = self.fetch(told["url"] + "/axis-cgi/systemready.cgi", body, timeout=MOMENT)
        except OSError:
            return False
        return answer.status == 200 and json.loads(answer.text)["data"]["systemready"] == "yes"

    def _opener(self, url: str) -> urllib.request.OpenerDirector:
        class Stay(urllib.request.HTTPRedirectHandler):
            def redirect_request(self, *_: Any) -> None:
                return None

        passwords = urllib.request.HTTPPasswordMgrWithDefaultRealm()
        passwords.add_password(None, url, USER, PASSWORD)
        digest, basic = (
            urllib.request.HTTPDigestAuthHandler(passwords),
            urllib.request.HTTPBasicAuthHandler(passwords),
        )
        handlers: list[Any] = [digest, basic, Stay()]
        if url.startswith("https"):
            context = ssl.create_default_context(cadata=self.call("GET", "/v1/authority.pem"))
            handlers.append(urllib.request.HTTPSHandler(context=context))
        return urllib.request.build_opener(*handlers)

    def subscriber(self, topics: str = "#") -> Subscriber:
        """A client of the site's broker that hears everything from now on."""
        broker = self.call("GET", "/v1/fleet")["site"]["broker"]
        subscriber = Subscriber(broker["host"], broker["port"], topics)
        self._spent.callback(subscriber.close)
        return subscriber


class Subscriber:
    """An MQTT client that we did not write."""

    def __init__(self, host: str, port: int, topics: str = "#") -> None:
        self.messages: list[tuple[str, dict[str, Any]]] = []
        self.refused: int | None = None
        self.connected = False
        self._subscribed = False
        self._client = paho.Client(
            CallbackAPIVersion.VERSION2, client_id=f"test-{id(self)}", reconnect_on_failure=False
        )
        self._client.on_message = self._message
        self._client.on_connect = self._connected
        self._client.on_subscribe = self._now_subscribed
        self._client.on_disconnect = self._lost
        self._topics = topics
        self._client.connect(host, port)
        self.until(lambda: self._subscribed or self.refused)

    def close(self) -> None:
        if self._client.socket() is not None:
            self._client.disconnect()
            self._client.loop(0.01)

    def until(self, condition: Callable[[], Any], patience: float = PATIENCE) -> Any:
        """Listen until it is true."""
        for _ in range(int(patience / 0.01)):
            self._client.loop(0.01)
            if outcome := condition():
                return outcome
        raise AssertionError(f"it was not told; heard {self.messages[-3:]}")

    def heard(self, text: str = "") -> list[tuple[str, dict[str, Any]]]:
        """All messages whose topic or payload holds the text, after those on the way have come."""
        count = -1
        while count != len(self.messages):
            count = len(self.messages)
            with contextlib.suppress(AssertionError):
                self.until(lambda: False, MOMENT)
        return [one for one in self.messages if text in one[0] or text in json.dumps(one[1])]

    def forget(self) -> None:
        """Everything that was told until now."""
        self.heard()
        self.messages.clear()

    def wait_for(self, text: str, count: int = 1) -> list[tuple[str, dict[str, Any]]]:
        def told() -> list[tuple[str, dict[str, Any]]]:
            found = [one for one in self.messages if text in one[0] or text in json.dumps(one[1])]
            return found if len(found) >= count else []

        found: list[tuple[str, dict[str, Any]]] = self.until(told)
        return found

    def _message(self, _client: Any, _data: Any, message: paho.MQTTMessage) -> None:
        try:
            payload = json.loads(message.payload)
        except ValueError:
            payload = {"text": message.payload.decode()}
        self.messages.append((message.topic, payload))

    def _connected(self, client: paho.Client, _data: Any, _flags: Any, reason: Any, _properties: Any) -> None:
        self.connected = not reason.is_failure
        self.refused = reason.value if reason.is_failure else None
        if self.connected:
            client.subscribe(self._topics)

    def _now_subscribed(self, *_: Any) -> None:
        self._subscribed = True

    def _lost(self, *_: Any) -> None:
        self.connected = False


def module(name: str = "io-1", **fields: Any) -> dict[str, Any]:
    """An I/O module with two supervised inputs."""
    return {
        "name": name,
        "model": "A9210",
        "supervised": {1: "SerialFirst4k7", 2: "ParallellFirst22k4k7"},
        **fields,
    }


def speaker(name: str = "speaker-1", **fields: Any) -> dict[str, Any]:
    return {"name": name, "model": "C1410", **fields}


# What a plain socket sees


def silent(sock: socket.socket, seconds: float = MOMENT) -> bool:
    """Neither data nor the end of the connection comes for a while."""
    readable, _, _ = select.select([sock], [], [], seconds)
    return not readable


def was_reset(sock: socket.socket) -> bool:
    """The connection has ended with RST. Bytes of answers before it are read over."""
    sock.settimeout(PATIENCE)
    try:
        while sock.recv(65536):
            pass
    except ConnectionResetError:
        return True
    return False


def read_all(sock: socket.socket) -> bytes:
    """Everything until the other side ends. Raises ConnectionResetError."""
    sock.settimeout(PATIENCE)
    received = b""
    while chunk := sock.recv(65536):
        received += chunk
    return received


def answers(sock: socket.socket) -> bool:
    """Whether a request on this connection is answered."""
    sock.settimeout(PATIENCE)
    sock.sendall(READY)
    return sock.recv(65536).startswith(b"HTTP/1.1 ")


def connects(endpoint: tuple[str, int], seconds: float = MOMENT) -> bool:
    """Whether a new connection is taken in that time; a refusal raises."""
    try:
        socket.create_connection(endpoint, timeout=seconds).close()
    except TimeoutError:
        return False
    return True


@contextlib.contextmanager
def refused() -> Iterator[None]:
    """What happens inside is refused by a closed port."""
    try:
        yield
    except ConnectionRefusedError:
        return
    raise AssertionError("it was not refused")


def _keys(beside: dict[str, Any]) -> dict[str, Any]:
    """`for_` and `not_` are keywords of Python."""
    return {name.rstrip("_"): value for name, value in beside.items()}


def linger_reset(sock: socket.socket) -> None:
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
