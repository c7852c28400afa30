"""The observers' process: `python -m simulator.expect.observer.service <socket>`.

PUT    /v1/site       fleet.json and which streams to watch; with `go_on` they join what is watched already
DELETE /v1/site       watch nothing more
POST   /v1/catch-up   return when everything that happened before has arrived, from all but the devices that are known to
                      be silent; numbers of the last sightings, and devices whose event stream is lost
PUT    /v1/addresses  where devices are now, by name
GET    /v1/seen       sightings of one face after a number, of one device or of all
GET    /v1/told       of each event of one device what a face was told last
GET    /v1/streams    devices whose event stream is open now
POST   /v1/ask        one HTTP question to one device
POST   /v1/ask-snmp   one SNMP question to one device
POST   /v1/modbus     one read of a master on a bus
"""

from __future__ import annotations

import asyncio
import json
import sys
from typing import Any

from aiohttp import web

from simulator.expect.observer import modbus
from simulator.expect.observer.mqtt import MqttObserver
from simulator.expect.observer.sighting import Sightings
from simulator.expect.observer.snmp import SnmpObserver
from simulator.expect.observer.stream import StreamObserver
from simulator.expect.observer.trap import TrapObserver
from simulator.expect.observer.vapix import VapixObserver
from simulator.fleet.parent import serve_parent

DEAF = {
    "error": "nobody listens for traps: another program has the port of the site's receiver",
    "hint": "end it, or use another address block",
}
NOBODY_WATCHES = {"error": "the observers watch no site", "hint": "they have ended and lost what they had seen"}


class Observers:
    """What watches one fleet. Devices and streams may join later; what was seen stays seen."""

    def __init__(self) -> None:
        self.vapix = VapixObserver()
        self.snmp = SnmpObserver()
        self.traps: TrapObserver | None = None
        self.stream_seen = Sightings("stream")
        self.streams: list[StreamObserver] = []
        self.mqtt: MqttObserver | None = None

    def join(self, fleet: dict[str, Any], streams: list[str]) -> None:
        """Watch these devices and streams too. `fleet` is the whole fleet.json."""
        devices = {device["name"]: device for device in fleet["devices"]}
        self.vapix.know(devices, fleet["site"].get("observer"))
        self.snmp.know(fleet["site"].get("observer"))
        receiver = fleet["site"].get("traps")
        if self.traps is None and receiver:
            self.traps = TrapObserver(receiver["host"], receiver["port"])
        watched = {stream.device for stream in self.streams}
        self.streams += [
            StreamObserver(name, devices[name], self.vapix, self.stream_seen)
            for name in streams
            if name not in watched
        ]
        self._join_broker(fleet["site"].get("broker"), devices)

    def _join_broker(self, broker: dict[str, Any] | None, devices: dict[str, Any]) -> None:
        """A foreign broker is listened to when devices are enrolled there, the fleet's own one always: a client may
        enrol them at any time."""
        prefixes = {device["mqtt"]["prefix"]: name for name, device in devices.items() if device.get("mqtt")}
        if self.mqtt is None and broker and (prefixes or broker["embedded"]):
            self.mqtt = MqttObserver(broker)
        if self.mqtt is not None:
            self.mqtt.know(prefixes, {device["serial"]: name for name, device in devices.items()})

    async def ready(self) -> list[str]:
        """Wait until all watch; returns what does not."""
        watching = [(f"stream of {stream.device}", stream.ready()) for stream in self.streams]
        if self.mqtt is not None:
            watching.append(("mqtt", self.mqtt.ready()))
        if self.traps is not None and not self.traps.open:
            watching.append(("traps", self.traps.listen()))
        outcomes = await asyncio.gather(*(ready for _, ready in watching), return_exceptions=True)
        return [what for (what, _), outcome in zip(watching, outcomes, strict=True) if outcome is not None]

    async def catch_up(self, silent: frozenset[str]) -> dict[str, Any]:
        for stream in self.streams:
            stream.silent = stream.device in silent
        waiting = [stream.catch_up() for stream in self.streams if not stream.silent]
        await asyncio.gather(*waiting, *[one.catch_up() for one in (self.mqtt, self.traps) if one])
        return {
            "mqtt": self.mqtt.seen.last_number if self.mqtt else 0,
            "stream": self.stream_seen.last_number,
            "trap": self.traps.seen.last_number if self.traps else 0,
            "lost": [stream.device for stream in self.streams if not stream.open],
        }

    def move(self, urls: dict[str, str]) -> None:
        """Devices are at these addresses now."""
        for stream in self.streams:
            if stream.device in urls:
                stream.move(urls[stream.device])

    def seen(self, face: str) -> Sightings:
        """What one observer saw; nothing where there is no such observer."""
        if face == "stream":
            return self.stream_seen
        if face == "trap":
            return self._trapped()
        return self.mqtt.seen if self.mqtt is not None else Sightings(face)

    def _trapped(self) -> Sightings:
        """Silence is no finding where nobody listens: who asks is told."""
        if self.traps is None:
            return Sightings("trap")
        if not self.traps.open:
            raise web.HTTPConflict(text=json.dumps(DEAF), content_type="application/json")
        return self.traps.seen

    def streaming(self) -> list[str]:
        return [stream.device for stream in self.streams if stream.open]

    async def close(self) -> None:
        await asyncio.gather(*(stream.close() for stream in self.streams))
        if self.mqtt is not None:
            await self.mqtt.close()
        if self.traps is not None:
            await self.traps.close()
        await self.snmp.close()
        await self.vapix.close()


