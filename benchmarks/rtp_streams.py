"""One end of many RTP streams, in a process of its own: the media engine, or the obvious way to write it.

    python -m benchmarks.rtp_streams engine|tasks asyncio|uvloop silence|tone <streams> <first port of the peer>

`tasks` is plain asyncio: one datagram endpoint and one task with a sleep per stream, doing as much with each packet.
"""

from __future__ import annotations

import asyncio
import gc
import struct
import sys
from typing import Any

from simulator.chance import Chance
from simulator.net.activity import Activity
from simulator.net.media.engine import MediaEngine
from simulator.net.patchbay import Patchbay
from simulator.net.provider import Provider
from simulator.wire.rtp.negotiated import Negotiated
from simulator.wire.sound.tone import Tone


async def engine(streams: int, first: int, sound: str) -> None:
    provider = Provider.open()
    media = MediaEngine(provider, Patchbay(Activity(), Chance(1)), Chance(1))
    for number in range(streams):
        session = media.open(f"speaker-{number}", provider.plan.device(number + 1), 4000)
        source = Tone(1000) if sound == "tone" else None
        session.start(Negotiated("PCMU", 0, ("127.0.0.1", first + 2 * number)), source)
    await asyncio.Event().wait()


class Plain(asyncio.DatagramProtocol):
    """What a first version looks like: header, loss and jitter, a bounded list of payloads."""

    def __init__(self) -> None:
        self.highest = self.received = 0
        self.jitter = 0.0
        self.transit: float | None = None
        self.payloads: list[bytes] = []
        self.loop = asyncio.get_running_loop()

    def connection_made(self, transport: Any) -> None:
        self.transport = transport

    def datagram_received(self, data: bytes, addr: Any) -> None:
        _, _, sequence, stamp, _ = struct.unpack_from("!BBHII", data)
        self.received += 1
        self.highest = max(self.highest, sequence)
        transit = self.loop.time() * 8000 - stamp
        if self.transit is not None:
            self.jitter += (abs(transit - self.transit) - self.jitter) / 16
        self.transit = transit
        self.payloads.append(data[12:])
        if len(self.payloads) > 1500:
            del self.payloads[:500]

    async def speak(self, peer: tuple[str, int]) -> None:
        sequence = stamp = 0
        begun = self.loop.time()
        while True:
            packet = struct.pack("!BBHII", 0x80, 0, sequence & 0xFFFF, stamp & 0xFFFFFFFF, 1) + b"\xff" * 160
            self.transport.sendto(packet, peer)
            sequence += 1
            stamp += 160
            await asyncio.sleep(begun + sequence * 0.02 - self.loop.time())


async def tasks(streams: int, first: int, sound: str) -> None:
    loop = asyncio.get_running_loop()
    speaking = []
    for number in range(streams):
        _, protocol = await loop.create_datagram_endpoint(Plain, local_addr=("127.0.0.2", 0))
        speaking.append(asyncio.create_task(protocol.speak(("127.0.0.1", first + 2 * number))))
    await asyncio.gather(*speaking)


if __name__ == "__main__":
    way, loop, heard, count, port = sys.argv[1:6]
    gc.freeze()  # as the engine process does when a fleet is made
    if loop == "uvloop":
        from uvloop import run
    else:
        run = asyncio.run
    run({"engine": engine, "tasks": tasks}[way](int(count), int(port), heard))
