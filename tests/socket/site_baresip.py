"""baresip as a phone of its own: an independent user agent, told what to do over its control connection."""

from __future__ import annotations

import asyncio
import io
import json
import math
import socket
import struct
import wave
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

MODULES = Path("/usr/lib/baresip/modules")
_CONFIG = """
module_path {modules}
module g711.so
module sndfile.so
module aubridge.so
module aufile.so
module_app account.so
module_app menu.so
module_app ctrl_tcp.so
ctrl_tcp_listen 127.0.0.1:{control}
sip_listen {address}:5060
sip_trans_def udp
audio_source aufile,{folder}/tone.wav
audio_player aubridge,{control}
audio_alert aubridge,{control}
snd_path {folder}
audio_level no
rtp_stats no
call_local_timeout 60
call_max_calls 4
"""


@dataclass
class Baresip:
    """One running baresip. `events` are what it told, in order."""

    folder: Path
    """What it heard ends up here as WAV files, `*-dec.wav`, when a call ends."""
    _reader: asyncio.StreamReader
    _writer: asyncio.StreamWriter
    events: list[dict[str, Any]] = field(default_factory=list)

    async def tell(self, command: str, parameters: str = "") -> None:
        """One command of its menu, such as `dial` or `accept`."""
        body = json.dumps({"command": command, "params": parameters, "token": command}).encode()
        self._writer.write(b"%d:%s," % (len(body), body))
        await self._writer.drain()

    async def event(self, kind: str, seconds: float = 10.0) -> dict[str, Any]:
        """Wait for the next event of a type, such as `REGISTER_OK` or `CALL_ESTABLISHED`."""
        async with asyncio.timeout(seconds):
            while True:
                told = await self._read()
                if told.get("event"):
                    self.events.append(told)
                    if told["type"] == kind:
                        return told

    async def _read(self) -> dict[str, Any]:
        length = int((await self._reader.readuntil(b":"))[:-1])
        body = await self._reader.readexactly(length + 1)
        told: dict[str, Any] = json.loads(body[:-1])
        return told


def _tone(hertz: int) -> bytes:
    """Half a minute of a tone, as a telephone has it, in a WAV file."""
    rate, file = 8000, io.BytesIO()
    with wave.open(file, "wb") as writer:
        writer.setnchannels(1)
        writer.setsampwidth(2)
        writer.setframerate(rate)
        samples = (int(8000 * math.sin(2 * math.pi * hertz * n / rate)) for n in range(30 * rate))
        writer.writeframes(b"".join(struct.pack("<h", sample) for sample in samples))
    return file.getvalue()


@asynccontextmanager
async def baresip(folder: Path, address: str, account: str, *, tone: int = 440) -> AsyncIterator[Baresip]:
    """Run one with this account, whose sound is a tone of `tone` Hz, and which records what it hears."""
    folder.mkdir(parents=True, exist_ok=True)
    with socket.socket() as spare:
        spare.bind(("127.0.0.1", 0))
        control = spare.getsockname()[1]
    settings = _CONFIG.format(modules=MODULES, control=control, address=address, folder=folder)
    (folder / "config").write_text(settings)
    (folder / "accounts").write_text(account + "\n")
    (folder / "tone.wav").write_bytes(_tone(tone))
    (folder / "contacts").write_text("")
    with (folder / "log").open("wb") as log:
        process = await asyncio.create_subprocess_exec(
            "baresip",
            "-f",
            str(folder),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=log,
            stderr=asyncio.subprocess.STDOUT,
        )
    try:
        reader, writer = await _connected(control, process, folder)
        try:
            yield Baresip(folder, reader, writer)
        finally:
            writer.close()
            with suppress(ConnectionError):
                await writer.wait_closed()
    finally:
        if process.returncode is None:
            process.terminate()  # it takes its bindings back, and waits for a registrar that does not answer
        try:
            await asyncio.wait_for(process.wait(), 2)
        except TimeoutError:
            process.kill()
            await process.wait()


async def _connected(
    control: int, process: asyncio.subprocess.Process, folder: Path
) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    async with asyncio.timeout(10):
        while True:
            assert process.returncode is None, (folder / "log").read_text()
            try:
                return await asyncio.open_connection("127.0.0.1", control)
            except ConnectionRefusedError:
                await asyncio.sleep(0.02)
