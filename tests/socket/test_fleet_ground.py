"""What a fleet joins to its ground: the web server's own pages, and bugs in what the clock calls."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from simulator.fleet.bench import Bench
from simulator.fleet.specification import FleetSpecification
from simulator.journal import Kind

pytestmark = pytest.mark.asyncio


@asynccontextmanager
async def speaker(**parameters: str) -> AsyncIterator[Bench]:
    devices = [{"name": "speaker-1", "model": "C1410", "parameters": parameters}]
    bench = await Bench.build(
        FleetSpecification.model_validate({"devices": devices, "clock": {"mode": "stepped"}})
    )
    try:
        yield bench
    finally:
        await bench.close()


async def told_for_garbage(bench: Bench) -> str:
    place = bench.hosts["speaker-1"].description()
    reader, writer = await asyncio.open_connection(place["address"], place["ports"]["http"])
    writer.write(b"this is no request\r\n\r\n")
    answer = await reader.read()
    writer.close()
    await writer.wait_closed()
    return answer.decode()


async def test_pages_of_the_web_server_itself_hide_its_version_as_the_others_do() -> None:
    async with speaker() as bench:
        assert "\r\nServer: Apache/" in await told_for_garbage(bench)
    async with speaker(**{"System.HTTPServerTokens": "no"}) as bench:
        assert "\r\nServer: Apache\r\n" in await told_for_garbage(bench)


async def test_a_bug_in_what_the_clock_calls_is_in_the_journal(capsys: pytest.CaptureFixture[str]) -> None:
    async with speaker() as bench:
        bench.clock.call_later(1, lambda: {}["nothing"])
        await bench.advance(2)
        (note,) = [record for record in bench.journal.since(0) if record.kind is Kind.NOTE]
        assert note.what == "simulator bug: KeyError: 'nothing'"
        assert bench.clock.now() == 2
    assert "KeyError" in capsys.readouterr().err
