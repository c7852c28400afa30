"""Starts `pjsua_peer.py` and talks with it."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

PROGRAM = Path(__file__).parent / "pjsua_peer.py"
PATIENCE = 15.0
"""Wire seconds for anything that must come."""


class PjsuaPhone:
    """A phone in another process. `expect` takes its words, each once."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process
        self.heard: list[dict[str, Any]] = []
        self.place = ""
        """`host:port` of its transport."""

    async def expect(self, event: str, **data: Any) -> dict[str, Any]:
        """The first word of this kind with these values that nobody has taken."""
        assert self._process.stdout is not None

        def fits(word: dict[str, Any]) -> bool:
            return word["event"] == event and all(word.get(name) == value for name, value in data.items())

        try:
            async with asyncio.timeout(PATIENCE):
                while not (found := [word for word in self.heard if fits(word)]):
                    line = await self._process.stdout.readline()
                    if not line:
                        break
                    if line.startswith(b"{"):
                        self.heard.append(json.loads(line))
        except TimeoutError:
            found = []
        assert found, f"no {event} {data} in {self.heard}"
        self.heard.remove(found[0])
        return found[0]

    def do(self, verb: str, **data: Any) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps({"do": verb, **data}).encode() + b"\n")


@asynccontextmanager
async def phone(**options: Any) -> AsyncIterator[PjsuaPhone]:
    """A pjsua phone with these options of `pjsua_peer.py`."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        str(PROGRAM),
        json.dumps(options),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    made = PjsuaPhone(process)
    try:
        made.place = (await made.expect("ready"))["place"]
        yield made
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()
