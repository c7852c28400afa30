"""A small paging client: talks through every speaker of the site, one after another and again, as a VMS does.

It reads the site from the file named in AXSIM_FLEET and sends each speaker three seconds of a 1 kHz tone over
`transmit.cgi`: mu-law at 8 kHz, in pieces of 20 ms and in real time, with digest authentication. A speaker that somebody
else talks through answers 503, and is paged in the next round.
"""

from __future__ import annotations

import asyncio
import json
import math
import os
from collections.abc import AsyncIterator
from typing import Any

import aiohttp

RATE = 8000
PIECE = 0.02
SECONDS = 3.0
HERTZ = 1000
PAUSE = 2.0
PATH = "/axis-cgi/audio/transmit.cgi"


def mulaw(sample: int) -> int:
    """One sample of 16 bits as mu-law (ITU-T G.711)."""
    sign = 0x80 if sample < 0 else 0
    magnitude = min(abs(sample), 32635) + 132
    exponent = magnitude.bit_length() - 8
    return ~(sign | exponent << 4 | magnitude >> (exponent + 3) & 0x0F) & 0xFF


WAVE = bytes(mulaw(round(20_000 * math.sin(2 * math.pi * HERTZ * n / RATE))) for n in range(round(RATE * PIECE)))


async def speech() -> AsyncIterator[bytes]:
    """The tone, as fast as it is to be heard."""
    clock = asyncio.get_running_loop().time
    started = clock()
    for number in range(round(SECONDS / PIECE)):
        await asyncio.sleep(max(0.0, started + number * PIECE - clock()))
        yield WAVE


async def page(device: dict[str, Any]) -> int:
    """Talk through one speaker; the status of its answer."""
    login = device["credentials"]["user"], device["credentials"]["password"]
    headers = {"Content-Type": "audio/basic"}
    async with aiohttp.ClientSession(middlewares=(aiohttp.DigestAuthMiddleware(*login),)) as session:
        async with session.post(device["url"] + PATH, headers=headers, data=b""):
            pass  # asks for the challenge, for the body can be sent only once
        async with session.post(device["url"] + PATH, headers=headers, data=speech()) as answer:
            return answer.status


async def main() -> None:
    with open(os.environ["AXSIM_FLEET"]) as file:
        site = json.load(file)
    print("paging", flush=True)
    while True:
        for device in site["devices"]:
            if device["kind"] == "C1410":
                print(f"{device['name']} answered {await page(device)}", flush=True)
        await asyncio.sleep(PAUSE)


if __name__ == "__main__":
    asyncio.run(main())