class Service:
    """The calls; one set of observers at a time."""

    def __init__(self) -> None:
        self.observers: Observers | None = None

    async def watch(self, request: web.Request) -> web.Response:
        body = await request.json()
        if not body["go_on"]:
            await self.close()
        observers = self.observers = self.observers or Observers()
        observers.join(body["fleet"], body["streams"])
        return web.json_response({"late": await observers.ready()})

    async def look_away(self, _request: web.Request) -> web.Response:
        await self.close()
        return web.json_response({})

    async def catch_up(self, request: web.Request) -> web.Response:
        silent = frozenset((await request.json())["silent"])
        return web.json_response(await self._watching().catch_up(silent))

    async def move(self, request: web.Request) -> web.Response:
        self._watching().move(await request.json())
        return web.json_response({})

    async def seen(self, request: web.Request) -> web.Response:
        query = request.query
        after, device = int(query.get("after", "0")), query.get("device", "")
        return web.json_response({"seen": self._watching().seen(query["face"]).after(after, device)})

    async def told(self, request: web.Request) -> web.Response:
        query = request.query
        return web.json_response({"told": self._watching().seen(query["face"]).told(query["device"])})

    async def streams(self, _request: web.Request) -> web.Response:
        return web.json_response({"streaming": self._watching().streaming()})

    async def ask(self, request: web.Request) -> web.Response:
        vapix = self._watching().vapix
        return web.json_response(await vapix.ask(**(await request.json())))

    async def ask_snmp(self, request: web.Request) -> web.Response:
        snmp = self._watching().snmp
        return web.json_response(await snmp.ask(**(await request.json())))

    async def ask_modbus(self, request: web.Request) -> web.Response:
        return web.json_response(await modbus.ask(**(await request.json())))

    def _watching(self) -> Observers:
        """The observers, who must not be asked for what they cannot have seen: they may have been started anew."""
        if self.observers is None:
            raise web.HTTPConflict(text=json.dumps(NOBODY_WATCHES), content_type="application/json")
        return self.observers

    async def close(self) -> None:
        observers, self.observers = self.observers, None
        if observers is not None:
            await observers.close()


async def serve(spelled: str) -> None:
    """Serve the calls until the parent goes away."""
    service = Service()
    app = web.Application(client_max_size=64 << 20)
    app.router.add_put("/v1/site", service.watch)
    app.router.add_delete("/v1/site", service.look_away)
    app.router.add_post("/v1/catch-up", service.catch_up)
    app.router.add_put("/v1/addresses", service.move)
    app.router.add_get("/v1/seen", service.seen)
    app.router.add_get("/v1/told", service.told)
    app.router.add_get("/v1/streams", service.streams)
    app.router.add_post("/v1/ask", service.ask)
    app.router.add_post("/v1/ask-snmp", service.ask_snmp)
    app.router.add_post("/v1/modbus", service.ask_modbus)
    await serve_parent(app, spelled, close=service.close)


if __name__ == "__main__":
    asyncio.run(serve(sys.argv[1]))
