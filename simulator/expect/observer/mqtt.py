"""Listens to everything on the site's broker, with aiomqtt."""

from __future__ import annotations

import asyncio
import contextlib
import json
import uuid
from typing import TYPE_CHECKING, Any

import aiomqtt

from simulator.expect.observer.sighting import Sightings

if TYPE_CHECKING:
    from collections.abc import Mapping

RETRY = 0.02
"""Wire seconds between tries to reach a broker that is down."""
MOMENT = 0.1
"""Wire seconds that a look waits for the broker to come back, or for a marker from one that is stalled."""
PATIENCE = 3.0
"""Wire seconds a barrier may take before the broker is taken for stalled."""
BARRIER_PREFIX = "$axsim/barrier/"


class MqttObserver:
    """Subscribed to `#` from start to close, over every outage of the broker."""

    def __init__(self, broker: Mapping[str, Any]) -> None:
        self.seen = Sightings("mqtt")
        self._broker = broker
        self._prefixes: dict[str, str] = {}
        self._serials: dict[str, str] = {}
        self._identifier = f"axsim-observer-{uuid.uuid4().hex[:12]}"
        self._client: aiomqtt.Client | None = None
        self._subscribed = asyncio.Event()
        self._stalled = False
        """The last marker did not come back: the next ones are not waited for long."""
        self._barriers: dict[str, asyncio.Future[None]] = {}
        self._task = asyncio.create_task(self._listen())

    def know(self, prefixes: Mapping[str, str], serials: Mapping[str, str]) -> None:
        """Tell messages of devices apart: device topic prefix such as `axis/B8A44F000001`, or serial, to name."""
        self._prefixes.update(prefixes)
        self._serials.update(serials)

    async def ready(self) -> None:
        """Wait until subscribed. Raises TimeoutError."""
        async with asyncio.timeout(PATIENCE):
            await self._subscribed.wait()

    async def catch_up(self) -> bool:
        """Return when everything that was on the broker before has arrived; False if it is down or stalled.

        A marker published now comes back after all earlier messages, for a broker keeps their order.
        """
        if not self._subscribed.is_set():
            await self._come_back()
        client = self._client
        if client is None:
            return False
        patience = MOMENT if self._stalled else PATIENCE
        name = uuid.uuid4().hex
        arrived = self._barriers[name] = asyncio.get_running_loop().create_future()
        try:
            async with asyncio.timeout(patience):
                await client.publish(BARRIER_PREFIX + self._identifier, name)
                await arrived
        except (aiomqtt.MqttError, TimeoutError):
            self._stalled = True
            return False
        finally:
            self._barriers.pop(name, None)
        return True

    async def close(self) -> None:
        """A cancellation that comes while aiomqtt connects can be lost in there, so it is said until it is heard."""
        while not self._task.done():
            self._task.cancel()
            await asyncio.wait({self._task}, timeout=MOMENT)

    async def _come_back(self) -> None:
        """A broker that is there again is heard from now on; one that is down is not waited for."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(MOMENT):
                await self._subscribed.wait()

    async def _listen(self) -> None:
        while True:
            with contextlib.suppress(aiomqtt.MqttError, OSError):
                await self._session()
            self._client = None
            self._subscribed.clear()
            await asyncio.sleep(RETRY)

    async def _session(self) -> None:
        client = aiomqtt.Client(
            self._broker["host"],
            self._broker["port"],
            username=self._broker.get("user") or None,
            password=self._broker.get("password") or None,
            identifier=self._identifier,
            timeout=PATIENCE,
        )
        async with client:
            await client.subscribe([("#", 1), (BARRIER_PREFIX + self._identifier, 1)])
            self._client, self._stalled = client, False
            self._subscribed.set()
            async for message in client.messages:
                self._take(message)

    def _take(self, message: aiomqtt.Message) -> None:
        topic, payload = str(message.topic), _text(message.payload)
        if topic.startswith(BARRIER_PREFIX):
            self._stalled = False
            waiting = self._barriers.get(payload)
            if waiting is not None and not waiting.done():
                waiting.set_result(None)
            return
        data: dict[str, Any] = {
            "topic": topic, "payload": payload, "qos": message.qos, "retain": bool(message.retain),
        }  # fmt: skip
        with contextlib.suppress(ValueError, RecursionError):
            data["json"] = json.loads(payload)
        note = data.get("json")
        self.seen.add(self._device(topic, note), data, note)

    def _device(self, topic: str, payload: object) -> str:
        """By its prefix, by the serial in the payload (Axis writes it there), or by the serial in the topic."""
        parts = topic.split("/")
        for length in (2, 1, 3):
            name = self._prefixes.get("/".join(parts[:length]))
            if name is not None:
                return name
        told = [payload.get("serial")] if isinstance(payload, dict) else []
        return next((self._serials[one] for one in [*told, *parts] if one in self._serials), "")


def _text(payload: object) -> str:
    return payload.decode(errors="replace") if isinstance(payload, bytes | bytearray) else str(payload)
