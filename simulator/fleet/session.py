"""One fleet as its tester sees it: the engine, the observers, and the expectations made so far.

Shared by the scenario runner and the pytest plugin. The engine's process is given; the observers' process starts
when the first expectation needs it.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from simulator.errors import AxsimError, UnknownTarget
from simulator.expect.mark import Mark
from simulator.fleet.handle import HANDLES, DeviceHandle
from simulator.fleet.observers import ObserverProcess

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from simulator.expect.promise import Expect, Promise
    from simulator.fleet.caller import Caller
    from simulator.fleet.phone_handle import PhoneHandle

LAST_SOUND = 30.0
"""Seconds that a loudspeaker remembers."""


@dataclass(frozen=True)
class Touched:
    """The last deed of hands."""

    mark: Mark = field(default_factory=Mark)
    device: str = ""
    port: str = ""
    deed: str = ""
    """The deed in words: `cut io-1/input/1`."""


def touch(action: dict[str, Any], mark: Mark | None = None) -> Touched:
    """What an action touches: a device, a port of it, or neither."""
    verb, value = next(iter(action.items()))
    fields = value if isinstance(value, dict) else {"target": value}
    target = str(fields.get("target") or fields.get("device") or fields.get("on") or "")
    parts = target.split("/")
    port = parts[2] if len(parts) == 3 else ""
    rest = [f"{key}={field}" for key, field in fields.items() if str(field) != target]
    return Touched(mark or Mark(), parts[0], port, " ".join([verb, *([target] if target else []), *rest]))


class Session:
    """Control calls about one fleet, with their answers decoded."""

    def __init__(self, caller: Caller, observers: ObserverProcess | None = None) -> None:
        """`observers` may serve several sessions one after another; by default they are this session's own."""
        self.caller = caller
        self._observers = observers or ObserverProcess()
        self._own_observers = observers is None
        self._watched: tuple[str, ...] | None = None
        """Devices whose event stream is watched; None while nothing is."""
        self._known: tuple[str, ...] = ()
        """Devices that the observers know."""
        self.observed_since = 0
        """Number of the last record before the observers listened."""
        self.touched = Touched()
        """What hands did last, and the moment before: where expectations look from."""
        self.promises: list[Promise] = []
        """Expectations made so far."""

    # The fleet

    def populate(self, specification: dict[str, Any]) -> dict[str, Any]:
        """Make this fleet; returns what fleet.json holds. The observers leave the old one first: its addresses go."""
        self.look_away()
        self.touched = Touched()
        return self._get("PUT", "/v1/fleet", specification)

    def add(self, name: str, *, model: str, **fields: Any) -> DeviceHandle:
        """Put one more device on the bench."""
        self._known = ()
        description = self._get("POST", "/v1/devices", {"name": name, "model": model, **fields})
        return HANDLES[description["kind"]](self, name)

    def fleet(self) -> dict[str, Any]:
        """What fleet.json holds, as of now."""
        return self._get("GET", "/v1/fleet")

    def __getitem__(self, name: str) -> DeviceHandle:
        """The handle of a device. Raises UnknownTarget with near names."""
        for device in self.fleet()["devices"]:
            if device["name"] == name:
                return HANDLES[device["kind"]](self, name)
        raise UnknownTarget("device", name, [device["name"] for device in self.fleet()["devices"]])

    def __iter__(self) -> Iterator[DeviceHandle]:
        for device in self.fleet()["devices"]:
            yield HANDLES[device["kind"]](self, device["name"])

    def device(self, name: str) -> dict[str, Any]:
        """A device's entry of fleet.json, as of now."""
        return self._get("GET", f"/v1/devices/{name}/description")

    def snapshot(self, name: str) -> dict[str, Any]:
        """The true state of a device."""
        return self._get("GET", f"/v1/devices/{name}")

    def states(self, device: str) -> list[dict[str, Any]]:
        """Every lasting state of a device, as its event system holds it: topic, source and data."""
        return self._get("GET", f"/v1/devices/{device}/states")  # type: ignore[return-value]

    def sound(self, device: str, seconds: float = 2.0) -> bytes:
        """A WAV file of what a speaker played in the last seconds, at most 30."""
        return self.caller.call("GET", f"/v1/devices/{device}/sound?seconds={seconds:g}")  # type: ignore[no-any-return]

    def sounds(self, devices: Iterable[str]) -> dict[str, bytes]:
        """The last half minute of each of these speakers; nothing of an engine or a device that is gone."""
        found: dict[str, bytes] = {}
        for name in devices:
            with suppress(AxsimError):
                found[name] = self.sound(name, LAST_SOUND)
        return found

    def hearing(self, device: str, seconds: float = 1.0, tone: float | None = None) -> dict[str, Any]:
        """What is heard of a speaker: `heard`, `sources`, `level`, `strongest`, and of a tone in Hz `tone_level`."""
        asked = "" if tone is None else f"&tone={tone:g}"
        return self._get("GET", f"/v1/devices/{device}/hearing?seconds={seconds:g}{asked}")

    def part_state(self, target: str) -> dict[str, Any]:
        """The true state of one port."""
        device, _, port = target.split("/")
        ports = self.snapshot(device)["ports"]
        if port not in ports:
            raise UnknownTarget("port", target, [f"{device}/port/{known}" for known in ports])
        return ports[port]  # type: ignore[no-any-return]

    # Hands and time

    def act(self, action: dict[str, Any]) -> dict[str, Any]:
        """Do one action; returns the number of its record and its device time."""
        self.touched = touch(action, self.mark())
        return self._get("POST", "/v1/actions", action)

    def mark(self) -> Mark:
        """This moment, after the observers have caught up."""
        sightings = self.catch_up()
        state = self.clock()
        return Mark(state["now"], state["last"], sightings["mqtt"], sightings["stream"], sightings["trap"])

    def expect(self, device: str = "") -> Expect:
        """Expectations about a device, or about the fleet."""
        from simulator.expect.promise import Expect

        self.observe((device,) if device else ())
        return Expect(self, device)

    def unawaited(self) -> list[Promise]:
        """Expectations that were made and never waited for."""
        return [promise for promise in self.promises if not promise.awaited]

    def broker(self, do: str, **fields: Any) -> None:
        """Tell the embedded broker what to do: `stop`, `start`, `restart`, `refuse`, `drop`, `stall`, ..."""
        self.act({"broker": {"do": do, **fields}})

    def registrar(self, do: str, **fields: Any) -> None:
        """Tell the site's SIP registrar what to do: `down`, `silent`, `answer`, `stale`, `up`, ..."""
        self.act({"registrar": {"do": do, **fields}})

    def phone(self, name: str = "") -> PhoneHandle:
        """The handle of a phone of the site; the only one by default. Raises UnknownTarget with near names."""
        from simulator.fleet.phone_handle import PhoneHandle

        names = [phone["name"] for phone in self.phones()]
        if not name and len(names) == 1:
            return PhoneHandle(self, names[0])
        if name not in names:
            raise UnknownTarget("phone", name, names)
        return PhoneHandle(self, name)

    def receiver(self, do: str, **fields: Any) -> None:
        """Tell the receivers of notifications what to do: `stop`, `start`, `refuse`, `accept`, `stall`, `slow`, ..."""
        self.act({"receiver": {"do": do, **fields}})

    def note(self, text: str) -> None:
        """Write a remark into the journal and so into the timeline."""
        self.act({"note": text})

    def clock(self) -> dict[str, Any]:
        """`now`, `stepped`, `rate`, `next_due` of device time."""
        return self._get("GET", "/v1/clock")

    def advance(self, seconds: float) -> dict[str, Any]:
        """Move a stepped clock."""
        return self._get("POST", "/v1/clock/advance", {"seconds": seconds}, wait=60 + seconds / 100)

    def pass_time(self, limit: float) -> dict[str, Any]:
        """Let a little time pass, up to device time `limit`."""
        return self._get("POST", "/v1/clock/pass", {"limit": limit}, wait=60)

    # Eyes

    def phones(self) -> list[dict[str, Any]]:
        """What each phone of the site shows and hears now."""
        return self._get("GET", "/v1/phones")  # type: ignore[return-value]

    def registrars(self) -> list[dict[str, Any]]:
        """The site's own SIP registrars, with their bindings."""
        return self._get("GET", "/v1/registrars")  # type: ignore[return-value]

    def journal(self, after: int = 0, kinds: str = "", device: str | None = None) -> dict[str, Any]:
        """Records with a higher number: `records`, `last`, `dropped`."""
        query = f"after={after}" + (f"&kind={kinds}" if kinds else "") + (f"&device={device}" if device else "")
        return self._get("GET", f"/v1/journal?{query}")

    def remark(self, kind: str, what: str, device: str = "", **data: Any) -> dict[str, Any]:
        """Write a record of the runner: a step, a verdict."""
        return self._get("POST", "/v1/journal", {"kind": kind, "device": device, "what": what, "data": data})

    def observe(self, streams: tuple[str, ...] = ()) -> None:
        """Let the observers watch the broker, and the event streams of these devices, from now on.

        What is watched already goes on being watched, and what was seen stays. A device that cannot be reached, or
        is not set up, has no stream yet.
        """
        before = self._watched or ()
        wanted = tuple(sorted({*streams, *before}))
        if self._watched is not None and self._known and wanted == before:
            return
        fleet = self.fleet()
        ready = {device["name"] for device in fleet["devices"] if device["url"] and not device["needs_setup"]}
        watched = tuple(name for name in wanted if name in ready or name in before)
        body = {"fleet": fleet, "streams": watched, "go_on": self._watched is not None}
        self._observers.call("PUT", "/v1/site", body, wait=30)
        if self._watched is None:
            self.observed_since = self.clock()["last"]
        self._watched = watched
        self._known = tuple(device["name"] for device in fleet["devices"])

    def watches_stream(self, device: str) -> bool:
        """Whether the event stream of a device is watched."""
        return device in (self._watched or ())

    def catch_up(self) -> dict[str, int]:
        """Wait until the observers have seen all that happened; numbers of their last sightings."""
        if self._watched is None:
            return {"mqtt": 0, "stream": 0, "trap": 0}
        silent = self._get("GET", "/v1/silent") if self._watched else []
        answer = self._observers.call("POST", "/v1/catch-up", {"silent": silent}, wait=10)
        if answer["lost"]:
            self._show_the_way(answer["lost"])
        return {face: answer[face] for face in ("mqtt", "stream", "trap")}

    def _show_the_way(self, lost: list[str]) -> None:
        """Streams that ended may have ended because the device has another address now."""
        urls = {name: self.device(name)["url"] for name in lost}
        self._observers.call("PUT", "/v1/addresses", {name: url for name, url in urls.items() if url})

    def seen(self, face: str, after: int, device: str = "") -> list[dict[str, Any]]:
        """What an observer saw after a number, of one device or of all. `face` is `mqtt`, `stream` or `trap`."""
        if self._watched is None:
            return []
        answer = self._observers.call("GET", f"/v1/seen?face={face}&after={after}&device={device}")
        return answer["seen"]  # type: ignore[no-any-return]

    def told(self, face: str, device: str) -> list[dict[str, Any]]:
        """Of each topic and source of a device, the message that an observer saw last."""
        if self._watched is None:
            return []
        answer = self._observers.call("GET", f"/v1/told?face={face}&device={device}")
        return answer["told"]  # type: ignore[no-any-return]

    def streaming(self, device: str) -> bool:
        """Whether the observer's event stream to a device is open now."""
        return self._watched is not None and device in self._observers.call("GET", "/v1/streams")["streaming"]

    def ask(self, device: str, path: str, *, method: str = "GET", body: object = None) -> dict[str, Any]:
        """One HTTP question to a device, asked by a client we did not write, at its present address."""
        self.observe()
        url = self.device(device)["url"]
        if url is None:
            return {"error": "the device has no address"}
        question = {"device": device, "path": path, "method": method, "body": body, "url": url}
        return self._observers.call("POST", "/v1/ask", question, wait=20)  # type: ignore[no-any-return]

    def ask_snmp(self, device: str, oid: str, version: str, community: str = "") -> dict[str, Any]:
        """One GET to a device's agent, asked by a manager we did not write: `value` and `type`, or `error`."""
        self.observe()
        description = self.device(device)
        if description["snmp"] is None:
            return {"error": "no agent"}
        question = {
            "address": description["address"],
            "agent": description["snmp"],
            "oid": oid,
            "version": version,
            "community": community,
        }
        return self._observers.call("POST", "/v1/ask-snmp", question, wait=20)  # type: ignore[no-any-return]

    def ask_modbus(
        self, host: str, port: int, unit: int, function: int, register: int, count: int
    ) -> dict[str, Any]:
        """One read of an independent master on a bus: `words`, `exception`, or `error` where nothing comes."""
        self.observe()
        question = {
            "host": host, "port": port, "unit": unit, "function": function, "register": register, "count": count,
        }  # fmt: skip
        return self._observers.call("POST", "/v1/modbus", question, wait=20)  # type: ignore[no-any-return]

    def look_away(self) -> None:
        """End the observation: its connections to the fleet close."""
        watched, self._watched = self._watched, None
        if watched is not None and self._observers.running:
            self._observers.call("DELETE", "/v1/site", wait=10)

    def close(self) -> None:
        """End the observation; the engine is somebody else's."""
        if self._own_observers:
            self._watched = None
            self._observers.stop()
        else:
            self.look_away()

    def _get(self, method: str, path: str, body: object = None, *, wait: float = 30.0) -> dict[str, Any]:
        return self.caller.call(method, path, body, wait=wait)  # type: ignore[no-any-return]
