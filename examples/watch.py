"""A small client that knows only VAPIX and MQTT: enrols devices, follows their events, finds them again.

It reads the site from the file named in AXSIM_FLEET, as a VMS reads its configuration: addresses, credentials and the
broker. Then it
- asks each device who it is (digest authentication over HTTP) and what ports it has,
- subscribes to their MQTT events and prints each that concerns an input,
- asks a device for its present state after each event, as a good client does,
- follows a device to a new address, which it learns from the device's own AddressAdded event, and knows it by its
  serial number there,
- enrols a device again when its connection message says that it is back.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
from typing import Any
from urllib.parse import urlsplit

import aiohttp
import aiomqtt

PATIENCE = 5.0
RETRY = 0.2
TRIES = 50


class Device:
    """One device as the client knows it."""

    def __init__(self, entry: dict[str, Any]) -> None:
        self.name: str = entry["name"]
        self.serial: str = entry["serial"]
        self.base: str | None = entry["url"]
        self._login = (entry["credentials"]["user"], entry["credentials"]["password"])
        self._digest = aiohttp.DigestAuthMiddleware(*self._login)

    def move(self, address: str) -> None:
        """Use another address from now on; a digest is good for the address it was made for."""
        self._digest = aiohttp.DigestAuthMiddleware(*self._login)
        port = urlsplit(self.base or "").port
        self.base = f"http://{address}" + (f":{port}" if port else "")

    async def call(self, path: str, method: str) -> dict[str, Any]:
        """One JSON call. Raises aiohttp.ClientError or TimeoutError."""
        body = {"apiVersion": "1.0", "context": "watch", "method": method}
        timeout = aiohttp.ClientTimeout(total=PATIENCE)
        async with (
            aiohttp.ClientSession(middlewares=(self._digest,), timeout=timeout) as session,
            session.post(f"{self.base}/axis-cgi/{path}", json=body) as answer,
        ):
            answer.raise_for_status()
            return await answer.json(content_type=None)

    async def enrol(self) -> None:
        """Learn who it is and what it has, patiently."""
        for _ in range(TRIES):
            with contextlib.suppress(aiohttp.ClientError, TimeoutError, OSError):
                if self.base is not None:
                    return await self._enrol()
            await asyncio.sleep(RETRY)
        print(f"lost {self.name}", flush=True)
        return None

    async def _enrol(self) -> None:
        identity = await self.call("basicdeviceinfo.cgi", "getAllProperties")
        found = identity["data"]["propertyList"]
        if found["SerialNumber"] != self.serial:
            print(f"stranger {found['SerialNumber']} at {self.base}", flush=True)
            return
        ports = await self.call("io/portmanagement.cgi", "getPorts")
        print(f"enrolled {self.name} {found['Version']} ports={ports['data']['numberOfPorts']}", flush=True)


class Watcher:
    """Follows the events of all devices on the site's broker."""

    def __init__(self, site: dict[str, Any]) -> None:
        self.devices = {entry["serial"]: Device(entry) for entry in site["devices"]}
        self._broker = site["site"]["broker"]
        self._work: set[asyncio.Task[None]] = set()

    async def run(self) -> None:
        """Enrol everything that has an address, then listen for ever."""
        await asyncio.gather(*(device.enrol() for device in self.devices.values() if device.base))
        while True:
            with contextlib.suppress(aiomqtt.MqttError):
                await self._listen()
            await asyncio.sleep(RETRY)

    async def _listen(self) -> None:
        broker = self._broker
        client = aiomqtt.Client(
            broker["host"], broker["port"], username=broker["user"] or None, password=broker["password"] or None
        )
        async with client:
            await client.subscribe("axis/+/event/#")
            print("watching", flush=True)
            async for message in client.messages:
                if not message.retain:
                    self._take(str(message.topic), message.payload)

    def _take(self, topic: str, payload: object) -> None:
        device = self.devices.get(topic.split("/")[1])
        if device is None or not isinstance(payload, bytes):
            return
        try:
            event = json.loads(payload)
        except ValueError:
            print(f"not json on {topic}", flush=True)
            return
        self._follow(device, topic, event)

    def _follow(self, device: Device, topic: str, event: dict[str, Any]) -> None:
        if topic.endswith("/event/connection"):
            print(f"{device.name} connected={event.get('connected')}", flush=True)
            if event.get("connected"):
                self._begin(device.enrol())
            return
        name, data = event["topic"].rsplit("/", 1)[-1], event["message"]["data"]
        if name == "AddressAdded":
            print(f"{device.name} moved to {data['address']}", flush=True)
            device.move(data["address"])
            self._begin(device.enrol())
        elif name in ("SupervisedPort", "Port"):
            port = event["message"]["source"]["port"]
            print(f"{device.name} port {port} {name} {data['state']}", flush=True)
            if name == "SupervisedPort":
                self._begin(self._ask(device))

    async def _ask(self, device: Device) -> None:
        with contextlib.suppress(aiohttp.ClientError, TimeoutError, OSError):
            await device.call("supervisedio.cgi", "getSupervised")

    def _begin(self, work: Any) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._work.add(task)
        task.add_done_callback(self._work.discard)


async def main() -> None:
    with open(os.environ["AXSIM_FLEET"]) as file:
        site = json.load(file)
    loop = asyncio.get_running_loop()
    task = loop.create_task(Watcher(site).run())
    loop.add_signal_handler(signal.SIGTERM, task.cancel)
    with contextlib.suppress(asyncio.CancelledError):
        await task


if __name__ == "__main__":
    asyncio.run(main())
